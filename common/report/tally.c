#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/report/tally.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define NANO INT64_C(1000000000)

struct section {
	enum tally_by by;
	struct tally_group *groups;
	size_t count;
	json_t *index;          /* key: position */
};

struct ability {
	char *channel, *via;
	bool taken, delivered, read;
};

struct tally {
	struct section sections[TALLY_KINDS];
	size_t section_count;
	struct ability *abilities;
	size_t ability_count;
	int64_t first_ms;
};

static const char *const names[] = {
    [TALLY_ALL] = "all",
    [TALLY_CHANNEL] = "channel",
    [TALLY_VIA] = "via",
    [TALLY_PURPOSE] = "purpose",
    [TALLY_TOPIC] = "topic",
    [TALLY_DAY] = "day",
};

const char *tally_name(enum tally_by by)
{
	return names[by];
}

int tally_parse(const char *word)
{
	for (int i = TALLY_CHANNEL; i < TALLY_KINDS; i++)
		if (strcmp(names[i], word) == 0)
			return i;
	return -1;
}

static void add_section(struct tally *t, enum tally_by by)
{
	struct section *s = &t->sections[t->section_count];

	for (size_t i = 0; i < t->section_count; i++)
		if (t->sections[i].by == by)
			return;
	s->by = by;
	s->index = json_object();
	t->section_count++;
}

static struct tally_group *find_group(struct section *s, const char *key)
{
	const json_t *at = json_object_get(s->index, key);

	if (at)
		return &s->groups[json_integer_value(at)];
	if (s->count % 32 == 0)
		s->groups = xrealloc(s->groups, (s->count + 32) * sizeof(*s->groups));
	s->groups[s->count] = (struct tally_group){.key = xstrdup(key)};
	json_object_set_new(s->index, key, json_integer((json_int_t)s->count));
	return &s->groups[s->count++];
}

struct tally *tally_new(const enum tally_by *by, size_t count)
{
	struct tally *t = xcalloc(1, sizeof(*t));

	t->first_ms = INT64_MAX;
	add_section(t, TALLY_ALL);
	find_group(&t->sections[0], "");
	for (size_t i = 0; i < count; i++)
		add_section(t, by[i]);
	return t;
}

static void clear_group(struct tally_group *g)
{
	for (size_t i = 0; i < g->failure_count; i++) {
		free(g->failures[i].class);
		free(g->failures[i].code);
	}
	free(g->failures);
	free(g->costs);
	free(g->to_delivered.ms);
	free(g->to_read.ms);
	free(g->key);
}

void tally_free(struct tally *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->section_count; i++) {
		for (size_t g = 0; g < t->sections[i].count; g++)
			clear_group(&t->sections[i].groups[g]);
		free(t->sections[i].groups);
		json_decref(t->sections[i].index);
	}
	for (size_t i = 0; i < t->ability_count; i++) {
		free(t->abilities[i].channel);
		free(t->abilities[i].via);
	}
	free(t->abilities);
	free(t);
}

static enum tally_outcome outcome_of(enum status status)
{
	switch (status) {
	case STATUS_QUEUED:
	case STATUS_HELD:
		return TALLY_WAITING;
	case STATUS_UNKNOWN:
	case STATUS_ACCEPTED:
	case STATUS_SENT:
		return TALLY_UNDER_WAY;
	case STATUS_DELIVERED:
		return TALLY_DELIVERED;
	case STATUS_READ:
	case STATUS_CLICKED:
	case STATUS_ANSWERED:
		return TALLY_READ;
	case STATUS_FAILED:
	case STATUS_UNDELIVERED:
		return TALLY_FAILED;
	case STATUS_BLOCKED:
		return TALLY_BLOCKED;
	case STATUS_EXPIRED:
		return TALLY_EXPIRED;
	case STATUS_CANCELED:
		return TALLY_CANCELED;
	case STATUS_DUPLICATE:
		return TALLY_DUPLICATE;
	}
	return TALLY_UNDER_WAY;
}

static struct ability *find_ability(struct tally *t, const char *channel, const char *via)
{
	for (size_t i = 0; i < t->ability_count; i++)
		if (strcmp(t->abilities[i].channel, channel) == 0 && strcmp(t->abilities[i].via, via) == 0)
			return &t->abilities[i];
	if (t->ability_count % 16 == 0)
		t->abilities = xrealloc(t->abilities, (t->ability_count + 16) * sizeof(*t->abilities));
	t->abilities[t->ability_count] = (struct ability){.channel = xstrdup(channel), .via = xstrdup(via)};
	return &t->abilities[t->ability_count++];
}

static int add_seen(void *ctx, const char *channel, const char *via, enum status status)
{
	struct ability *a = find_ability(ctx, channel, via);
	enum tally_outcome outcome = outcome_of(status);

	a->taken |= outcome == TALLY_UNDER_WAY;
	a->delivered |= outcome == TALLY_DELIVERED || outcome == TALLY_READ;
	a->read |= outcome == TALLY_READ;
	return 0;
}

