#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/line/words.h"
#include "common/store/assign.h"
#include "common/store/sql.h"
#include "common/xalloc.h"

#include "common/banned.h"

/* `place` orders a queue by one number: priority above, the order of arrival below. */
#define PLACE_SEQ_BITS 40

const char assign_schema[] =
    "CREATE TABLE task ("
    " seq INTEGER PRIMARY KEY,"
    " id TEXT NOT NULL UNIQUE,"
    " line TEXT NOT NULL,"
    " who TEXT NOT NULL,"
    " workflow TEXT NOT NULL,"
    " queue TEXT NOT NULL,"
    " agent TEXT NOT NULL,"
    " channel TEXT NOT NULL,"
    " step INTEGER NOT NULL,"
    " status INTEGER NOT NULL,"
    " priority INTEGER NOT NULL,"
    " place BIGINT NOT NULL,"
    " created_ms BIGINT NOT NULL,"
    " counted_ms BIGINT NOT NULL,"
    " step_due_ms BIGINT NOT NULL,"
    " due_ms BIGINT NOT NULL,"
    " answered_ms BIGINT NOT NULL,"
    " ended_ms BIGINT NOT NULL,"
    " objective_ms BIGINT NOT NULL);"
    "CREATE INDEX task_place ON task (place) WHERE status = 0;"
    "CREATE INDEX task_queue ON task (queue, place) WHERE status = 0;"
    "CREATE INDEX task_open ON task (queue, place) WHERE status < 3;"
    "CREATE INDEX task_agent ON task (agent, channel, status) WHERE status IN (1, 2);"
    "CREATE INDEX task_due ON task (due_ms) WHERE due_ms > 0;"
    "CREATE INDEX task_who ON task (who, answered_ms);"
    "CREATE INDEX task_answered ON task (answered_ms) WHERE answered_ms > 0;"
    "CREATE INDEX task_ended ON task (ended_ms) WHERE ended_ms > 0;"
    "CREATE TABLE offer ("
    " seq INTEGER PRIMARY KEY,"
    " task TEXT NOT NULL,"
    " agent TEXT NOT NULL,"
    " queue TEXT NOT NULL,"
    " time_ms BIGINT NOT NULL,"
    " outcome INTEGER NOT NULL);"
    "CREATE INDEX offer_task ON offer (task);"
    "CREATE INDEX offer_queue ON offer (queue, time_ms);"
    "CREATE INDEX offer_time ON offer (time_ms);"
    "CREATE TABLE agent ("
    " id TEXT PRIMARY KEY,"
    " own TEXT NOT NULL,"
    " misses INTEGER NOT NULL,"
    " offered_ms BIGINT NOT NULL);"
    "CREATE TABLE assign_line ("
    " seq INTEGER PRIMARY KEY,"
    " run TEXT NOT NULL,"
    " line TEXT NOT NULL);"
    "CREATE INDEX assign_line_run ON assign_line (run);";

#define COLUMNS "seq, id, line, who, workflow, queue, agent, step, status, priority, place, created_ms, step_due_ms, due_ms," \
	" answered_ms, ended_ms, objective_ms, counted_ms, channel"

static const char *const status_names[] = {"queued", "reserved", "assigned", "completed", "declined", "canceled"};

const char *task_status_name(enum task_status s)
{
	return status_names[s];
}

int task_status_parse(const char *word)
{
	if (strcmp(word, "open") == 0)
		return TASK_QUEUED;
	for (size_t i = 0; i < COUNT_OF(status_names); i++)
		if (strcmp(word, status_names[i]) == 0)
			return (int)i;
	return -1;
}

void task_clear(struct task *t)
{
	free(t->line);
	free(t->who);
	t->line = t->who = NULL;
}

void task_set(char **field, const char *text)
{
	char *copy = xstrdup(text);

	free(*field);
	*field = copy;
}

static void read_row(sqlite3_stmt *q, struct task *t)
{
	*t = (struct task){.seq = sql_int(q, 0), .line = xstrdup(sql_text(q, 2)), .who = xstrdup(sql_text(q, 3))};
	snprintf(t->id, sizeof(t->id), "%s", sql_text(q, 1));
	snprintf(t->workflow, sizeof(t->workflow), "%s", sql_text(q, 4));
	snprintf(t->queue, sizeof(t->queue), "%s", sql_text(q, 5));
	snprintf(t->agent, sizeof(t->agent), "%s", sql_text(q, 6));
	t->step = (unsigned)sql_int(q, 7);
	t->status = (enum task_status)sql_enum(q, 8, TASK_CANCELED, TASK_CANCELED);
	t->priority = sql_enum(q, 9, URGENCY_CRITICAL, URGENCY_NORMAL);
	t->place = sql_int(q, 10);
	t->created_ms = sql_int(q, 11);
	t->step_due_ms = sql_int(q, 12);
	t->due_ms = sql_int(q, 13);
	t->answered_ms = sql_int(q, 14);
	t->ended_ms = sql_int(q, 15);
	t->objective_ms = sql_int(q, 16);
	t->counted_ms = sql_int(q, 17);
	snprintf(t->channel, sizeof(t->channel), "%s", sql_text(q, 18));
}

static int read_one(struct store *s, sqlite3_stmt *q, struct task *ret_task, struct err *e)
{
	int got = sql_step(s, q, e);

	if (got == 1) {
		read_row(q, ret_task);
		sql_done(q);
	}
	return got;
}

int task_find(struct store *s, const char *id, struct task *ret_task, struct err *e)
{
	static const char sql[] = "SELECT " COLUMNS " FROM task WHERE id = ?";

	return read_one(s, sql_query(s, sql, SQL(sql_t(id)), e), ret_task, e);
}

