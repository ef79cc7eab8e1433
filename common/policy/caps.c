#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/line/when.h"
#include "common/policy/caps.h"
#include "common/policy/caps_set.h"
#include "common/store/sent.h"

#include "common/banned.h"

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

static const char *only(const json_t *texts)
{
	return json_is_string(texts) ? json_string_value(texts) : NULL;
}

/* A list of channels or topics without `per` counts each of them by itself: the store is asked for one at a time. */
static struct sent_filter filter_of(const struct cap *cap, const struct caps_question *q)
{
	return (struct sent_filter){
	    .person = cap->all ? NULL : q->person,
	    .channel = cap->per_channel || json_is_array(cap->channels) ? q->channel : only(cap->channels),
	    .topic = cap->per_topic || json_is_array(cap->topics) ? q->topic : only(cap->topics),
	    .purposes = cap->purposes,
	    .but = q->message,
	    .since_ms = q->now_ms - cap->window_ms,
	};
}

static int ask_count(const struct cap *cap, struct store *s, const struct caps_question *q, struct caps_answer *a, struct err *e)
{
	struct sent_filter filter = filter_of(cap, q);
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

static int ask_money(const struct cap *cap, struct store *s, const struct caps_question *q, struct caps_answer *a, struct err *e)
{
	struct sent_filter filter = filter_of(cap, q);
	struct money spent = cap->money;
	char text[MONEY_SIZE];

	filter.currency = cap->money.currency;
	if (sent_sum(s, &filter, &spent.micros, e) < 0)
		return -1;
	if (spent.micros + (strcmp(q->price.currency, cap->money.currency) == 0 ? q->price.micros : 0) <= cap->money.micros)
		return 0;
	a->over = true;
	a->free_ms = q->now_ms + (cap->window_ms < BUDGET_AGAIN_MS ? cap->window_ms : BUDGET_AGAIN_MS);
	money_format(&spent, text);
	snprintf(a->text, sizeof(a->text), "%s is used up: %s are spent", cap->name ? cap->name : cap->limit, text);
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

int caps_ask(const struct caps *c, struct store *s, const struct caps_question *q, struct caps_answer *ret_answer, struct err *e)
{
	ret_answer->over = false;
	for (size_t i = 0; c && s && i < c->count; i++) {
		const struct cap *cap = &c->list[i];
		struct caps_answer one = {.hold = cap->hold};

		if (!concerns(cap, q))
			continue;
		if ((cap->count ? ask_count : ask_money)(cap, s, q, &one, e) < 0)
			return -1;
		keep(ret_answer, &one);
	}
	return 0;
}