/* What may be expected of a leg's channel and provider; a leg that never got a provider: of any of that channel. */
static struct ability expect(const struct tally *t, const struct receipt_leg *l)
{
	struct ability result = {0};

	for (size_t i = 0; i < t->ability_count; i++) {
		const struct ability *a = &t->abilities[i];

		if (strcmp(a->channel, l->channel) != 0 || (*l->via && strcmp(a->via, l->via) != 0))
			continue;
		result.delivered |= a->delivered || !a->taken;
		result.read |= a->read;
	}
	return result;
}

static void add_time(struct tally_times *times, int64_t from_ms, int64_t to_ms)
{
	if (from_ms < 0 || to_ms < 0)
		return;
	if ((times->count & (times->count - 1)) == 0)
		times->ms = xrealloc(times->ms, (times->count ? 2 * times->count : 1) * sizeof(*times->ms));
	/* Two clocks may disagree. */
	times->ms[times->count++] = to_ms > from_ms ? to_ms - from_ms : 0;
}

static void add_failure(struct tally_group *g, const char *class, const char *code)
{
	struct tally_failure *f = g->failures;

	while (f && f < g->failures + g->failure_count && (strcmp(f->class, class) != 0 || strcmp(f->code, code) != 0))
		f++;
	if (!f || f == g->failures + g->failure_count) {
		if (g->failure_count % 16 == 0)
			g->failures = xrealloc(g->failures, (g->failure_count + 16) * sizeof(*g->failures));
		f = &g->failures[g->failure_count++];
		*f = (struct tally_failure){xstrdup(class), xstrdup(code), 0};
	}
	f->count++;
}

/* "-12.0075" -> -12 and -7500000; false for anything else. */
static bool parse_money(const char *text, int64_t *ret_whole, int64_t *ret_nano)
{
	bool negative = *text == '-';
	int64_t whole = 0, nano = 0, scale = NANO / 10;
	int digits = 0;

	for (text += negative; *text >= '0' && *text <= '9'; text++, digits++)
		whole = whole * 10 + (*text - '0');
	if (digits == 0 || digits > 12)
		return false;
	if (*text == '.')
		for (text++; *text >= '0' && *text <= '9'; text++, scale /= 10)
			nano += (*text - '0') * scale;
	if (*text)
		return false;
	*ret_whole = negative ? -whole : whole;
	*ret_nano = negative ? -nano : nano;
	return true;
}

static void add_cost(struct tally_group *g, const struct receipt_leg *l)
{
	int64_t whole, nano;
	struct tally_cost *c = g->costs;

	if (strlen(l->currency) != 3 || !parse_money(l->amount, &whole, &nano))
		return;
	while (c && c < g->costs + g->cost_count && strcmp(c->currency, l->currency) != 0)
		c++;
	if (!c || c == g->costs + g->cost_count) {
		g->costs = xrealloc(g->costs, (g->cost_count + 1) * sizeof(*g->costs));
		c = &g->costs[g->cost_count++];
		*c = (struct tally_cost){0};
		memcpy(c->currency, l->currency, sizeof(c->currency));
	}
	c->whole += whole + (c->nano + nano) / NANO;
	c->nano = (c->nano + nano) % NANO;
	if (c->whole > 0 && c->nano < 0) {
		c->whole--;
		c->nano += NANO;
	} else if (c->whole < 0 && c->nano > 0) {
		c->whole++;
		c->nano -= NANO;
	}
}

static void add_to_group(struct tally_group *g, const struct receipt_leg *l, const struct ability *expected)
{
	enum tally_outcome outcome = outcome_of(l->status);
	bool delivered = outcome == TALLY_DELIVERED || outcome == TALLY_READ;
	bool tried = delivered || outcome == TALLY_UNDER_WAY || outcome == TALLY_FAILED ||
	    (outcome == TALLY_EXPIRED && l->reached_ms[STATUS_ACCEPTED] >= 0);
	int64_t from = l->reached_ms[l->reached_ms[STATUS_ACCEPTED] >= 0 ? STATUS_ACCEPTED : STATUS_SENT];

	g->outcomes[outcome]++;
	if (outcome == TALLY_DUPLICATE)
		return;
	g->legs++;
	g->segments += l->segments > 0 ? l->segments : 0;
	if (tried && expected->delivered) {
		g->delivery.of++;
		g->delivery.count += delivered;
	}
	if (delivered && expected->read) {
		g->reading.of++;
		g->reading.count += outcome == TALLY_READ;
	}
	add_time(&g->to_delivered, from, l->reached_ms[STATUS_DELIVERED]);
	add_time(&g->to_read, from, l->reached_ms[STATUS_READ]);
	if (status_bad(l->status))
		add_failure(g, *l->error_class ? l->error_class : status_name(l->status), l->error_code);
	add_cost(g, l);
}

