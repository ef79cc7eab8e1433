#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "common/line/when.h"
#include "common/store/link.h"
#include "common/store/sql.h"

#include "common/banned.h"

const char link_schema[] =
    "CREATE TABLE link ("
    " code TEXT PRIMARY KEY,"
    " message TEXT NOT NULL,"
    " address TEXT NOT NULL,"
    " leg INTEGER NOT NULL,"
    " channel TEXT NOT NULL,"
    " url TEXT NOT NULL,"
    " app TEXT,"
    " fallback TEXT,"
    " time_ms BIGINT NOT NULL,"
    " UNIQUE (message, address, leg, url));"
    "CREATE INDEX link_time ON link (time_ms);";

void link_code(char ret_code[LINK_CODE + 1])
{
	static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	for (size_t i = 0; i < LINK_CODE; i++)
		ret_code[i] = letters[randombytes_uniform(sizeof(letters) - 1)];
	ret_code[LINK_CODE] = '\0';
}

static int find_code(struct store *s, const struct link_row *l, char ret_code[LINK_CODE + 1], struct err *e)
{
	static const char sql[] = "SELECT code FROM link WHERE message = ? AND address = ? AND leg = ? AND url = ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_text(q, 1, l->message);
	sql_bind_text(q, 2, l->address);
	sql_bind_int(q, 3, l->leg);
	sql_bind_text(q, 4, l->url);
	got = sql_step(s, q, e);
	if (got == 1) {
		snprintf(ret_code, LINK_CODE + 1, "%s", sql_text(q, 0));
		sql_done(q);
	}
	return got;
}

int link_put(struct store *s, const struct link_row *l, int64_t now_ms, char ret_code[LINK_CODE + 1], struct err *e)
{
	static const char sql[] = "INSERT INTO link (code, message, address, leg, channel, url, app, fallback, time_ms)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
	int got = find_code(s, l, ret_code, e);
	sqlite3_stmt *q;

	if (got != 0)
		return got < 0 ? -1 : 0;
	q = sql_prepare(s, sql, e);
	if (!q)
		return -1;
	link_code(ret_code);
	sql_bind_text(q, 1, ret_code);
	sql_bind_text(q, 2, l->message);
	sql_bind_text(q, 3, l->address);
	sql_bind_int(q, 4, l->leg);
	sql_bind_text(q, 5, l->channel);
	sql_bind_text(q, 6, l->url);
	sql_bind_text(q, 7, l->app);
	sql_bind_text(q, 8, l->fallback);
	sql_bind_int(q, 9, now_ms);
	return sql_step(s, q, e);
}

static void set_text(json_t *link, const char *key, const char *text)
{
	if (*text)
		json_object_set_new(link, key, json_string(text));
}

int link_find(struct store *s, const char *code, json_t **ret_link, struct err *e)
{
	static const char sql[] = "SELECT url, app, fallback, message, leg, channel, address, time_ms FROM link WHERE code = ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	char time[WHEN_SIZE];
	json_t *link;
	int got;

	if (!q)
		return -1;
	sql_bind_text(q, 1, code);
	got = sql_step(s, q, e);
	if (got != 1)
		return got;
	link = json_pack("{s:s,s:s}", "type", "link", "code", code);
	set_text(link, "url", sql_text(q, 0));
	set_text(link, "app", sql_text(q, 1));
	set_text(link, "fallback", sql_text(q, 2));
	set_text(link, "message", sql_text(q, 3));
	json_object_set_new(link, "leg", json_integer(sql_int(q, 4)));
	set_text(link, "channel", sql_text(q, 5));
	set_text(link, "address", sql_text(q, 6));
	when_format(sql_int(q, 7), time);
	set_text(link, "time", time);
	sql_done(q);
	*ret_link = link;
	return 1;
}

int link_purge(struct store *s, int64_t before_ms, unsigned limit, struct err *e)
{
	static const char sql[] = "DELETE FROM link WHERE code IN (SELECT code FROM link WHERE time_ms < ? ORDER BY time_ms LIMIT ?)";

	return sql_purge(s, sql, before_ms, limit, e);
}
