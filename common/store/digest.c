#include "common/store/digest.h"
#include "common/store/sql.h"

#include "common/banned.h"

const char digest_schema[] =
    "CREATE TABLE digest ("
    " seq BIGINT PRIMARY KEY,"
    " key TEXT NOT NULL,"
    " carrier BIGINT NOT NULL);"
    "CREATE INDEX digest_key ON digest (key) WHERE carrier = 0;"
    "CREATE INDEX digest_carrier ON digest (carrier) WHERE carrier > 0;";

/* A statement with numbers alone. */
static int run(struct store *s, const char *constant_sql, const int64_t *numbers, int count, struct err *e)
{
	sqlite3_stmt *q = sql_prepare(s, constant_sql, e);

	if (!q)
		return -1;
	for (int i = 0; i < count; i++)
		sql_bind_int(q, i + 1, numbers[i]);
	return sql_step(s, q, e);
}

#define RUN(s, sql, e, ...) \
	run(s, sql, (const int64_t[]){__VA_ARGS__}, (int)(sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), e)

int digest_join(struct store *s, int64_t seq, const char *key, struct err *e)
{
	static const char sql[] = "INSERT INTO digest (seq, key, carrier) VALUES (?,?,0)"
				  " ON CONFLICT (seq) DO UPDATE SET key = excluded.key, carrier = 0";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_int(q, 1, seq);
	sql_bind_text(q, 2, key);
	return sql_step(s, q, e);
}

/* 1: it has joined, and *ret_carrier is whose it is, or 0; 0, -1. */
static int look(struct store *s, int64_t seq, int64_t *ret_carrier, struct err *e)
{
	static const char sql[] = "SELECT carrier FROM digest WHERE seq = ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_int(q, 1, seq);
	got = sql_step(s, q, e);
	if (got == 1) {
		*ret_carrier = sql_int(q, 0);
		sql_done(q);
	}
	return got;
}

/* Held, and due never: nobody claims it. */
#define PARK "UPDATE outbox SET state = 1, due_ms = ?2, owner = NULL, lease_ms = 0 WHERE seq "

int digest_gather(struct store *s, int64_t seq, int64_t now_ms, unsigned most, struct err *e)
{
	static const char gather[] = "UPDATE digest SET carrier = ?1 WHERE seq IN (SELECT d.seq FROM digest d JOIN outbox o ON o.seq = d.seq"
				     " WHERE d.key = (SELECT key FROM digest WHERE seq = ?1) AND d.carrier = 0 AND d.seq <> ?1"
				     " AND o.state = 1 AND o.due_ms <= ?2 ORDER BY o.seq LIMIT ?3)";
	static const char forget[] = "DELETE FROM digest WHERE seq = ?";
	static const char park_one[] = PARK "= ?1", park_all[] = PARK "IN (SELECT seq FROM digest WHERE carrier = ?1)";
	int64_t carrier;
	int got = look(s, seq, &carrier, e);

	if (got != 1)
		return got;
	if (carrier > 0)
		return RUN(s, park_one, e, seq, OUTBOX_NEVER) < 0 ? -1 : 1;
	if (RUN(s, gather, e, seq, now_ms, most) < 0 || RUN(s, forget, e, seq) < 0)
		return -1;
	return RUN(s, park_all, e, seq, OUTBOX_NEVER);
}

int digest_each(struct store *s, int64_t carrier, outbox_each_fn *each, void *ctx, struct err *e)
{
	static const char sql[] = "SELECT seq FROM digest WHERE carrier = ? ORDER BY seq";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_int(q, 1, carrier);
	while ((got = sql_step(s, q, e)) == 1)
		if (outbox_get(s, sql_int(q, 0), OUTBOX_HELD, each, ctx, e) < 0) {
			sql_done(q);
			return -1;
		}
	return got;
}

int digest_leave(struct store *s, int64_t seq, int64_t now_ms, struct err *e)
{
	static const char due[] = "UPDATE outbox SET due_ms = ?2 WHERE seq = ?1 AND state = 1";
	static const char leave[] = "DELETE FROM digest WHERE seq = ?";

	return RUN(s, due, e, seq, now_ms) < 0 ? -1 : RUN(s, leave, e, seq);
}

int digest_end(struct store *s, int64_t carrier, struct err *e)
{
	static const char sql[] = "DELETE FROM digest WHERE carrier = ?";

	return RUN(s, sql, e, carrier);
}

int digest_dissolve(struct store *s, int64_t carrier, int64_t due_ms, struct err *e)
{
	static const char due[] = "UPDATE outbox SET due_ms = ?2 WHERE state = 1 AND seq IN (SELECT seq FROM digest WHERE carrier = ?1)";
	static const char again[] = "INSERT INTO digest (seq, key, carrier) SELECT ?1, key, 0 FROM digest WHERE carrier = ?1 LIMIT 1"
				    " ON CONFLICT DO NOTHING";
	static const char apart[] = "UPDATE digest SET carrier = 0 WHERE carrier = ?";

	if (RUN(s, due, e, carrier, due_ms) < 0 || RUN(s, again, e, carrier) < 0)
		return -1;
	return RUN(s, apart, e, carrier);
}

#define ORPHANS "(SELECT d.seq FROM digest d LEFT JOIN outbox o ON o.seq = d.carrier WHERE d.carrier > 0 AND coalesce(o.state, 5) = 5)"

int digest_recover(struct store *s, int64_t now_ms, struct err *e)
{
	static const char due[] = "UPDATE outbox SET due_ms = ?1 WHERE state = 1 AND seq IN " ORPHANS;
	static const char leave[] = "DELETE FROM digest WHERE seq IN " ORPHANS;

	return RUN(s, due, e, now_ms) < 0 ? -1 : run(s, leave, NULL, 0, e);
}
