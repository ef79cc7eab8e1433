#include <stdio.h>
#include <string.h>

#include "common/line/when.h"
#include "common/store/code.h"
#include "common/store/consent.h"
#include "common/store/sql.h"

#include "common/banned.h"

const char code_schema[] =
    "CREATE TABLE consent_code ("
    " subject TEXT NOT NULL,"
    " channel TEXT NOT NULL,"
    " topic TEXT NOT NULL,"
    " code TEXT NOT NULL,"              /* its hash */
    " until_ms BIGINT NOT NULL,"
    " tries INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY (subject, channel, topic)) WITHOUT ROWID;"
    "CREATE INDEX consent_code_code ON consent_code (code);";

static int purge(struct store *s, struct err *e)
{
	static const char sql[] = "DELETE FROM consent_code WHERE until_ms < ? OR tries >= ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_int(q, 1, when_now_ms());
	sql_bind_int(q, 2, CODE_TRIES);
	return sql_step(s, q, e);
}

int code_put(struct store *s, const struct code_question *question, const char *code, int64_t until_ms, struct err *e)
{
	static const char sql[] =
	    "INSERT INTO consent_code (subject, channel, topic, code, until_ms) VALUES (?,?,?,?,?)"
	    " ON CONFLICT (subject, channel, topic) DO UPDATE SET code = excluded.code, until_ms = excluded.until_ms, tries = 0";
	char hash[CONSENT_HASH];
	sqlite3_stmt *q;

	if (purge(s, e) < 0)
		return -1;
	q = sql_prepare(s, sql, e);
	if (!q)
		return -1;
	consent_hash_line(code, strlen(code), hash);
	sql_bind_text(q, 1, question->subject);
	sql_bind_text(q, 2, question->channel);
	sql_bind_text(q, 3, question->topic);
	sql_bind_text(q, 4, hash);
	sql_bind_int(q, 5, until_ms);
	return sql_step(s, q, e);
}

static int find(struct store *s, const char *subject, const char *hash, int64_t now_ms, struct code_question *ret_question,
    struct err *e)
{
	static const char by_code[] =
	    "SELECT subject, channel, topic FROM consent_code WHERE code = ? AND until_ms >= ? AND tries < ?";
	static const char by_both[] =
	    "SELECT subject, channel, topic FROM consent_code WHERE code = ? AND until_ms >= ? AND tries < ? AND subject = ?";
	sqlite3_stmt *q = sql_prepare(s, subject ? by_both : by_code, e);
	int got;

	if (!q)
		return -1;
	sql_bind_text(q, 1, hash);
	sql_bind_int(q, 2, now_ms);
	sql_bind_int(q, 3, CODE_TRIES);
	if (subject)
		sql_bind_text(q, 4, subject);
	got = sql_step(s, q, e);
	if (got > 0) {
		snprintf(ret_question->subject, sizeof(ret_question->subject), "%s", sql_text(q, 0));
		snprintf(ret_question->channel, sizeof(ret_question->channel), "%s", sql_text(q, 1));
		snprintf(ret_question->topic, sizeof(ret_question->topic), "%s", sql_text(q, 2));
		sql_done(q);
	}
	return got;
}

static int run(struct store *s, const char *constant_sql, const struct code_question *question, struct err *e)
{
	sqlite3_stmt *q = sql_prepare(s, constant_sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, question->subject);
	sql_bind_text(q, 2, question->channel);
	sql_bind_text(q, 3, question->topic);
	return sql_step(s, q, e);
}

static int count_try(struct store *s, const char *subject, struct err *e)
{
	static const char sql[] = "UPDATE consent_code SET tries = tries + 1 WHERE subject = ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, subject);
	return sql_step(s, q, e);
}

int code_take(struct store *s, const char *subject, const char *code, int64_t now_ms, struct code_question *ret_question,
    struct err *e)
{
	static const char drop[] = "DELETE FROM consent_code WHERE subject = ? AND channel = ? AND topic = ?";
	char hash[CONSENT_HASH];
	int got;

	consent_hash_line(code, strlen(code), hash);
	got = find(s, subject, hash, now_ms, ret_question, e);
	if (got == 0 && subject && count_try(s, subject, e) < 0)
		return -1;
	if (got <= 0)
		return got;
	return run(s, drop, ret_question, e) < 0 ? -1 : 1;
}

int code_close(struct store *s, const char *subject, struct err *e)
{
	static const char sql[] = "DELETE FROM consent_code WHERE subject = ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, subject);
	return sql_step(s, q, e);
}
