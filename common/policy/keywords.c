/*
 * The table is folded once, when a program asks for it, by the same rules as the texts, and then searched by halving.
 * Prefixes and literals are few and are looked for one after the other. What is no keyword is read as plain language.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/line/fold.h"
#include "common/policy/keywords.h"
#include "common/policy/mail_text.h"
#include "common/policy/plain.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define TEXT_BYTES 2048         /* a folded text longer than this is no keyword */

/* Generated from data/keywords.tsv. */
static const struct keyword table[] = {
#include "gen/keywords.inc"
};

struct entry {
	char *form;             /* folded; the text itself for KEYWORD_LITERAL */
	const struct keyword *row;
	size_t order;
};

struct keywords {
	struct entry *own, *exact, *other;
	size_t own_count, exact_count, other_count;
	struct plain *plain;
	struct keyword *spoken;         /* what plain.h can find, as keywords and in its order */
};

static char *folded(const char *text)
{
	struct buf b;
	char *form;

	buf_init(&b, TEXT_BYTES);
	fold_text(text, &b);
	form = buf_steal(&b);
	buf_clear(&b);
	return form;
}

static void add_entry(struct entry **list, size_t *count, const struct keyword *row)
{
	*list = xrealloc(*list, (*count + 1) * sizeof(**list));
	(*list)[*count] = (struct entry){row->match == KEYWORD_LITERAL ? xstrdup(row->text) : folded(row->text), row, *count};
	++*count;
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->form, y->form);

	return order ? order : (x->order > y->order) - (x->order < y->order);
}

/* A rule as a keyword whose text is the rule's id. */
static struct keyword speak(const struct plain_found *found)
{
	static const enum keyword_meaning meanings[] = {[PLAIN_SURE] = KEYWORD_STOP, [PLAIN_STOP] = KEYWORD_STOP, [PLAIN_ASK] = KEYWORD_ASK,
	    [PLAIN_LIMIT] = KEYWORD_ASK, [PLAIN_START] = KEYWORD_START, [PLAIN_YES] = KEYWORD_START, [PLAIN_HELP] = KEYWORD_HELP,
	    [PLAIN_NOT] = KEYWORD_NONE};

	return (struct keyword){found->language, found->rule->id, meanings[found->rule->verdict], KEYWORD_PLAIN,
	    found->rule->verdict == PLAIN_YES ? "answer" : ""};
}

static void add_spoken(struct keywords *k)
{
	const struct plain_found *all;
	size_t count;

	k->plain = plain_new();
	all = plain_all(k->plain, &count);
	k->spoken = xcalloc(count, sizeof(*k->spoken));
	for (size_t i = 0; i < count; i++)
		k->spoken[i] = speak(&all[i]);
}

struct keywords *keywords_new(void)
{
	struct keywords *k = xcalloc(1, sizeof(*k));

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		if (strcmp(table[i].only, "footer") == 0)
			continue;
		if (table[i].match == KEYWORD_EXACT)
			add_entry(&k->exact, &k->exact_count, &table[i]);
		else
			add_entry(&k->other, &k->other_count, &table[i]);
	}
	qsort(k->exact, k->exact_count, sizeof(*k->exact), compare_entries);
	add_spoken(k);
	return k;
}

static void free_entries(struct entry *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i].form);
	free(list);
}

void keywords_free(struct keywords *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->own_count; i++) {
		free((char *)(uintptr_t)k->own[i].row->text);
		free((struct keyword *)(uintptr_t)k->own[i].row);
	}
	free_entries(k->own, k->own_count);
	free_entries(k->exact, k->exact_count);
	free_entries(k->other, k->other_count);
	plain_free(k->plain);
	free(k->spoken);
	free(k);
}

void keywords_add(struct keywords *k, enum keyword_meaning meaning, const char *text)
{
	struct keyword *row = xcalloc(1, sizeof(*row));

	*row = (struct keyword){"", xstrdup(text), meaning, KEYWORD_EXACT, ""};
	add_entry(&k->own, &k->own_count, row);
}

static bool allowed(const struct keyword *row, const char *region)
{
	return !*row->only || strcmp(row->only, "answer") == 0 || strcmp(row->only, region) == 0;
}

/* How well a row is of that language: "es-MX" is es, "zh-TW" is zh-TW rather than zh; 0 for another one. */
static size_t speaks(const struct keyword *row, const char *language)
{
	size_t len = strlen(row->language);

	if (!language || strncmp(row->language, language, len) != 0)
		return 0;
	return language[len] == '\0' || language[len] == '-' ? len : 0;
}

