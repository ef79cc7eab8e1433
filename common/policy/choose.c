/*
 * Candidates first (channels in the order in which they are to be tried), then each is asked: is there an address, is
 * it one, is there a way to it, does the gate allow it. A channel with several addresses yields a leg for each.
 */
#include <stdlib.h>
#include <string.h>

#include "common/policy/choose_work.h"
#include "common/policy/wishes.h"
#include "common/xalloc.h"

#include "common/banned.h"

static const struct waterfall_leg plain_leg = {.until = STATUS_DELIVERED};

static void forget_candidates(struct choice *c)
{
	for (size_t i = 0; i < c->candidate_count; i++)
		json_decref(c->candidates[i].parts);
	c->candidate_count = 0;
}

void choice_clear(struct choice *c)
{
	forget_candidates(c);
	content_words_clear(&c->words);
	free(c->legs);
	free(c->candidates);
	json_decref(c->recipient);
	*c = (struct choice){0};
}

static bool is_candidate(const struct choice *c, const struct waterfall_leg *leg, const char *channel)
{
	for (size_t i = 0; i < c->candidate_count; i++)
		if (c->candidates[i].leg == leg && strcmp(c->candidates[i].channel, channel) == 0)
			return true;
	return false;
}

static void add_candidate(struct choice *c, const struct waterfall_leg *leg, const char *channel, bool preferred, bool fallback)
{
	if (is_candidate(c, leg, channel))
		return;
	if (c->candidate_count == c->candidate_room) {
		c->candidate_room = c->candidate_room ? c->candidate_room * 2 : 16;
		c->candidates = xrealloc(c->candidates, c->candidate_room * sizeof(*c->candidates));
	}
	c->candidates[c->candidate_count++] =
	    (struct choose_candidate){.channel = channel, .leg = leg, .value = json_object_get(c->addresses, channel),
	        .preferred = preferred, .fallback = fallback};
}

static void add_preferred(struct choice *c, const struct choose_request *q)
{
	const json_t *prefer = json_object_get(q->recipient, "prefer");

	for (size_t i = 0; i < json_array_size(prefer); i++) {
		const char *channel = json_string_value(json_array_get(prefer, i));
		const struct waterfall_leg *leg = channel ? waterfall_find(q->waterfall, channel) : NULL;

		if (leg)
			add_candidate(c, leg, channel, true, false);
	}
}

/* Whatever the recipient has an address for and the waterfalls do not name. */
static void add_others(struct choice *c, const struct choose_request *q, const struct waterfall *w)
{
	const char *channel;
	json_t *value;

	json_object_foreach(c->addresses, channel, value)
		if (waterfall_find(w, channel) == w->others && (w == q->waterfall || !waterfall_find(q->waterfall, channel)))
			add_candidate(c, w->others, channel, false, w != q->waterfall);
}

static void add_legs(struct choice *c, const struct choose_request *q, const struct waterfall *w)
{
	bool fallback = w != q->waterfall;

	for (size_t i = 0; i < w->count; i++) {
		const struct waterfall_leg *leg = &w->legs[i];

		if (leg == w->others)
			add_others(c, q, w);
		else if (!fallback || !waterfall_find(q->waterfall, leg->channel))
			add_candidate(c, leg, leg->channel, false, fallback);
	}
}

static void list_candidates(struct choice *c, const struct choose_request *q)
{
	forget_candidates(c);
	if (q->prefer && !q->weights)
		add_preferred(c, q);
	add_legs(c, q, q->waterfall);
	if (q->fallback && q->waterfall->count > 0)
		add_legs(c, q, q->fallback);
}

static struct choose_leg *room_for_leg(struct choice *c)
{
	if (c->count == c->room) {
		c->room = c->room ? c->room * 2 : 4;
		c->legs = xrealloc(c->legs, c->room * sizeof(*c->legs));
	}
	return &c->legs[c->count];
}

static int try_address(struct choice *c, const struct choose_request *q, const struct choose_candidate *candidate,
    const char *value, struct err *e)
{
	struct choose_leg *leg = room_for_leg(c);
	struct err why;

	if (address_of_channel(candidate->channel, value, &leg->address, &why) < 0) {
		choose_explain(c, q, candidate, candidate->channel, value, -1, why.text);
		choose_refuse(c, FAILURE_INVALID_ADDRESS, "invalid-address", why.text, NULL);
		return 0;
	}
	return choose_judge(c, q, candidate, leg, e);
}

