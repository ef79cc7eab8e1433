#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/line/when.h"
#include "common/policy/caps.h"
#include "common/policy/caps_set.h"
#include "common/store/sent.h"

#include "common/banned.h"

#define MOMENT_MS 1000
#define BUDGET_AGAIN_MS WHEN_HOUR       /* when a budget has room again nobody can say: what is held asks again */

void caps_free(struct caps *c)
{
	if (!c)
		return;
	free(c->list);
	free(c);
}

bool caps_want_price(const struct caps *c)
{
	for (size_t i = 0; c && i < c->count; i++)
		if (c->list[i].count == 0)
			return true;
	return false;
}

static bool named(const json_t *texts, const char *text)
{
	if (!texts)
		return true;
	if (!text)
		return false;
	for (size_t i = 0; i < json_array_size(texts); i++)
		if (strcmp(json_string_value(json_array_get(texts, i)), text) == 0)
			return true;
	return json_is_string(texts) && strcmp(json_string_value(texts), text) == 0;
}

static bool concerns(const struct cap *cap, const struct caps_question *q)
{
	return cap->purposes & 1u << q->purpose && named(cap->channels, q->channel) && named(cap->topics, q->topic) &&
	    (!cap->per_topic || q->topic);
}

static bool within(const struct cap *cap, const struct caps_question *q, const struct sent *row)
{
	if (row->time_ms <= q->now_ms - cap->window_ms || !(cap->purposes & 1u << row->purpose) || !named(cap->channels, row->channel) ||
	    !named(cap->topics, row->topic))
		return false;
	/* A list of channels or topics counts each of them by itself. */
	if ((cap->per_channel || json_is_array(cap->channels)) && strcmp(row->channel, q->channel) != 0)
		return false;
	if ((cap->per_topic || json_is_array(cap->topics)) && (!row->topic || !q->topic || strcmp(row->topic, q->topic) != 0))
		return false;
	return !q->message || strcmp(row->message, q->message) != 0;
}

/* Several legs of one message are one, as old as its first. Rows are the latest first. */
static bool is_first_leg(const struct past *p, size_t at)
{
	for (size_t i = at + 1; i < p->count; i++)
		if (strcmp(p->rows[i].message, p->rows[at].message) == 0)
			return false;
	return true;
}

static void ask_count(const struct cap *cap, const struct caps_question *q, struct caps_answer *a)
{
	unsigned found = 0;
	char when[WHEN_SIZE];

	for (size_t i = 0; q->past && i < q->past->count; i++) {
		const struct sent *row = &q->past->rows[i];

		if (!within(cap, q, row) || !is_first_leg(q->past, i) || ++found < cap->count)
			continue;
		a->over = true;
		a->free_ms = row->time_ms + cap->window_ms;
		when_format(a->free_ms, when);
		snprintf(a->text, sizeof(a->text), "%s is used up until %s", cap->name ? cap->name : cap->limit, when);
		return;
	}
}

static const char *only(const json_t *texts)
{
	return json_is_string(texts) ? json_string_value(texts) : NULL;
}

/* What all have cost. It is looked up again after a moment, because others send too. */
static int spent_by_all(struct cap *cap, struct store *s, const struct caps_question *q, int64_t *ret_micros, struct err *e)
{
	bool by_itself = cap->per_channel || cap->per_topic || json_is_array(cap->channels) || json_is_array(cap->topics);
	const struct sent_filter filter = {
	    .channel = cap->per_channel || json_is_array(cap->channels) ? q->channel : only(cap->channels),
	    .topic = cap->per_topic || json_is_array(cap->topics) ? q->topic : only(cap->topics),
	    .purposes = cap->purposes,
	    .currency = cap->money.currency,
	    .but = by_itself ? q->message : NULL,
	    .since_ms = q->now_ms - cap->window_ms,
	};
	int64_t clock = when_clock_ms();

	if (!by_itself && cap->spent_ms && clock - cap->spent_ms < MOMENT_MS) {
		*ret_micros = cap->spent_micros;
		return 0;
	}
	if (sent_sum(s, &filter, ret_micros, e) < 0)
		return -1;
	cap->spent_micros = *ret_micros;
	cap->spent_ms = clock;
	return 0;
}

