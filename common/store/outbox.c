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

/* A message has as many rows as it goes by ways at once: what makes a row unique is part of the table, which is written anew. */
const char outbox_lane_schema[] =
    "ALTER TABLE outbox RENAME TO outbox_before;"
    "CREATE TABLE outbox ("
    " seq INTEGER PRIMARY KEY,"
    " message TEXT NOT NULL,"
    " recipient TEXT NOT NULL,"
    " lane INTEGER NOT NULL DEFAULT 0,"
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
    " UNIQUE (message, recipient, lane));"
    "INSERT INTO outbox (seq, message, recipient, line, contact, plan, state, leg, account, attempt, throttled, polls, priority,"
    " reached, provider_id, created_ms, due_ms, started_ms, accepted_ms, lease_ms, owner) SELECT seq, message, recipient, line,"
    " contact, plan, state, leg, account, attempt, throttled, polls, priority, reached, provider_id, created_ms, due_ms,"
    " started_ms, accepted_ms, lease_ms, owner FROM outbox_before;"
    "DROP TABLE outbox_before;"
    "CREATE INDEX outbox_due ON outbox (priority, due_ms) WHERE state < 5;";

const char outbox_tenant_schema[] =
    "ALTER TABLE outbox ADD COLUMN tenant TEXT NOT NULL DEFAULT '';"
    "DROP INDEX outbox_due;"
    "CREATE INDEX outbox_due ON outbox (priority, tenant, due_ms) WHERE state < 5;";

const char outbox_part_schema[] =
    "ALTER TABLE outbox ADD COLUMN part INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE outbox ADD COLUMN parts INTEGER NOT NULL DEFAULT 0;";

void outbox_keep_none(struct store *s)
{
	*sql_unkept(s) = 1;
}

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
	static const char by_message[] = "SELECT seq, message, state, created_ms FROM outbox WHERE message = ?"
	    " AND recipient = ? AND lane = 0";
	static const char by_dedupe[] = "SELECT o.seq, o.message, o.state, o.created_ms FROM outbox_dedupe d"
	    " JOIN outbox o ON o.seq = d.seq WHERE d.dedupe = ? AND d.recipient = ?";
	int64_t *unkept = sql_unkept(s);
	int got;

	if (*unkept) {
		*ret_seq = (*unkept)++;
		return 1;
	}
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

int outbox_fork(struct store *s, int64_t seq, unsigned leg, int64_t *ret_seq, struct err *e)
{
	static const char sql[] = "INSERT INTO outbox (message, recipient, lane, line, contact, plan, tenant, state, leg, attempt,"
	    " priority, created_ms, due_ms, started_ms, lease_ms, owner, withdrawn_from, why, edits)"
	    " SELECT message, recipient, ?2, line, contact, plan, tenant, state, ?2, attempt, priority, created_ms, due_ms,"
	    " started_ms, lease_ms, owner, withdrawn_from, why, edits FROM outbox WHERE seq = ?1 ON CONFLICT DO NOTHING";
	int64_t *unkept = sql_unkept(s);
	sqlite3_stmt *q;

	if (*unkept) {
		*ret_seq = (*unkept)++;
		return 1;
	}
	q = sql_prepare(s, sql, e);
	if (!q)
		return -1;
	sql_bind_int(q, 1, seq);
	sql_bind_int(q, 2, leg);
	if (sql_step(s, q, e) < 0)
		return -1;
	*ret_seq = sqlite3_last_insert_rowid(sql_db(s));
	return sqlite3_changes(sql_db(s)) > 0;
}

