/*
 * Recording: which leg a receipt belongs to, whether it has been seen, and what it changes. Reading is in
 * receipts_look.c. Texts that are not known are NULL in the tables; an update only ever fills them or replaces them
 * with something newer, so that a poor receipt takes nothing away from a rich one.
 */
#include <stdio.h>

#include "common/store/ack.h"
#include "common/store/outbox.h"
#include "common/store/receipts_match.h"
#include "common/store/sql.h"

#include "common/banned.h"

const char receipt_schema[] =
    "CREATE TABLE receipt_leg ("
    " id INTEGER PRIMARY KEY,"
    " message TEXT,"                    /* NULL: only the provider's id is known so far */
    " who TEXT NOT NULL,"               /* the address, else contact:ID, else '' */
    " leg INTEGER NOT NULL,"
    " address TEXT, contact TEXT, channel TEXT, via TEXT, purpose TEXT, topic TEXT, provider_id TEXT,"
    " status TEXT NOT NULL, first_ms BIGINT NOT NULL, last_ms BIGINT NOT NULL,"
    " queued_ms BIGINT, held_ms BIGINT, unknown_ms BIGINT, accepted_ms BIGINT, sent_ms BIGINT,"
    " delivered_ms BIGINT, read_ms BIGINT, clicked_ms BIGINT, answered_ms BIGINT, ended_ms BIGINT,"
    " error_class TEXT, error_code TEXT, error_text TEXT,"
    " segments INTEGER, amount TEXT, currency TEXT);"
    "CREATE UNIQUE INDEX receipt_leg_who ON receipt_leg (message, who, leg);"
    "CREATE INDEX receipt_leg_lone ON receipt_leg (provider_id) WHERE message IS NULL;"
    "CREATE INDEX receipt_leg_first ON receipt_leg (first_ms);"
    "CREATE TABLE receipt_event ("
    " id TEXT PRIMARY KEY,"
    " leg BIGINT NOT NULL,"             /* receipt_leg.id */
    " status TEXT NOT NULL, time_ms BIGINT NOT NULL, via TEXT, provider_id TEXT,"
    " error_class TEXT, error_code TEXT, error_text TEXT,"
    " segments INTEGER, amount TEXT, currency TEXT);"
    "CREATE INDEX receipt_event_leg ON receipt_event (leg);"
    "CREATE INDEX receipt_event_provider ON receipt_event (provider_id, status) WHERE provider_id IS NOT NULL;";

static enum status advance(enum status now, enum status news)
{
	/* "duplicate" speaks of a line that came again, not of the delivery that it repeats. */
	if (news == STATUS_DUPLICATE)
		return now;
	return now == STATUS_DUPLICATE ? news : status_advance(now, news);
}

static void reach(struct receipt_state *leg, int state, int64_t time_ms)
{
	if (time_ms >= 0 && (leg->reached_ms[state] < 0 || time_ms < leg->reached_ms[state]))
		leg->reached_ms[state] = time_ms;
}

static void fold(struct receipt_state *leg, enum status status, int64_t time_ms)
{
	leg->status = advance(leg->status, status);
	reach(leg, status_bad(status) ? RECEIPT_ENDED : (int)status, time_ms);
	if (time_ms < leg->first_ms)
		leg->first_ms = time_ms;
	if (time_ms > leg->last_ms)
		leg->last_ms = time_ms;
}

static void bind_times(sqlite3_stmt *q, int at, const struct receipt_state *leg)
{
	for (int i = 0; i <= RECEIPT_ENDED; i++, at++)
		if (leg->reached_ms[i] < 0)
			sqlite3_bind_null(q, at);
		else
			sql_bind_int(q, at, leg->reached_ms[i]);
}

static void bind_count(sqlite3_stmt *q, int at, int64_t count)
{
	if (count < 0)
		sqlite3_bind_null(q, at);
	else
		sql_bind_int(q, at, count);
}

