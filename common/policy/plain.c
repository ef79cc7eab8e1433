/*
 * A small backtracking matcher. Most texts have the words of no rule at all: a rule is only tried when its rarest word
 * stands somewhere in the text, and then each of its elements that must be there. The steps that one text may cost have a ceiling, so that
 * nobody can write a text that takes long; what is not found by then is not there.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/line/utf8.h"
#include "common/policy/plain.h"
#include "common/policy/plain_table.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define STEPS 100000
#define MATCHES 64
#define CLASSES 8192
#define RULES 2048

struct plain {
	struct plain_table table;
	struct plain_found *all;        /* parallel to the table's rules */
};

struct match {
	size_t rule;            /* of the table */
	enum plain_verdict verdict;
	unsigned start, end;
};

struct search {
	const struct plain_table *table;
	struct sentence sentence;
	uint64_t present[CLASSES / 64]; /* the classes that stand somewhere */
	uint64_t candidates[RULES / 64];
	unsigned steps;
	struct match matches[MATCHES];
	size_t match_count;
};

struct plain *plain_new(void)
{
	struct plain *p = xcalloc(1, sizeof(*p));

	plain_table_init(&p->table, NULL);
	assert(p->table.rule_count <= RULES && p->table.classes.count <= CLASSES);
	p->all = xcalloc(p->table.rule_count, sizeof(*p->all));
	for (size_t i = 0; i < p->table.rule_count; i++)
		p->all[i] = p->table.rules[i].found;
	return p;
}

void plain_free(struct plain *p)
{
	if (!p)
		return;
	plain_table_clear(&p->table);
	free(p->all);
	free(p);
}

const struct plain_found *plain_all(const struct plain *p, size_t *ret_count)
{
	*ret_count = p->table.rule_count;
	return p->all;
}

static bool is_border(const struct sentence *s, unsigned at)
{
	return at >= s->count || s->tokens[at].kind != TOKEN_WORD;
}

static bool is_one_of(const struct search *s, const struct element *e, uint16_t class)
{
	for (unsigned i = 0; i < e->count; i++)
		if (s->table->alternatives[e->first + i] == class)
			return true;
	return false;
}

static int match_elements(struct search *s, const struct element *e, const struct element *end, unsigned at);

static int match_classes(struct search *s, const struct element *e, const struct element *end, unsigned at, unsigned count);

static int match_one_more(struct search *s, const struct element *e, const struct element *end, unsigned at, unsigned count)
{
	const struct sentence *text = &s->sentence;

	for (unsigned i = text->first[at]; i < text->first[at + 1]; i++)
		if (is_one_of(s, e, text->hits[i].class)) {
			int got = match_classes(s, e, end, at + text->hits[i].len, count + 1);

			if (got >= 0)
				return got;
		}
	return -1;
}

/* As many as there are, then fewer. What repeats goes on behind a comma: "hello, please, stop, thanks". */
static int match_classes(struct search *s, const struct element *e, const struct element *end, unsigned at, unsigned count)
{
	const struct sentence *text = &s->sentence;
	bool border = at < text->count && is_border(text, at) && e->max > 1;
	int got = -1;

	if (count < e->max && at < text->count && s->steps > 0) {
		s->steps--;
		got = match_one_more(s, e, end, at, count);
		if (got < 0 && border && at + 1 < text->count)
			got = match_one_more(s, e, end, at + 1, count);
	}
	if (got < 0 && count >= e->min)
		got = match_elements(s, e + 1, end, at);
	if (got < 0 && count > 0 && count >= e->min && border)
		got = match_elements(s, e + 1, end, at + 1);
	return got;
}

static int match_gap(struct search *s, const struct element *e, const struct element *end, unsigned at)
{
	for (unsigned n = 0;; n++) {
		int got = match_elements(s, e + 1, end, at + n);

		if (got >= 0 || n == e->max || is_border(&s->sentence, at + n))
			return got;
	}
}

static bool absent(const struct search *s, const struct element *e, unsigned at)
{
	const struct sentence *text = &s->sentence;

	for (unsigned i = at < text->count ? text->first[at] : 0; at < text->count && i < text->first[at + 1]; i++)
		if (is_one_of(s, e, text->hits[i].class))
			return false;
	return true;
}

static bool stands(const struct search *s, enum element_kind kind, unsigned at)
{
	const struct sentence *text = &s->sentence;

	switch (kind) {
	case ELEMENT_BEGIN:
		return at == 0 || is_border(text, at - 1);
	case ELEMENT_END:
		return is_border(text, at);
	case ELEMENT_FIRST:
		return at == 0;
	case ELEMENT_LAST:
		return at == text->count || (at + 1 == text->count && is_border(text, at));
	case ELEMENT_BORDER:
		return at < text->count && is_border(text, at);
	case ELEMENT_MAYBE_BORDER:
		return true;
	case ELEMENT_QUESTION:
		return at < text->count && text->tokens[at].kind == TOKEN_QUESTION;
	case ELEMENT_CLASS:
	case ELEMENT_ABSENT:
	case ELEMENT_WORD:
	case ELEMENT_GAP:
		break;
	}
	return false;
}

