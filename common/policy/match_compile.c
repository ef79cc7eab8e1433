/* Conditions as policy.yaml has them become a list, the cheap ones first. */
#include <stdlib.h>
#include <string.h>

#include "common/compat.h"
#include "common/line/when.h"
#include "common/line/words.h"
#include "common/policy/match.h"
#include "common/policy/match_set.h"
#include "common/xalloc.h"

#include "common/banned.h"

static size_t add_field(struct match_set *s, const char *path)
{
	for (size_t i = 0; i < s->field_count; i++)
		if (strcmp(s->fields[i].path, path) == 0)
			return i;
	s->fields = xrealloc(s->fields, (s->field_count + 1) * sizeof(*s->fields));
	s->memos = xrealloc(s->memos, (s->field_count + 1) * sizeof(*s->memos));
	s->memos[s->field_count] = (struct memo){0};
	field_init(&s->fields[s->field_count], path);
	return s->field_count++;
}

struct compiler {
	struct match_set *set;
	const struct yaml *yaml;
	const char *path;
	const json_t *object;   /* where the value at hand stands, and its key there */
	const char *key;
	size_t field;
	struct match *match;
};

/* jansson has one true, one false and one null: their place is that of their key. */
static int fail(const struct compiler *c, const json_t *value, struct err *e, const char *text)
{
	if (json_is_boolean(value) || json_is_null(value))
		return yaml_fail_member(c->yaml, c->object, c->key, e, "%s", text);
	return yaml_fail(c->yaml, value, e, "%s", text);
}

/* A member of an operator's mapping, NULL without; the errors to come are about it. */
static const json_t *operand(struct compiler *c, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (value) {
		c->object = object;
		c->key = key;
	}
	return value;
}

static struct condition *add_condition(struct compiler *c, enum operation operation)
{
	struct match *m = c->match;

	m->conditions = xrealloc(m->conditions, (m->count + 1) * sizeof(*m->conditions));
	m->conditions[m->count] = (struct condition){.operation = operation, .field = c->field};
	return &m->conditions[m->count++];
}

static int compile_literal(struct compiler *c, const json_t *value, uint32_t *ret_literal, struct err *e)
{
	char room[LITERAL_BYTES];
	size_t len;
	const char *text = literal_text(value, room, &len);

	if (!text)
		return fail(c, value, e, "not a text, a number, true or false (whether a field is there: {present: true})");
	if (strcmp(c->path, "purpose") == 0 && purpose_parse(text) < 0)
		return yaml_fail(c->yaml, value, e, "not a purpose: '%s'", err_quote(text));
	if (strcmp(c->path, "urgency") == 0 && urgency_parse(text) < 0)
		return yaml_fail(c->yaml, value, e, "not an urgency: '%s'", err_quote(text));
	c->set->fields[c->field].compared = true;
	*ret_literal = literal_add(&c->set->literals, text);
	return 0;
}

static int compile_any(struct compiler *c, const json_t *list, struct err *e)
{
	size_t count = json_array_size(list);
	struct condition *any;

	if (count == 0)
		return fail(c, list, e, "empty: nothing would match");
	any = add_condition(c, OP_ANY);
	any->any = xcalloc(count, sizeof(*any->any));
	any->any_count = count;
	for (size_t i = 0; i < count; i++)
		if (compile_literal(c, json_array_get(list, i), &any->any[i], e) < 0)
			return -1;
	return 0;
}

static int compile_end(struct compiler *c, const json_t *value, double *ret_end, bool *ret_time, struct err *e)
{
	const char *text = json_string_value(value);
	int64_t ms;

	if (json_is_number(value)) {
		*ret_end = json_number_value(value);
		*ret_time = false;
		return 0;
	}
	if (!text || when_parse(text, &ms) < 0)
		return fail(c, value, e, "not a number or a time such as 2026-11-24T09:00:00+01:00");
	*ret_end = (double)ms;
	*ret_time = true;
	return 0;
}

