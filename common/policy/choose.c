/*
 * Candidates first (channels in the order in which they are to be tried), then each is asked: is there an address, is
 * it one, is there a way to it, does the gate allow it. A channel with several addresses yields a leg for each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/line/line.h"
#include "common/policy/choose.h"
#include "common/xalloc.h"

#include "common/banned.h"

struct choose_candidate {
	const char *channel;
	const struct waterfall_leg *leg;
	bool preferred;
};

static const struct waterfall_leg plain_leg = {.until = STATUS_DELIVERED};

void choice_clear(struct choice *c)
{
	free(c->legs);
	free(c->candidates);
	*c = (struct choice){0};
}

static bool is_candidate(const struct choice *c, const struct waterfall_leg *leg, const char *channel)
{
	for (size_t i = 0; i < c->candidate_count; i++)
		if (c->candidates[i].leg == leg && strcmp(c->candidates[i].channel, channel) == 0)
			return true;
	return false;
}

static void add_candidate(struct choice *c, const struct waterfall_leg *leg, const char *channel, bool preferred)
{
	if (is_candidate(c, leg, channel))
		return;
	if (c->candidate_count == c->candidate_room) {
		c->candidate_room = c->candidate_room ? c->candidate_room * 2 : 16;
		c->candidates = xrealloc(c->candidates, c->candidate_room * sizeof(*c->candidates));
	}
	c->candidates[c->candidate_count++] = (struct choose_candidate){channel, leg, preferred};
}

static void add_preferred(struct choice *c, const struct choose_request *q)
{
	const json_t *prefer = json_object_get(q->recipient, "prefer");

	for (size_t i = 0; i < json_array_size(prefer); i++) {
		const char *channel = json_string_value(json_array_get(prefer, i));
		const struct waterfall_leg *leg = channel ? waterfall_find(q->waterfall, channel) : NULL;

		if (leg)
			add_candidate(c, leg, channel, true);
	}
}

static void add_others(struct choice *c, const struct choose_request *q)
{
	json_t *addresses = json_object_get(q->recipient, "addresses"), *value;
	const char *channel;

	json_object_foreach(addresses, channel, value)
		if (waterfall_find(q->waterfall, channel) == q->waterfall->others)
			add_candidate(c, q->waterfall->others, channel, false);
}

static void list_candidates(struct choice *c, const struct choose_request *q)
{
	c->candidate_count = 0;
	if (q->prefer)
		add_preferred(c, q);
	for (size_t i = 0; i < q->waterfall->count; i++) {
		const struct waterfall_leg *leg = &q->waterfall->legs[i];

		if (leg == q->waterfall->others)
			add_others(c, q);
		else
			add_candidate(c, leg, leg->channel, false);
	}
}

static void explain(struct choice *c, const struct choose_request *q, const char *channel, const char *address, int leg,
    const char *reason)
{
	json_t *entry;

	if (!c->why)
		return;
	entry = json_object();
	json_object_set_new(entry, "channel", json_string(channel));
	if (address)
		json_object_set_new(entry, "address", json_string(address));
	json_object_set_new(entry, "chosen", json_boolean(leg >= 0));
	if (leg >= 0)
		json_object_set_new(entry, "leg", json_integer(leg));
	json_object_set_new(entry, "reason", json_string(reason));
	if (q->rule)
		json_object_set_new(entry, "rule", json_string(q->rule));
	json_array_append_new(c->why, entry);
}

/* How much a refusal says about why nothing is left: a person's no above all, then what somebody can put right. */
static int weight(const struct gate_answer *a)
{
	switch (a->failure) {
	case FAILURE_OPTED_OUT:
		return 4;
	case FAILURE_POLICY:
		return 3;
	case FAILURE_INVALID_ADDRESS:
		return 2;
	default:
		return 1;
	}
}

/* `address` NULL: it is about none in particular. */
static void refuse(struct choice *c, const struct gate_answer *answer, const struct address *address)
{
	if (c->refusal.answer.failure && weight(answer) <= weight(&c->refusal.answer))
		return;
	c->refusal.answer = *answer;
	snprintf(c->refusal.channel, sizeof(c->refusal.channel), "%s", address ? address->channel : "");
	snprintf(c->refusal.address, sizeof(c->refusal.address), "%s", address ? address->text : "");
}

static void refuse_for(struct choice *c, enum failure failure, const char *code, const char *text, const struct address *address)
{
	struct gate_answer a;

	refusal_say(&a, failure, code, text);
	refuse(c, &a, address);
}

