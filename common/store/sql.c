#include "common/store/sql.h"

#include "common/banned.h"

struct sql_value sql_t(const char *text)
{
	return (struct sql_value){.text = text, .is_text = true};
}

struct sql_value sql_i(int64_t number)
{
	return (struct sql_value){.number = number};
}

sqlite3_stmt *sql_query(struct store *s, const char *constant_text, const struct sql_value *values, size_t count, struct err *e)
{
	sqlite3_stmt *q = sql_prepare(s, constant_text, e);

	for (size_t i = 0; q && i < count; i++) {
		if (values[i].is_text)
			sql_bind_text(q, (int)i + 1, values[i].text);
		else
			sql_bind_int(q, (int)i + 1, values[i].number);
	}
	return q;
}

int sql_run(struct store *s, const char *constant_text, const struct sql_value *values, size_t count, struct err *e)
{
	return sql_step(s, sql_query(s, constant_text, values, count, e), e);
}

int sql_number(struct store *s, const char *constant_text, const struct sql_value *values, size_t count, int64_t *ret_number,
    struct err *e)
{
	sqlite3_stmt *q = sql_query(s, constant_text, values, count, e);
	int got = sql_step(s, q, e);

	if (got == 1) {
		*ret_number = sql_int(q, 0);
		sql_done(q);
	}
	return got;
}

int sql_end(sqlite3_stmt *q, int got)
{
	if (got == 1)
		sql_done(q);
	return got < 0 ? -1 : 0;
}

int sql_purge(struct store *s, const char *constant_text, int64_t before, unsigned limit, struct err *e)
{
	return sql_run(s, constant_text, SQL(sql_i(before), sql_i(limit)), e);
}