static int compile_range(struct compiler *c, const json_t *object, struct err *e)
{
	const json_t *from = operand(c, object, "from"), *to;
	struct range r = {0};
	bool from_time = false, to_time = false;

	if (from && compile_end(c, from, &r.from, &from_time, e) < 0)
		return -1;
	to = operand(c, object, "to");
	if (to && compile_end(c, to, &r.to, &to_time, e) < 0)
		return -1;
	r.has_from = from != NULL;
	r.has_to = to != NULL;
	if (!from && !to)
		return 0;
	if (from && to && from_time != to_time)
		return fail(c, to, e, "a number and a time do not make a range");
	if (from && to && r.from > r.to)
		return fail(c, to, e, "before 'from': nothing would match");
	r.time = from_time || to_time;
	add_condition(c, OP_RANGE)->range = r;
	return 0;
}

/*
 * The longest run of characters that stand for themselves and are not repeated: a text without it need not be searched.
 * NULL when there is none worth it, or when the expression has alternatives.
 */
static char *plain_run(const char *regex)
{
	static const char special[] = ".[]()*+?{}|^$\\";
	const char *best = NULL;
	size_t longest = 0;

	if (strpbrk(regex, "|()\\"))
		return NULL;
	while (*regex) {
		size_t len = strcspn(regex, special), kept = len;

		/* What may be repeated may be missing: the whole last character. */
		if (kept && regex[len] && strchr("*?{", regex[len])) {
			kept--;
			while (kept && ((unsigned char)regex[kept] & 0xc0) == 0x80)
				kept--;
		}
		if (kept > longest) {
			longest = kept;
			best = regex;
		}
		regex += len;
		if (*regex == '[')
			regex = pattern_skip_bracket(regex + 1);
		else if (*regex == '{')
			regex += strcspn(regex, "}");
		else
			regex += *regex != '\0';
	}
	return longest > 2 ? xstrndup(best, longest) : NULL;
}

static int compile_regex(struct compiler *c, const json_t *object, struct err *e)
{
	const json_t *value = operand(c, object, "regex");
	const char *text = json_string_value(value);
	struct err why;
	regex_t *regex;

	if (!value)
		return 0;
	if (!text)
		return fail(c, value, e, "not a text");
	regex = xcalloc(1, sizeof(*regex));
	if (pattern_compile(regex, text, REG_NOSUB, &why) == 0) {
		struct condition *condition = add_condition(c, OP_REGEX);

		condition->regex = regex;
		condition->run = plain_run(text);
		return 0;
	}
	free(regex);
	return yaml_fail(c->yaml, value, e, "not a regular expression: %s", why.text);
}

static int compile_present(struct compiler *c, const json_t *object, struct err *e)
{
	const json_t *value = operand(c, object, "present");

	if (!value)
		return 0;
	if (!json_is_boolean(value))
		return fail(c, value, e, "not true or false");
	add_condition(c, OP_PRESENT)->negate = json_is_false(value);
	return 0;
}

/* A member of the contact that does not exist is a slip of the pen; a message may have any field. */
static int check_path(const struct compiler *c, const json_t *value, struct err *e)
{
	static const char *const members[] = {"id", "name", "addresses", "address", "region", "tz", "lang", "prefer", "attributes", "groups"};
	const char *p = c->path;

	if (*p == '\0' || *p == '.' || strstr(p, "..") || p[strlen(p) - 1] == '.')
		return fail(c, value, e, "not a path such as context.order");
	if (strcmp(p, "contact") == 0)
		return fail(c, value, e, "name a member of the contact, such as contact.lang");
	if (strncmp(p, "contact.", 8) != 0)
		return 0;
	for (size_t i = 0; i < COUNT_OF(members); i++)
		if (strcspn(p + 8, ".") == strlen(members[i]) && strncmp(p + 8, members[i], strlen(members[i])) == 0)
			return 0;
	return fail(c, value, e, "a contact has no such member (your own are contact.attributes.NAME)");
}

