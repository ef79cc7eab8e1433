/* What came out against what was expected, line by line. */
#include <stdlib.h>
#include <string.h>

#include "common/line/envelope.h"
#include "common/line/line.h"
#include "common/line/when.h"
#include "common/policy/cases_work.h"
#include "common/policy/refusal.h"
#include "common/policy/waterfall.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define ITEM_BYTES 2048

/* The lines of both, and whether they differ. */
struct comparison {
	struct buf *diff;
	bool differs;
};

static void compare(struct comparison *c, const char *expected, const char *got)
{
	if (expected && got && strcmp(expected, got) == 0) {
		buf_addf(c->diff, "    %s\n", got);
		return;
	}
	c->differs = true;
	if (expected)
		buf_addf(c->diff, "  - %s\n", expected);
	if (got)
		buf_addf(c->diff, "  + %s\n", got);
}

/* A channel that is used with the one before it stands behind a plus. */
static void write_notation(struct buf *b, bool along, const char *channel, const char *wait, const char *until)
{
	buf_addf(b, "%s%s", along ? "+ " : "", channel);
	if (wait && *wait)
		buf_addf(b, "/%s", wait);
	if (wait && *wait && until && strcmp(until, "delivered") != 0)
		buf_addf(b, ":%s", until);
}

/* One of the legs that are expected, where those that go at once stand in a list of their own. */
struct expected_leg {
	const json_t *item;
	bool along;             /* it is used with the one before it */
	bool last;              /* nothing comes behind it, or behind those that are used with it */
};

/* How many; the caller frees the list. */
static size_t list_expected(const json_t *expected, struct expected_leg **ret_legs)
{
	struct expected_leg *legs = NULL;
	size_t i, count = 0;
	const json_t *item;

	json_array_foreach(expected, i, item) {
		size_t group = json_is_array(item) ? json_array_size(item) : 1;

		legs = xrealloc(legs, (count + group) * sizeof(*legs));
		for (size_t k = 0; k < group; k++)
			legs[count++] = (struct expected_leg){
			    .item = json_is_array(item) ? json_array_get(item, k) : item,
			    .along = k > 0,
			    .last = i + 1 == json_array_size(expected),
			};
	}
	*ret_legs = legs;
	return count;
}

/* The leg in the shape of what was expected: the notation, or the members that it names. */
static void write_leg(struct buf *b, const json_t *leg, const json_t *like)
{
	const char *key;
	json_t *ignored, *shape;

	buf_reset(b);
	if (!json_is_object(like)) {
		write_notation(b, json_is_true(json_object_get(leg, "parallel")), envelope_text(leg, "channel", ""),
		    envelope_text(leg, "wait", NULL), envelope_text(leg, "until", NULL));
		return;
	}
	shape = json_object();
	json_object_foreach((json_t *)like, key, ignored)
		if (json_object_get(leg, key))
			json_object_set(shape, key, json_object_get(leg, key));
	line_dump(b, shape);
	json_decref(shape);
}

/* A wait behind the last leg is for nobody. */
static int write_expected(const struct case_run *r, struct buf *b, const struct expected_leg *x, struct err *e)
{
	static const char *const known[] = {"channel", "address", "via", "from", "wait", "until", "parallel", "template", NULL};
	const json_t *item = x->item;
	struct waterfall_leg leg = {.until = STATUS_DELIVERED};
	const char *text = json_string_value(item), *why;
	char wait[WHEN_SIZE];

	buf_reset(b);
	if (json_is_object(item)) {
		line_dump(b, item);
		return yaml_only(r->yaml, item, known, e);
	}
	why = text ? waterfall_parse_leg(text, &leg) : "not a channel such as sms or push/5m:read";
	if (why)
		return yaml_fail(r->yaml, item, e, "%s", why);
	when_format_duration(leg.wait_ms, wait);
	write_notation(b, x->along, leg.channel, x->last || !leg.wait_ms ? NULL : wait, status_name(leg.until));
	return 0;
}

