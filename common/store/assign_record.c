/* How queues and agents have done. */
#include "common/store/assign.h"
#include "common/store/sql.h"

#include "common/banned.h"

#define ANSWERED "answered_ms >= ?1"
#define LOST "answered_ms = 0 AND ended_ms >= ?1"
#define COMPLETED "status = 3 AND answered_ms > 0 AND ended_ms >= ?1"
#define IN_TIME "answered_ms - counted_ms <= objective_ms"

/* What the indexes of assign.c are made for: they know only what is above zero. */
#define RECORDS(BY) \
	"SELECT " BY ", SUM(" ANSWERED ")," \
	" SUM(CASE WHEN " ANSWERED " AND answered_ms > counted_ms THEN answered_ms - counted_ms ELSE 0 END)," \
	" SUM(" ANSWERED " AND objective_ms > 0 AND " IN_TIME ")," \
	" SUM(objective_ms > 0 AND (" LOST " OR (" ANSWERED " AND NOT " IN_TIME ")))," \
	" SUM(" LOST "), SUM(" COMPLETED "), SUM(CASE WHEN " COMPLETED " THEN ended_ms - answered_ms ELSE 0 END)" \
	" FROM task WHERE (answered_ms > 0 AND answered_ms >= ?1) OR (ended_ms > 0 AND ended_ms >= ?1) GROUP BY " BY " ORDER BY " BY

int task_each_record(struct store *s, enum task_by by, int64_t since_ms, task_record_fn *each, void *ctx, struct err *e)
{
	static const char queues[] = RECORDS("queue"), agents[] = RECORDS("agent");
	sqlite3_stmt *q = sql_query(s, by == TASK_BY_QUEUE ? queues : agents, SQL(sql_i(since_ms)), e);
	bool go_on = true;
	int got = 0;

	while (go_on && (got = sql_step(s, q, e)) == 1) {
		struct task_record r = {.name = sql_text(q, 0), .answered = sql_int(q, 1), .answer_ms = sql_int(q, 2),
		    .in_time = sql_int(q, 3), .late = sql_int(q, 4), .lost = sql_int(q, 5), .completed = sql_int(q, 6),
		    .handle_ms = sql_int(q, 7)};

		go_on = each(ctx, &r) == 0;
	}
	return sql_end(q, got);
}

/* The text that is added keeps the groups from being had by a walk through all offers. */
#define OFFERS(BY) \
	"SELECT " BY ", SUM(outcome = 1), SUM(outcome = 2), SUM(outcome = 3) FROM offer WHERE time_ms >= ?" \
	" GROUP BY " BY " || '' ORDER BY " BY " || ''"

int offer_each_record(struct store *s, enum task_by by, int64_t since_ms, offer_record_fn *each, void *ctx, struct err *e)
{
	static const char queues[] = OFFERS("queue"), agents[] = OFFERS("agent");
	sqlite3_stmt *q = sql_query(s, by == TASK_BY_QUEUE ? queues : agents, SQL(sql_i(since_ms)), e);
	bool go_on = true;
	int got = 0;

	while (go_on && (got = sql_step(s, q, e)) == 1) {
		struct offer_record r = {sql_text(q, 0), sql_int(q, 1), sql_int(q, 2), sql_int(q, 3)};

		go_on = each(ctx, &r) == 0;
	}
	return sql_end(q, got);
}
