/*
 * Two tables of rows that change (conversation) and rows that do not (turn), and the keys of what was heard. `version`
 * makes a writer that has read an older row notice it: between reading and writing a flow may run a command, and no
 * lock is held meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/line/envelope.h"
#include "common/store/conversation.h"
#include "common/store/sql.h"
#include "common/xalloc.h"

#include "common/banned.h"

const char conversation_schema[] =
    "CREATE TABLE conversation ("
    " id TEXT PRIMARY KEY,"
    " thread TEXT NOT NULL,"
    " them TEXT NOT NULL,"
    " us TEXT NOT NULL,"
    " flow TEXT NOT NULL,"
    " state TEXT NOT NULL,"
    " status INTEGER NOT NULL,"
    " task TEXT NOT NULL,"
    " misses INTEGER NOT NULL,"
    " due_ms BIGINT NOT NULL,"
    " started_ms BIGINT NOT NULL,"
    " updated_ms BIGINT NOT NULL,"
    " version BIGINT NOT NULL,"
    " data TEXT NOT NULL);"
    "CREATE UNIQUE INDEX conversation_current ON conversation (them, us) WHERE status < 2;"
    "CREATE INDEX conversation_thread ON conversation (thread);"
    "CREATE INDEX conversation_status ON conversation (status, updated_ms);"
    "CREATE INDEX conversation_due ON conversation (flow, due_ms) WHERE due_ms > 0;"
    "CREATE TABLE turn ("
    " seq INTEGER PRIMARY KEY,"
    " conversation TEXT NOT NULL,"
    " kind INTEGER NOT NULL,"
    " id TEXT,"
    " line TEXT NOT NULL,"
    " time_ms BIGINT NOT NULL,"
    " cause BIGINT NOT NULL,"
    " pending TEXT);"
    "CREATE INDEX turn_conversation ON turn (conversation, seq);"
    "CREATE INDEX turn_pending ON turn (pending) WHERE pending IS NOT NULL;"
    "CREATE INDEX turn_cause ON turn (cause) WHERE pending IS NOT NULL;"
    "CREATE TABLE heard ("
    " key TEXT PRIMARY KEY,"
    " seq BIGINT NOT NULL);";

const char conversation_them_schema[] = "CREATE INDEX conversation_them ON conversation (them);";

#define COLUMNS "id, thread, them, us, flow, state, status, task, misses, due_ms, started_ms, updated_ms, version, data"
#define TURN_COLUMNS "t.seq, t.kind, t.id, t.line, t.time_ms, t.cause, t.pending"

const char *conversation_status_name(enum conversation_status s)
{
	static const char *const names[] = {"open", "handed", "ended"};

	return names[s];
}

struct conversation *conversation_new(const char *them, const char *us, const char *flow, int64_t now_ms)
{
	struct conversation *c = xcalloc(1, sizeof(*c));

	id_new(c->id);
	c->thread = xstrdup(c->id);
	c->them = xstrdup(them);
	c->us = xstrdup(us);
	c->flow = xstrdup(flow);
	c->state = xstrdup("");
	c->task = xstrdup("");
	c->started_ms = c->updated_ms = now_ms;
	c->data = json_object();
	return c;
}

void conversation_free(struct conversation *c)
{
	if (!c)
		return;
	free(c->thread);
	free(c->them);
	free(c->us);
	free(c->flow);
	free(c->state);
	free(c->task);
	json_decref(c->data);
	free(c);
}

void conversation_set(char **field, const char *text)
{
	char *copy = xstrdup(text);

	free(*field);
	*field = copy;
}

static struct conversation *read_row(sqlite3_stmt *q)
{
	struct conversation *c = xcalloc(1, sizeof(*c));

	snprintf(c->id, sizeof(c->id), "%s", sql_text(q, 0));
	c->thread = xstrdup(sql_text(q, 1));
	c->them = xstrdup(sql_text(q, 2));
	c->us = xstrdup(sql_text(q, 3));
	c->flow = xstrdup(sql_text(q, 4));
	c->state = xstrdup(sql_text(q, 5));
	c->status = (enum conversation_status)sql_enum(q, 6, CONVERSATION_ENDED, CONVERSATION_ENDED);
	c->task = xstrdup(sql_text(q, 7));
	c->misses = (unsigned)sql_int(q, 8);
	c->due_ms = sql_int(q, 9);
	c->started_ms = sql_int(q, 10);
	c->updated_ms = sql_int(q, 11);
	c->version = sql_int(q, 12);
	c->data = json_loads(sql_text(q, 13), 0, NULL);
	if (!c->data)
		c->data = json_object();
	return c;
}

static int read_one(struct store *s, sqlite3_stmt *q, struct conversation **ret_conversation, struct err *e)
{
	int got = sql_step(s, q, e);

	if (got == 1) {
		*ret_conversation = read_row(q);
		sql_done(q);
	}
	return got;
}

int conversation_find(struct store *s, const char *them, const char *us, struct conversation **ret_conversation, struct err *e)
{
	static const char sql[] = "SELECT " COLUMNS " FROM conversation WHERE them = ? AND us = ? AND status < 2";

	return read_one(s, sql_query(s, sql, SQL(sql_t(them), sql_t(us)), e), ret_conversation, e);
}

int conversation_any(struct store *s, struct err *e)
{
	static const char sql[] = "SELECT 1 FROM conversation LIMIT 1";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got = sql_step(s, q, e);

	if (got == 1)
		sql_done(q);
	return got;
}

int conversation_handed(struct store *s, const char *thread, struct conversation **ret_conversation, struct err *e)
{
	static const char sql[] =
	    "SELECT " COLUMNS " FROM conversation WHERE thread = ? AND status = 1 ORDER BY started_ms DESC, id DESC LIMIT 1";

	return read_one(s, sql_query(s, sql, SQL(sql_t(thread)), e), ret_conversation, e);
}

int conversation_due(struct store *s, const char *flow, int64_t now_ms, struct conversation **ret_conversation, struct err *e)
{
	static const char sql[] = "SELECT " COLUMNS " FROM conversation"
				  " WHERE flow = ? AND due_ms > 0 AND due_ms <= ? AND status = 0 ORDER BY due_ms LIMIT 1";

	return read_one(s, sql_query(s, sql, SQL(sql_t(flow), sql_i(now_ms)), e), ret_conversation, e);
}

/* Both statements return the id of the row that they wrote, if they wrote one. */
static const char insert_sql[] =
    "INSERT INTO conversation (state, status, task, misses, due_ms, updated_ms, data, thread, id, version, them, us, flow, started_ms)"
    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING RETURNING id";
