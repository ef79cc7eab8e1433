#include <stdlib.h>
#include <string.h>

#include "common/line/fold.h"
#include "common/store/ack.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define WORD_BYTES 256
#define TEXT_BYTES 1024         /* what is longer is no word */

static const char *const built_in[] = {"ACK", "OK", "YES", "\xf0\x9f\x91\x8d", "\xe2\x9c\x85", "\xe2\x9c\x94"};

struct ack_words {
	char **forms;           /* folded; a word without letters as it is */
	size_t count;
};

/* The caller frees. */
static char *form_of(const char *text)
{
	static const char space[] = " \t\r\n";
	struct buf b;
	size_t len;

	buf_init(&b, TEXT_BYTES);
	fold_text(text, &b);
	if (b.len > 0)
		return buf_steal(&b);
	buf_clear(&b);
	text += strspn(text, space);
	len = strlen(text);
	while (len > 0 && strchr(space, text[len - 1]))
		len--;
	/* U+FE0F asks for the emoji's coloured form. */
	if (len > 3 && strncmp(text + len - 3, "\xef\xb8\x8f", 3) == 0)
		len -= 3;
	return xstrndup(text, len);
}

static void add(struct ack_words *w, const char *word)
{
	w->forms = xrealloc(w->forms, (w->count + 1) * sizeof(*w->forms));
	w->forms[w->count++] = form_of(word);
}

static int add_own(struct ack_words *w, const struct config *c, struct err *e)
{
	static const char *const known[] = {"keywords", NULL};
	const json_t *list = json_object_get(c->ack, "keywords"), *word;
	size_t i;

	if (!c->ack)
		return 0;
	if (yaml_only(c->yaml, c->ack, known, e) < 0)
		return -1;
	if (list && !json_is_array(list))
		return config_fail_member(c, c->ack, "keywords", e, "must be a list of words");
	json_array_foreach(list, i, word) {
		const char *text = json_string_value(word);

		if (!text || !*text || strlen(text) > WORD_BYTES)
			return config_fail_member(c, c->ack, "keywords", e, "item %zu must be a word (put YES and NO in quotes)", i + 1);
		add(w, text);
	}
	return 0;
}

int ack_words_load(const struct config *c, struct ack_words **ret_words, struct err *e)
{
	struct ack_words *w = xcalloc(1, sizeof(*w));

	for (size_t i = 0; i < COUNT_OF(built_in); i++)
		add(w, built_in[i]);
	if (add_own(w, c, e) < 0) {
		ack_words_free(w);
		return -1;
	}
	*ret_words = w;
	return 0;
}

void ack_words_free(struct ack_words *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->count; i++)
		free(w->forms[i]);
	free(w->forms);
	free(w);
}

bool ack_words_match(const struct ack_words *w, const char *text)
{
	char *form;
	bool found = false;

	if (strlen(text) >= TEXT_BYTES)
		return false;
	form = form_of(text);
	for (size_t i = 0; *form && i < w->count && !found; i++)
		found = strcmp(w->forms[i], form) == 0;
	free(form);
	return found;
}