static int compare_plan(const struct case_run *r, struct comparison *c, const json_t *expected, const json_t *plan, struct err *e)
{
	struct expected_leg *legs;
	size_t wanted = list_expected(expected, &legs), there = json_array_size(plan);
	struct buf want, got;
	int result = 0;

	buf_init(&want, ITEM_BYTES);
	buf_init(&got, ITEM_BYTES);
	for (size_t i = 0; result == 0 && (i < wanted || i < there); i++) {
		if (i < wanted)
			result = write_expected(r, &want, &legs[i], e);
		if (i < there)
			write_leg(&got, json_array_get(plan, i), i < wanted ? legs[i].item : NULL);
		if (result == 0)
			compare(c, i < wanted ? want.data : NULL, i < there ? got.data : NULL);
	}
	free(legs);
	buf_clear(&want);
	buf_clear(&got);
	return result;
}

static void compare_word(struct comparison *c, const char *label, const char *expected, const char *got)
{
	char want[256], is[256];

	snprintf(want, sizeof(want), "%s: %s", label, expected);
	snprintf(is, sizeof(is), "%s: %s", label, got);
	compare(c, want, is);
}

/* "blocked: cap", "failed: no-address"; of a plan the word alone: "planned". */
static void write_end(const struct case_outcome *o, char ret_text[64])
{
	if (o->plan)
		snprintf(ret_text, 64, "planned");
	else
		snprintf(ret_text, 64, "%s: %s", status_name(refusal_status(&o->answer)), o->answer.code);
}

static int compare_end(const struct case_run *r, struct comparison *c, const json_t *expect, const char *key,
    const struct case_outcome *o, struct err *e)
{
	const char *code = json_string_value(json_object_get(expect, key));
	char want[64], got[64];

	if (!json_object_get(expect, key))
		return 0;
	if (!code)
		return yaml_fail_member(r->yaml, expect, key, e, "not a code such as opted-out");
	snprintf(want, sizeof(want), "%s: %s", key, code);
	write_end(o, got);
	compare(c, want, got);
	return 0;
}

static int compare_held(const struct case_run *r, struct comparison *c, const json_t *expect, const struct case_outcome *o,
    struct err *e)
{
	int64_t until_ms;
	char want[WHEN_SIZE], got[WHEN_SIZE] = "no";

	if (!json_object_get(expect, "held"))
		return 0;
	if (json_is_false(json_object_get(expect, "held")))
		snprintf(want, sizeof(want), "no");
	else if (case_time(r, expect, "held", 0, &until_ms, e) < 0)
		return -1;
	else
		when_format(until_ms, want);
	if (o->held_ms > r->now_ms)
		when_format(o->held_ms, got);
	compare_word(c, "held", want, got);
	return 0;
}

static int compare_members(const struct case_run *r, struct comparison *c, const json_t *expect, const struct case_outcome *o,
    struct err *e)
{
	static const char *const known[] = {"plan", "rule", "blocked", "failed", "held", NULL};
	const char *rule = json_string_value(json_object_get(expect, "rule"));
	const json_t *plan = json_object_get(expect, "plan");

	if (yaml_only(r->yaml, expect, known, e) < 0)
		return -1;
	if (plan && !json_is_array(plan))
		return yaml_fail_member(r->yaml, expect, "plan", e, "not a list of legs");
	if (json_object_get(expect, "rule") && !rule)
		return yaml_fail_member(r->yaml, expect, "rule", e, "not the name of a rule");
	if (rule)
		compare_word(c, "rule", rule, o->rule ? o->rule : "none");
	if (compare_end(r, c, expect, "blocked", o, e) < 0 || compare_end(r, c, expect, "failed", o, e) < 0 ||
	    compare_held(r, c, expect, o, e) < 0)
		return -1;
	return plan ? compare_plan(r, c, plan, o->plan, e) : 0;
}

int case_compare(const struct case_run *r, const struct case_outcome *o, struct buf *diff, struct err *e)
{
	const json_t *expect = json_object_get(r->object, "expect");
	struct comparison c = {.diff = diff};
	char end[64];
	int result;

	if (!json_is_array(expect) && !json_is_object(expect))
		return expect ? yaml_fail_member(r->yaml, r->object, "expect", e, "not a list of legs, nor a map")
			      : yaml_fail(r->yaml, r->object, e, "expect is missing");
	result = json_is_array(expect) ? compare_plan(r, &c, expect, o->plan, e) : compare_members(r, &c, expect, o, e);
	if (c.differs && !o->plan) {
		write_end(o, end);
		buf_addf(diff, "    (%s, %s)\n", end, o->answer.text);
	}
	return result < 0 ? -1 : c.differs;
}
