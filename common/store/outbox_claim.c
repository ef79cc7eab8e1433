/* Whose turn it is: due rows are claimed, most urgent first, tenant by tenant, and given back. */
#include <stdlib.h>

#include "common/store/outbox.h"
#include "common/store/sql.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define ROW_COLUMNS \
	"seq, message, recipient, line, contact, plan, state, leg, account, attempt, polls, priority, reached, provider_id," \
	" created_ms, due_ms, lease_ms, started_ms, accepted_ms, owner, throttled, part, parts, tenant"

static const char *text_or_null(sqlite3_stmt *q, int column)
{
	return (const char *)sqlite3_column_text(q, column);
}

static void read_row(sqlite3_stmt *q, struct outbox_row *row)
{
	*row = (struct outbox_row){
	    .seq = sql_int(q, 0),
	    .message = sql_text(q, 1),
	    .recipient = sql_text(q, 2),
	    .line = sql_text(q, 3),
	    .contact = text_or_null(q, 4),
	    .plan = text_or_null(q, 5),
	    .state = (enum outbox_state)sql_enum(q, 6, OUTBOX_DONE, OUTBOX_UNKNOWN),
	    .leg = (unsigned)sql_int(q, 7),
	    .account = (unsigned)sql_int(q, 8),
	    .attempt = (unsigned)sql_int(q, 9),
	    .polls = (unsigned)sql_int(q, 10),
	    .priority = (unsigned)sql_int(q, 11),
	    .reached = (enum status)sql_enum(q, 12, STATUS_DUPLICATE, STATUS_QUEUED),
	    .provider_id = text_or_null(q, 13),
	    .created_ms = sql_int(q, 14),
	    .due_ms = sql_int(q, 15),
	    .lease_ms = sql_int(q, 16),
	    .started_ms = sql_int(q, 17),
	    .accepted_ms = sql_int(q, 18),
	    .owner = text_or_null(q, 19),
	    .throttled = (unsigned)sql_int(q, 20),
	    .part = (unsigned)sql_int(q, 21),
	    .parts = (unsigned)sql_int(q, 22),
	    .tenant = sql_text(q, 23),
	};
}

int outbox_get(struct store *s, int64_t seq, enum outbox_state state, outbox_each_fn *each, void *ctx, struct err *e)
{
	static const char sql[] = "SELECT " ROW_COLUMNS " FROM outbox WHERE seq = ? AND state = ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	struct outbox_row row;
	int got;

	if (!q)
		return -1;
	sql_bind_int(q, 1, seq);
	sql_bind_int(q, 2, state);
	got = sql_step(s, q, e);
	if (got != 1)
		return got;
	read_row(q, &row);
	got = each(ctx, &row, e);
	sql_done(q);
	return got;
}

static int mark_claimed(struct store *s, int64_t seq, enum outbox_state state, const char *owner, int64_t lease_ms,
    struct err *e)
{
	static const char sql[] = "UPDATE outbox SET state = ?, owner = ?, lease_ms = ? WHERE seq = ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_int(q, 1, state);
	sql_bind_text(q, 2, owner);
	sql_bind_int(q, 3, lease_ms);
	sql_bind_int(q, 4, seq);
	return sql_step(s, q, e);
}

/*
 * A row in hand is in flight, or has a lease that never ends while it is asked about: its owner must not get it again.
 * One query a priority keeps an urgent row from waiting behind a long queue, and one a tenant keeps a tenant from waiting
 * behind another's; the index has them in this order.
 */
static const char claim_any[] = "SELECT " ROW_COLUMNS " FROM outbox WHERE state < 5 AND priority = ?1 AND tenant = ?7 AND due_ms <= ?2"
    " AND (lease_ms < ?3 OR (owner = ?4 AND state <> 2 AND lease_ms < ?6)) ORDER BY due_ms LIMIT ?5";
static const char claim_mine[] = "SELECT " ROW_COLUMNS " FROM outbox WHERE state < 5 AND priority = ?1 AND tenant = ?7 AND due_ms <= ?2"
    " AND state <> 2 AND owner = ?4 AND lease_ms >= ?3 AND lease_ms < ?6 ORDER BY due_ms LIMIT ?5";

/* A question about a leg sends nothing: it stays what it is while it is asked. */
static int mark_taken(struct store *s, const struct outbox_row *row, const char *owner, int64_t lease_ms, struct err *e)
{
	bool asked = row->state == OUTBOX_ACCEPTED || row->state == OUTBOX_UNKNOWN;

	return mark_claimed(s, row->seq, asked ? row->state : OUTBOX_IN_FLIGHT, owner, asked ? OUTBOX_NEVER : lease_ms, e);
}

/* Those who have anything in the outbox that is not done, by name. */
struct tenants {
	char **names;
	size_t count;
};

static void tenants_clear(struct tenants *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->names[i]);
	free(t->names);
}

/* The first name, or the next one after `after`: the index is asked for it, not for all of its rows. 1, 0, -1. */
static int next_tenant(struct store *s, unsigned priority, const char *after, char **ret_name, struct err *e)
{
	static const char first[] = "SELECT tenant FROM outbox WHERE state < 5 AND priority = ?1 ORDER BY tenant LIMIT 1";
	static const char next[] = "SELECT tenant FROM outbox WHERE state < 5 AND priority = ?1 AND tenant > ?2 ORDER BY tenant LIMIT 1";
	sqlite3_stmt *q = sql_prepare(s, after ? next : first, e);
	int got;

	if (!q)
		return -1;
	sql_bind_int(q, 1, priority);
	if (after)
		sql_bind_text(q, 2, after);
	got = sql_step(s, q, e);
	if (got == 1) {
		*ret_name = xstrdup(sql_text(q, 0));
		sql_done(q);
	}
	return got;
}