static int64_t spent_by_person(const struct cap *cap, const struct caps_question *q)
{
	int64_t micros = 0;

	for (size_t i = 0; q->past && i < q->past->count; i++) {
		const struct sent *row = &q->past->rows[i];

		if (row->micros >= 0 && row->currency && strcmp(row->currency, cap->money.currency) == 0 && within(cap, q, row))
			micros += row->micros;
	}
	return micros;
}

static int ask_money(struct cap *cap, struct store *s, const struct caps_question *q, struct caps_answer *a, struct err *e)
{
	struct money spent = cap->money;
	char text[MONEY_SIZE];

	if (!cap->all)
		spent.micros = spent_by_person(cap, q);
	else if (spent_by_all(cap, s, q, &spent.micros, e) < 0)
		return -1;
	if (spent.micros + (strcmp(q->price.currency, cap->money.currency) == 0 ? q->price.micros : 0) <= cap->money.micros)
		return 0;
	a->over = true;
	a->free_ms = q->now_ms + (cap->window_ms < BUDGET_AGAIN_MS ? cap->window_ms : BUDGET_AGAIN_MS);
	money_format(&spent, text);
	snprintf(a->text, sizeof(a->text), "%s is used up: %s are spent", cap->name ? cap->name : cap->limit, text);
	return 0;
}

/* So many messages to everybody together. */
static int ask_all(const struct cap *cap, struct store *s, const struct caps_question *q, struct caps_answer *a, struct err *e)
{
	const struct sent_filter filter = {
	    .channel = cap->per_channel || json_is_array(cap->channels) ? q->channel : only(cap->channels),
	    .topic = cap->per_topic || json_is_array(cap->topics) ? q->topic : only(cap->topics),
	    .purposes = cap->purposes,
	    .but = q->message,
	    .since_ms = q->now_ms - cap->window_ms,
	};
	int64_t sent_ms;
	int got = sent_nth(s, &filter, cap->count, &sent_ms, e);
	char when[WHEN_SIZE];

	if (got < 1)
		return got;
	a->over = true;
	a->free_ms = sent_ms + cap->window_ms;
	when_format(a->free_ms, when);
	snprintf(a->text, sizeof(a->text), "%s is used up until %s", cap->name ? cap->name : cap->limit, when);
	return 0;
}

/* A no counts more than a later time, and the latest time is the one to wait for. */
static void keep(struct caps_answer *a, const struct caps_answer *one)
{
	if (!one->over || (a->over && !a->hold))
		return;
	if (!a->over || !one->hold || one->free_ms > a->free_ms)
		*a = *one;
}

int caps_ask(struct caps *c, struct store *s, const struct caps_question *q, struct caps_answer *ret_answer, struct err *e)
{
	ret_answer->over = false;
	for (size_t i = 0; c && s && i < c->count; i++) {
		struct cap *cap = &c->list[i];
		struct caps_answer one;

		if (!concerns(cap, q))
			continue;
		one.over = false;
		one.hold = cap->hold;
		if (cap->count == 0 ? ask_money(cap, s, q, &one, e) < 0 : cap->all && ask_all(cap, s, q, &one, e) < 0)
			return -1;
		if (cap->count && !cap->all)
			ask_count(cap, q, &one);
		keep(ret_answer, &one);
	}
	return 0;
}

void caps_note(struct caps *c, const struct sent *sent)
{
	for (size_t i = 0; c && i < c->count; i++) {
		struct cap *cap = &c->list[i];

		if (cap->all && cap->spent_ms && sent->micros >= 0 && sent->currency && strcmp(sent->currency, cap->money.currency) == 0 &&
		    cap->purposes & 1u << sent->purpose && named(cap->channels, sent->channel) && named(cap->topics, sent->topic))
			cap->spent_micros += sent->micros;
	}
}
