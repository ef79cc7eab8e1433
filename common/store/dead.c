#include <stdio.h>

#include "common/store/dead.h"
#include "common/store/sql.h"

#include "common/banned.h"

const char dead_schema[] =
    "CREATE TABLE dead_address ("
    " subject TEXT PRIMARY KEY,"
    " code TEXT NOT NULL,"
    " since_ms BIGINT NOT NULL,"
    " until_ms BIGINT NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX dead_address_until ON dead_address (until_ms);";

int dead_add(struct store *s, const char *subject, const char *code, int64_t now_ms, int64_t until_ms, struct err *e)
{
	static const char sql[] = "INSERT INTO dead_address (subject, code, since_ms, until_ms) VALUES (?1, ?2, ?3, ?4)"
	    " ON CONFLICT (subject) DO UPDATE SET code = ?2, since_ms = ?3, until_ms = ?4";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, subject);
	sql_bind_text(q, 2, code);
	sql_bind_int(q, 3, now_ms);
	sql_bind_int(q, 4, until_ms);
	sql_dead(s)->transaction = 0;
	return sql_step(s, q, e);
}

/* Whether any address is dead, asked once a transaction. 1, 0, -1. */
static int any(struct store *s, struct err *e)
{
	static const char sql[] = "SELECT 1 FROM dead_address LIMIT 1";
	struct sql_dead *known = sql_dead(s);
	uint64_t transaction = store_transaction(s);
	sqlite3_stmt *q;
	int got;

	if (transaction && known->transaction == transaction)
		return known->any;
	q = sql_prepare(s, sql, e);
	got = q ? sql_step(s, q, e) : -1;
	if (got < 0)
		return -1;
	sql_done(q);
	*known = (struct sql_dead){transaction, got == 1};
	return got;
}

int dead_look(struct store *s, const char *subject, int64_t now_ms, struct dead *ret_dead, struct err *e)
{
	static const char sql[] = "SELECT since_ms, code FROM dead_address WHERE subject = ? AND until_ms > ?";
	sqlite3_stmt *q;
	int got = any(s, e);

	if (got != 1)
		return got;
	q = sql_prepare(s, sql, e);
	if (!q)
		return -1;
	sql_bind_text(q, 1, subject);
	sql_bind_int(q, 2, now_ms);
	got = sql_step(s, q, e);
	if (got == 1) {
		ret_dead->since_ms = sql_int(q, 0);
		snprintf(ret_dead->code, sizeof(ret_dead->code), "%s", sql_text(q, 1));
		sql_done(q);
	}
	return got;
}

int dead_revive(struct store *s, const char *subject, struct err *e)
{
	static const char sql[] = "DELETE FROM dead_address WHERE subject = ?";
	sqlite3_stmt *q;
	int got = any(s, e);

	if (got != 1)
		return got;
	q = sql_prepare(s, sql, e);
	if (!q)
		return -1;
	sql_bind_text(q, 1, subject);
	sql_dead(s)->transaction = 0;
	return sql_step(s, q, e);
}

int dead_purge(struct store *s, int64_t now_ms, unsigned limit, struct err *e)
{
	static const char sql[] = "DELETE FROM dead_address WHERE subject IN"
	    " (SELECT subject FROM dead_address WHERE until_ms <= ? ORDER BY until_ms LIMIT ?)";

	return sql_purge(s, sql, now_ms, limit, e);
}