int task_due(struct store *s, int64_t now_ms, struct task *ret_task, struct err *e)
{
	static const char sql[] = "SELECT " COLUMNS " FROM task WHERE due_ms > 0 AND due_ms <= ? ORDER BY due_ms, seq LIMIT 1";

	return read_one(s, sql_query(s, sql, SQL(sql_i(now_ms)), e), ret_task, e);
}

int task_next(struct store *s, int64_t place, struct task *ret_task, struct err *e)
{
	static const char sql[] = "SELECT " COLUMNS " FROM task WHERE status = 0 AND place > ? ORDER BY place LIMIT 1";

	return read_one(s, sql_query(s, sql, SQL(sql_i(place)), e), ret_task, e);
}

int task_of_agent(struct store *s, const char *agent, enum task_status status, struct task *ret_task, struct err *e)
{
	static const char sql[] =
	    "SELECT " COLUMNS " FROM task WHERE agent = ? AND status IN (1, 2) AND status = ? ORDER BY seq LIMIT 1";

	return read_one(s, sql_query(s, sql, SQL(sql_t(agent), sql_i(status)), e), ret_task, e);
}

static int add(struct store *s, struct task *t, struct err *e)
{
	static const char sql[] = "INSERT INTO task (id, line, who, channel, workflow, queue, agent, step, status, priority, place, created_ms,"
				  " step_due_ms, due_ms, answered_ms, ended_ms, objective_ms, counted_ms)"
				  " VALUES (?,?,?,?,'','','',0,0,0,0,?,0,0,0,0,0,0) RETURNING seq";

	const struct sql_value values[] = {
	    sql_t(t->id), sql_t(t->line), sql_t(t->who), sql_t(t->channel), sql_i(t->created_ms)};

	return sql_number(s, sql, values, COUNT_OF(values), &t->seq, e) < 0 ? -1 : 0;
}

int task_save(struct store *s, struct task *t, struct err *e)
{
	static const char sql[] = "UPDATE task SET workflow = ?, queue = ?, agent = ?, step = ?, status = ?, priority = ?, place = ?,"
				  " step_due_ms = ?, due_ms = ?, answered_ms = ?, ended_ms = ?, objective_ms = ?, counted_ms = ? WHERE seq = ?";

	if (!t->seq && add(s, t, e) < 0)
		return -1;
	t->place = ((int64_t)(URGENCY_CRITICAL - t->priority) << PLACE_SEQ_BITS) + t->seq;
	return sql_run(s, sql,
	    SQL(sql_t(t->workflow), sql_t(t->queue), sql_t(t->agent), sql_i(t->step), sql_i(t->status), sql_i(t->priority),
		sql_i(t->place), sql_i(t->step_due_ms), sql_i(t->due_ms), sql_i(t->answered_ms), sql_i(t->ended_ms),
		sql_i(t->objective_ms), sql_i(t->counted_ms), sql_i(t->seq)),
	    e);
}

int task_end_wrap_up(struct store *s, const char *agent, struct err *e)
{
	static const char sql[] = "UPDATE task SET due_ms = 0 WHERE due_ms > 0 AND status = 3 AND agent = ?";

	return sql_run(s, sql, SQL(sql_t(agent)), e);
}

int task_position(struct store *s, const struct task *t, int64_t from, int64_t *ret_before, struct err *e)
{
	static const char sql[] = "SELECT COUNT(*) FROM task WHERE queue = ? AND status = 0 AND place >= ? AND place < ?";

	return sql_number(s, sql, SQL(sql_t(t->queue), sql_i(from), sql_i(t->place)), ret_before, e) < 0 ? -1 : 0;
}

int task_helper(struct store *s, const char *who, int64_t since_ms, char *ret_agent, struct err *e)
{
	static const char sql[] =
	    "SELECT agent FROM task WHERE who = ? AND answered_ms > ? AND agent <> '' ORDER BY answered_ms DESC LIMIT 1";
	sqlite3_stmt *q;
	int got;

	if (!*who)
		return 0;
	q = sql_query(s, sql, SQL(sql_t(who), sql_i(since_ms)), e);
	got = sql_step(s, q, e);
	if (got == 1) {
		snprintf(ret_agent, ASSIGN_NAME, "%s", sql_text(q, 0));
		sql_done(q);
	}
	return got;
}

int task_last(struct store *s, const char *who, struct task *ret_task, struct err *e)
{
	static const char sql[] = "SELECT " COLUMNS " FROM task WHERE who = ? AND ended_ms > 0 ORDER BY ended_ms DESC, seq DESC LIMIT 1";

	return *who ? read_one(s, sql_query(s, sql, SQL(sql_t(who)), e), ret_task, e) : 0;
}

int task_each_open(struct store *s, task_each_fn *each, void *ctx, struct err *e)
{
	static const char sql[] = "SELECT " COLUMNS " FROM task WHERE status < 3 ORDER BY queue, place";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	bool go_on = true;
	int got = 0;

	while (go_on && (got = sql_step(s, q, e)) == 1) {
		struct task t;

		read_row(q, &t);
		go_on = each(ctx, &t) == 0;
		task_clear(&t);
	}
	return sql_end(q, got);
}

int task_purge(struct store *s, int64_t before_ms, unsigned limit, struct err *e)
{
	static const char offers[] = "DELETE FROM offer WHERE task IN"
	    " (SELECT id FROM task WHERE ended_ms > 0 AND ended_ms < ? ORDER BY ended_ms LIMIT ?)";
	static const char tasks[] = "DELETE FROM task WHERE seq IN"
	    " (SELECT seq FROM task WHERE ended_ms > 0 AND ended_ms < ? ORDER BY ended_ms LIMIT ?)";

	return sql_purge(s, offers, before_ms, limit, e) < 0 ? -1 : sql_purge(s, tasks, before_ms, limit, e);
}
