/*
 * A bucket is one number, the time at which it will be full again: taking n tokens moves it on by n intervals, and what
 * lies further ahead than the burst is not there to take (the generic cell rate algorithm). It is read once a
 * transaction and written once before the commit, under the store's write lock, so that it is exact across processes.
 *
 * Who has to wait is told a time of their own, one interval after the last one's: they do not all come back at once, and
 * nothing is reserved for them. Tenants (the line's `account`) have queues of their own, so that ten messages of one do
 * not stand behind a million of another.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/deliver/flow.h"
#include "common/line/when.h"
#include "common/store/bucket.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define US 1000                 /* in a millisecond */
#define BORROW 10               /* how much of what is to come an urgent message may use, at least */
#define TICK_MOST_MS 50
#define SLOTS 1024              /* of the hash table */
#define KEPT 8192               /* buckets in memory, about */
#define NAME_BYTES 512
#define PAUSE_MOST_MS WHEN_DAY  /* of another's pause */

struct queue {
	char *tenant;
	int64_t next_us;        /* what the next one is told */
	struct queue *next;
};

struct bucket {
	char *name;
	struct rate rate;
	bool shared, dirty;
	uint64_t round;         /* in which full_us was read */
	int64_t full_us;
	unsigned late;          /* how many were told again to wait, in this round */
	struct queue *queues;
	struct bucket *next;
};

struct pause {
	const struct account *account;
	int64_t until_ms;
	uint64_t looked;        /* what *heard was when the store was asked, and one more; 0: not yet */
	struct pause *next;
};

struct channel_rates {
	const char *channel;
	struct rates rates;
	struct channel_rates *next;
};

struct flow {
	struct store *store;
	const uint64_t *heard;
	struct rate run;
	struct channel_rates *channels;
	struct bucket *slots[SLOTS];
	struct pause *pauses;
	uint64_t round;
	size_t count, dirty;    /* buckets; those used in this round */
	int64_t tick_us;
};

/* The buckets of a leg, and what it takes from each. */
struct draw {
	struct bucket *bucket[12];
	unsigned tokens[12];
	size_t count;
};

static int read_channels(struct flow *f, const struct config *c, struct err *e)
{
	const char *name;
	json_t *channel;

	json_object_foreach((json_t *)c->channels, name, channel) {
		struct channel_rates *r;

		if (!json_object_get(channel, "rate"))
			continue;
		r = xcalloc(1, sizeof(*r));
		r->channel = name;
		r->next = f->channels;
		f->channels = r;
		if (rates_read(c, channel, &r->rates, e) < 0)
			return -1;
	}
	return 0;
}

int flow_new(struct store *s, const struct config *c, const struct rate *run, const uint64_t *heard, struct flow **ret_flow,
    struct err *e)
{
	struct flow *f = xcalloc(1, sizeof(*f));

	f->store = s;
	f->heard = heard;
	f->run = *run;
	f->round = 1;
	f->tick_us = (int64_t)TICK_MOST_MS * US;
	if (read_channels(f, c, e) < 0) {
		flow_free(f);
		return -1;
	}
	*ret_flow = f;
	return 0;
}

static void bucket_free(struct bucket *b)
{
	while (b->queues) {
		struct queue *next = b->queues->next;

		free(b->queues->tenant);
		free(b->queues);
		b->queues = next;
	}
	free(b->name);
	free(b);
}

void flow_free(struct flow *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		while (f->slots[i]) {
			struct bucket *next = f->slots[i]->next;

			bucket_free(f->slots[i]);
			f->slots[i] = next;
		}
	while (f->channels) {
		struct channel_rates *next = f->channels->next;

		free(f->channels);
		f->channels = next;
	}
	while (f->pauses) {
		struct pause *next = f->pauses->next;

		free(f->pauses);
		f->pauses = next;
	}
	free(f);
}

static size_t slot_of(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash % SLOTS;
}

static struct bucket *find_bucket(struct flow *f, const char *name, const struct rate *rate, bool shared)
{
	struct bucket **at = &f->slots[slot_of(name)];

