#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/line/id.h"
#include "common/store/outbox.h"
#include "common/store/sql.h"
#include "common/xalloc.h"

#include "common/banned.h"

const char outbox_schema[] =
    "CREATE TABLE outbox ("
    " seq INTEGER PRIMARY KEY,"
    " message TEXT NOT NULL,"
    " recipient TEXT NOT NULL,"
    " line TEXT NOT NULL,"
    " contact TEXT,"
    " plan TEXT,"
    " state INTEGER NOT NULL,"
    " leg INTEGER NOT NULL DEFAULT 0,"
    " account INTEGER NOT NULL DEFAULT 0,"
    " attempt INTEGER NOT NULL DEFAULT 0,"
    " throttled INTEGER NOT NULL DEFAULT 0,"
    " polls INTEGER NOT NULL DEFAULT 0,"
    " priority INTEGER NOT NULL,"
    " reached INTEGER NOT NULL DEFAULT 0,"
    " provider_id TEXT,"
    " created_ms BIGINT NOT NULL,"
    " due_ms BIGINT NOT NULL,"
    " started_ms BIGINT NOT NULL DEFAULT 0,"
    " accepted_ms BIGINT NOT NULL DEFAULT 0,"
    " lease_ms BIGINT NOT NULL DEFAULT 0,"
    " owner TEXT,"
    " UNIQUE (message, recipient));"
    "CREATE INDEX outbox_due ON outbox (priority, due_ms) WHERE state < 5;"
    "CREATE TABLE outbox_dedupe ("
    " dedupe TEXT NOT NULL,"
    " recipient TEXT NOT NULL,"
    " seq BIGINT NOT NULL,"
    " PRIMARY KEY (dedupe, recipient));"
    "CREATE INDEX outbox_dedupe_seq ON outbox_dedupe (seq);";

const char outbox_tenant_schema[] =
    "ALTER TABLE outbox ADD COLUMN tenant TEXT NOT NULL DEFAULT '';"
    "DROP INDEX outbox_due;"
    "CREATE INDEX outbox_due ON outbox (priority, tenant, due_ms) WHERE state < 5;";

const char outbox_part_schema[] =
    "ALTER TABLE outbox ADD COLUMN part INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE outbox ADD COLUMN parts INTEGER NOT NULL DEFAULT 0;";

static int forget_row(struct store *s, int64_t seq, struct err *e)
{
	static const char key[] = "DELETE FROM outbox_dedupe WHERE seq = ?", row[] = "DELETE FROM outbox WHERE seq = ?";
	static const char digest[] = "DELETE FROM digest WHERE seq = ?";
	static const char *const all[] = {key, digest, row};

	for (size_t i = 0; i < COUNT_OF(all); i++) {
		sqlite3_stmt *q = sql_prepare(s, all[i], e);

		if (!q)
			return -1;
		sql_bind_int(q, 1, seq);
		if (sql_step(s, q, e) < 0)
			return -1;
	}
	return 0;
}

/* The row that has the key already. 1, 0: none, or it was done long ago and has made place; -1. */
static int find_earlier(struct store *s, const char *sql, const char *key, const char *recipient, int64_t known_since_ms,
    int64_t *ret_seq, char *ret_message, struct err *e)
{
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	bool over;
	int got;

	if (!q)
		return -1;
	sql_bind_text(q, 1, key);
	sql_bind_text(q, 2, recipient);
	got = sql_step(s, q, e);
	if (got != 1)
		return got;
	*ret_seq = sql_int(q, 0);
	snprintf(ret_message, ID_BYTES + 1, "%s", sql_text(q, 1));
	over = sql_int(q, 2) == OUTBOX_DONE && sql_int(q, 3) < known_since_ms;
	sql_done(q);
	if (!over)
		return 1;
	return forget_row(s, *ret_seq, e);
}

static int add_dedupe(struct store *s, const struct outbox_row *row, int64_t seq, struct err *e)
{
	static const char sql[] = "INSERT INTO outbox_dedupe (dedupe, recipient, seq) VALUES (?,?,?)";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, row->dedupe);
	sql_bind_text(q, 2, row->recipient);
	sql_bind_int(q, 3, seq);
	return sql_step(s, q, e);
}

/* 1: inserted, 0: this message and recipient are there, -1. */
static int insert(struct store *s, const struct outbox_row *row, struct err *e)
{
	static const char sql[] =
	    "INSERT INTO outbox (message, recipient, line, contact, plan, state, priority, created_ms, due_ms, lease_ms, owner,"
	    " started_ms, attempt, tenant) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, row->message);
	sql_bind_text(q, 2, row->recipient);
	sql_bind_text(q, 3, row->line);
	sql_bind_text(q, 4, row->contact);
	sql_bind_text(q, 5, row->plan);
	sql_bind_int(q, 6, row->state);
	sql_bind_int(q, 7, row->priority);
	sql_bind_int(q, 8, row->created_ms);
	sql_bind_int(q, 9, row->due_ms);
	sql_bind_int(q, 10, row->lease_ms);
	sql_bind_text(q, 11, row->owner);
	sql_bind_int(q, 12, row->started_ms);
	sql_bind_int(q, 13, row->attempt);
	sql_bind_text(q, 14, row->tenant ? row->tenant : "");
	if (sql_step(s, q, e) < 0)
		return -1;
	return sqlite3_changes(sql_db(s)) > 0;
}