/* {same: PATH}: the two fields have a value in common. */
static int compile_same(struct compiler *c, const json_t *object, struct err *e)
{
	const json_t *value = operand(c, object, "same");
	const char *path = json_string_value(value), *before = c->path;
	size_t other;

	if (!value)
		return 0;
	if (!path)
		return fail(c, value, e, "not the path of a field");
	c->path = path;
	if (check_path(c, value, e) < 0)
		return -1;
	c->path = before;
	other = add_field(c->set, path);
	add_condition(c, OP_SAME)->same = other;
	return 0;
}

static int compile_value(struct compiler *c, const json_t *value, struct err *e);

static int compile_not(struct compiler *c, const json_t *object, struct err *e)
{
	const json_t *value = operand(c, object, "not");
	size_t before = c->match->count;

	if (!value)
		return 0;
	if (compile_value(c, value, e) < 0)
		return -1;
	if (c->match->count != before + 1)
		return fail(c, value, e, "takes one condition");
	c->match->conditions[before].negate = !c->match->conditions[before].negate;
	return 0;
}

static int compile_mapping(struct compiler *c, const json_t *object, struct err *e)
{
	static const char *const known[] = {"from", "to", "regex", "present", "same", "not", NULL};

	if (json_object_size(object) == 0)
		return fail(c, object, e, "empty: from, to, regex, present, same or not is missing");
	if (yaml_only(c->yaml, object, known, e) < 0 || compile_range(c, object, e) < 0 || compile_regex(c, object, e) < 0 ||
	    compile_present(c, object, e) < 0 || compile_same(c, object, e) < 0)
		return -1;
	return compile_not(c, object, e);
}

static int compile_value(struct compiler *c, const json_t *value, struct err *e)
{
	uint32_t literal = 0;

	if (json_is_object(value))
		return compile_mapping(c, value, e);
	if (json_is_array(value))
		return compile_any(c, value, e);
	if (compile_literal(c, value, &literal, e) < 0)
		return -1;
	add_condition(c, OP_ONE)->literal = literal;
	return 0;
}

/* The message is at hand; a contact is far away in memory, and its region is worked out. */
static int cost_of(const struct match_set *s, const struct condition *c)
{
	static const int origins[] = {[FIELD_MESSAGE] = 0, [FIELD_CONTACT] = 10, [FIELD_REGION] = 20};

	return (c->operation == OP_REGEX ? 100 : (int)c->operation) + origins[s->fields[c->field].origin];
}

/* By insertion: a handful, and those of equal cost stay in their order. */
static void sort_by_cost(const struct match_set *s, struct match *m)
{
	for (size_t i = 1; i < m->count; i++) {
		struct condition held = m->conditions[i];
		size_t at = i;

		for (; at > 0 && cost_of(s, &m->conditions[at - 1]) > cost_of(s, &held); at--)
			m->conditions[at] = m->conditions[at - 1];
		m->conditions[at] = held;
	}
}

static struct match *add_match(struct match_set *s)
{
	s->matches = xrealloc(s->matches, (s->match_count + 1) * sizeof(struct match *));
	s->matches[s->match_count] = xcalloc(1, sizeof(struct match));
	return s->matches[s->match_count++];
}

int match_compile(struct match_set *s, const json_t *conditions, const struct yaml *y, const struct match **ret_match,
    struct err *e)
{
	struct compiler c = {.set = s, .yaml = y};
	const char *path;
	json_t *value;

	if (conditions && !json_is_object(conditions))
		return yaml_fail(y, conditions, e, "not a mapping of fields");
	c.match = add_match(s);
	json_object_foreach((json_t *)conditions, path, value) {
		c.path = c.key = path;
		c.object = conditions;
		if (check_path(&c, value, e) < 0)
			return -1;
		c.field = add_field(s, path);
		if (compile_value(&c, value, e) < 0)
			return -1;
	}
	sort_by_cost(s, c.match);
	*ret_match = c.match;
	return 0;
}
