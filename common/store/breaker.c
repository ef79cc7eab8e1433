#include "common/store/breaker.h"
#include "common/store/sql.h"

#include "common/banned.h"

const char breaker_schema[] =
    "CREATE TABLE breaker ("
    " account TEXT PRIMARY KEY,"
    " failures INTEGER NOT NULL,"
    " until_ms BIGINT NOT NULL,"
    " pause_ms BIGINT NOT NULL,"
    " probe_ms BIGINT NOT NULL) WITHOUT ROWID;";

int breaker_each(struct store *s, breaker_each_fn *each, void *ctx, struct err *e)
{
	static const char sql[] = "SELECT account, failures, until_ms, pause_ms, probe_ms FROM breaker";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	while ((got = sql_step(s, q, e)) == 1) {
		const struct breaker_row row = {sql_text(q, 0), (unsigned)sql_int(q, 1), sql_int(q, 2), sql_int(q, 3), sql_int(q, 4)};

		if (each(ctx, &row) != 0) {
			sql_done(q);
			return 0;
		}
	}
	return got;
}

int breaker_put(struct store *s, const struct breaker_row *row, struct err *e)
{
	static const char sql[] = "INSERT INTO breaker (account, failures, until_ms, pause_ms, probe_ms) VALUES (?1, ?2, ?3, ?4, ?5)"
	    " ON CONFLICT (account) DO UPDATE SET failures = ?2, until_ms = ?3, pause_ms = ?4, probe_ms = ?5";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, row->account);
	sql_bind_int(q, 2, row->failures);
	sql_bind_int(q, 3, row->until_ms);
	sql_bind_int(q, 4, row->pause_ms);
	sql_bind_int(q, 5, row->probe_ms);
	return sql_step(s, q, e);
}

int breaker_remove(struct store *s, const char *account, struct err *e)
{
	static const char sql[] = "DELETE FROM breaker WHERE account = ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, account);
	return sql_step(s, q, e);
}

int breaker_probe(struct store *s, const char *account, int64_t now_ms, int64_t until_ms, struct err *e)
{
	static const char sql[] = "UPDATE breaker SET probe_ms = ?3 WHERE account = ?1 AND probe_ms < ?2";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, account);
	sql_bind_int(q, 2, now_ms);
	sql_bind_int(q, 3, until_ms);
	if (sql_step(s, q, e) < 0)
		return -1;
	return sqlite3_changes(sql_db(s)) > 0;
}