static const char update_sql[] =
    "UPDATE conversation SET state = ?, status = ?, task = ?, misses = ?, due_ms = ?, updated_ms = ?, data = ?, thread = ?,"
    " version = version + 1 WHERE id = ? AND version = ? RETURNING id";

int conversation_save(struct store *s, struct conversation *c, struct err *e)
{
	char *data = json_dumps(c->data, JSON_COMPACT);
	const struct sql_value values[] = {sql_t(c->state), sql_i(c->status), sql_t(c->task), sql_i(c->misses), sql_i(c->due_ms),
	    sql_i(c->updated_ms), sql_t(data ? data : "{}"), sql_t(c->thread), sql_t(c->id), sql_i(c->version ? c->version : 1),
	    /* Of a new one: */
	    sql_t(c->them), sql_t(c->us), sql_t(c->flow), sql_i(c->started_ms)};
	sqlite3_stmt *q = sql_query(s, c->version ? update_sql : insert_sql, values, COUNT_OF(values) - (c->version ? 4 : 0), e);
	int got = sql_step(s, q, e);

	if (got == 1) {
		sql_done(q);
		c->version++;
	}
	free(data);
	return got < 0 ? -1 : got == 0;
}

int conversation_end_all(struct store *s, const char *them, int64_t now_ms, struct err *e)
{
	static const char sql[] = "UPDATE conversation SET status = 2, due_ms = 0, updated_ms = ?, version = version + 1"
				  " WHERE them = ? AND status < 2";

	return sql_run(s, sql, SQL(sql_i(now_ms), sql_t(them)), e);
}

int conversation_add_turn(struct store *s, const struct conversation *c, struct turn *turn, struct err *e)
{
	static const char sql[] = "INSERT INTO turn (conversation, kind, id, line, time_ms, cause, pending) VALUES (?,?,?,?,?,?,?)"
				  " RETURNING seq";
	const struct sql_value values[] = {sql_t(c->id), sql_i(turn->kind), sql_t(turn->id), sql_t(turn->line), sql_i(turn->time_ms),
	    sql_i(turn->cause), sql_t(turn->pending)};

	return sql_number(s, sql, values, COUNT_OF(values), &turn->seq, e) < 0 ? -1 : 0;
}

int conversation_hear(struct store *s, const char *key, int64_t seq, struct err *e)
{
	static const char sql[] = "INSERT INTO heard (key, seq) VALUES (?,?) ON CONFLICT DO NOTHING";

	return sql_run(s, sql, SQL(sql_t(key), sql_i(seq)), e);
}

int conversation_heard(struct store *s, const char *key, int64_t *ret_seq, struct err *e)
{
	static const char sql[] = "SELECT seq FROM heard WHERE key = ?";

	return sql_number(s, sql, SQL(sql_t(key)), ret_seq, e);
}

static int record(struct store *s, struct conversation *c, struct turn *turns, size_t count, const char *const *keys,
    size_t key_count, struct err *e)
{
	int saved = conversation_save(s, c, e);

	if (saved != 0)
		return saved;
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && turns[i].kind != TURN_IN && turns[0].kind == TURN_IN)
			turns[i].cause = turns[0].seq;
		if (conversation_add_turn(s, c, &turns[i], e) < 0)
			return -1;
	}
	for (size_t i = 0; i < key_count; i++)
		if (conversation_hear(s, keys[i], turns[0].seq, e) < 0)
			return -1;
	return 0;
}