static int insert_leg(struct store *s, const struct receipt_said *n, struct receipt_state *leg, struct err *e)
{
	static const char sql[] = "INSERT INTO receipt_leg (message, who, leg, address, contact, channel, via, purpose, topic,"
	    " provider_id, status, first_ms, last_ms, queued_ms, held_ms, unknown_ms, accepted_ms, sent_ms, delivered_ms,"
	    " read_ms, clicked_ms, answered_ms, ended_ms, error_class, error_code, error_text, segments, amount, currency)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23,"
	    " ?24, ?25, ?26, ?27, ?28, ?29)";
	const char *texts[] = {n->address, n->contact, n->channel, n->via, n->purpose, n->topic, n->provider_id};
	const char *errors[] = {n->error_class, n->error_code, n->error_text};
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	leg->status = n->status;
	leg->first_ms = leg->last_ms = n->time_ms;
	for (int i = 0; i <= RECEIPT_ENDED; i++)
		leg->reached_ms[i] = -1;
	fold(leg, n->status, n->time_ms);
	sql_bind_text(q, 1, n->message);
	sql_bind_text(q, 2, n->who);
	sql_bind_int(q, 3, n->leg < 0 ? 0 : n->leg);
	for (int i = 0; i < (int)COUNT_OF(texts); i++)
		sql_bind_text(q, 4 + i, texts[i]);
	sql_bind_text(q, 11, status_name(leg->status));
	sql_bind_int(q, 12, leg->first_ms);
	sql_bind_int(q, 13, leg->last_ms);
	bind_times(q, 14, leg);
	for (int i = 0; i < (int)COUNT_OF(errors); i++)
		sql_bind_text(q, 24 + i, errors[i]);
	bind_count(q, 27, n->segments);
	sql_bind_text(q, 28, n->amount);
	sql_bind_text(q, 29, n->currency);
	if (sql_step(s, q, e) < 0)
		return -1;
	leg->row = sqlite3_last_insert_rowid(sql_db(s));
	return 0;
}

/* What a receipt says of the leg itself: newer words of where and how replace older ones, who and what for stay. */
static int update_leg(struct store *s, const struct receipt_said *n, const struct receipt_state *leg, bool moved, struct err *e)
{
	static const char forward[] = "UPDATE receipt_leg SET"
	    " contact = coalesce(contact, ?1), purpose = coalesce(purpose, ?2), topic = coalesce(topic, ?3),"
	    " channel = coalesce(?4, channel), via = coalesce(?5, via), provider_id = coalesce(?6, provider_id),"
	    " segments = coalesce(?7, segments), amount = coalesce(?8, amount), currency = coalesce(?9, currency),"
	    " error_class = ?10, error_code = ?11, error_text = ?12,"
	    " status = ?13, last_ms = ?14, queued_ms = ?15, held_ms = ?16, unknown_ms = ?17, accepted_ms = ?18, sent_ms = ?19,"
	    " delivered_ms = ?20, read_ms = ?21, clicked_ms = ?22, answered_ms = ?23, ended_ms = ?24 WHERE id = ?25";
	static const char backward[] = "UPDATE receipt_leg SET"
	    " contact = coalesce(contact, ?1), purpose = coalesce(purpose, ?2), topic = coalesce(topic, ?3),"
	    " channel = coalesce(channel, ?4), via = coalesce(via, ?5), provider_id = coalesce(provider_id, ?6),"
	    " segments = coalesce(segments, ?7), amount = coalesce(amount, ?8), currency = coalesce(currency, ?9),"
	    " error_code = CASE WHEN error_class IS NULL THEN ?11 ELSE error_code END,"
	    " error_text = CASE WHEN error_class IS NULL THEN ?12 ELSE error_text END,"
	    " error_class = coalesce(error_class, ?10),"
	    " status = ?13, last_ms = ?14, queued_ms = ?15, held_ms = ?16, unknown_ms = ?17, accepted_ms = ?18, sent_ms = ?19,"
	    " delivered_ms = ?20, read_ms = ?21, clicked_ms = ?22, answered_ms = ?23, ended_ms = ?24 WHERE id = ?25";
	const char *texts[] = {n->contact, n->purpose, n->topic, n->channel, n->via, n->provider_id};
	/* An error of a leg that got through is history, which its receipts keep. */
	bool through = leg->status >= STATUS_DELIVERED && !status_bad(leg->status);
	const char *errors[] = {through ? NULL : n->error_class, through ? NULL : n->error_code, through ? NULL : n->error_text};
	sqlite3_stmt *q = sql_prepare(s, moved ? forward : backward, e);

	if (!q)
		return -1;
	for (int i = 0; i < (int)COUNT_OF(texts); i++)
		sql_bind_text(q, 1 + i, texts[i]);
	bind_count(q, 7, n->segments);
	sql_bind_text(q, 8, n->amount);
	sql_bind_text(q, 9, n->currency);
	for (int i = 0; i < (int)COUNT_OF(errors); i++)
		sql_bind_text(q, 10 + i, errors[i]);
	sql_bind_text(q, 13, status_name(leg->status));
	sql_bind_int(q, 14, leg->last_ms);
	bind_times(q, 15, leg);
	sql_bind_int(q, 25, leg->row);
	return sql_step(s, q, e);
}

