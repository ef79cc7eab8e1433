#include <stdlib.h>
#include <string.h>

#include "common/line/when.h"
#include "common/store/choice.h"
#include "common/store/sql.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define VALID_MS (7 * WHEN_DAY)
#define DIGITS 2

const char choice_schema[] =
    "CREATE TABLE choice ("
    " address TEXT PRIMARY KEY,"
    " meanings TEXT NOT NULL,"          /* JSON: a list of texts */
    " time_ms BIGINT NOT NULL);"
    "CREATE INDEX choice_time ON choice (time_ms);";

int choice_put(struct store *s, const char *address, const json_t *choices, int64_t now_ms, struct err *e)
{
	static const char sql[] = "INSERT INTO choice (address, meanings, time_ms) VALUES (?1, ?2, ?3)"
	    " ON CONFLICT (address) DO UPDATE SET meanings = ?2, time_ms = ?3";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	char *meanings;
	int result;

	if (!q)
		return -1;
	meanings = json_dumps(choices, JSON_COMPACT);
	sql_bind_text(q, 1, address);
	sql_bind_text(q, 2, meanings);
	sql_bind_int(q, 3, now_ms);
	result = sql_step(s, q, e);
	free(meanings);
	return result;
}

/* "2", " 2.", "(2)": 2; 0 for what is not a number alone. */
static size_t number_in(const char *answer)
{
	static const char around[] = " \t\r\n.()#:!";
	const char *start = answer + strspn(answer, around);
	size_t digits = strspn(start, "0123456789");

	if (digits < 1 || digits > DIGITS || start[digits + strspn(start + digits, around)])
		return 0;
	return (size_t)strtoul(start, NULL, 10);
}

int choice_find(struct store *s, const char *address, const char *answer, int64_t now_ms, char **ret_meaning, struct err *e)
{
	static const char sql[] = "SELECT meanings FROM choice WHERE address = ? AND time_ms > ?";
	size_t number = number_in(answer);
	const char *meaning;
	sqlite3_stmt *q;
	json_t *list;
	int got;

	if (number == 0)
		return 0;
	q = sql_prepare(s, sql, e);
	if (!q)
		return -1;
	sql_bind_text(q, 1, address);
	sql_bind_int(q, 2, now_ms - VALID_MS);
	got = sql_step(s, q, e);
	if (got != 1)
		return got;
	list = json_loads(sql_text(q, 0), 0, NULL);
	sql_done(q);
	meaning = json_string_value(json_array_get(list, number - 1));
	if (meaning)
		*ret_meaning = xstrdup(meaning);
	json_decref(list);
	return meaning != NULL;
}

int choice_purge(struct store *s, int64_t now_ms, unsigned limit, struct err *e)
{
	static const char sql[] = "DELETE FROM choice WHERE address IN"
	    " (SELECT address FROM choice WHERE time_ms <= ? ORDER BY time_ms LIMIT ?)";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_int(q, 1, now_ms - VALID_MS);
	sql_bind_int(q, 2, limit);
	return sql_step(s, q, e);
}