int outbox_add(struct store *s, const struct outbox_row *row, int64_t known_since_ms, int64_t *ret_seq, char *ret_message,
    struct err *e)
{
	static const char by_message[] = "SELECT seq, message, state, created_ms FROM outbox WHERE message = ? AND recipient = ?";
	static const char by_dedupe[] = "SELECT o.seq, o.message, o.state, o.created_ms FROM outbox_dedupe d"
	    " JOIN outbox o ON o.seq = d.seq WHERE d.dedupe = ? AND d.recipient = ?";
	int got;

	if (row->dedupe) {
		got = find_earlier(s, by_dedupe, row->dedupe, row->recipient, known_since_ms, ret_seq, ret_message, e);
		if (got != 0)
			return got < 0 ? -1 : 0;
	}
	got = insert(s, row, e);
	if (got == 0) {
		got = find_earlier(s, by_message, row->message, row->recipient, known_since_ms, ret_seq, ret_message, e);
		if (got != 0)
			return got < 0 ? -1 : 0;
		got = insert(s, row, e);
	}
	if (got < 0)
		return -1;
	*ret_seq = sqlite3_last_insert_rowid(sql_db(s));
	return row->dedupe && add_dedupe(s, row, *ret_seq, e) < 0 ? -1 : 1;
}

int outbox_look(struct store *s, int64_t seq, enum status *ret_reached, char ret_provider_id[128], struct err *e)
{
	static const char sql[] = "SELECT reached, provider_id FROM outbox WHERE seq = ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_int(q, 1, seq);
	if (sql_step(s, q, e) != 1)
		return err_set(e, EX_CANTCREAT, "outbox row %lld has gone", (long long)seq);
	*ret_reached = (enum status)sql_int(q, 0);
	snprintf(ret_provider_id, 128, "%s", sql_text(q, 1));
	sql_done(q);
	return 0;
}

int outbox_knows(struct store *s, const char *provider_id, int64_t seq, struct err *e)
{
	static const char sql[] = "SELECT 1 FROM outbox WHERE provider_id = ?1 AND seq <> ?2 LIMIT 1";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_text(q, 1, provider_id);
	sql_bind_int(q, 2, seq);
	got = sql_step(s, q, e);
	sql_done(q);
	return got;
}

int outbox_update(struct store *s, const struct outbox_row *row, struct err *e)
{
	static const char sql[] =
	    "UPDATE outbox SET state = ?, leg = ?, account = ?, attempt = ?, polls = ?, reached = ?, provider_id = ?,"
	    " due_ms = ?, started_ms = ?, accepted_ms = ?, lease_ms = ?, owner = ?, throttled = ?, part = ?, parts = ?"
	    " WHERE seq = ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_int(q, 1, row->state);
	sql_bind_int(q, 2, row->leg);
	sql_bind_int(q, 3, row->account);
	sql_bind_int(q, 4, row->attempt);
	sql_bind_int(q, 5, row->polls);
	sql_bind_int(q, 6, row->reached);
	sql_bind_text(q, 7, row->provider_id);
	sql_bind_int(q, 8, row->due_ms);
	sql_bind_int(q, 9, row->started_ms);
	sql_bind_int(q, 10, row->accepted_ms);
	sql_bind_int(q, 11, row->lease_ms);
	sql_bind_text(q, 12, row->owner);
	sql_bind_int(q, 13, row->throttled);
	sql_bind_int(q, 14, row->part);
	sql_bind_int(q, 15, row->parts);
	sql_bind_int(q, 16, row->seq);
	return sql_step(s, q, e);
}

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
	    .state = (enum outbox_state)sql_int(q, 6),
	    .leg = (unsigned)sql_int(q, 7),
	    .account = (unsigned)sql_int(q, 8),
	    .attempt = (unsigned)sql_int(q, 9),
	    .polls = (unsigned)sql_int(q, 10),
	    .priority = (unsigned)sql_int(q, 11),
	    .reached = (enum status)sql_int(q, 12),
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

