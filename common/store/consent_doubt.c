/*
 * Few questions are open at a time, and most stores have none: when the earliest is due is asked once a transaction, and
 * only when that has passed is anything looked up.
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
    " subject TEXT PRIMARY KEY,"
    " channel TEXT NOT NULL,"
    " contact TEXT,"
    " words TEXT,"
    " asked_ms BIGINT NOT NULL,"
    " due_ms BIGINT NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX consent_doubt_due ON consent_doubt (due_ms);"
    "CREATE INDEX consent_doubt_contact ON consent_doubt (contact);";

/* The earliest moment at which a question lapses, INT64_MAX for none. */
static int read_due(struct store *s, int64_t *ret_due_ms, struct err *e)
{
	static const char sql[] = "SELECT due_ms FROM consent_doubt ORDER BY due_ms LIMIT 1";
	struct sql_doubt *known = sql_doubt(s);
	uint64_t transaction = store_transaction(s);
	sqlite3_stmt *q;
	int got;

	if (!transaction || known->transaction != transaction) {
		q = sql_prepare(s, sql, e);
		got = q ? sql_step(s, q, e) : -1;
		if (got < 0)
			return -1;
		*known = (struct sql_doubt){transaction, got ? sql_int(q, 0) : INT64_MAX};
		sql_done(q);
	}
	*ret_due_ms = known->due_ms;
	return 0;
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

int consent_doubt_is_open(struct store *s, const char *subject, struct err *e)
{
	static const char sql[] = "SELECT 1 FROM consent_doubt WHERE subject = ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_text(q, 1, subject);
	got = sql_step(s, q, e);
	sql_done(q);
	return got;
}

int consent_doubt_ask(struct store *s, const struct consent_doubt *d, struct err *e)
{
	static const char sql[] =
	    "INSERT INTO consent_doubt (subject, channel, contact, words, asked_ms, due_ms) VALUES (?,?,?,?,?,?)";
	int open = consent_doubt_is_open(s, d->subject, e);
	sqlite3_stmt *q;

	if (open)
		return open;
	q = sql_prepare(s, sql, e);
	if (!q)
		return -1;
	sql_bind_text(q, 1, d->subject);
	sql_bind_text(q, 2, d->channel);
	sql_bind_text(q, 3, d->contact);
	sql_bind_text(q, 4, d->words);
	sql_bind_int(q, 5, d->asked_ms);
	sql_bind_int(q, 6, d->due_ms);
	forget_due(s);
	return sql_step(s, q, e);
}

int consent_doubt_answer(struct store *s, const char *subject, int64_t time_ms, struct err *e)
{
	static const char sql[] = "DELETE FROM consent_doubt WHERE (subject = ?1 OR contact = ?1) AND asked_ms <= ?2";
	int64_t due_ms;
	sqlite3_stmt *q;

	if (read_due(s, &due_ms, e) < 0)
		return -1;
	if (due_ms == INT64_MAX)
		return 0;
	q = sql_prepare(s, sql, e);
	if (!q)
		return -1;
	sql_bind_text(q, 1, subject);
	sql_bind_int(q, 2, time_ms);
	forget_due(s);
	return sql_step(s, q, e);
}

int consent_doubt_lapsed(struct store *s, const char *subject, int64_t *ret_since_ms, struct err *e)
{
	static const char sql[] = "SELECT due_ms FROM consent_doubt WHERE (subject = ?1 OR contact = ?1) AND due_ms <= ?2"
				  " ORDER BY due_ms LIMIT 1";
	int got = consent_doubt_any_lapsed(s, e);
	sqlite3_stmt *q;

	if (got <= 0)
		return got;
	q = sql_prepare(s, sql, e);
	if (!q)
		return -1;
	sql_bind_text(q, 1, subject);
	sql_bind_int(q, 2, when_now_ms());
	got = sql_step(s, q, e);
	if (got == 1)
		*ret_since_ms = sql_int(q, 0);
	sql_done(q);
	return got;
}

/* A row of what has lapsed, copied: it is deleted before the no is written. */
struct lapsed {
	char *subject, *channel, *contact, *words;
	int64_t due_ms;
};

static void clear_lapsed(struct lapsed *l)
{
	free(l->subject);
	free(l->channel);
	free(l->contact);
	free(l->words);
}

static int next_lapsed(struct store *s, struct lapsed *ret_lapsed, struct err *e)
{
	static const char sql[] =
	    "SELECT subject, channel, contact, words, due_ms FROM consent_doubt WHERE due_ms <= ? ORDER BY due_ms, subject LIMIT 1";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_int(q, 1, when_now_ms());
	got = sql_step(s, q, e);
	if (got == 1)
		*ret_lapsed = (struct lapsed){.subject = xstrdup(sql_text(q, 0)),
		    .channel = xstrdup(sql_text(q, 1)),
		    .contact = *sql_text(q, 2) ? xstrdup(sql_text(q, 2)) : NULL,
		    .words = xstrdup(sql_text(q, 3)),
		    .due_ms = sql_int(q, 4)};
	sql_done(q);
	return got;
}

/* Out of everything: the address, and the person behind it on all channels. */
static int write_no(struct store *s, const struct lapsed *l, struct err *e)
{
	struct consent_event address = {
	    .subject = l->subject,
	    .channel = l->channel,
	    .state = CONSENT_OUT,
	    .method = METHOD,
	    .evidence = l->words,
	    .time_ms = l->due_ms,
	};
	struct consent_event contact = {.subject = l->contact, .state = CONSENT_OUT, .method = METHOD, .evidence = l->words, .time_ms = l->due_ms};

	if (consent_doubt_forget(s, l->subject, e) < 0 || consent_append(s, &address, e) < 0)
		return -1;
	return l->contact ? consent_append(s, &contact, e) : 0;
}

int consent_doubt_settle(struct store *s, struct err *e)
{
	int got = consent_doubt_any_lapsed(s, e);
	struct lapsed l = {.subject = NULL};

	while (got > 0 && (got = next_lapsed(s, &l, e)) > 0) {
		int result = write_no(s, &l, e);

		clear_lapsed(&l);
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

int consent_doubt_forget(struct store *s, const char *subject, struct err *e)
{
	static const char sql[] = "DELETE FROM consent_doubt WHERE subject = ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, subject);
	forget_due(s);
	return sql_step(s, q, e);
}