/* Where what the elements describe ends when it begins at `at`, or -1. */
static int match_elements(struct search *s, const struct element *e, const struct element *end, unsigned at)
{
	if (e == end)
		return (int)at;
	if (s->steps == 0)
		return -1;
	s->steps--;
	if (e->kind == ELEMENT_CLASS)
		return match_classes(s, e, end, at, 0);
	if (e->kind == ELEMENT_GAP)
		return match_gap(s, e, end, at);
	if (e->kind == ELEMENT_WORD)
		return is_border(&s->sentence, at) ? -1 : match_elements(s, e + 1, end, at + 1);
	if (e->kind == ELEMENT_ABSENT)
		return absent(s, e, at) ? match_elements(s, e + 1, end, at) : -1;
	if (!stands(s, (enum element_kind)e->kind, at))
		return -1;
	return match_elements(s, e + 1, end, at + (e->kind >= ELEMENT_BORDER && at < s->sentence.count && is_border(&s->sentence, at)));
}

/* Does everything that the rule needs stand in the text, wherever? */
static bool may_match(const struct search *s, const struct compiled *c)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct element *e = &c->elements[i];
		bool found = e->kind != ELEMENT_CLASS || e->min == 0;

		for (unsigned k = 0; !found && k < e->count; k++) {
			uint16_t class = s->table->alternatives[e->first + k];

			found = s->present[class / 64] >> (class % 64) & 1;
		}
		if (!found)
			return false;
	}
	return true;
}

static void find_rule(struct search *s, size_t rule)
{
	const struct compiled *c = &s->table->rules[rule];

	for (unsigned at = 0; at < s->sentence.count && s->match_count < MATCHES; at++) {
		int end = match_elements(s, c->elements, c->elements + c->count, at);

		if (end >= 0)
			s->matches[s->match_count++] = (struct match){rule, c->found.rule->verdict, at, (unsigned)end};
	}
}

static bool overlap(const struct match *a, const struct match *b)
{
	return a->start < b->end && b->start < a->end;
}

static bool stands_against(const struct search *s, const struct match *m)
{
	if (m->verdict == PLAIN_SURE)
		return true;
	for (size_t i = 0; i < s->match_count; i++) {
		const struct match *other = &s->matches[i];

		if ((other->verdict == PLAIN_NOT || (other->verdict == PLAIN_LIMIT && m->verdict == PLAIN_STOP)) && overlap(m, other))
			return false;
	}
	return true;
}

static bool speaks(const char *language, const char *known)
{
	size_t len = strlen(language);

	return known && strncmp(language, known, len) == 0 && (known[len] == '\0' || known[len] == '-');
}

static bool is_in(const struct search *s, const struct match *m, const char *language)
{
	return speaks(s->table->rules[m->rule].found.language, language);
}

/* The gravest, and of those the first in the language that is known. */
static const struct match *decide(const struct search *s, const char *language)
{
	const struct match *best = NULL;

	for (size_t i = 0; i < s->match_count; i++) {
		const struct match *m = &s->matches[i];

		if (m->verdict == PLAIN_NOT || (best && m->verdict > best->verdict) || !stands_against(s, m))
			continue;
		if (!best || m->verdict < best->verdict || (is_in(s, m, language) && !is_in(s, best, language)))
			best = m;
	}
	return best;
}

/* Nothing but a word that a rule needs makes a search worth while. */
static bool note_present(struct search *s)
{
	const struct sentence *text = &s->sentence;

	memset(s->present, 0, sizeof(s->present));
	for (unsigned i = 0; i < text->first[text->count]; i++)
		s->present[text->hits[i].class / 64] |= UINT64_C(1) << (text->hits[i].class % 64);
	return text->first[text->count] > 0;
}

/* The rules one of whose words stands somewhere, in the order of the file. */
static void note_candidates(struct search *s)
{
	const struct plain_table *t = s->table;
	const struct sentence *text = &s->sentence;

	memset(s->candidates, 0, sizeof(s->candidates));
	for (unsigned i = 0; i < text->first[text->count]; i++) {
		uint16_t class = text->hits[i].class;

		for (uint32_t k = t->first_of[class]; k < t->first_of[class + 1]; k++)
			s->candidates[t->by_class[k] / 64] |= UINT64_C(1) << (t->by_class[k] % 64);
	}
}

/* Every match of the rules, or of one of them alone. */
static void search(const struct plain *p, const char *text, const struct plain_rule *only, struct search *s)
{
	s->table = &p->table;
	s->steps = STEPS;
	s->match_count = 0;
	sentence_init(&s->sentence, text);
	words_look(&p->table.words, &s->sentence);
	if (!note_present(s))
		return;
	note_candidates(s);
	for (size_t word = 0; word < COUNT_OF(s->candidates); word++)
		for (uint64_t bits = s->candidates[word]; bits; bits &= bits - 1) {
			size_t i = word * 64 + (size_t)__builtin_ctzll(bits);
			const struct compiled *c = &p->table.rules[i];

			if ((!only || c->found.rule == only) && may_match(s, c))
				find_rule(s, i);
		}
}

const struct plain_found *plain_find(const struct plain *p, const char *text, const char *language)
{
	const struct match *best;
	struct search s;

	search(p, text, NULL, &s);
	best = decide(&s, language);
	sentence_clear(&s.sentence);
	return best ? &p->all[best->rule] : NULL;
}

bool plain_laughs(const char *text)
{
	while (*text)
		if (code_laughs(utf8_next(&text)))
			return true;
	return false;
}

bool plain_has(const struct plain *p, const char *text, const struct plain_rule *rule)
{
	struct search s;

	search(p, text, rule, &s);
	sentence_clear(&s.sentence);
	return s.match_count > 0;
}
