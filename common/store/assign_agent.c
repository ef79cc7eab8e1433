/* Who was offered what, what agents have said about themselves, and the lines on their way out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/store/assign.h"
#include "common/store/sql.h"
#include "common/xalloc.h"

#include "common/banned.h"

int offer_add(struct store *s, const struct task *t, enum offer_outcome outcome, int64_t now_ms, struct err *e)
{
	static const char sql[] = "INSERT INTO offer (task, agent, queue, time_ms, outcome) VALUES (?,?,?,?,?)";

	return sql_run(s, sql, SQL(sql_t(t->id), sql_t(t->agent), sql_t(t->queue), sql_i(now_ms), sql_i(outcome)), e);
}

int offer_end(struct store *s, const struct task *t, enum offer_outcome outcome, struct err *e)
{
	static const char sql[] = "UPDATE offer SET outcome = ? WHERE seq = (SELECT MAX(seq) FROM offer WHERE task = ? AND agent = ?)";

	return sql_run(s, sql, SQL(sql_i(outcome), sql_t(t->id), sql_t(t->agent)), e);
}

int offer_each_no(struct store *s, const char *task, offer_no_fn *each, void *ctx, struct err *e)
{
	static const char sql[] = "SELECT agent, SUM(outcome = 2), SUM(outcome = 3) FROM offer WHERE task = ? AND outcome IN (2, 3)"
				  " GROUP BY agent";
	sqlite3_stmt *q = sql_query(s, sql, SQL(sql_t(task)), e);
	bool go_on = true;
	int got = 0;

	while (go_on && (got = sql_step(s, q, e)) == 1)
		go_on = each(ctx, sql_text(q, 0), sql_int(q, 1), sql_int(q, 2)) == 0;
	return sql_end(q, got);
}

int offer_each_of_queue(struct store *s, const char *queue, int64_t since_ms, offer_count_fn *each, void *ctx, struct err *e)
{
	static const char sql[] =
	    "SELECT agent, COUNT(*) FROM offer WHERE queue = ? AND time_ms >= ? AND outcome IN (0, 1) GROUP BY agent";
	sqlite3_stmt *q = sql_query(s, sql, SQL(sql_t(queue), sql_i(since_ms)), e);
	bool go_on = true;
	int got = 0;

	while (go_on && (got = sql_step(s, q, e)) == 1)
		go_on = each(ctx, sql_text(q, 0), sql_int(q, 1)) == 0;
	return sql_end(q, got);
}

/* ---- agents ---- */

void agent_row_clear(struct agent_row *a)
{
	free(a->own);
	a->own = NULL;
}

static void read_agent(sqlite3_stmt *q, struct agent_row *a)
{
	*a = (struct agent_row){.own = xstrdup(sql_text(q, 1)), .misses = (unsigned)sql_int(q, 2), .offered_ms = sql_int(q, 3)};
	snprintf(a->id, sizeof(a->id), "%s", sql_text(q, 0));
}

int agent_find(struct store *s, const char *id, struct agent_row *ret_agent, struct err *e)
{
	static const char sql[] = "SELECT id, own, misses, offered_ms FROM agent WHERE id = ?";
	sqlite3_stmt *q = sql_query(s, sql, SQL(sql_t(id)), e);
	int got = sql_step(s, q, e);

	if (got == 1) {
		read_agent(q, ret_agent);
		sql_done(q);
	}
	return got;
}

int agent_save(struct store *s, const struct agent_row *a, struct err *e)
{
	static const char sql[] = "INSERT INTO agent (id, own, misses, offered_ms) VALUES (?1, ?2, ?3, ?4)"
				  " ON CONFLICT (id) DO UPDATE SET own = ?2, misses = ?3, offered_ms = ?4";

	return sql_run(s, sql, SQL(sql_t(a->id), sql_t(a->own), sql_i(a->misses), sql_i(a->offered_ms)), e);
}

int agent_each(struct store *s, agent_each_fn *each, void *ctx, struct err *e)
{
	static const char sql[] = "SELECT id, own, misses, offered_ms FROM agent ORDER BY id";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	bool go_on = true;
	int got = 0;

	while (go_on && (got = sql_step(s, q, e)) == 1) {
		struct agent_row a;

		read_agent(q, &a);
		go_on = each(ctx, &a) == 0;
		agent_row_clear(&a);
	}
	return sql_end(q, got);
}

int agent_each_load(struct store *s, agent_load_fn *each, void *ctx, struct err *e)
{
	/* Two walks, each through an index of its own. */
	static const char sql[] = "SELECT agent, channel, 0, COUNT(*) FROM task WHERE status IN (1, 2) GROUP BY agent, channel"
				  " UNION ALL"
				  " SELECT agent, channel, 1, COUNT(*) FROM task WHERE due_ms > 0 AND status = 3 GROUP BY agent, channel";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	bool go_on = true;
	int got = 0;

	while (go_on && (got = sql_step(s, q, e)) == 1)
		go_on = each(ctx, sql_text(q, 0), sql_text(q, 1), sql_int(q, 2) != 0, sql_int(q, 3)) == 0;
	return sql_end(q, got);
}

/* ---- lines ---- */

int assign_line_add(struct store *s, const char *run, const char *line, struct err *e)
{
	static const char sql[] = "INSERT INTO assign_line (run, line) VALUES (?,?)";

	return sql_run(s, sql, SQL(sql_t(run), sql_t(line)), e);
}

int assign_line_written(struct store *s, const char *run, struct err *e)
{
	static const char sql[] = "DELETE FROM assign_line WHERE run = ?";

	return sql_run(s, sql, SQL(sql_t(run)), e);
}

int assign_line_next(struct store *s, int64_t after, const char *run, int64_t *ret_seq, char **ret_run, char **ret_line,
    struct err *e)
{
	static const char sql[] = "SELECT seq, run, line FROM assign_line WHERE seq > ? AND run <> ? ORDER BY seq LIMIT 1";
	sqlite3_stmt *q = sql_query(s, sql, SQL(sql_i(after), sql_t(run)), e);
	int got = sql_step(s, q, e);

	if (got == 1) {
		*ret_seq = sql_int(q, 0);
		*ret_run = xstrdup(sql_text(q, 1));
		*ret_line = xstrdup(sql_text(q, 2));
		sql_done(q);
	}
	return got;
}

int assign_line_adopt(struct store *s, int64_t seq, const char *run, struct err *e)
{
	static const char sql[] = "UPDATE assign_line SET run = ? WHERE seq = ?";

	return sql_run(s, sql, SQL(sql_t(run), sql_i(seq)), e);
}
