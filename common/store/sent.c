#include "common/store/sent.h"
#include "common/store/sql.h"

#include "common/banned.h"

const char sent_schema[] =
    "CREATE TABLE sent ("
    " person TEXT NOT NULL,"
    " message TEXT NOT NULL,"
    " leg INTEGER NOT NULL,"
    " channel TEXT NOT NULL,"
    " topic TEXT, sender TEXT,"
    " purpose INTEGER NOT NULL,"
    " time_ms BIGINT NOT NULL,"
    " micros BIGINT, currency TEXT,"
    " PRIMARY KEY (person, message, leg)) WITHOUT ROWID;"
    "CREATE INDEX sent_time ON sent (time_ms);";

int sent_add(struct store *s, const struct sent *sent, struct err *e)
{
	static const char sql[] = "INSERT INTO sent (person, message, leg, channel, topic, sender, purpose, time_ms, micros,"
	    " currency) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10) ON CONFLICT (person, message, leg) DO UPDATE SET time_ms = ?8";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, sent->person);
	sql_bind_text(q, 2, sent->message);
	sql_bind_int(q, 3, sent->leg);
	sql_bind_text(q, 4, sent->channel);
	sql_bind_text(q, 5, sent->topic);
	sql_bind_text(q, 6, sent->from);
	sql_bind_int(q, 7, sent->purpose);
	sql_bind_int(q, 8, sent->time_ms);
	if (sent->micros < 0)
		sql_bind_text(q, 9, NULL);
	else
		sql_bind_int(q, 9, sent->micros);
	sql_bind_text(q, 10, sent->micros < 0 ? NULL : sent->currency);
	return sql_step(s, q, e);
}

int sent_drop(struct store *s, const struct sent *sent, struct err *e)
{
	static const char sql[] = "DELETE FROM sent WHERE person = ? AND message = ? AND leg = ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, sent->person);
	sql_bind_text(q, 2, sent->message);
	sql_bind_int(q, 3, sent->leg);
	return sql_step(s, q, e);
}

#define MEANT \
	" time_ms > ?1 AND coalesce(?2, channel) = channel AND (?3 IS NULL OR topic = ?3) AND (?4 >> purpose) & 1 = 1" \
	" AND (?5 IS NULL OR message <> ?5)"

static void bind_filter(sqlite3_stmt *q, const struct sent_filter *f)
{
	sql_bind_int(q, 1, f->since_ms);
	sql_bind_text(q, 2, f->channel);
	sql_bind_text(q, 3, f->topic);
	sql_bind_int(q, 4, f->purposes);
	sql_bind_text(q, 5, f->but);
}

int sent_nth(struct store *s, const struct sent_filter *f, unsigned nth, int64_t *ret_time_ms, struct err *e)
{
	static const char of_person[] = "SELECT min(time_ms) AS first FROM sent WHERE person = ?7 AND" MEANT
	    " GROUP BY message ORDER BY first DESC LIMIT 1 OFFSET ?6";
	static const char of_all[] = "SELECT min(time_ms) AS first FROM sent WHERE" MEANT
	    " GROUP BY person, message ORDER BY first DESC LIMIT 1 OFFSET ?6";
	sqlite3_stmt *q = sql_prepare(s, f->person ? of_person : of_all, e);
	int got;

	if (!q)
		return -1;
	bind_filter(q, f);
	sql_bind_int(q, 6, (int64_t)nth - 1);
	if (f->person)
		sql_bind_text(q, 7, f->person);
	got = sql_step(s, q, e);
	if (got == 1) {
		*ret_time_ms = sql_int(q, 0);
		sql_done(q);
	}
	return got;
}

int sent_sum(struct store *s, const struct sent_filter *f, int64_t *ret_micros, struct err *e)
{
	static const char of_person[] = "SELECT coalesce(sum(micros), 0) FROM sent WHERE person = ?7 AND currency = ?6 AND" MEANT;
	static const char of_all[] = "SELECT coalesce(sum(micros), 0) FROM sent WHERE currency = ?6 AND" MEANT;
	sqlite3_stmt *q = sql_prepare(s, f->person ? of_person : of_all, e);

	if (!q)
		return -1;
	bind_filter(q, f);
	sql_bind_text(q, 6, f->currency);
	if (f->person)
		sql_bind_text(q, 7, f->person);
	if (sql_step(s, q, e) < 0)
		return -1;
	*ret_micros = sql_int(q, 0);
	sql_done(q);
	return 0;
}

static const char *text_or_null(sqlite3_stmt *q, int column)
{
	return sqlite3_column_type(q, column) == SQLITE_NULL ? NULL : sql_text(q, column);
}

int sent_each(struct store *s, const char *person, int64_t since_ms, sent_each_fn *each, void *ctx, struct err *e)
{
	static const char sql[] = "SELECT message, leg, channel, topic, sender, purpose, time_ms, micros, currency FROM sent"
	    " WHERE person = ? AND time_ms > ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_text(q, 1, person);
	sql_bind_int(q, 2, since_ms);
	while ((got = sql_step(s, q, e)) > 0) {
		const struct sent row = {
		    .person = person,
		    .message = sql_text(q, 0),
		    .leg = (unsigned)sql_int(q, 1),
		    .channel = sql_text(q, 2),
		    .topic = text_or_null(q, 3),
		    .from = text_or_null(q, 4),
		    .purpose = (enum purpose)sql_enum(q, 5, PURPOSE_EMERGENCY, PURPOSE_TRANSACTIONAL),
		    .time_ms = sql_int(q, 6),
		    .micros = text_or_null(q, 7) ? sql_int(q, 7) : -1,
		    .currency = text_or_null(q, 8),
		};

		if (each(ctx, &row) != 0) {
			sql_done(q);
			return 0;
		}
	}
	return got;
}

int sent_purge(struct store *s, int64_t before_ms, unsigned limit, struct err *e)
{
	static const char sql[] = "DELETE FROM sent WHERE (person, message, leg) IN (SELECT person, message, leg FROM sent"
	    " WHERE time_ms <= ? ORDER BY time_ms LIMIT ?)";

	return sql_purge(s, sql, before_ms, limit, e);
}