static int point(struct store *s, const char *constant_sql, struct err *e)
{
	return sql_step(s, sql_prepare(s, constant_sql, e), e);
}

int conversation_record(struct store *s, struct conversation *c, struct turn *turns, size_t count, const char *const *keys,
    size_t key_count, struct err *e)
{
	static const char save[] = "SAVEPOINT record", release[] = "RELEASE record", back[] = "ROLLBACK TO record";
	int64_t version = c->version;
	int result;

	if (store_begin(s, e) < 0 || point(s, save, e) < 0)
		return -1;
	result = record(s, c, turns, count, keys, key_count, e);
	if (result < 0) {
		struct err ignored;

		/* A full disk may have rolled everything back already. */
		point(s, back, &ignored);
		point(s, release, &ignored);
		c->version = version;
		return -1;
	}
	return point(s, release, e) < 0 ? -1 : result;
}

int conversation_each(struct store *s, enum conversation_status status, conversation_each_fn *each, void *ctx, struct err *e)
{
	static const char sql[] = "SELECT " COLUMNS " FROM conversation WHERE status = ? ORDER BY updated_ms DESC, id DESC";
	sqlite3_stmt *q = sql_query(s, sql, SQL(sql_i(status)), e);
	bool go_on = true;
	int got = 0;

	while (go_on && (got = sql_step(s, q, e)) == 1) {
		struct conversation *c = read_row(q);

		go_on = each(ctx, c) == 0;
		conversation_free(c);
	}
	return sql_end(q, got);
}

static int each_turn(struct store *s, sqlite3_stmt *q, turn_each_fn *each, void *ctx, struct err *e)
{
	bool go_on = true;
	int got = 0;

	while (go_on && (got = sql_step(s, q, e)) == 1) {
		struct turn turn = {
		    .seq = sql_int(q, 0),
		    .kind = (enum turn_kind)sql_enum(q, 1, TURN_TASK, TURN_IN),
		    .id = *sql_text(q, 2) ? sql_text(q, 2) : NULL,
		    .line = sql_text(q, 3),
		    .time_ms = sql_int(q, 4),
		    .cause = sql_int(q, 5),
		    .pending = *sql_text(q, 6) ? sql_text(q, 6) : NULL,
		};

		go_on = each(ctx, &turn) == 0;
	}
	return sql_end(q, got);
}

int conversation_each_turn(struct store *s, const char *id, turn_each_fn *each, void *ctx, struct err *e)
{
	static const char sql[] = "SELECT " TURN_COLUMNS " FROM turn t WHERE t.conversation = ? ORDER BY t.seq";

	return each_turn(s, sql_query(s, sql, SQL(sql_t(id)), e), each, ctx, e);
}

int conversation_last_heard(struct store *s, const char *them, int64_t *ret_ms, struct err *e)
{
	static const char sql[] = "SELECT t.line, t.time_ms FROM conversation c JOIN turn t ON t.conversation = c.id"
				  " WHERE c.them = ? AND t.kind = 0 ORDER BY t.seq DESC LIMIT 1";
	sqlite3_stmt *q = sql_query(s, sql, SQL(sql_t(them)), e);
	json_t *line;
	int64_t sent_ms;
	int got = sql_step(s, q, e);

	if (got != 1)
		return got;
	*ret_ms = sql_int(q, 1);
	line = json_loads(sql_text(q, 0), 0, NULL);
	sent_ms = envelope_time_ms(line, "time", *ret_ms);
	if (sent_ms < *ret_ms)
		*ret_ms = sent_ms;
	json_decref(line);
	sql_done(q);
	return 1;
}

int conversation_each_pending(struct store *s, int64_t cause, const char *flow, const char *run, turn_each_fn *each, void *ctx,
    struct err *e)
{
	static const char of_cause[] = "SELECT " TURN_COLUMNS " FROM turn t"
				       " WHERE t.pending IS NOT NULL AND t.pending <> ? AND t.cause = ? ORDER BY t.seq";
	/* The plus keeps the order from being had by a walk through all turns. */
	static const char of_flow[] = "SELECT " TURN_COLUMNS " FROM turn t JOIN conversation c ON c.id = t.conversation"
				      " WHERE t.pending > '' AND t.pending <> ? AND c.flow = ? ORDER BY +t.seq";
	sqlite3_stmt *q = sql_query(s, cause ? of_cause : of_flow, SQL(sql_t(run), cause ? sql_i(cause) : sql_t(flow)), e);

	return each_turn(s, q, each, ctx, e);
}

int conversation_adopt(struct store *s, int64_t seq, const char *run, struct err *e)
{
	static const char sql[] = "UPDATE turn SET pending = ? WHERE seq = ? AND pending IS NOT NULL";

	return sql_run(s, sql, SQL(sql_t(run), sql_i(seq)), e);
}

int conversation_written(struct store *s, const char *run, struct err *e)
{
	static const char sql[] = "UPDATE turn SET pending = NULL WHERE pending = ?";

	return sql_run(s, sql, SQL(sql_t(run)), e);
}
