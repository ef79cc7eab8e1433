/*
 * Few questions are open at a time: whom they are open to, and when the first is due, is asked once a transaction, and
 * nothing is looked up for anybody else. The table is an index of the events, as consent_state is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/line/when.h"
#include "common/store/consent_chain.h"
#include "common/store/consent_doubt.h"
#include "common/store/sql.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define METHOD "no-answer"

const char consent_doubt_schema[] =
    "CREATE TABLE consent_doubt ("
    " seq INTEGER PRIMARY KEY,"         /* of the event */
    " subject TEXT NOT NULL,"
    " contact TEXT,"
    " asked_ms BIGINT NOT NULL,"
    " due_ms BIGINT NOT NULL);"
    "CREATE INDEX consent_event_until ON consent_event (seq) WHERE until_ms > 0;"
    "CREATE INDEX consent_doubt_due ON consent_doubt (due_ms);"
    "CREATE INDEX consent_doubt_subject ON consent_doubt (subject);"
    "CREATE INDEX consent_doubt_contact ON consent_doubt (contact);";

/* An event that opened a question, and one that answers it. */
#define OPENS "d.state = 1 AND d.until_ms > 0 AND d.until_ms > d.recorded_ms"
#define ASKED "CASE WHEN d.time_ms < d.recorded_ms THEN d.time_ms ELSE d.recorded_ms END"
#define ANSWERS "a.topic = '*' AND " CONSENT_ANSWERS_SQL

/* FNV-1a. */
static uint64_t hash_subject(const char *subject)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (; *subject; subject++)
		hash = (hash ^ (unsigned char)*subject) * UINT64_C(1099511628211);
	return hash;
}

static int load(struct store *s, struct sql_doubt *known, struct err *e)
{
	static const char sql[] = "SELECT due_ms, subject, contact FROM consent_doubt ORDER BY due_ms LIMIT ?";
	sqlite3_stmt *q = sql_query(s, sql, SQL(sql_i(SQL_DOUBTS + 1)), e);
	size_t rows = 0;
	int got;

	*known = (struct sql_doubt){.due_ms = INT64_MAX, .all = true};
	while ((got = sql_step(s, q, e)) == 1) {
		if (rows++ == 0)
			known->due_ms = sql_int(q, 0);
		known->all = rows <= SQL_DOUBTS;
		if (!known->all)
			continue;
		known->subjects[known->count++] = hash_subject(sql_text(q, 1));
		if (*sql_text(q, 2))
			known->subjects[known->count++] = hash_subject(sql_text(q, 2));
	}
	if (got == 0)
		known->transaction = store_transaction(s);
	return got;
}

/* The earliest moment at which a question lapses, INT64_MAX for none. */
static int read_due(struct store *s, int64_t *ret_due_ms, struct err *e)
{
	struct sql_doubt *known = sql_doubt(s);
	uint64_t transaction = store_transaction(s);

	if ((!transaction || known->transaction != transaction) && load(s, known, e) < 0)
		return -1;
	*ret_due_ms = known->due_ms;
	return 0;
}

/* After read_due: false is certain. */
static bool may_be_open(struct store *s, const char *subject)
{
	const struct sql_doubt *known = sql_doubt(s);
	uint64_t hash;

	if (!known->all)
		return true;
	hash = known->count ? hash_subject(subject) : 0;
	for (size_t i = 0; i < known->count; i++)
		if (known->subjects[i] == hash)
			return true;
	return false;
}

static void forget_due(struct store *s)
{
	sql_doubt(s)->transaction = 0;
}

int consent_doubt_any_lapsed(struct store *s, struct err *e)
{
	int64_t due_ms;

	if (read_due(s, &due_ms, e) < 0)
		return -1;
	return due_ms != INT64_MAX && due_ms <= when_now_ms();
}