static int tenants_with_rows(struct store *s, unsigned priority, struct tenants *ret_tenants, struct err *e)
{
	struct tenants *t = ret_tenants;
	char *name;
	int got;

	*t = (struct tenants){NULL, 0};
	while ((got = next_tenant(s, priority, t->count ? t->names[t->count - 1] : NULL, &name, e)) == 1) {
		t->names = xrealloc(t->names, (t->count + 1) * sizeof(*t->names));
		t->names[t->count++] = name;
	}
	return got;
}

/* What is claimed for whom, and what has come of it. */
struct claim {
	const char *owner;
	bool mine;
	int64_t now_ms, lease_ms;
	outbox_each_fn *each;
	void *ctx;
	unsigned taken, left;
};

static int claim_row(struct store *s, struct claim *c, const struct outbox_row *row, struct err *e)
{
	int left = mark_taken(s, row, c->owner, c->lease_ms, e) < 0 ? -1 : c->each(c->ctx, row, e);

	if (left == 1) {
		c->left++;
		return mark_claimed(s, row->seq, row->state, row->owner, c->lease_ms, e);
	}
	c->taken++;
	return left;
}

static int claim_tenant(struct store *s, struct claim *c, unsigned priority, const char *tenant, unsigned limit, struct err *e)
{
	sqlite3_stmt *q = sql_prepare(s, c->mine ? claim_mine : claim_any, e);
	int got;

	if (!q)
		return -1;
	sql_bind_int(q, 1, priority);
	sql_bind_int(q, 2, c->now_ms);
	sql_bind_int(q, 3, c->mine ? 0 : c->now_ms);
	sql_bind_text(q, 4, c->owner);
	sql_bind_int(q, 5, limit);
	sql_bind_int(q, 6, OUTBOX_NEVER);
	sql_bind_text(q, 7, tenant);
	c->left = 0;
	while ((got = sql_step(s, q, e)) == 1) {
		struct outbox_row row;

		read_row(q, &row);
		if (claim_row(s, c, &row, e) < 0) {
			sql_done(q);
			return -1;
		}
	}
	return got;
}

/* Rows that their owner keeps after all have made room for others. */
static int claim_share(struct store *s, struct claim *c, unsigned priority, const char *tenant, unsigned share, struct err *e)
{
	unsigned most = c->taken + share;

	do {
		if (c->taken < most && claim_tenant(s, c, priority, tenant, most - c->taken, e) < 0)
			return -1;
	} while (c->left > 0 && c->taken < most);
	return 0;
}

/*
 * Tenants take turns: each an equal share of what there is room for, then whoever has more. The first changes with time:
 * there may be more of them than there is room.
 */
static int claim_priority(struct store *s, struct claim *c, unsigned priority, unsigned limit, struct err *e)
{
	struct tenants tenants;
	int result = tenants_with_rows(s, priority, &tenants, e);

	for (int pass = 0; result == 0 && pass < 2; pass++)
		for (size_t i = 0; result == 0 && i < tenants.count && c->taken < limit; i++) {
			unsigned left = limit - c->taken, others = (unsigned)(tenants.count - i);
			const char *tenant = tenants.names[(i + (size_t)c->now_ms) % tenants.count];

			result = claim_share(s, c, priority, tenant, pass == 0 ? (left + others - 1) / others : left, e);
		}
	tenants_clear(&tenants);
	return result;
}

int outbox_claim(struct store *s, const char *owner, bool mine, int64_t now_ms, int64_t lease_ms, unsigned limit,
    outbox_each_fn *each, void *ctx, struct err *e)
{
	struct claim c = {owner, mine, now_ms, lease_ms, each, ctx, 0, 0};

	if (store_begin(s, e) < 0)
		return -1;
	for (unsigned priority = 0; priority < 2; priority++)
		if (c.taken < limit && claim_priority(s, &c, priority, limit, e) < 0)
			return -1;
	return (int)c.taken;
}

static int any_due_of(struct store *s, unsigned priority, const char *tenant, int64_t now_ms, struct err *e)
{
	static const char sql[] = "SELECT 1 FROM outbox WHERE state < 5 AND priority = ?1 AND tenant = ?3 AND due_ms <= ?2"
	    " AND lease_ms < ?2 LIMIT 1";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_int(q, 1, priority);
	sql_bind_int(q, 2, now_ms);
	sql_bind_text(q, 3, tenant);
	got = sql_step(s, q, e);
	sql_done(q);
	return got;
}

int outbox_any_due(struct store *s, int64_t now_ms, struct err *e)
{
	int got = 0;

	for (unsigned priority = 0; got == 0 && priority < 2; priority++) {
		struct tenants tenants;

		got = tenants_with_rows(s, priority, &tenants, e);
		for (size_t i = 0; got == 0 && i < tenants.count; i++)
			got = any_due_of(s, priority, tenants.names[i], now_ms, e);
		tenants_clear(&tenants);
	}
	return got;
}

int outbox_release(struct store *s, const char *owner, struct err *e)
{
	static const char sql[] = "UPDATE outbox SET owner = NULL, lease_ms = 0 WHERE owner = ? AND state < 5 AND state <> 2";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, owner);
	return sql_step(s, q, e);
}
