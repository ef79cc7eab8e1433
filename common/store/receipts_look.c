/* Reading what receipts.c has recorded. */
#include "common/store/receipts.h"
#include "common/store/sql.h"

#include "common/banned.h"

#define LEG_COLUMNS \
	"id, message, leg, address, contact, channel, via, purpose, topic, provider_id, status, first_ms, last_ms, " \
	"queued_ms, held_ms, unknown_ms, accepted_ms, sent_ms, delivered_ms, read_ms, clicked_ms, answered_ms, ended_ms, " \
	"error_class, error_code, error_text, segments, amount, currency, digest"

static int64_t int_or_none(sqlite3_stmt *q, int column)
{
	return sqlite3_column_type(q, column) == SQLITE_NULL ? -1 : sql_int(q, column);
}

static void read_leg(sqlite3_stmt *q, struct receipt_leg *l)
{
	*l = (struct receipt_leg){
	    .row = sql_int(q, 0),
	    .message = sql_text(q, 1),
	    .leg = (unsigned)sql_int(q, 2),
	    .address = sql_text(q, 3),
	    .contact = sql_text(q, 4),
	    .channel = sql_text(q, 5),
	    .via = sql_text(q, 6),
	    .purpose = sql_text(q, 7),
	    .topic = sql_text(q, 8),
	    .provider_id = sql_text(q, 9),
	    .status = (enum status)sql_word(q, 10, status_parse, STATUS_UNKNOWN),
	    .first_ms = sql_int(q, 11),
	    .last_ms = sql_int(q, 12),
	    .error_class = sql_text(q, 23),
	    .error_code = sql_text(q, 24),
	    .error_text = sql_text(q, 25),
	    .segments = int_or_none(q, 26),
	    .amount = sql_text(q, 27),
	    .currency = sql_text(q, 28),
	    .digest = sql_text(q, 29),
	};
	for (int i = 0; i <= RECEIPT_ENDED; i++)
		l->reached_ms[i] = int_or_none(q, 13 + i);
}

/* Hands every row on; the number of rows, or -1. */
static int each_leg(struct store *s, sqlite3_stmt *q, receipt_leg_fn *each, void *ctx, struct err *e)
{
	int count = 0, got;

	while ((got = sql_step(s, q, e)) > 0) {
		struct receipt_leg leg;

		read_leg(q, &leg);
		count++;
		if (each(ctx, &leg) != 0) {
			sql_done(q);
			return count;
		}
	}
	return got < 0 ? -1 : count;
}

int receipt_find(struct store *s, const char *id, receipt_leg_fn *each, void *ctx, struct err *e)
{
	static const char sql[] = "SELECT " LEG_COLUMNS " FROM receipt_leg WHERE message = ?1 OR id IN ("
	    "SELECT leg FROM receipt_event WHERE id = ?1 UNION SELECT leg FROM receipt_event WHERE provider_id = ?1)"
	    " ORDER BY message, who, leg, id";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, id);
	return each_leg(s, q, each, ctx, e);
}

int receipt_each(struct store *s, int64_t since_ms, int64_t until_ms, receipt_leg_fn *each, void *ctx, struct err *e)
{
	static const char sql[] =
	    "SELECT " LEG_COLUMNS " FROM receipt_leg WHERE first_ms >= ? AND first_ms < ? ORDER BY first_ms";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_int(q, 1, since_ms);
	sql_bind_int(q, 2, until_ms);
	return each_leg(s, q, each, ctx, e);
}

int receipt_reached(struct store *s, const char *message, const char *address, int leg, enum status *ret_status,
    struct err *e)
{
	static const char sql[] = "SELECT status FROM receipt_leg WHERE message = ?1"
	    " AND coalesce(?2, who) = who AND coalesce(?3, leg) = leg";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got, found = 0;

	if (!q)
		return -1;
	sql_bind_text(q, 1, message);
	sql_bind_text(q, 2, address);
	if (leg < 0)
		sql_bind_text(q, 3, NULL);
	else
		sql_bind_int(q, 3, leg);
	for (; (got = sql_step(s, q, e)) > 0; found = 1) {
		enum status status = (enum status)sql_word(q, 0, status_parse, STATUS_UNKNOWN);

		/* A bad end of one leg says less than any progress of another. */
		if (!found || (status_bad(*ret_status) && !status_bad(status)) ||
		    (status_bad(*ret_status) == status_bad(status) && status > *ret_status))
			*ret_status = status;
	}
	return got < 0 ? -1 : found;
}