static int ask_gate(const struct choose_request *q, const struct address *a, struct gate_answer *ret_answer, struct err *e)
{
	char subject[ADDRESS_BYTES];
	struct gate_question question = {.subject = subject, .channel = a->channel, .topic = q->topic, .purpose = q->purpose,
	    .contact = json_string_value(json_object_get(q->recipient, "id")), .message = q->message, .text = q->text,
	    .now_ms = q->now_ms};

	if (!q->gate) {
		*ret_answer = (struct gate_answer){.allowed = true};
		return 0;
	}
	address_subject(a, subject);
	return gate_ask(q->gate, &question, ret_answer, e);
}

static void reason_chosen(const struct choose_request *q, const struct choose_candidate *candidate, const struct gate_answer *a,
    char *ret_text, size_t size)
{
	const char *gate = a->text[0] ? a->text : "", *comma = a->text[0] ? "; " : "";

	if (json_object_get(q->recipient, "address"))
		snprintf(ret_text, size, "the address asked for%s%s", comma, gate);
	else if (candidate->preferred)
		snprintf(ret_text, size, "preferred by the contact%s%s", comma, gate);
	else if (q->rule)
		snprintf(ret_text, size, "%s of '%s'%s%s", candidate->leg->channel[0] ? "in the waterfall" : "one of the others", q->rule,
		    comma, gate);
	else
		snprintf(ret_text, size, "%s for %s%s%s", candidate->leg->channel[0] ? "built-in" : "one of the others", purpose_name(q->purpose),
		    comma, gate);
}

static const char *sender(const struct choose_request *q, const struct choose_candidate *candidate)
{
	if (candidate->leg->from)
		return candidate->leg->from;
	return json_string_value(json_is_string(q->from) ? q->from : json_object_get(q->from, candidate->channel));
}

static struct choose_leg *room_for_leg(struct choice *c)
{
	if (c->count == c->room) {
		c->room = c->room ? c->room * 2 : 4;
		c->legs = xrealloc(c->legs, c->room * sizeof(*c->legs));
	}
	return &c->legs[c->count];
}

/* `leg->address` has been parsed; counts the leg when it may be used. */
static int judge(struct choice *c, const struct choose_request *q, const struct choose_candidate *candidate,
    struct choose_leg *leg, struct err *e)
{
	struct gate_answer answer;
	char reason[320];

	if (q->reachable && !q->reachable(q->ctx, candidate->channel)) {
		snprintf(reason, sizeof(reason), "no account serves %s", candidate->channel);
		explain(c, q, candidate->channel, leg->address.text, -1, reason);
		refuse_for(c, FAILURE_POLICY, "no-account", reason, &leg->address);
		return 0;
	}
	if (ask_gate(q, &leg->address, &answer, e) < 0)
		return -1;
	if (!answer.allowed) {
		explain(c, q, candidate->channel, leg->address.text, -1, answer.text);
		refuse(c, &answer, &leg->address);
		return 0;
	}
	leg->leg = candidate->leg;
	leg->channel = candidate->channel;
	leg->from = sender(q, candidate);
	if (c->why) {
		reason_chosen(q, candidate, &answer, reason, sizeof(reason));
		explain(c, q, candidate->channel, leg->address.text, (int)c->count, reason);
	}
	c->count++;
	return 0;
}

static int try_address(struct choice *c, const struct choose_request *q, const struct choose_candidate *candidate,
    const char *value, struct err *e)
{
	struct choose_leg *leg = room_for_leg(c);
	struct err why;

	if (address_of_channel(candidate->channel, value, &leg->address, &why) < 0) {
		explain(c, q, candidate->channel, value, -1, why.text);
		refuse_for(c, FAILURE_INVALID_ADDRESS, "invalid-address", why.text, NULL);
		return 0;
	}
	return judge(c, q, candidate, leg, e);
}

static int try_candidate(struct choice *c, const struct choose_request *q, const struct choose_candidate *candidate,
    const json_t *addresses, struct err *e)
{
	const json_t *value = json_object_get(addresses, candidate->channel);
	size_t count = json_array_size(value);

	if (json_is_string(value))
		return try_address(c, q, candidate, json_string_value(value), e);
	for (size_t i = 0; i < count; i++)
		if (try_address(c, q, candidate, json_string_value(json_array_get(value, i)), e) < 0)
			return -1;
	if (count == 0)
		explain(c, q, candidate->channel, NULL, -1, "the contact has no address for it");
	return 0;
}

