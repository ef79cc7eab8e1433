#include <stdlib.h>
#include <string.h>

#include "common/deliver/breaker.h"
#include "common/line/when.h"
#include "common/store/breaker.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define AGAIN_MS WHEN_SECOND            /* when to ask again, while another's message tries */
#define PROBE_MS (2 * WHEN_MINUTE)      /* a probe whose process has died hinders the next for so long */

/* One account in trouble; all others have no entry. */
struct trouble {
	struct breaker_row row;
	char *account;
	bool ours;                      /* the probe is this process's */
	struct trouble *next;
};

struct breakers {
	struct store *store;
	const struct delivery_settings *settings;
	struct trouble *first;
	const uint64_t *heard;
	uint64_t looked;                /* *heard when the table was read, and one more; 0: not yet */
};

struct breakers *breakers_new(struct store *s, const struct delivery_settings *settings, const uint64_t *heard)
{
	struct breakers *b = xcalloc(1, sizeof(*b));

	b->store = s;
	b->settings = settings;
	b->heard = heard;
	return b;
}

static void trouble_free(struct trouble *t)
{
	free(t->account);
	free(t);
}

void breakers_free(struct breakers *b)
{
	if (!b)
		return;
	while (b->first) {
		struct trouble *next = b->first->next;

		trouble_free(b->first);
		b->first = next;
	}
	free(b);
}

static struct trouble **find(struct breakers *b, const char *account)
{
	struct trouble **at = &b->first;

	while (*at && strcmp((*at)->account, account) != 0)
		at = &(*at)->next;
	return at;
}

static struct trouble *find_or_add(struct breakers *b, const char *account)
{
	struct trouble **at = find(b, account);

	if (!*at) {
		*at = xcalloc(1, sizeof(**at));
		(*at)->account = xstrdup(account);
		(*at)->row.account = (*at)->account;
	}
	return *at;
}

static int take(void *ctx, const struct breaker_row *row)
{
	struct trouble *t = find_or_add(ctx, row->account);

	t->row = *row;
	t->row.account = t->account;
	return 0;
}

/* What other senders have met since. Where they found that all is well again, their row is gone. */
static int look(struct breakers *b, struct err *e)
{
	if (b->looked == *b->heard + 1)
		return 0;
	b->looked = *b->heard + 1;
	for (struct trouble *t = b->first; t; t = t->next)
		t->row = (struct breaker_row){.account = t->account};
	return breaker_each(b->store, take, b, e);
}

int breakers_ask(struct breakers *b, const char *account, int64_t now_ms, int64_t *ret_until_ms, struct err *e)
{
	struct trouble *t;
	int got;

	if (b->settings->breaker_failures == 0)
		return 1;
	if (look(b, e) < 0)
		return -1;
	t = *find(b, account);
	if (!t || !t->row.until_ms)
		return 1;
	/* A clock that was set back must not shut an account for longer than a pause. */
	if (t->row.until_ms > now_ms && t->row.until_ms - now_ms <= b->settings->breaker_longest_ms) {
		*ret_until_ms = t->row.until_ms;
		return 0;
	}
	got = breaker_probe(b->store, account, now_ms, now_ms + PROBE_MS, e);
	if (got == 0)
		*ret_until_ms = now_ms + AGAIN_MS;
	t->ours = t->ours || got == 1;
	return got;
}

static bool tells_against(const struct verdict *v)
{
	switch (v->failure) {
	case FAILURE_NETWORK:
	case FAILURE_TIMEOUT:
		return true;
	case FAILURE_PROVIDER:
		return v->retry || v->status == STATUS_UNKNOWN;
	default:
		return false;
	}
}

static int forget(struct breakers *b, const char *account, struct err *e)
{
	struct trouble **at = find(b, account), *t = *at;

	if (!t)
		return 0;
	*at = t->next;
	trouble_free(t);
	return breaker_remove(b->store, account, e);
}

static void open_for_longer(struct breakers *b, struct trouble *t, int64_t now_ms)
{
	const struct delivery_settings *s = b->settings;

	t->row.pause_ms = t->row.pause_ms ? t->row.pause_ms * 2 : s->breaker_pause_ms;
	if (t->row.pause_ms > s->breaker_longest_ms)
		t->row.pause_ms = s->breaker_longest_ms;
	t->row.until_ms = now_ms + t->row.pause_ms;
}

int breakers_heard(struct breakers *b, const char *account, const struct verdict *v, int64_t now_ms, struct err *e)
{
	struct trouble *t;
	bool probed;

	if (b->settings->breaker_failures == 0)
		return 0;
	if (!tells_against(v))
		return forget(b, account, e);
	if (look(b, e) < 0)
		return -1;
	t = find_or_add(b, account);
	t->row.failures++;
	probed = t->ours;
	t->ours = false;
	/* What was under way when it opened says nothing new. */
	if (probed || (!t->row.until_ms && t->row.failures >= b->settings->breaker_failures))
		open_for_longer(b, t, now_ms);
	if (probed)
		t->row.probe_ms = 0;
	return breaker_put(b->store, &t->row, e);
}
