/* The chosen legs as msg(5) has them. */
#include "common/line/line.h"
#include "common/policy/choose.h"

#include "common/banned.h"

#define NOTE_BYTES 4096

static void dump_member(struct buf *b, const char *key, const char *value)
{
	if (!value)
		return;
	buf_add_text(b, key);
	line_dump_text(b, value);
}

/* A word that needs no escapes. */
static void dump_word(struct buf *b, const char *key, const char *word)
{
	buf_add_text(b, key);
	buf_add_text(b, word);
	buf_add_char(b, '"');
}

/* It goes at the same time as the one before it. */
static bool goes_along(const struct choice *c, size_t at)
{
	const json_t *group = c->legs[at].leg->group;

	return at > 0 && (c->parallel || (!c->single && group && c->legs[at - 1].leg->group == group));
}

/* Where all go at once, or behind all others, there is nothing to wait for. */
static const char *wait_of(const struct choice *c, size_t at)
{
	const struct waterfall_leg *leg = c->legs[at].leg;
	size_t behind = at + 1;

	while (behind < c->count && goes_along(c, behind))
		behind++;
	return c->single || c->parallel || behind == c->count || !leg->wait_ms ? NULL : leg->wait;
}

static void dump_leg(struct buf *b, const struct choice *c, size_t at)
{
	const struct choose_leg *l = &c->legs[at];
	const char *wait = wait_of(c, at);

	dump_member(b, "{\"channel\":", l->channel);
	dump_member(b, ",\"via\":", l->leg->via);
	dump_member(b, ",\"address\":", l->address.text);
	dump_member(b, ",\"from\":", l->from);
	if (wait) {
		dump_word(b, ",\"wait\":\"", wait);
		dump_word(b, ",\"until\":\"", status_name(l->leg->until));
	}
	if (goes_along(c, at))
		buf_add_text(b, ",\"parallel\":true");
	if (l->hours.row) {
		buf_add_text(b, ",\"hours\":");
		hours_note(&l->hours, b);
	}
	buf_add_char(b, '}');
}

void choice_dump(const struct choice *c, struct buf *b)
{
	for (size_t i = 0; i < c->count; i++) {
		buf_add_char(b, i ? ',' : '[');
		dump_leg(b, c, i);
	}
	buf_add_char(b, ']');
}

static void set_text(json_t *object, const char *key, const char *value)
{
	if (value)
		json_object_set_new(object, key, json_string(value));
}

static void set_hours(json_t *leg, const struct hours_answer *a)
{
	struct buf b;

	buf_init(&b, NOTE_BYTES);
	hours_note(a, &b);
	json_object_set_new(leg, "hours", json_loads(b.data, 0, NULL));
	buf_clear(&b);
}

json_t *choice_plan(const struct choice *c)
{
	json_t *plan = json_array();

	for (size_t i = 0; i < c->count; i++) {
		const struct choose_leg *l = &c->legs[i];
		const char *wait = wait_of(c, i);
		json_t *leg = json_object();

		set_text(leg, "channel", l->channel);
		set_text(leg, "via", l->leg->via);
		set_text(leg, "address", l->address.text);
		set_text(leg, "from", l->from);
		if (wait) {
			set_text(leg, "wait", wait);
			set_text(leg, "until", status_name(l->leg->until));
		}
		if (goes_along(c, i))
			json_object_set_new(leg, "parallel", json_true());
		if (l->hours.row)
			set_hours(leg, &l->hours);
		json_array_append_new(plan, leg);
	}
	return plan;
}