static int try_candidate(struct choice *c, const struct choose_request *q, const struct choose_candidate *candidate, struct err *e)
{
	const json_t *value = candidate->value;
	size_t count = json_array_size(value);

	if (json_is_string(value))
		return try_address(c, q, candidate, json_string_value(value), e);
	for (size_t i = 0; i < count; i++)
		if (try_address(c, q, candidate, json_string_value(json_array_get(value, i)), e) < 0)
			return -1;
	if (count == 0)
		choose_explain(c, q, candidate, candidate->channel, NULL, -1, "the contact has no address for it");
	return 0;
}

/* The one address that was asked for: its channel's leg lends it its sender and account. */
static int choose_asked(struct choice *c, const struct choose_request *q, const char *uri, struct err *e)
{
	struct choose_leg *leg = room_for_leg(c);
	struct choose_candidate candidate = {.leg = NULL};
	struct err why;

	if (address_parse(uri, &leg->address, &why) < 0) {
		choose_explain(c, q, NULL, "", uri, -1, why.text);
		choose_refuse(c, FAILURE_INVALID_ADDRESS, "invalid-address", why.text, NULL);
		return 0;
	}
	candidate.leg = waterfall_find(q->waterfall, leg->address.channel);
	if (!candidate.leg)
		candidate.leg = &plain_leg;
	candidate.channel = leg->address.channel;
	return choose_judge(c, q, &candidate, leg, e);
}

/* Addresses that the waterfall never looked at: nothing was asked, but a person may wonder. */
static void explain_rest(struct choice *c, const struct choose_request *q)
{
	const char *channel;
	json_t *value;

	json_object_foreach(c->addresses, channel, value)
		if (!waterfall_find(q->waterfall, channel) && !(q->fallback && waterfall_find(q->fallback, channel)))
			choose_explain(c, q, NULL, channel, json_string_value(value), -1,
			    q->rule ? "not in the rule's waterfall" : "not used for this purpose");
}

static void refuse_without_address(struct choice *c, const struct choose_request *q)
{
	struct buf b;

	if (q->waterfall->count == 0) {
		choose_refuse(c, FAILURE_POLICY, "rule", "the policy sends nothing here", NULL);
		return;
	}
	buf_init(&b, sizeof(c->refusal.answer.text) - 1);
	buf_add_text(&b, "no address for ");
	for (size_t i = 0; i < c->candidate_count; i++)
		buf_addf(&b, "%s%s", i ? ", " : "", c->candidates[i].channel);
	if (q->waterfall->others)
		buf_addf(&b, "%sany other channel", c->candidate_count ? " or " : "");
	choose_refuse(c, FAILURE_UNREACHABLE, "no-address", b.data, NULL);
	buf_clear(&b);
}

int choose(struct choice *c, const struct choose_request *q, struct err *e)
{
	const char *asked = json_string_value(json_object_get(q->recipient, "address"));

	c->count = 0;
	c->segments = 0;
	content_words_begin(&c->words, q->text);
	c->contact = json_string_value(json_object_get(q->recipient, "id"));
	c->addresses = json_object_get(q->recipient, "addresses");
	c->wishes = json_object_get(q->recipient, "preferences");
	c->single = c->wishes && wishes_one_channel(q->recipient);
	c->place.there = false;
	c->parallel = q->parallel && !c->single;
	forget_candidates(c);
	c->refusal.answer.failure = FAILURE_NONE;
	if (asked && q->waterfall->count > 0)
		return choose_asked(c, q, asked, e);
	list_candidates(c, q);
	if (q->weights && choose_score(c, q, e) < 0)
		return -1;
	for (size_t i = 0; i < c->candidate_count; i++)
		if (try_candidate(c, q, &c->candidates[i], e) < 0)
			return -1;
	if (c->why)
		explain_rest(c, q);
	if (c->count == 0)
		refuse_without_address(c, q);
	return 0;
}
