/*
 * Compiles the rows, which takes some milliseconds: the words of a class are looked up by what they begin with, and a
 * word that stands in a pattern is a class of its own. A rule of the language "*" is compiled once for each language that
 * has one class of every element.
 */
#include <stdlib.h>
#include <string.h>

#include "common/policy/plain_table.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define CLASS_BYTES 96

/* Generated from data/plain-words.tsv and data/plain-rules.tsv. */
static const struct {
	const char *language, *class, *words; /* words: with commas between them */
} word_rows[] = {
#include "gen/plain-words.inc"
};

static const struct plain_rule rule_rows[] = {
#include "gen/plain-rules.inc"
};

size_t plain_rules(void)
{
	return COUNT_OF(rule_rows);
}

const struct plain_rule *plain_rule(size_t at)
{
	return &rule_rows[at];
}

/* "en@contact"; false when it is too long. */
static bool name_class(const char *language, const char *class, size_t len, char ret_name[CLASS_BYTES])
{
	size_t prefix = strlen(language);

	if (prefix + 1 + len >= CLASS_BYTES)
		return false;
	memcpy(ret_name, language, prefix);
	ret_name[prefix] = '@';
	memcpy(ret_name + prefix + 1, class, len);
	ret_name[prefix + 1 + len] = '\0';
	return true;
}

/* What the words of a class are for; other classes are for patterns. */
static void note_typo(struct plain_table *t, const char *class, const char *word)
{
	if (strcmp(class, "near") == 0)
		words_add_near(&t->words, word);
	else if (strcmp(class, "glue") == 0)
		words_add_glue(&t->words, word);
}

static const char *add_words(struct plain_table *t, const char *language, const char *class, const char *words)
{
	char name[CLASS_BYTES];
	uint16_t number;
	bool good = name_class(language, class, strlen(class), name);

	number = good ? names_add(&t->classes, name, strlen(name)) : NAME_NONE;
	while (good && *words) {
		size_t len = strcspn(words, ",");
		char *phrase = xstrndup(words, len);

		good = len > 0 && words_add(&t->words, phrase, number);
		note_typo(t, class, phrase);
		free(phrase);
		words += len + (words[len] == ',');
	}
	return good ? NULL : class;
}

/* A word in a pattern: "_" is a space in it. */
static uint16_t add_literal(struct plain_table *t, const char *word, size_t len)
{
	uint16_t number = names_find(&t->classes, word, len);
	char *phrase;

	if (number != NAME_NONE)
		return number;
	number = names_add(&t->classes, word, len);
	phrase = xstrndup(word, len);
	for (char *p = phrase; *p; p++)
		if (*p == '_')
			*p = ' ';
	if (!words_add(&t->words, phrase, number))
		number = NAME_NONE;
	free(phrase);
	return number;
}

/* The classes of all languages are those of "*". */
static uint16_t find_class(const struct plain_table *t, const char *language, const char *class, size_t len)
{
	const char *languages[] = {language, "*"};
	uint16_t number = NAME_NONE;
	char name[CLASS_BYTES];

	for (size_t i = 0; i < COUNT_OF(languages) && number == NAME_NONE; i++)
		if (name_class(languages[i], class, len, name))
			number = names_find(&t->classes, name, strlen(name));
	return number;
}

/* `lenient`: classes that the language has not are left out. */
static bool add_alternatives(struct plain_table *t, const char *language, bool lenient, const char *text, size_t len,
    struct element *element)
{
	const char *end = text + len;

	element->first = (uint16_t)t->alternative_count;
	element->count = 0;
	while (text < end) {
		const char *bar = memchr(text, '|', (size_t)(end - text));
		size_t part = (size_t)((bar ? bar : end) - text);
		uint16_t number = *text == '@' ? find_class(t, language, text + 1, part - 1) : add_literal(t, text, part);

		if (number == NAME_NONE && !lenient)
			return false;
		if (number != NAME_NONE) {
			t->alternatives = xrealloc(t->alternatives, (t->alternative_count + 1) * sizeof(*t->alternatives));
			t->alternatives[t->alternative_count++] = number;
			element->count++;
		}
		text += part + (bar != NULL);
	}
	return element->count > 0;
}

static bool compile_class(struct plain_table *t, const char *language, bool lenient, const char *text, size_t len,
    struct element *element)
{
	char last = text[len - 1];

	*element = (struct element){
	    .kind = ELEMENT_CLASS,
	    .min = last == '?' || last == '*' ? 0 : 1,
	    .max = last == '*' || last == '+' ? UINT8_MAX : 1,
	};
	if (*text == '!') {
		element->kind = ELEMENT_ABSENT;
		text++;
		len--;
	} else if (last == '?' || last == '*' || last == '+') {
		len--;
	}
	return len > 0 && add_alternatives(t, language, lenient, text, len, element);
}