static const struct keyword *find_exact(const struct keywords *k, const char *form, const char *language, const char *region)
{
	const struct keyword *best = NULL;
	size_t low = 0, high = k->exact_count, fit = 0;

	for (size_t i = 0; i < k->own_count; i++)
		if (strcmp(k->own[i].form, form) == 0)
			return k->own[i].row;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(k->exact[middle].form, form) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < k->exact_count && strcmp(k->exact[low].form, form) == 0; low++) {
		const struct keyword *row = k->exact[low].row;

		if (!allowed(row, region) || (best && speaks(row, language) <= fit))
			continue;
		best = row;
		fit = speaks(row, language);
	}
	return best;
}

/* "STOP STOP STOP" is cut to "STOP". */
static void cut_repetition(char *form)
{
	size_t word = strcspn(form, " ");

	for (const char *p = form + word; *p; p += word + 1)
		if (strncmp(p + 1, form, word) != 0 || (p[1 + word] != ' ' && p[1 + word] != '\0'))
			return;
	form[word] = '\0';
}

static unsigned count_words(const char *form)
{
	unsigned count = 0;

	for (const char *p = form; *p; p++)
		if (*p != ' ' && (p == form || p[-1] == ' '))
			count++;
	return count;
}

static bool matches(const struct entry *entry, const char *form, const char *text)
{
	size_t len = strlen(entry->form);

	switch (entry->row->match) {
	case KEYWORD_PREFIX:
		return strncmp(form, entry->form, len) == 0 && (form[len] == ' ' || form[len] == '\0') && count_words(form + len) <= 2;
	case KEYWORD_LITERAL:
		text += strspn(text, " \t\r\n\"'");
		return strncmp(text, entry->form, len) == 0 && (!text[len] || strchr(" \t\r\n\"'.,;:!?", text[len]));
	case KEYWORD_EXACT:
	case KEYWORD_PLAIN:
		break;
	}
	return false;
}

/* Literal rows stand above what they would otherwise be taken for. */
static const struct keyword *find_other(const struct keywords *k, const char *form, const char *text, const char *region, bool literal)
{
	for (size_t i = 0; i < k->other_count; i++) {
		const struct entry *entry = &k->other[i];

		if ((entry->row->match == KEYWORD_LITERAL) == literal && allowed(entry->row, region) && matches(entry, form, text))
			return entry->row;
	}
	return NULL;
}

static const struct keyword *find_spoken(const struct keywords *k, const char *text, const char *language)
{
	const struct plain_found *found = plain_find(k->plain, text, language);
	size_t count;

	return found ? &k->spoken[found - plain_all(k->plain, &count)] : NULL;
}

static const struct keyword *find(const struct keywords *k, const char *text, const char *language, const char *region)
{
	const struct keyword *row;
	struct buf b;

	buf_init(&b, TEXT_BYTES);
	fold_text(text, &b);
	row = buf_over(&b) || b.len == 0 ? NULL : find_other(k, b.data, text, region, true);
	if (!row && !buf_over(&b) && b.len > 0) {
		row = find_exact(k, b.data, language, region);
		if (!row)
			row = find_other(k, b.data, text, region, false);
		if (!row) {
			cut_repetition(b.data);
			row = find_exact(k, b.data, language, region);
		}
	}
	if (row && row->meaning == KEYWORD_STOP && row->match == KEYWORD_EXACT && plain_laughs(text))
		row = NULL;
	if (!row && !buf_over(&b))
		row = find_spoken(k, text, language);
	buf_clear(&b);
	return row && row->meaning == KEYWORD_NONE ? NULL : row;
}

/* A reply by mail quotes what it answers: what stands above that speaks, or the whole of it is the word. */
static const struct keyword *find_in_mail(const struct keywords *k, const char *text, const char *language, const char *region)
{
	char *own = mail_own_text(text);
	char *line = xstrndup(own, strcspn(own, "\n"));
	const struct keyword *row = find(k, line, language, region);

	if (!row)
		row = find(k, own, language, region);
	if (!row) {
		row = find(k, text, language, region);
		row = row && row->match == KEYWORD_EXACT ? row : NULL;
	}
	free(line);
	free(own);
	return row;
}

const struct keyword *keywords_find(const struct keywords *k, const char *text, const char *language, const char *region, bool mail)
{
	return mail ? find_in_mail(k, text, language, region) : find(k, text, language, region);
}
