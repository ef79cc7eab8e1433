#include <stdlib.h>
#include <string.h>

#include "common/policy/match_index.h"
#include "common/policy/match_set.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define ANYTHING UINT32_MAX

void match_index_clear(struct match_index *x)
{
	free(x->filed);
	free(x->runs);
	free(x->slots);
	free(x->fields);
	free(x->always);
	free(x->worth);
	*x = (struct match_index){0};
}

static size_t slot_of(const struct match_index *x, size_t field, uint32_t literal)
{
	return (field * 2654435761u ^ literal * 2246822519u) >> 4 & (x->slot_count - 1);
}

static void link_filed(struct match_index *x, size_t at)
{
	size_t slot = slot_of(x, x->filed[at].field, x->filed[at].literal);

	x->filed[at].next = x->slots[slot];
	x->slots[slot] = at + 1;
}

static void note_field(struct match_index *x, size_t field)
{
	for (size_t i = 0; i < x->field_count; i++)
		if (x->fields[i] == field)
			return;
	x->fields = xrealloc(x->fields, (x->field_count + 1) * sizeof(*x->fields));
	x->fields[x->field_count++] = field;
}

static void file_value(struct match_index *x, size_t match, size_t field, uint32_t literal)
{
	x->filed = xrealloc(x->filed, (x->count + 1) * sizeof(*x->filed));
	x->filed[x->count] = (struct filed){.match = (uint32_t)match, .field = field, .literal = literal};
	note_field(x, field);
	if (++x->count * 2 <= x->slot_count) {
		link_filed(x, x->count - 1);
		return;
	}
	x->slot_count = x->slot_count ? x->slot_count * 2 : 64;
	free(x->slots);
	x->slots = xcalloc(x->slot_count, sizeof(*x->slots));
	for (size_t i = 0; i < x->count; i++)
		link_filed(x, i);
}

static void file_run(struct match_index *x, size_t match, size_t field, const char *run)
{
	struct filed_run *r;

	x->runs = xrealloc(x->runs, (x->run_count + 1) * sizeof(*x->runs));
	r = &x->runs[x->run_count++];
	*r = (struct filed_run){.match = (uint32_t)match, .field = field, .run = run};
	pairs_sample(&r->sample, run, strlen(run));
}

/* How well a condition keeps a match from being tested, for what looking its field up costs; 0: not at all. */
static int worth_of(const struct match_set *s, const struct condition *c)
{
	bool near = s->fields[c->field].origin == FIELD_MESSAGE;

	if (c->negate)
		return 0;
	switch (c->operation) {
	case OP_ONE:
	case OP_ANY:
		return near ? 6 : s->fields[c->field].origin == FIELD_CONTACT ? 3 : 2;
	case OP_REGEX:
		return c->run ? near ? 5 : 1 : 0;
	case OP_PRESENT:
	case OP_RANGE:
		return near ? 4 : 0;
	case OP_SAME:
		break;
	}
	return 0;
}

static void file_match(struct match_index *x, const struct match_set *s, size_t at)
{
	const struct match *m = s->matches[at];
	const struct condition *guard = NULL;

	for (size_t i = 0; i < m->count; i++)
		if (worth_of(s, &m->conditions[i]) > (guard ? worth_of(s, guard) : 0))
			guard = &m->conditions[i];
	if (!guard)
		x->always[at / 64] |= UINT64_C(1) << at % 64;
	else if (guard->operation == OP_ONE)
		file_value(x, at, guard->field, guard->literal);
	else if (guard->operation == OP_REGEX)
		file_run(x, at, guard->field, guard->run);
	else if (guard->operation != OP_ANY)
		file_value(x, at, guard->field, ANYTHING);
	else
		for (size_t i = 0; i < guard->any_count; i++)
			file_value(x, at, guard->field, guard->any[i]);
}

void match_index_file(struct match_index *x, const struct match_set *s)
{
	size_t words = s->match_count / 64 + 1;

	if (words > x->words) {
		x->always = xrealloc(x->always, words * sizeof(*x->always));
		x->worth = xrealloc(x->worth, words * sizeof(*x->worth));
		memset(x->always + x->words, 0, (words - x->words) * sizeof(*x->always));
		x->words = words;
	}
	while (x->matches < s->match_count)
		file_match(x, s, x->matches++);
	x->about = 0;
}

static void add_worth(struct match_index *x, size_t match)
{
	x->worth[match / 64] |= UINT64_C(1) << match % 64;
}

static void add_filed(struct match_index *x, size_t field, uint32_t literal)
{
	for (size_t at = x->slots[slot_of(x, field, literal)]; at; at = x->filed[at - 1].next)
		if (x->filed[at - 1].field == field && x->filed[at - 1].literal == literal)
			add_worth(x, x->filed[at - 1].match);
}

/* A list has the literals of all its members. */
static void add_field(struct match_index *x, struct match_set *s, size_t field)
{
	const struct memo *memo = match_look(s, field);

	if (!memo->value)
		return;
	add_filed(x, field, ANYTHING);
	if (!memo->list)
		add_filed(x, field, memo->literal);
	else
		for (size_t i = 0; i < json_array_size(memo->value); i++)
			add_filed(x, field, match_literal(s, json_array_get(memo->value, i)));
}

/* What the runs are looked for in. */
struct searched {
	const char *text;       /* NULL: the field's value is not one text, so that each run is worth a test */
	bool missing;
	struct pairs pairs;
};

static void read_searched(struct match_set *s, size_t field, struct searched *ret_searched)
{
	const json_t *value = match_look(s, field)->value;

	ret_searched->missing = !value;
	ret_searched->text = json_string_value(value);
	if (ret_searched->text)
		pairs_read(&ret_searched->pairs, ret_searched->text);
}

static bool may_have(const struct searched *t, const struct filed_run *r)
{
	if (!t->text)
		return !t->missing;
	return pairs_may_have(&t->pairs, &r->sample) && strstr(t->text, r->run);
}

static void add_runs(struct match_index *x, struct match_set *s)
{
	struct searched searched;

	for (size_t i = 0; i < x->run_count; i++) {
		const struct filed_run *r = &x->runs[i];

		if (i == 0 || r->field != x->runs[i - 1].field)
			read_searched(s, r->field, &searched);
		if (may_have(&searched, r))
			add_worth(x, r->match);
	}
}

static void find_worth(struct match_index *x, struct match_set *s)
{
	memcpy(x->worth, x->always, x->words * sizeof(*x->worth));
	for (size_t i = 0; i < x->field_count; i++)
		add_field(x, s, x->fields[i]);
	add_runs(x, s);
	x->about = s->about;
}

size_t match_index_next(struct match_index *x, struct match_set *s, size_t from)
{
	uint64_t word;

	if (x->about != s->about)
		find_worth(x, s);
	if (from >= s->match_count)
		return s->match_count;
	word = x->worth[from / 64] & (UINT64_MAX << from % 64);
	for (size_t at = from / 64;; word = x->worth[at]) {
		if (word)
			return at * 64 + (size_t)__builtin_ctzll(word);
		if (++at == x->words)
			return s->match_count;
	}
}