/* Columns of an index are set apart, only when they change: rewriting an index costs more than the rest. */
static int update_first(struct store *s, const struct receipt_state *leg, struct err *e)
{
	static const char sql[] = "UPDATE receipt_leg SET first_ms = ? WHERE id = ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_int(q, 1, leg->first_ms);
	sql_bind_int(q, 2, leg->row);
	return sql_step(s, q, e);
}

static int update_who(struct store *s, const struct receipt_said *n, const struct receipt_state *leg, struct err *e)
{
	static const char sql[] = "UPDATE receipt_leg SET who = ?, address = coalesce(?, address) WHERE id = ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, n->who);
	sql_bind_text(q, 2, n->address);
	sql_bind_int(q, 3, leg->row);
	return sql_step(s, q, e);
}

static int insert_event(struct store *s, const struct receipt_said *n, const struct receipt_state *leg, const char *id, struct err *e)
{
	static const char sql[] = "INSERT INTO receipt_event (leg, time_ms, segments, id, status, via, provider_id, error_class,"
	    " error_code, error_text, amount, currency) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
	const char *texts[] = {id, status_name(n->status), n->via, n->provider_id, n->error_class, n->error_code, n->error_text,
	    n->amount, n->currency};
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_int(q, 1, leg->row);
	sql_bind_int(q, 2, n->time_ms);
	bind_count(q, 3, n->segments);
	for (int i = 0; i < (int)COUNT_OF(texts); i++)
		sql_bind_text(q, 4 + i, texts[i]);
	return sql_step(s, q, e);
}

static int run_with_rows(struct store *s, const char *constant_sql, int64_t first, int64_t second, struct err *e)
{
	sqlite3_stmt *q = sql_prepare(s, constant_sql, e);

	if (!q)
		return -1;
	sql_bind_int(q, 1, first);
	if (second)
		sql_bind_int(q, 2, second);
	return sql_step(s, q, e);
}

/* The state of a waiting leg becomes that of the leg it belongs to, and so do its receipts. */
static int adopt(struct store *s, struct receipt_state *leg, const struct receipt_state *lone, struct err *e)
{
	static const char move[] = "UPDATE receipt_event SET leg = ?1 WHERE leg = ?2";
	static const char copy[] = "UPDATE receipt_leg SET (segments, amount, currency, error_class, error_code, error_text) ="
	    " (SELECT coalesce(o.segments, receipt_leg.segments), coalesce(o.amount, receipt_leg.amount),"
	    " coalesce(o.currency, receipt_leg.currency), coalesce(o.error_class, receipt_leg.error_class),"
	    " coalesce(o.error_code, receipt_leg.error_code), coalesce(o.error_text, receipt_leg.error_text)"
	    " FROM receipt_leg o WHERE o.id = ?2) WHERE id = ?1";
	static const char drop[] = "DELETE FROM receipt_leg WHERE id = ?1";

	leg->status = advance(leg->status, lone->status);
	for (int i = 0; i <= RECEIPT_ENDED; i++)
		reach(leg, i, lone->reached_ms[i]);
	if (lone->first_ms < leg->first_ms)
		leg->first_ms = lone->first_ms;
	if (lone->last_ms > leg->last_ms)
		leg->last_ms = lone->last_ms;
	if (run_with_rows(s, move, leg->row, lone->row, e) < 0 || run_with_rows(s, copy, leg->row, lone->row, e) < 0)
		return -1;
	return run_with_rows(s, drop, lone->row, 0, e);
}

/* What the receipt, and any that waited for it under the provider's id, change of a leg. `fresh`: it has just been made. */
static int change_leg(struct store *s, const struct receipt_said *n, struct receipt_state *leg, bool fresh,
    enum receipt_news *ret_news, struct err *e)
{
	enum status before = leg->status;
	int64_t first_before = leg->first_ms;
	struct receipt_state lone;
	int waiting = 0;

	fold(leg, n->status, n->time_ms);
	if (n->message && n->provider_id)
		waiting = receipt_match_lone(s, n, &lone, e);
	if (waiting < 0 || (waiting && adopt(s, leg, &lone, e) < 0))
		return -1;
	*ret_news = fresh || leg->status != before ? RECEIPT_NEW : RECEIPT_OLDER;
	if (fresh && !waiting)
		return 0;
	if (update_leg(s, n, leg, *ret_news == RECEIPT_NEW && !waiting, e) < 0)
		return -1;
	if (leg->first_ms != first_before && update_first(s, leg, e) < 0)
		return -1;
	return leg->fills_who ? update_who(s, n, leg, e) : 0;
}