/* The row a receipt speaks of: *ret_row's numbers only, and whether it has that provider_id. */
static int find_row(struct store *s, const char *message, const char *recipient, const char *provider_id,
    struct outbox_row *ret_row, bool *ret_same, struct err *e)
{
	static const char sql[] = "SELECT seq, leg, attempt, state, reached, part, parts, coalesce(provider_id = ?3, 0) FROM outbox"
	    " WHERE message = ?1 AND recipient = coalesce(?2, recipient)";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_text(q, 1, message);
	sql_bind_text(q, 2, recipient);
	sql_bind_text(q, 3, provider_id);
	got = sql_step(s, q, e);
	if (got == 1) {
		*ret_row = (struct outbox_row){.seq = sql_int(q, 0),
		    .leg = (unsigned)sql_int(q, 1),
		    .attempt = (unsigned)sql_int(q, 2),
		    .state = (enum outbox_state)sql_int(q, 3),
		    .reached = (enum status)sql_int(q, 4),
		    .part = (unsigned)sql_int(q, 5),
		    .parts = (unsigned)sql_int(q, 6)};
		*ret_same = sql_int(q, 7);
		sql_done(q);
	}
	return got;
}

/* News that overtakes the provider's answer: whoever waits for that finds it with outbox_look, if no answer comes. */
static int note_early(struct store *s, int64_t seq, enum status status, const char *provider_id, struct err *e)
{
	static const char sql[] = "UPDATE outbox SET reached = max(reached, ?2), provider_id = coalesce(?3, provider_id) WHERE seq = ?1";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_int(q, 1, seq);
	sql_bind_int(q, 2, status);
	sql_bind_text(q, 3, provider_id);
	return sql_step(s, q, e);
}

int outbox_progress(struct store *s, const char *message, const char *recipient, unsigned leg, const char *provider_id,
    enum status status, int64_t now_ms, struct err *e)
{
	static const char sql[] = "UPDATE outbox SET state = ?, reached = ?, due_ms = ? WHERE seq = ?";
	struct outbox_row row;
	sqlite3_stmt *q;
	bool same = false;
	int got = find_row(s, message, recipient, provider_id, &row, &same, e);

	if (got != 1 || row.state == OUTBOX_DONE || leg > row.leg)
		return got < 0 ? -1 : 0;
	if (leg == row.leg && row.parts > 1 && (row.part + 1 < row.parts || !same))
		return 0;
	if (row.state == OUTBOX_IN_FLIGHT)
		return leg == row.leg && !status_bad(status) ? note_early(s, row.seq, status, provider_id, e) : 0;
	if (leg < row.leg) {
		if (status_bad(status) || status < STATUS_READ || row.attempt > 0)
			return 0;
		row.state = OUTBOX_DONE;
	} else if (row.attempt > 0) {
		if (row.state == OUTBOX_ACCEPTED && status_advance(row.reached, status) == row.reached)
			return 0;       /* no news: what was due when, stays so */
		row.reached = status_advance(row.reached, status);
		row.state = OUTBOX_ACCEPTED;
	}
	q = sql_prepare(s, sql, e);
	if (!q)
		return -1;
	sql_bind_int(q, 1, row.state);
	sql_bind_int(q, 2, row.reached);
	sql_bind_int(q, 3, now_ms);
	sql_bind_int(q, 4, row.seq);
	return sql_step(s, q, e);
}

int outbox_count(struct store *s, int64_t ret_counts[OUTBOX_DONE], struct err *e)
{
	static const char sql[] = "SELECT state, count(*) FROM outbox WHERE state < 5 GROUP BY state";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	memset(ret_counts, 0, OUTBOX_DONE * sizeof(*ret_counts));
	while ((got = sql_step(s, q, e)) == 1)
		ret_counts[sql_int(q, 0)] = sql_int(q, 1);
	return got;
}

/* Rows are numbered in the order of their creation: only the oldest are looked at. */
#define PURGED \
	"(SELECT seq FROM (SELECT seq, state, created_ms FROM outbox ORDER BY seq LIMIT ?3) AS oldest" \
	" WHERE (state = 5 AND created_ms < ?1) OR (state = 3 AND created_ms < ?2))"

int outbox_purge(struct store *s, int64_t done_ms, int64_t accepted_ms, unsigned limit, struct err *e)
{
	static const char keys[] = "DELETE FROM outbox_dedupe WHERE seq IN " PURGED;
	static const char rows[] = "DELETE FROM outbox WHERE seq IN " PURGED;
	static const char digests[] = "DELETE FROM digest WHERE seq IN " PURGED;
	static const char *const all[] = {keys, digests, rows};

	for (size_t i = 0; i < COUNT_OF(all); i++) {
		sqlite3_stmt *q = sql_prepare(s, all[i], e);

		if (!q)
			return -1;
		sql_bind_int(q, 1, done_ms);
		sql_bind_int(q, 2, accepted_ms);
		sql_bind_int(q, 3, limit);
		if (sql_step(s, q, e) < 0)
			return -1;
	}
	return 0;
}