static bool compile_element(struct plain_table *t, const char *language, bool lenient, const char *text, size_t len,
    struct element *element)
{
	static const struct {
		const char *text;
		enum element_kind kind;
	} marks[] = {{"^", ELEMENT_BEGIN}, {"$", ELEMENT_END}, {"^^", ELEMENT_FIRST}, {"$$", ELEMENT_LAST}, {",", ELEMENT_BORDER},
	    {",?", ELEMENT_MAYBE_BORDER}, {"?", ELEMENT_QUESTION}, {".", ELEMENT_WORD}};

	for (size_t i = 0; i < COUNT_OF(marks); i++)
		if (strlen(marks[i].text) == len && strncmp(marks[i].text, text, len) == 0) {
			*element = (struct element){.kind = (uint8_t)marks[i].kind};
			return true;
		}
	if (len == 3 && strncmp(text, "..", 2) == 0 && text[2] >= '1' && text[2] <= '9') {
		*element = (struct element){.kind = ELEMENT_GAP, .max = (uint8_t)(text[2] - '0')};
		return true;
	}
	return compile_class(t, language, lenient, text, len, element);
}

/* False for a rule that needs no word at all: it would be found everywhere. */
static bool find_key(struct compiled *c)
{
	c->key = c->count;
	for (size_t i = 0; i < c->count; i++) {
		const struct element *e = &c->elements[i];

		if (e->kind == ELEMENT_CLASS && e->min > 0 && (c->key == c->count || e->count < c->elements[c->key].count))
			c->key = i;
	}
	return c->key < c->count;
}

static bool compile(struct plain_table *t, const struct plain_rule *rule, const char *language)
{
	struct compiled c = {.found = {rule, language}};
	const char *text = rule->pattern;
	bool lenient = strcmp(rule->language, "*") == 0;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (c.count == ELEMENTS || len == 0 || !compile_element(t, language, lenient, text, len, &c.elements[c.count++]))
			return false;
		text += len + (text[len] == ' ');
	}
	if (!find_key(&c))
		return false;
	t->rules = xrealloc(t->rules, (t->rule_count + 1) * sizeof(*t->rules));
	t->rules[t->rule_count++] = c;
	return true;
}

/* The languages that there are words of, one after the other in the file. */
static void compile_for_all(struct plain_table *t, const struct plain_rule *rule)
{
	const char *language = "*";

	for (size_t i = 0; i < COUNT_OF(word_rows); i++)
		if (strcmp(word_rows[i].language, language) != 0) {
			language = word_rows[i].language;
			compile(t, rule, language);
		}
}

/* first_of[class + 1] counts, then sums, then says where the next rule of the class goes. */
static void index_rules(struct plain_table *t)
{
	uint32_t total = 0;

	t->first_of = xcalloc(t->classes.count + 2, sizeof(*t->first_of));
	for (size_t i = 0; i < t->rule_count; i++) {
		const struct element *key = &t->rules[i].elements[t->rules[i].key];

		for (unsigned k = 0; k < key->count; k++, total++)
			t->first_of[t->alternatives[key->first + k] + 2]++;
	}
	for (size_t i = 2; i < t->classes.count + 2; i++)
		t->first_of[i] += t->first_of[i - 1];
	t->by_class = xcalloc(total + 1, sizeof(*t->by_class));
	for (size_t i = 0; i < t->rule_count; i++) {
		const struct element *key = &t->rules[i].elements[t->rules[i].key];

		for (unsigned k = 0; k < key->count; k++)
			t->by_class[t->first_of[t->alternatives[key->first + k] + 1]++] = (uint16_t)i;
	}
}

void plain_table_init(struct plain_table *t, const char **ret_bad)
{
	const char *bad = NULL;

	*t = (struct plain_table){.rules = NULL};
	for (size_t i = 0; i < COUNT_OF(word_rows) && !bad; i++)
		bad = add_words(t, word_rows[i].language, word_rows[i].class, word_rows[i].words);
	for (size_t i = 0; i < COUNT_OF(rule_rows); i++)
		if (strcmp(rule_rows[i].language, "*") == 0)
			compile_for_all(t, &rule_rows[i]);
		else if (!compile(t, &rule_rows[i], rule_rows[i].language))
			bad = bad ? bad : rule_rows[i].id;
	index_rules(t);
	if (ret_bad)
		*ret_bad = bad;
}

void plain_table_clear(struct plain_table *t)
{
	words_clear(&t->words);
	names_clear(&t->classes);
	free(t->alternatives);
	free(t->by_class);
	free(t->first_of);
	free(t->rules);
}