int outbox_each_lane(struct store *s, const struct outbox_row *row, outbox_each_fn *each, void *ctx, struct err *e)
{
	static const char sql[] = "SELECT seq, lane, leg, state, reached, started_ms FROM outbox"
	    " WHERE message = ? AND recipient = ? AND seq <> ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_text(q, 1, row->message);
	sql_bind_text(q, 2, row->recipient);
	sql_bind_int(q, 3, row->seq);
	while ((got = sql_step(s, q, e)) == 1) {
		struct outbox_row other = {.seq = sql_int(q, 0),
		    .lane = (unsigned)sql_int(q, 1),
		    .leg = (unsigned)sql_int(q, 2),
		    .state = (enum outbox_state)sql_enum(q, 3, OUTBOX_DONE, OUTBOX_UNKNOWN),
		    .reached = (enum status)sql_enum(q, 4, STATUS_DUPLICATE, STATUS_QUEUED),
		    .started_ms = sql_int(q, 5)};

		if (each(ctx, &other, e) < 0) {
			sql_done(q);
			return -1;
		}
	}
	return got;
}

int outbox_end_lanes(struct store *s, const struct outbox_row *row, unsigned begin, unsigned end, struct err *e)
{
	static const char sql[] = "UPDATE outbox SET state = 5, owner = NULL, lease_ms = 0 WHERE message = ? AND recipient = ?"
	    " AND seq <> ? AND state IN (3, 4) AND leg >= ? AND leg < ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, row->message);
	sql_bind_text(q, 2, row->recipient);
	sql_bind_int(q, 3, row->seq);
	sql_bind_int(q, 4, begin);
	sql_bind_int(q, 5, end);
	return sql_step(s, q, e);
}

int outbox_look(struct store *s, int64_t seq, enum status *ret_reached, char ret_provider_id[128], struct err *e)
{
	static const char sql[] = "SELECT reached, provider_id FROM outbox WHERE seq = ?";
	sqlite3_stmt *q;

	*ret_reached = STATUS_QUEUED;
	*ret_provider_id = '\0';
	if (*sql_unkept(s))
		return 0;
	q = sql_prepare(s, sql, e);
	if (!q)
		return -1;
	sql_bind_int(q, 1, seq);
	if (sql_step(s, q, e) != 1)
		return err_set(e, EX_CANTCREAT, "outbox row %lld has gone", (long long)seq);
	*ret_reached = (enum status)sql_enum(q, 0, STATUS_DUPLICATE, STATUS_QUEUED);
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
	sqlite3_stmt *q;

	if (*sql_unkept(s))
		return 0;
	q = sql_prepare(s, sql, e);
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

/*
 * The row a receipt speaks of, which has that leg in hand, or has gone on from it: *ret_row's numbers only, and whether it
 * has that provider_id.
 */
static int find_row(struct store *s, const char *message, const char *recipient, unsigned leg, const char *provider_id,
    struct outbox_row *ret_row, bool *ret_same, struct err *e)
{
	static const char sql[] = "SELECT seq, leg, attempt, state, reached, part, parts, coalesce(provider_id = ?3, 0) FROM outbox"
	    " WHERE message = ?1 AND recipient = coalesce(?2, recipient) ";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_text(q, 1, message);
	sql_bind_text(q, 2, recipient);
	sql_bind_text(q, 3, provider_id);
	while ((got = sql_step(s, q, e)) == 1) {
		unsigned has = (unsigned)sql_int(q, 1);

		if (ret_row->seq && has != leg && has <= ret_row->leg)
			continue;
		*ret_row = (struct outbox_row){.seq = sql_int(q, 0),
		    .leg = (unsigned)sql_int(q, 1),
		    .attempt = (unsigned)sql_int(q, 2),
		    .state = (enum outbox_state)sql_enum(q, 3, OUTBOX_DONE, OUTBOX_UNKNOWN),
		    .reached = (enum status)sql_enum(q, 4, STATUS_DUPLICATE, STATUS_QUEUED),
		    .part = (unsigned)sql_int(q, 5),
		    .parts = (unsigned)sql_int(q, 6)};
		*ret_same = sql_int(q, 7);
		if (has == leg)
			break;
	}
	sql_done(q);
	return got < 0 ? -1 : ret_row->seq != 0;
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
	struct outbox_row row = {.seq = 0};
	sqlite3_stmt *q;
	bool same = false;
	int got = find_row(s, message, recipient, leg, provider_id, &row, &same, e);

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
		ret_counts[sql_enum(q, 0, OUTBOX_DONE - 1, OUTBOX_UNKNOWN)] += sql_int(q, 1);
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