int consent_doubt_find(struct store *s, const char *subject, struct consent_doubt *ret_doubt, struct err *e)
{
	static const char sql[] =
	    "SELECT asked_ms, due_ms FROM consent_doubt WHERE subject = ?1 OR contact = ?1 ORDER BY due_ms LIMIT 1";
	int64_t due_ms;
	sqlite3_stmt *q;
	int got;

	if (read_due(s, &due_ms, e) < 0)
		return -1;
	if (!may_be_open(s, subject))
		return 0;
	q = sql_query(s, sql, SQL(sql_t(subject)), e);
	got = sql_step(s, q, e);
	if (got == 1)
		*ret_doubt = (struct consent_doubt){sql_int(q, 0), sql_int(q, 1)};
	if (q)
		sql_done(q);
	return got;
}

int consent_doubt_open(struct store *s, const struct consent_row *row, struct err *e)
{
	static const char sql[] = "INSERT INTO consent_doubt (seq, subject, contact, asked_ms, due_ms) VALUES (?,?,?,?,?)";
	const int64_t *number = row->number;
	int64_t asked_ms = number[COLUMN_TIME] < number[COLUMN_RECORDED] ? number[COLUMN_TIME] : number[COLUMN_RECORDED];

	if (number[COLUMN_UNTIL] <= number[COLUMN_RECORDED])
		return 0;
	forget_due(s);
	return sql_run(s, sql,
	    SQL(sql_i(number[COLUMN_SEQ]), sql_t(row->text[COLUMN_SUBJECT]), sql_t(row->text[COLUMN_CONTACT]), sql_i(asked_ms),
		sql_i(number[COLUMN_UNTIL])),
	    e);
}

int consent_doubt_answer(struct store *s, const char *subject, int64_t time_ms, struct err *e)
{
	static const char sql[] = "DELETE FROM consent_doubt WHERE (subject = ?1 OR contact = ?1) AND asked_ms <= ?2";
	int64_t due_ms;

	if (read_due(s, &due_ms, e) < 0)
		return -1;
	if (due_ms == INT64_MAX)
		return 0;
	forget_due(s);
	return sql_run(s, sql, SQL(sql_t(subject), sql_i(time_ms)), e);
}

/* What a no needs of its question, copied: the ledger cannot be written while it is read. */
struct question {
	char *subject, *channel, *contact, *words, *source;
	int64_t asked_ms, until_ms;
};

#define QUESTION "SELECT d.subject, d.channel, d.contact, d.evidence, d.source, o.asked_ms, o.due_ms FROM consent_event d" \
		 " JOIN consent_doubt o ON o.seq = d.seq WHERE "

static char *copy(sqlite3_stmt *q, int column)
{
	const char *text = sql_text(q, column);

	return *text ? xstrdup(text) : NULL;
}

static int next_question(struct store *s, sqlite3_stmt *q, struct question *ret_question, struct err *e)
{
	int got = sql_step(s, q, e);

	if (got == 1) {
		*ret_question = (struct question){copy(q, 0), copy(q, 1), copy(q, 2), copy(q, 3), copy(q, 4), sql_int(q, 5), sql_int(q, 6)};
		sql_done(q);
	}
	return got;
}

static void clear_question(struct question *q)
{
	free(q->subject);
	free(q->channel);
	free(q->contact);
	free(q->words);
	free(q->source);
}

/* The address on its channel, or the person behind it on all. */
static int write_no(struct store *s, const struct question *q, bool to_contact, int64_t time_ms, struct err *e)
{
	struct consent_event event = {
	    .subject = to_contact ? q->contact : q->subject,
	    .channel = to_contact ? NULL : q->channel,
	    .state = CONSENT_OUT,
	    .method = METHOD,
	    .evidence = q->words,
	    .source = q->source,
	    .time_ms = time_ms,
	};

	return consent_append(s, &event, e);
}

/* Out of everything; the first no closes the question. */
static int write_noes(struct store *s, const struct question *q, struct err *e)
{
	if (write_no(s, q, false, q->until_ms, e) < 0)
		return -1;
	return q->contact ? write_no(s, q, true, q->until_ms, e) : 0;
}