	while (*at && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	if (!*at) {
		*at = xcalloc(1, sizeof(**at));
		(*at)->name = xstrdup(name);
		(*at)->rate = *rate;
		(*at)->shared = shared;
		f->count++;
	}
	return *at;
}

static int load(struct flow *f, struct bucket *b, struct err *e)
{
	if (b->round == f->round)
		return 0;
	b->round = f->round;
	b->late = 0;
	return b->shared && f->store ? bucket_get(f->store, b->name, &b->full_us, e) : 0;
}

static int add(struct flow *f, struct draw *d, const char *kind, const char *owner, const char *part, const struct rate *rate,
    unsigned tokens, struct err *e)
{
	char name[NAME_BYTES];

	if (rate->interval_us == 0)
		return 0;
	snprintf(name, sizeof(name), "%s %s %s", kind, owner, part);
	d->bucket[d->count] = find_bucket(f, name, rate, strcmp(kind, "run") != 0);
	d->tokens[d->count] = tokens;
	return load(f, d->bucket[d->count++], e);
}

static int add_rates(struct flow *f, struct draw *d, const char *owner, const struct rates *r, const struct flow_leg *leg,
    struct err *e)
{
	const char *sender = leg->sender ? leg->sender : "";

	if (add(f, d, "messages", owner, "", &r->messages, 1, e) < 0 || add(f, d, "segments", owner, "", &r->segments, leg->segments, e) < 0 ||
	    add(f, d, "sender", owner, sender, &r->sender, 1, e) < 0 ||
	    add(f, d, "sender-segments", owner, sender, &r->sender_segments, leg->segments, e) < 0)
		return -1;
	return add(f, d, "address", owner, leg->address, &r->address, 1, e);
}

static int find_all(struct flow *f, struct draw *d, const struct flow_leg *leg, struct err *e)
{
	char owner[NAME_BYTES / 2];

	d->count = 0;
	if (add(f, d, "run", "", "", &f->run, 1, e) < 0 ||
	    add_rates(f, d, account_name(leg->account), account_rates(leg->account), leg, e) < 0)
		return -1;
	for (const struct channel_rates *c = f->channels; c; c = c->next)
		if (strcmp(c->channel, leg->channel) == 0) {
			snprintf(owner, sizeof(owner), "#%s", c->channel);
			return add_rates(f, d, owner, &c->rates, leg, e);
		}
	return 0;
}

/* How far ahead the bucket may be used up once the tokens are taken. More tokens than ever fit must fit all the same. */
static int64_t reach_us(const struct bucket *b, unsigned tokens, bool urgent)
{
	int64_t most = b->rate.burst > tokens ? b->rate.burst : tokens;

	if (urgent)
		most += most > BORROW ? most : BORROW;
	return most * b->rate.interval_us;
}

/* When the tokens are there to take; a time that has passed: now. */
static int64_t free_us(const struct bucket *b, unsigned tokens, bool urgent, int64_t now_us)
{
	int64_t full = b->full_us > now_us ? b->full_us : now_us;

	/* A clock that was set back must not hold anybody up. */
	if (full - now_us > 3 * reach_us(b, tokens, true))
		full = now_us;
	return full + (int64_t)tokens * b->rate.interval_us - reach_us(b, tokens, urgent);
}

static void take(struct flow *f, struct bucket *b, unsigned tokens, int64_t now_us)
{
	int64_t full = b->full_us > now_us && b->full_us - now_us <= 3 * reach_us(b, tokens, true) ? b->full_us : now_us;

	b->full_us = full + (int64_t)tokens * b->rate.interval_us;
	f->dirty += !b->dirty;
	b->dirty = true;
}

static struct queue *queue_of(struct bucket *b, const char *tenant)
{
	struct queue *q = b->queues;

