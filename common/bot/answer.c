#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bot/answer.h"
#include "common/buf.h"
#include "common/line/fold.h"
#include "common/line/pattern.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define GROUPS 10
#define BLANKS " \t\r\n\v\f"

struct word {
	char *text;             /* as written */
	char *form;             /* folded; "" for what has no letters or digits, which is compared as written */
};

struct answer {
	regex_t regex;
	bool is_regex;
	struct word *words;
	size_t count;
};

char *answer_trim(const char *text)
{
	size_t len;

	text += strspn(text, BLANKS);
	len = strlen(text);
	while (len > 0 && strchr(BLANKS, text[len - 1]))
		len--;
	return xstrndup(text, len);
}

static char *fold(const char *text)
{
	struct buf b;

	buf_init(&b, (size_t)3 * ANSWER_BYTES);
	fold_text(text, &b);
	return buf_steal(&b);
}

static int compile_regex(struct answer *a, const char *pattern, size_t len, struct err *e)
{
	char *text = xstrndup(pattern, len);
	int result = pattern_compile(&a->regex, text, REG_ICASE, e);

	free(text);
	if (result < 0)
		return err_at(e, "not a regular expression: ");
	a->is_regex = true;
	if (a->regex.re_nsub >= GROUPS)
		return err_set(e, EX_CONFIG, "more than %d groups in a regular expression", GROUPS - 1);
	return 0;
}

static void add_word(struct answer *a, char *text)
{
	a->words = xrealloc(a->words, (a->count + 1) * sizeof(*a->words));
	a->words[a->count++] = (struct word){text, fold(text)};
}

static int compile_words(struct answer *a, const char *pattern, struct err *e)
{
	for (;;) {
		size_t len = strcspn(pattern, "|");
		char *part = xstrndup(pattern, len), *text = answer_trim(part);

		free(part);
		if (!*text) {
			free(text);
			return err_set(e, EX_CONFIG, "an empty word");
		}
		add_word(a, text);
		if (!pattern[len])
			return 0;
		pattern += len + 1;
	}
}

int answer_compile(const char *pattern, struct answer **ret_answer, struct err *e)
{
	struct answer *a = xcalloc(1, sizeof(*a));
	size_t len = strlen(pattern);
	int result;

	if (len > 1 && pattern[0] == '/' && pattern[len - 1] == '/')
		result = compile_regex(a, pattern + 1, len - 2, e);
	else
		result = compile_words(a, pattern, e);
	if (result < 0)
		answer_free(a);
	else
		*ret_answer = a;
	return result;
}

void answer_free(struct answer *a)
{
	if (!a)
		return;
	if (a->is_regex)
		regfree(&a->regex);
	for (size_t i = 0; i < a->count; i++) {
		free(a->words[i].text);
		free(a->words[i].form);
	}
	free(a->words);
	free(a);
}

/* A group may cut a UTF-8 sequence, as the expression works on bytes: such a one is left out. */
static void capture(json_t *captures, const char *text, const regmatch_t *groups)
{
	json_object_clear(captures);
	for (int i = 0; i < GROUPS; i++) {
		char key[2] = {(char)('0' + i), '\0'};
		json_t *value;

		if (groups[i].rm_so < 0)
			continue;
		value = json_stringn(text + groups[i].rm_so, (size_t)(groups[i].rm_eo - groups[i].rm_so));
		if (value)
			json_object_set_new(captures, key, value);
	}
}

const char *answer_word(const struct answer *a, size_t index)
{
	return index < a->count ? a->words[index].text : NULL;
}

static bool match_regex(const struct answer *a, const char *text, json_t *captures)
{
	regmatch_t groups[GROUPS];

	if (regexec(&a->regex, text, GROUPS, groups, 0) != 0)
		return false;
	if (captures)
		capture(captures, text, groups);
	return true;
}

static bool match_words(const struct answer *a, const char *text, json_t *captures)
{
	char *form = fold(text);
	const struct word *hit = NULL;

	for (size_t i = 0; i < a->count && !hit; i++) {
		const struct word *w = &a->words[i];

		if (strcmp(*w->form ? w->form : w->text, *w->form ? form : text) == 0)
			hit = w;
	}
	free(form);
	if (hit && captures) {
		json_object_clear(captures);
		json_object_set_new(captures, "0", json_string(hit->text));
	}
	return hit != NULL;
}

bool answer_matches(const struct answer *a, const char *text, json_t *captures)
{
	char *trimmed = answer_trim(text);
	bool result = false;

	if (strlen(trimmed) <= ANSWER_BYTES)
		result = a->is_regex ? match_regex(a, trimmed, captures) : match_words(a, trimmed, captures);
	free(trimmed);
	return result;
}
