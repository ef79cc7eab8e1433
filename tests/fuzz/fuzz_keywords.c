/* What anybody writes back is read within bounds, the same way every time, and in no more than a moment. */
#include <stdlib.h>
#include <string.h>

#include "common/policy/keywords.h"
#include "common/policy/plain_words.h"
#include "tests/fuzz/fuzz.h"

#include "common/banned.h"

static void must_be_cut_well(const char *text)
{
	struct sentence s;

	sentence_init(&s, text);
	MUST(s.count <= PLAIN_TOKENS);
	for (size_t i = 0; i < s.count; i++) {
		const struct token *t = &s.tokens[i];

		MUST(t->text >= s.letters.data && t->text + t->len <= s.letters.data + s.letters.len);
		MUST((t->kind == TOKEN_WORD) == (t->len > 0));
	}
	sentence_clear(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct keywords *words;
	char *text = malloc(size + 1);
	const struct keyword *first;

	MUST(text);
	memcpy(text, data, size);
	text[size] = '\0';
	if (!words)
		words = keywords_new();
	must_be_cut_well(text);
	first = keywords_find(words, text, "en", "US", size & 1);
	MUST(first == keywords_find(words, text, "en", "US", size & 1));
	MUST(!first || first->meaning != KEYWORD_NONE);
	free(text);
	return 0;
}