int consent_doubt_settle(struct store *s, struct err *e)
{
	static const char sql[] = QUESTION "o.due_ms <= ? ORDER BY o.due_ms, o.seq LIMIT 1";
	int got = consent_doubt_any_lapsed(s, e);
	struct question q;

	while (got > 0 && (got = next_question(s, sql_query(s, sql, SQL(sql_i(when_now_ms())), e), &q, e)) > 0) {
		int result = write_noes(s, &q, e);

		clear_question(&q);
		if (result < 0)
			return -1;
	}
	return got;
}

int consent_doubt_catch_up(struct store *s, struct err *e)
{
	int got = consent_doubt_any_lapsed(s, e);

	if (got <= 0)
		return got;
	if (store_begin(s, e) < 0)
		return -1;
	if (consent_doubt_settle(s, e) < 0) {
		store_rollback(s);
		return -1;
	}
	return store_commit(s, e);
}

int consent_doubt_settle_past(struct store *s, const struct consent_event *question, struct err *e)
{
	static const char sql[] =
	    "SELECT 1 FROM consent_event a WHERE a.subject IN (?, ?) AND a.time_ms >= ? AND " ANSWERS " LIMIT 1";
	const struct question q = {(char *)question->subject, (char *)question->channel, (char *)question->contact,
	    (char *)question->evidence, (char *)question->source, question->time_ms, question->until_ms};
	int64_t answered;
	int got = sql_number(s, sql,
	    SQL(sql_t(q.subject), sql_t(q.contact ? q.contact : q.subject), sql_i(question->time_ms)), &answered, e);

	return got ? (got < 0 ? -1 : 0) : write_noes(s, &q, e);
}

int consent_doubt_part(struct store *s, const char *subject, const char *like, struct err *e)
{
	static const char sql[] =
	    QUESTION "(o.subject = ?1 OR o.subject LIKE ?2 OR o.contact = ?1) AND o.contact IS NOT NULL ORDER BY o.seq LIMIT 1";
	struct question q;
	int64_t due_ms;
	int got;

	if (read_due(s, &due_ms, e) < 0)
		return -1;
	if (due_ms == INT64_MAX)
		return 0;
	while ((got = next_question(s, sql_query(s, sql, SQL(sql_t(subject), sql_t(like)), e), &q, e)) > 0) {
		int64_t now_ms = when_now_ms();
		int result = write_no(s, &q, strcmp(q.contact, subject) != 0, now_ms > q.asked_ms ? now_ms : q.asked_ms, e);

		clear_question(&q);
		if (result < 0)
			return -1;
	}
	return got;
}

int consent_doubt_verify(struct store *s, char ret_id[27], struct err *e)
{
	static const char events[] =
	    "SELECT d.id FROM consent_event d LEFT JOIN consent_doubt o ON o.seq = d.seq WHERE " OPENS " AND d.erased = 0"
	    " AND (EXISTS (SELECT 1 FROM consent_event a WHERE a.subject IN (d.subject, d.contact) AND a.seq > d.seq"
	    " AND a.time_ms >= " ASKED " AND " ANSWERS ") = (o.seq IS NOT NULL)"
	    " OR (o.seq IS NOT NULL AND COALESCE(o.contact, '') <> COALESCE(d.contact, ''))"
	    " OR o.subject <> d.subject OR o.asked_ms <> " ASKED " OR o.due_ms <> d.until_ms) ORDER BY d.seq LIMIT 1";
	static const char strays[] =
	    "SELECT 1 FROM consent_doubt o WHERE NOT EXISTS (SELECT 1 FROM consent_event d WHERE d.seq = o.seq AND " OPENS ") LIMIT 1";
	sqlite3_stmt *q = sql_prepare(s, events, e);
	int got = sql_step(s, q, e);
	int64_t stray;

	if (got == 1) {
		snprintf(ret_id, 27, "%s", sql_text(q, 0));
		sql_done(q);
	}
	if (got != 0)
		return got;
	*ret_id = '\0';
	return sql_number(s, strays, NULL, 0, &stray, e);
}