/* The one address that was asked for: its channel's leg lends it its sender and account. */
static int choose_asked(struct choice *c, const struct choose_request *q, const char *uri, struct err *e)
{
	struct choose_leg *leg = room_for_leg(c);
	struct choose_candidate candidate = {.leg = NULL};
	struct err why;

	if (address_parse(uri, &leg->address, &why) < 0) {
		explain(c, q, "", uri, -1, why.text);
		refuse_for(c, FAILURE_INVALID_ADDRESS, "invalid-address", why.text, NULL);
		return 0;
	}
	candidate.leg = waterfall_find(q->waterfall, leg->address.channel);
	if (!candidate.leg)
		candidate.leg = &plain_leg;
	candidate.channel = leg->address.channel;
	return judge(c, q, &candidate, leg, e);
}

/* Addresses that the waterfall never looked at: nothing was asked, but a person may wonder. */
static void explain_rest(struct choice *c, const struct choose_request *q, json_t *addresses)
{
	const char *channel;
	json_t *value;

	json_object_foreach(addresses, channel, value)
		if (!waterfall_find(q->waterfall, channel))
			explain(c, q, channel, json_string_value(value), -1,
			    q->rule ? "not in the rule's waterfall" : "not used for this purpose");
}

static void refuse_without_address(struct choice *c, const struct choose_request *q)
{
	struct buf b;

	if (q->waterfall->count == 0) {
		refuse_for(c, FAILURE_POLICY, "rule", "the policy sends nothing here", NULL);
		return;
	}
	buf_init(&b, sizeof(c->refusal.answer.text) - 1);
	buf_add_text(&b, "no address for ");
	for (size_t i = 0; i < c->candidate_count; i++)
		buf_addf(&b, "%s%s", i ? ", " : "", c->candidates[i].channel);
	if (q->waterfall->others)
		buf_addf(&b, "%sany other channel", c->candidate_count ? " or " : "");
	refuse_for(c, FAILURE_UNREACHABLE, "no-address", b.data, NULL);
	buf_clear(&b);
}

int choose(struct choice *c, const struct choose_request *q, struct err *e)
{
	const char *asked = json_string_value(json_object_get(q->recipient, "address"));
	json_t *addresses = json_object_get(q->recipient, "addresses");

	c->count = 0;
	c->candidate_count = 0;
	c->refusal.answer.failure = FAILURE_NONE;
	if (asked && q->waterfall->count > 0)
		return choose_asked(c, q, asked, e);
	list_candidates(c, q);
	for (size_t i = 0; i < c->candidate_count; i++)
		if (try_candidate(c, q, &c->candidates[i], addresses, e) < 0)
			return -1;
	if (c->why)
		explain_rest(c, q, addresses);
	if (c->count == 0)
		refuse_without_address(c, q);
	return 0;
}

/* A string of JSON; what needs no escape, which is nearly all there is, is copied. */
static void dump_text(struct buf *b, const char *text)
{
	json_t *value;

	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == '"' || *p == '\\') {
			value = json_string(text);
			line_dump(b, value);
			json_decref(value);
			return;
		}
	buf_add_char(b, '"');
	buf_add_text(b, text);
	buf_add_char(b, '"');
}

static void dump_member(struct buf *b, const char *key, const char *value)
{
	if (!value)
		return;
	buf_add_text(b, key);
	dump_text(b, value);
}

static void dump_leg(struct buf *b, const struct choose_leg *l, bool last)
{
	dump_member(b, "{\"channel\":", l->channel);
	dump_member(b, ",\"via\":", l->leg->via);
	dump_member(b, ",\"address\":", l->address.text);
	dump_member(b, ",\"from\":", l->from);
	if (!last && l->leg->wait_ms) {
		dump_member(b, ",\"wait\":", l->leg->wait);
		dump_member(b, ",\"until\":", status_name(l->leg->until));
	}
	buf_add_char(b, '}');
}

void choice_dump(const struct choice *c, struct buf *b)
{
	for (size_t i = 0; i < c->count; i++) {
		buf_add_char(b, i ? ',' : '[');
		dump_leg(b, &c->legs[i], i + 1 == c->count);
	}
	buf_add_char(b, ']');
}

static void set_text(json_t *object, const char *key, const char *value)
{
	if (value)
		json_object_set_new(object, key, json_string(value));
}

json_t *choice_plan(const struct choice *c)
{
	json_t *plan = json_array();

	for (size_t i = 0; i < c->count; i++) {
		const struct choose_leg *l = &c->legs[i];
		json_t *leg = json_object();

		set_text(leg, "channel", l->channel);
		set_text(leg, "via", l->leg->via);
		set_text(leg, "address", l->address.text);
		set_text(leg, "from", l->from);
		if (i + 1 < c->count && l->leg->wait_ms) {
			set_text(leg, "wait", l->leg->wait);
			set_text(leg, "until", status_name(l->leg->until));
		}
		json_array_append_new(plan, leg);
	}
	return plan;
}