	while (q && strcmp(q->tenant, tenant) != 0)
		q = q->next;
	if (!q) {
		q = xcalloc(1, sizeof(*q));
		q->tenant = xstrdup(tenant);
		q->next = b->queues;
		b->queues = q;
	}
	return q;
}

/* Rounded up: who comes a moment too early comes in vain. */
static int64_t tell(struct bucket *b, const struct flow_leg *leg, unsigned tokens, int64_t at_us)
{
	int64_t step = (int64_t)tokens * b->rate.interval_us;
	struct queue *q;

	if (leg->again)
		return (at_us + step * b->late++) / US + 1;
	q = queue_of(b, leg->tenant);
	if (q->next_us < at_us)
		q->next_us = at_us;
	at_us = q->next_us;
	q->next_us += step;
	return at_us / US + 1;
}

int flow_ask(struct flow *f, const struct flow_leg *leg, int64_t now_ms, int64_t *ret_due_ms, struct err *e)
{
	int64_t now_us = now_ms * US, latest = 0;
	size_t narrow = 0;
	struct draw d;

	if (find_all(f, &d, leg, e) < 0)
		return -1;
	for (size_t i = 0; i < d.count; i++) {
		int64_t at = free_us(d.bucket[i], d.tokens[i], leg->urgent, now_us);

		if (at > latest) {
			latest = at;
			narrow = i;
		}
	}
	if (latest > now_us) {
		struct bucket *b = d.bucket[narrow];

		*ret_due_ms = tell(b, leg, d.tokens[narrow], latest);
		if (b->rate.interval_us < f->tick_us)
			f->tick_us = b->rate.interval_us;
		return 0;
	}
	for (size_t i = 0; i < d.count; i++)
		take(f, d.bucket[i], d.tokens[i], now_us);
	return 1;
}

/* Those of addresses are many: what is full again is where a new one begins. */
static void forget_full(struct flow *f, int64_t now_us)
{
	for (size_t i = 0; i < SLOTS; i++)
		for (struct bucket **at = &f->slots[i]; *at;) {
			struct bucket *b = *at;

			if (b->full_us > now_us || (b->queues && b->queues->next_us > now_us)) {
				at = &b->next;
				continue;
			}
			*at = b->next;
			bucket_free(b);
			f->count--;
		}
}

int flow_save(struct flow *f, struct err *e)
{
	f->round++;
	for (size_t i = 0; f->dirty && i < SLOTS; i++)
		for (struct bucket *b = f->slots[i]; b; b = b->next) {
			if (b->dirty && b->shared && f->store && bucket_put(f->store, b->name, b->full_us, e) < 0)
				return -1;
			b->dirty = false;
		}
	f->dirty = 0;
	if (f->count > KEPT)
		forget_full(f, when_now_ms() * US);
	return 0;
}

int64_t flow_tick_ms(const struct flow *f)
{
	return f->tick_us < US ? 1 : f->tick_us / US;
}

/* A pause is kept as a bucket is, which is full when it is over. */
static void name_pause(const struct account *account, char ret_name[NAME_BYTES])
{
	snprintf(ret_name, NAME_BYTES, "pause %s", account_name(account));
}

static struct pause *find_pause(struct flow *f, const struct account *account)
{
	struct pause *p = f->pauses;

	while (p && p->account != account)
		p = p->next;
	if (!p) {
		p = xcalloc(1, sizeof(*p));
		p->account = account;
		p->next = f->pauses;
		f->pauses = p;
	}
	return p;
}

int flow_pause(struct flow *f, const struct account *account, int64_t until_ms, struct err *e)
{
	char name[NAME_BYTES];

	find_pause(f, account)->until_ms = until_ms;
	name_pause(account, name);
	return f->store ? bucket_put(f->store, name, until_ms * US, e) : 0;
}

/* What others were told since. */
static int look_at_pause(struct flow *f, struct pause *p, int64_t now_ms, struct err *e)
{
	char name[NAME_BYTES];
	int64_t until_us;

	if (!f->store || p->looked == *f->heard + 1)
		return 0;
	p->looked = *f->heard + 1;
	name_pause(p->account, name);
	if (bucket_get(f->store, name, &until_us, e) < 0)
		return -1;
	/* A clock that was set back must not make a minute's pause one of a year. */
	if (until_us / US > p->until_ms && until_us / US < now_ms + PAUSE_MOST_MS)
		p->until_ms = until_us / US;
	return 0;
}

int flow_paused(struct flow *f, const struct account *account, int64_t now_ms, int64_t *ret_until_ms, struct err *e)
{
	struct pause *p = find_pause(f, account);

	if (look_at_pause(f, p, now_ms, e) < 0)
		return -1;
	*ret_until_ms = p->until_ms;
	return p->until_ms > now_ms;
}
