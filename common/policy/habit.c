#include <stdio.h>
#include <string.h>

#include "common/config/contact.h"
#include "common/line/when.h"
#include "common/policy/habit.h"
#include "common/store/conversation.h"
#include "common/store/receipts.h"

#include "common/banned.h"

#define MOMENT_MS 1000
#define LATEST 2000             /* legs that are looked at: what a channel is worth now, and quickly counted */
#define MEMORY_MS (90 * WHEN_DAY)

static struct habit_channel *of(struct habit *h, const char *channel)
{
	for (size_t i = 0; i < h->count; i++)
		if (strcmp(h->list[i].channel, channel) == 0)
			return &h->list[i];
	if (h->count == HABIT_CHANNELS || strlen(channel) >= ADDRESS_CHANNEL)
		return NULL;
	h->list[h->count] = (struct habit_channel){0};
	snprintf(h->list[h->count].channel, ADDRESS_CHANNEL, "%s", channel);
	return &h->list[h->count++];
}

const struct habit_channel *habit_find(const struct habit *h, const char *channel)
{
	return of((struct habit *)h, channel);
}

static int count(void *ctx, const char *channel, unsigned sent, unsigned delivered, unsigned read)
{
	struct habit_channel *c = of(ctx, channel);

	if (!c)
		return 0;
	c->sent = sent;
	c->delivered = delivered;
	c->read = read;
	c->reads = read > 0;
	return 0;
}

static int note(void *ctx, const char *channel, int64_t read_ms, int64_t answered_ms)
{
	struct habit_channel *c = of(ctx, channel);

	if (!c)
		return 0;
	c->read_ms = read_ms;
	c->answered_ms = answered_ms;
	return 0;
}

struct lookup {
	struct habit *habit;
	struct store *store;
	struct err *e;
};

/* Who has written to us there has answered. */
static int look_conversation(void *ctx, const struct address *a)
{
	struct lookup *l = ctx;
	struct habit_channel *c = of(l->habit, a->channel);
	int64_t last_ms;
	int got = conversation_last_heard(l->store, a->text, &last_ms, l->e);

	if (got == 1 && c && last_ms > c->answered_ms)
		c->answered_ms = last_ms;
	return got < 0 ? -1 : 0;
}

/* What is about everybody, now and then. */
static int look_around(struct habit *h, struct store *s, struct err *e)
{
	int64_t now_ms = when_clock_ms();
	int read, heard;

	if (h->counted && now_ms - h->looked_ms < MOMENT_MS)
		return 0;
	read = receipt_any_read(s, e);
	heard = conversation_any(s, e);
	if (read < 0 || heard < 0 || (!h->counted && receipt_rates(s, LATEST, count, h, e) < 0))
		return -1;
	h->read = read;
	h->heard = heard;
	h->counted = true;
	h->looked_ms = now_ms;
	return 0;
}

int habit_look(struct habit *h, struct store *s, const json_t *recipient, int64_t now_ms, struct err *e)
{
	const char *contact = json_string_value(json_object_get(recipient, "id"));
	struct lookup lookup = {h, s, e};

	for (size_t i = 0; i < h->count; i++)
		h->list[i].read_ms = h->list[i].answered_ms = 0;
	if (!s)
		return 0;
	if (look_around(h, s, e) < 0)
		return -1;
	if (contact && h->read && receipt_habit(s, contact, now_ms - MEMORY_MS, note, h, e) < 0)
		return -1;
	return h->heard && contact_each_address(recipient, look_conversation, &lookup) < 0 ? -1 : 0;
}
