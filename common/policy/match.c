#include <stdlib.h>
#include <string.h>

#include "common/line/when.h"
#include "common/policy/match.h"
#include "common/policy/match_set.h"
#include "common/xalloc.h"

#include "common/banned.h"

struct match_set *match_set_new(void)
{
	return xcalloc(1, sizeof(struct match_set));
}

static void free_match(struct match *m)
{
	for (size_t i = 0; i < m->count; i++) {
		free(m->conditions[i].any);
		if (m->conditions[i].regex)
			regfree(m->conditions[i].regex);
		free(m->conditions[i].regex);
		free(m->conditions[i].run);
	}
	free(m->conditions);
	free(m);
}

void match_set_free(struct match_set *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->match_count; i++)
		free_match(s->matches[i]);
	free(s->matches);
	match_index_clear(&s->index);
	for (size_t i = 0; i < s->field_count; i++) {
		field_clear(&s->fields[i]);
		json_decref(s->memos[i].own);
	}
	free(s->fields);
	free(s->memos);
	literals_clear(&s->literals);
	free(s);
}

void match_about(struct match_set *s, const json_t *message, const json_t *recipient)
{
	s->about++;
	s->message = message;
	s->recipient = recipient;
}

uint32_t match_literal(const struct match_set *s, const json_t *value)
{
	char room[LITERAL_BYTES];
	size_t len;
	const char *text = literal_text(value, room, &len);

	return text ? literal_find(&s->literals, text, len) : 0;
}

const struct memo *match_look(struct match_set *s, size_t field)
{
	struct memo *m = &s->memos[field];

	if (m->about == s->about)
		return m;
	json_decref(m->own);
	m->about = s->about;
	m->value = field_value(&s->fields[field], s->message, s->recipient, &m->own);
	m->literal = m->value && s->fields[field].compared ? match_literal(s, m->value) : 0;
	m->list = json_is_array(m->value);
	return m;
}

/* A number, or a text that is wholly a decimal number (money is one). */
static bool number_of(const json_t *value, double *ret_number)
{
	const char *text = json_string_value(value);
	char *end;

	if (json_is_number(value)) {
		*ret_number = json_number_value(value);
		return true;
	}
	if (!text || !*text || text[strspn(text, "+-.0123456789")])
		return false;
	*ret_number = strtod(text, &end);
	return *end == '\0';
}

static bool in_range(const struct range *r, const json_t *value)
{
	const char *text = json_string_value(value);
	double number;
	int64_t ms;

	if (r->time) {
		if (!text || when_parse(text, &ms) < 0)
			return false;
		number = (double)ms;
	} else if (!number_of(value, &number)) {
		return false;
	}
	return (!r->has_from || number >= r->from) && (!r->has_to || number <= r->to);
}

static bool is_any(const struct condition *c, uint32_t literal)
{
	for (size_t i = 0; i < c->any_count; i++)
		if (c->any[i] == literal)
			return true;
	return false;
}

static bool fits_regex(const struct condition *c, const json_t *value)
{
	char room[LITERAL_BYTES];
	size_t len;
	const char *text = literal_text(value, room, &len);

	return text && (!c->run || strstr(text, c->run)) && pattern_finds(c->regex, text);
}

static bool same_scalar(const json_t *a, const json_t *b)
{
	char room[LITERAL_BYTES], other_room[LITERAL_BYTES];
	size_t len, other_len;
	const char *text = literal_text(a, room, &len), *other = literal_text(b, other_room, &other_len);

	return text && other && len == other_len && memcmp(text, other, len) == 0;
}

/* Two scalars that are equal; of a list, one of its members. */
static bool in_common(const json_t *a, const json_t *b)
{
	if (!a || !b)
		return false;
	for (size_t i = 0; i < json_array_size(a); i++)
		if (in_common(json_array_get(a, i), b))
			return true;
	return json_is_array(b) && !json_is_array(a) ? in_common(b, a) : same_scalar(a, b);
}

static bool holds(const struct condition *c, const json_t *value, uint32_t literal)
{
	switch (c->operation) {
	case OP_PRESENT:
		return value != NULL;
	case OP_ONE:
		return literal == c->literal;
	case OP_ANY:
		return is_any(c, literal);
	case OP_RANGE:
		return value && in_range(&c->range, value);
	case OP_SAME:
		break;          /* has two fields: match_test */
	case OP_REGEX:
		return value && fits_regex(c, value);
	}
	return false;
}

/* A list satisfies a condition when one of its members does. */
static bool member_holds(const struct match_set *s, const struct condition *c, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *value = json_array_get(list, i);
		char room[LITERAL_BYTES];
		size_t len;
		const char *text = literal_text(value, room, &len);

		if (text && holds(c, value, literal_find(&s->literals, text, len)))
			return true;
	}
	return false;
}

static bool fits(struct match_set *s, const struct condition *c)
{
	const struct memo *memo = match_look(s, c->field);

	if (c->operation == OP_SAME)
		return in_common(memo->value, match_look(s, c->same)->value);
	return memo->list && c->operation != OP_PRESENT ? member_holds(s, c, memo->value) : holds(c, memo->value, memo->literal);
}

bool match_test(struct match_set *s, const struct match *m)
{
	for (size_t i = 0; i < m->count; i++)
		if (fits(s, &m->conditions[i]) == m->conditions[i].negate)
			return false;
	return true;
}

size_t match_next(struct match_set *s, size_t from)
{
	if (s->index.matches < s->match_count)
		match_index_file(&s->index, s);
	for (size_t i = from; (i = match_index_next(&s->index, s, i)) < s->match_count; i++)
		if (match_test(s, s->matches[i]))
			return i;
	return s->match_count;
}

/* Is each value that `later` accepts for a field accepted by `earlier`? */
static bool value_covers(const json_t *earlier, const json_t *later)
{
	if (json_equal(earlier, later))
		return true;
	if (json_is_array(later) && !json_is_array(earlier))
		return false;
	for (size_t i = 0; i < json_array_size(later); i++)
		if (!value_covers(earlier, json_array_get(later, i)))
			return false;
	if (json_is_array(later))
		return json_array_size(later) > 0;
	for (size_t i = 0; i < json_array_size(earlier); i++)
		if (json_equal(json_array_get(earlier, i), later))
			return true;
	return false;
}

bool match_covers(const json_t *earlier, const json_t *later)
{
	const char *path;
	json_t *value;

	json_object_foreach((json_t *)earlier, path, value) {
		const json_t *other = json_object_get(later, path);

		if (!other || !value_covers(value, other))
			return false;
	}
	return true;
}