static const char *key_of(enum tally_by by, const struct receipt_leg *l, char day[16])
{
	time_t seconds = (time_t)(l->first_ms / 1000);
	struct tm local;

	switch (by) {
	case TALLY_CHANNEL:
		return l->channel;
	case TALLY_VIA:
		return l->via;
	case TALLY_PURPOSE:
		return l->purpose;
	case TALLY_TOPIC:
		return l->topic;
	case TALLY_DAY:
		if (!localtime_r(&seconds, &local) || strftime(day, 16, "%Y-%m-%d", &local) == 0)
			return "";
		return day;
	default:
		return "";
	}
}

static int add_leg(void *ctx, const struct receipt_leg *l)
{
	struct tally *t = ctx;
	struct ability expected = expect(t, l);
	char day[16];

	if (l->first_ms < t->first_ms)
		t->first_ms = l->first_ms;
	for (size_t i = 0; i < t->section_count; i++)
		add_to_group(find_group(&t->sections[i], key_of(t->sections[i].by, l, day)), l, &expected);
	return 0;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int by_failures(const void *a, const void *b)
{
	const struct tally_failure *x = a, *y = b;
	int64_t more = y->count - x->count;
	int class = strcmp(x->class, y->class);

	return more ? (more > 0) - (more < 0) : class ? class : strcmp(x->code, y->code);
}

static int by_currency(const void *a, const void *b)
{
	return strcmp(((const struct tally_cost *)a)->currency, ((const struct tally_cost *)b)->currency);
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct tally_group *)a)->key, ((const struct tally_group *)b)->key);
}

static int by_legs(const void *a, const void *b)
{
	const struct tally_group *x = a, *y = b;
	int64_t more = y->legs - x->legs;

	return more ? (more > 0) - (more < 0) : strcmp(x->key, y->key);
}

static void sort(void *items, size_t count, size_t size, int compare(const void *, const void *))
{
	if (count > 1)
		qsort(items, count, size, compare);
}

static void finish(struct section *s)
{
	for (size_t i = 0; i < s->count; i++) {
		struct tally_group *g = &s->groups[i];

		sort(g->to_delivered.ms, g->to_delivered.count, sizeof(int64_t), by_value);
		sort(g->to_read.ms, g->to_read.count, sizeof(int64_t), by_value);
		sort(g->failures, g->failure_count, sizeof(*g->failures), by_failures);
		sort(g->costs, g->cost_count, sizeof(*g->costs), by_currency);
	}
	sort(s->groups, s->count, sizeof(*s->groups), s->by == TALLY_DAY ? by_key : by_legs);
	json_object_clear(s->index);
}

int tally_count(struct tally *t, struct store *s, int64_t since_ms, int64_t until_ms, struct err *e)
{
	/* One snapshot for both questions. */
	int result = store_begin_read(s, e);

	if (result == 0)
		result = receipt_each_seen(s, add_seen, t, e);
	if (result == 0)
		result = receipt_each(s, since_ms, until_ms, add_leg, t, e) < 0 ? -1 : 0;
	store_rollback(s);
	for (size_t i = 0; i < t->section_count; i++)
		finish(&t->sections[i]);
	return result;
}

const struct tally_group *tally_all(const struct tally *t)
{
	return &t->sections[0].groups[0];
}

int64_t tally_first_ms(const struct tally *t)
{
	return t->first_ms;
}

bool tally_store_empty(const struct tally *t)
{
	return t->ability_count == 0;
}

const struct tally_group *tally_groups(const struct tally *t, enum tally_by by, size_t *ret_count)
{
	for (size_t i = 0; i < t->section_count; i++)
		if (t->sections[i].by == by) {
			*ret_count = t->sections[i].count;
			return t->sections[i].groups;
		}
	*ret_count = 0;
	return NULL;
}

int64_t tally_percentile(const struct tally_times *times, unsigned percent)
{
	if (times->count == 0)
		return -1;
	return times->ms[(times->count * percent + 99) / 100 - 1];
}

void tally_format_cost(const struct tally_cost *c, char ret_amount[TALLY_MONEY])
{
	bool negative = c->whole < 0 || c->nano < 0;
	char digits[24];
	size_t len = 9;

	snprintf(digits, sizeof(digits), "%09lld", (long long)(c->nano < 0 ? -c->nano : c->nano));
	while (len > 2 && digits[len - 1] == '0')
		len--;
	snprintf(ret_amount, TALLY_MONEY, "%s%lld.%.*s", negative ? "-" : "", (long long)(c->whole < 0 ? -c->whole : c->whole),
	    (int)len, digits);
}