/* What a sender may be waiting for: what it cannot have said itself. */
static bool concerns_sender(enum status status)
{
	return status >= STATUS_ACCEPTED && status <= STATUS_UNDELIVERED;
}

/* Legs that are not needed any more are taken back before the news ends their row. */
static int pass_on(struct store *s, const struct receipt_said *known, const struct receipt_said *n, int64_t now_ms,
    struct receipt_result *r, struct err *e)
{
	const char *recipient = known->contact ? known->contact : known->address;
	unsigned leg = (unsigned)known->leg;

	if (ack_reached(s, known->message, recipient, leg, r->status, r->receipts, e) < 0 ||
	    outbox_progress(s, known->message, recipient, leg, n->provider_id, r->status, now_ms, e) < 0)
		return -1;
	return receipt_digest_news(s, known->message, known->address, n, r->status, r->receipts, e);
}

static const char *text_or_null(const char *text)
{
	return *text ? text : NULL;
}

/* Whose leg it is, where the receipt itself may only have the provider's id. */
static int tell_others(struct store *s, int64_t row, const struct receipt_said *n, int64_t now_ms, struct receipt_result *r,
    struct err *e)
{
	static const char sql[] = "SELECT message, contact, address, leg FROM receipt_leg WHERE id = ?";
	char message[ID_BYTES + 1], contact[ID_BYTES + 1], address[ADDRESS_BYTES];
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	struct receipt_said known;

	if (!q)
		return -1;
	sql_bind_int(q, 1, row);
	if (sql_step(s, q, e) != 1)
		return -1;
	snprintf(message, sizeof(message), "%s", sql_text(q, 0));
	snprintf(contact, sizeof(contact), "%s", sql_text(q, 1));
	snprintf(address, sizeof(address), "%s", sql_text(q, 2));
	known = (struct receipt_said){.message = message, .contact = text_or_null(contact), .address = text_or_null(address),
	    .leg = sql_int(q, 3)};
	sql_done(q);
	return *message ? pass_on(s, &known, n, now_ms, r, e) : 0;
}

static int add(struct store *s, const struct receipt_said *n, struct receipt_state *leg, int64_t now_ms,
    struct receipt_result *r, struct err *e)
{
	bool fresh = leg->row == 0;

	if (n->id)
		snprintf(r->id, sizeof(r->id), "%s", n->id);
	else
		id_new(r->id);
	if (fresh && insert_leg(s, n, leg, e) < 0)
		return -1;
	if (insert_event(s, n, leg, r->id, e) < 0 || change_leg(s, n, leg, fresh, &r->news, e) < 0)
		return -1;
	r->status = leg->status;
	if (n->digest && receipt_digest_join(s, n, leg, r->receipts, e) < 0)
		return -1;
	return r->news == RECEIPT_NEW && concerns_sender(leg->status) ? tell_others(s, leg->row, n, now_ms, r, e) : 0;
}

static int record(struct store *s, const struct receipt_said *n, int64_t now_ms, struct receipt_result *r, struct err *e)
{
	struct receipt_state leg = {0};
	int found, known = n->id ? receipt_match_known(s, n, NULL, r->id, e) : 0;

	if (known < 0)
		return -1;
	found = receipt_match_leg(s, n, &leg, e);
	if (found > 0 && !known && (n->provider_id || !n->id))
		known = receipt_match_known(s, n, &leg, r->id, e);
	if (found < 0 || known < 0)
		return -1;
	if (!known)
		return add(s, n, &leg, now_ms, r, e);
	r->news = RECEIPT_KNOWN;
	r->status = found ? leg.status : n->status;
	return 0;
}

int receipt_record(struct store *s, const json_t *line, int64_t now_ms, struct receipt_result *ret_result, struct err *e)
{
	bool own = !store_writing(s);
	struct receipt_said n;
	int result;

	receipt_said(&n, line, now_ms);
	if (!n.message && !n.provider_id)
		return err_set(e, EX_DATAERR, "message: missing (a receipt needs message or provider_id)");
	if (store_begin(s, e) < 0)
		return -1;
	ret_result->receipts = json_array();
	result = record(s, &n, now_ms, ret_result, e);
	if (own && result < 0)
		store_rollback(s);
	else if (own)
		result = store_commit(s, e);
	if (result < 0 || json_array_size(ret_result->receipts) == 0) {
		json_decref(ret_result->receipts);
		ret_result->receipts = NULL;
	}
	return result;
}
