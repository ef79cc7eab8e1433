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

/*
 * Side by side means that the next leg does not wait for anything: no time is given to this one, and only an answer that
 * was there before would stop it.
 */
static const char *wait_of(const struct choice *c, const struct choose_leg *l, const char **ret_until)
{
	*ret_until = c->parallel ? status_name(STATUS_ANSWERED) : status_name(l->leg->until);
	if (c->single)
		return NULL;
	return c->parallel ? "0s" : l->leg->wait_ms ? l->leg->wait
						    : NULL;
}

static void dump_leg(struct buf *b, const struct choice *c, const struct choose_leg *l, bool last)
{
	const char *until, *wait = wait_of(c, l, &until);

	dump_member(b, "{\"channel\":", l->channel);
	dump_member(b, ",\"via\":", l->leg->via);
	dump_member(b, ",\"address\":", l->address.text);
	dump_member(b, ",\"from\":", l->from);
	if (!last && wait) {
		dump_member(b, ",\"wait\":", wait);
		dump_member(b, ",\"until\":", until);
	}
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
		dump_leg(b, c, &c->legs[i], i + 1 == c->count);
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
		const char *until, *wait = wait_of(c, l, &until);
		json_t *leg = json_object();

		set_text(leg, "channel", l->channel);
		set_text(leg, "via", l->leg->via);
		set_text(leg, "address", l->address.text);
		set_text(leg, "from", l->from);
		if (i + 1 < c->count && wait) {
			set_text(leg, "wait", wait);
			set_text(leg, "until", until);
		}
		if (l->hours.row)
			set_hours(leg, &l->hours);
		json_array_append_new(plan, leg);
	}
	return plan;
}
