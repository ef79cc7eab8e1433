/* The candidates of one recipient by score. */
#include <stdlib.h>
#include <string.h>

#include "common/policy/choose_work.h"
#include "common/policy/wishes.h"

#include "common/banned.h"

/* Of the first number that has a region. */
static void region_of(json_t *addresses, char ret_region[3])
{
	const char *channel;
	json_t *value;

	ret_region[0] = '\0';
	json_object_foreach(addresses, channel, value) {
		const char *text = json_string_value(json_is_array(value) ? json_array_get(value, 0) : value);
		struct address a;
		struct err ignored;

		if (text && *text == '+' && address_of_channel(channel, text, &a, &ignored) == 0 && a.region[0]) {
			memcpy(ret_region, a.region, sizeof(a.region));
			return;
		}
	}
}

static bool is_preferred(const json_t *prefer, const char *channel)
{
	for (size_t i = 0; i < json_array_size(prefer); i++) {
		const char *name = json_string_value(json_array_get(prefer, i));

		if (name && strcmp(name, channel) == 0)
			return true;
	}
	return false;
}

/* What the person has put in an order is in that order, whatever it is worth. */
static bool is_before(const struct choose_candidate *a, const struct choose_candidate *b)
{
	if (a->fallback != b->fallback)
		return b->fallback;
	if (!a->value != !b->value)
		return a->value;
	return a->rank != b->rank ? a->rank > b->rank : a->score > b->score;
}

/* By insertion: a handful, and those of equal score stay in their order. */
static void sort(struct choice *c)
{
	for (size_t i = 1; i < c->candidate_count; i++) {
		struct choose_candidate held = c->candidates[i];
		size_t at = i;

		for (; at > 0 && is_before(&held, &c->candidates[at - 1]); at--)
			c->candidates[at] = c->candidates[at - 1];
		c->candidates[at] = held;
	}
}

int choose_score(struct choice *c, const struct choose_request *q, struct err *e)
{
	struct score s = {.message = q->about, .recipient = q->recipient, .weights = q->weights, .habit = &c->habit,
	    .prefer = q->prefer};
	char region[3];

	/* Where there is no choice nothing is asked. */
	if (json_object_size(c->addresses) < 2 && !c->why)
		return 0;
	if (habit_look(&c->habit, q->gate ? q->gate->store : NULL, q->recipient, q->now_ms, e) < 0)
		return -1;
	region_of(c->addresses, region);
	s.region = region;
	score_begin(&s, q->purpose, q->urgency);
	for (size_t i = 0; i < c->candidate_count; i++) {
		struct choose_candidate *candidate = &c->candidates[i];

		if (!candidate->value)
			continue;
		candidate->preferred = q->prefer && is_preferred(s.preferred, candidate->channel);
		candidate->rank = c->wishes && q->prefer && !candidate->fallback ? wishes_rank(q->recipient, candidate->channel) : 0;
		candidate->parts = c->why ? json_object() : NULL;
		candidate->score = score_channel(&s, candidate->channel, candidate->leg == q->waterfall->others, candidate->parts);
	}
	sort(c);
	return 0;
}