int receipt_each_event(struct store *s, int64_t row, receipt_event_fn *each, void *ctx, struct err *e)
{
	static const char sql[] = "SELECT id, via, provider_id, status, time_ms, error_class, error_code, error_text, segments,"
	    " amount, currency FROM receipt_event WHERE leg = ? ORDER BY time_ms, CASE status WHEN 'queued' THEN 0"
	    " WHEN 'held' THEN 1 WHEN 'unknown' THEN 2 WHEN 'accepted' THEN 3 WHEN 'sent' THEN 4 WHEN 'delivered' THEN 5"
	    " WHEN 'read' THEN 6 WHEN 'clicked' THEN 7 WHEN 'answered' THEN 8 ELSE 9 END, id";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got, count = 0;

	if (!q)
		return -1;
	sql_bind_int(q, 1, row);
	while ((got = sql_step(s, q, e)) > 0) {
		struct receipt_event event = {
		    .id = sql_text(q, 0),
		    .via = sql_text(q, 1),
		    .provider_id = sql_text(q, 2),
		    .status = (enum status)sql_word(q, 3, status_parse, STATUS_UNKNOWN),
		    .time_ms = sql_int(q, 4),
		    .error_class = sql_text(q, 5),
		    .error_code = sql_text(q, 6),
		    .error_text = sql_text(q, 7),
		    .segments = int_or_none(q, 8),
		    .amount = sql_text(q, 9),
		    .currency = sql_text(q, 10),
		};

		count++;
		if (each(ctx, &event) != 0) {
			sql_done(q);
			return count;
		}
	}
	return got < 0 ? -1 : count;
}

int receipt_each_seen(struct store *s, receipt_seen_fn *each, void *ctx, struct err *e)
{
	/* DISTINCT keeps no more than what it gives; GROUP BY would sort every leg there is. */
	static const char sql[] = "SELECT DISTINCT channel, via, status FROM receipt_leg";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	while ((got = sql_step(s, q, e)) > 0)
		if (each(ctx, sql_text(q, 0), sql_text(q, 1), (enum status)sql_word(q, 2, status_parse, STATUS_UNKNOWN)) != 0) {
			sql_done(q);
			return 0;
		}
	return got;
}

int receipt_rates(struct store *s, unsigned count, receipt_rate_fn *each, void *ctx, struct err *e)
{
	static const char sql[] = "SELECT channel, count(*), count(coalesce(delivered_ms, read_ms, clicked_ms, answered_ms)),"
	    " count(coalesce(read_ms, clicked_ms, answered_ms)) FROM (SELECT * FROM receipt_leg ORDER BY first_ms DESC LIMIT ?)"
	    " WHERE channel IS NOT NULL AND coalesce(accepted_ms, sent_ms, delivered_ms, read_ms) IS NOT NULL GROUP BY channel";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_int(q, 1, count);
	while ((got = sql_step(s, q, e)) > 0)
		if (each(ctx, sql_text(q, 0), (unsigned)sql_int(q, 1), (unsigned)sql_int(q, 2), (unsigned)sql_int(q, 3)) != 0) {
			sql_done(q);
			return 0;
		}
	return got;
}

const char receipt_habit_schema[] = "CREATE INDEX receipt_leg_liked ON receipt_leg (contact)"
    " WHERE coalesce(read_ms, clicked_ms, answered_ms) IS NOT NULL;";

static int any(struct store *s, sqlite3_stmt *q, struct err *e)
{
	int got = q ? sql_step(s, q, e) : -1;

	if (got == 1)
		sql_done(q);
	return got;
}

int receipt_any_read(struct store *s, struct err *e)
{
	static const char sql[] = "SELECT 1 FROM receipt_leg WHERE coalesce(read_ms, clicked_ms, answered_ms) IS NOT NULL LIMIT 1";

	return any(s, sql_prepare(s, sql, e), e);
}

int receipt_habit(struct store *s, const char *contact, int64_t since_ms, receipt_habit_fn *each, void *ctx, struct err *e)
{
	static const char sql[] = "SELECT channel, coalesce(max(coalesce(clicked_ms, read_ms)), 0), coalesce(max(answered_ms), 0)"
	    " FROM receipt_leg WHERE contact = ? AND coalesce(read_ms, clicked_ms, answered_ms) IS NOT NULL AND last_ms > ?"
	    " AND channel IS NOT NULL GROUP BY channel";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_text(q, 1, contact);
	sql_bind_int(q, 2, since_ms);
	while ((got = sql_step(s, q, e)) > 0)
		if (each(ctx, sql_text(q, 0), sql_int(q, 1), sql_int(q, 2)) != 0) {
			sql_done(q);
			return 0;
		}
	return got;
}
