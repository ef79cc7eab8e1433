#include "common/store/bucket.h"
#include "common/store/sql.h"

#include "common/banned.h"

const char bucket_schema[] =
    "CREATE TABLE bucket ("
    " name TEXT PRIMARY KEY,"
    " full_us BIGINT NOT NULL) WITHOUT ROWID;";

int bucket_get(struct store *s, const char *name, int64_t *ret_full_us, struct err *e)
{
	static const char sql[] = "SELECT full_us FROM bucket WHERE name = ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_text(q, 1, name);
	got = sql_step(s, q, e);
	if (got < 0)
		return -1;
	*ret_full_us = got ? sql_int(q, 0) : 0;
	sql_done(q);
	return 0;
}

int bucket_put(struct store *s, const char *name, int64_t full_us, struct err *e)
{
	static const char sql[] = "INSERT INTO bucket (name, full_us) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET full_us = ?2";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, name);
	sql_bind_int(q, 2, full_us);
	return sql_step(s, q, e);
}

int bucket_purge(struct store *s, int64_t now_us, unsigned limit, struct err *e)
{
	static const char sql[] = "DELETE FROM bucket WHERE name IN (SELECT name FROM bucket WHERE full_us <= ? LIMIT ?)";

	return sql_purge(s, sql, now_us, limit, e);
}
