/*
 * The ledger and what stands. Writers are serialised by the store's write lock, so that the head which an event is
 * chained to is still the head when the event is written. The ledger's own rules (no change, no removal, no gap) are
 * triggers too, for whoever opens the file with other tools; consent_chain.c proves it afterwards.
 */
#include <stdio.h>
#include <string.h>

#include "common/line/id.h"
#include "common/line/when.h"
#include "common/store/consent.h"
#include "common/store/consent_chain.h"

#include "common/banned.h"

const char consent_schema[] =
    "CREATE TABLE consent_event ("
    " seq INTEGER PRIMARY KEY,"
    " id TEXT NOT NULL,"
    " subject TEXT NOT NULL,"
    " channel TEXT NOT NULL,"           /* '*': all, here and in topic */
    " topic TEXT NOT NULL,"
    " state INTEGER NOT NULL,"
    " method TEXT,"
    " evidence TEXT,"
    " time_ms BIGINT NOT NULL,"
    " recorded_ms BIGINT NOT NULL,"
    " prev TEXT NOT NULL,"
    " hash TEXT NOT NULL);"
    "CREATE INDEX consent_event_scope ON consent_event (subject, channel, topic);"
    "CREATE TABLE consent_state ("
    " subject TEXT NOT NULL,"
    " channel TEXT NOT NULL,"
    " topic TEXT NOT NULL,"
    " state INTEGER NOT NULL,"
    " time_ms BIGINT NOT NULL,"
    " seq BIGINT NOT NULL,"             /* of the event that it follows from */
    " PRIMARY KEY (subject, channel, topic)) WITHOUT ROWID;"
    "CREATE TABLE consent_permit ("
    " subject TEXT NOT NULL,"
    " message TEXT NOT NULL,"
    " text TEXT NOT NULL,"
    " until_ms BIGINT NOT NULL,"
    " PRIMARY KEY (subject, message));"
    "CREATE TABLE consent_checkpoint ("
    " seq INTEGER PRIMARY KEY,"
    " events BIGINT NOT NULL,"
    " head TEXT NOT NULL,"
    " time_ms BIGINT NOT NULL,"
    " key TEXT NOT NULL,"
    " signature TEXT NOT NULL);"
    "CREATE TRIGGER consent_event_insert BEFORE INSERT ON consent_event"
    " WHEN NEW.seq <> COALESCE((SELECT MAX(seq) FROM consent_event), 0) + 1"
    " BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END;"
    "CREATE TRIGGER consent_event_update BEFORE UPDATE ON consent_event"
    " BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END;"
    "CREATE TRIGGER consent_event_delete BEFORE DELETE ON consent_event"
    " BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END;"
    "CREATE TRIGGER consent_checkpoint_update BEFORE UPDATE ON consent_checkpoint"
    " BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END;"
    "CREATE TRIGGER consent_checkpoint_delete BEFORE DELETE ON consent_checkpoint"
    " BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END;";

const char *consent_state_name(enum consent_state s)
{
	static const char *const names[] = {"none", "pending", "in", "out"};

	return names[s];
}

static const char *or_all(const char *scope)
{
	return scope ? scope : "*";
}

/* The place, hash and moment of the last event; zeros and CONSENT_GENESIS for an empty ledger. */
static int read_head(struct store *s, int64_t *ret_seq, char ret_hash[CONSENT_HASH], int64_t *ret_recorded_ms, struct err *e)
{
	static const char sql[] = "SELECT seq, hash, recorded_ms FROM consent_event ORDER BY seq DESC LIMIT 1";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got = q ? sql_step(s, q, e) : -1;

	if (got < 0)
		return -1;
	*ret_seq = got ? sql_int(q, 0) : 0;
	*ret_recorded_ms = got ? sql_int(q, 2) : 0;
	snprintf(ret_hash, CONSENT_HASH, "%s", got ? sql_text(q, 1) : CONSENT_GENESIS);
	if (got)
		sql_done(q);
	return 0;
}

static int insert_event(struct store *s, const struct consent_row *row, struct err *e)
{
	static const char sql[] = "INSERT INTO consent_event (" CONSENT_COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?)";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_int(q, 1, row->seq);
	sql_bind_text(q, 2, row->id);
	sql_bind_text(q, 3, row->subject);
	sql_bind_text(q, 4, row->channel);
	sql_bind_text(q, 5, row->topic);
	sql_bind_int(q, 6, row->state);
	sql_bind_text(q, 7, row->method);
	sql_bind_text(q, 8, row->evidence);
	sql_bind_int(q, 9, row->time_ms);
	sql_bind_int(q, 10, row->recorded_ms);
	sql_bind_text(q, 11, row->prev);
	sql_bind_text(q, 12, row->hash);
	return sql_step(s, q, e);
}

static int read_standing(struct store *s, const struct consent_row *row, struct consent_standing *ret_standing, struct err *e)
{
	static const char sql[] = "SELECT state, time_ms, seq FROM consent_state WHERE subject = ? AND channel = ? AND topic = ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_text(q, 1, row->subject);
	sql_bind_text(q, 2, row->channel);
	sql_bind_text(q, 3, row->topic);
	got = sql_step(s, q, e);
	*ret_standing = (struct consent_standing){CONSENT_NONE, 0, 0};
	if (got == 1) {
		*ret_standing = (struct consent_standing){sql_int(q, 0), sql_int(q, 1), sql_int(q, 2)};
		sql_done(q);
	}
	return got < 0 ? -1 : 0;
}

static int update_standing(struct store *s, const struct consent_row *row, struct err *e)
{
	static const char sql[] =
	    "INSERT INTO consent_state (subject, channel, topic, state, time_ms, seq) VALUES (?,?,?,?,?,?)"
	    " ON CONFLICT (subject, channel, topic) DO UPDATE SET"
	    " state = excluded.state, time_ms = excluded.time_ms, seq = excluded.seq";
	struct consent_standing standing;
	sqlite3_stmt *q;

	if (read_standing(s, row, &standing, e) < 0)
		return -1;
	if (!consent_standing_apply(&standing, row))
		return 0;
	q = sql_prepare(s, sql, e);
	if (!q)
		return -1;
	sql_bind_text(q, 1, row->subject);
	sql_bind_text(q, 2, row->channel);
	sql_bind_text(q, 3, row->topic);
	sql_bind_int(q, 4, standing.state);
	sql_bind_int(q, 5, standing.time_ms);
	sql_bind_int(q, 6, standing.seq);
	return sql_step(s, q, e);
}

static int append(struct store *s, struct consent_event *event, struct err *e)
{
	char prev[CONSENT_HASH], hash[CONSENT_HASH];
	int64_t seq, last_ms, now_ms = when_now_ms();
	struct consent_row row;

	if (read_head(s, &seq, prev, &last_ms, e) < 0)
		return -1;
	event->recorded_ms = now_ms > last_ms ? now_ms : last_ms;
	if (!event->time_ms)
		event->time_ms = event->recorded_ms;
	if (!event->id[0])
		id_new(event->id);
	row = (struct consent_row){seq + 1, event->id, event->subject, or_all(event->channel), or_all(event->topic), event->state,
	    event->method, event->evidence, event->time_ms, event->recorded_ms, prev, hash};
	consent_row_hash(&row, hash);
	if (event->state == CONSENT_OUT)
		consent_no_add(s, event->subject);
	return insert_event(s, &row, e) < 0 ? -1 : update_standing(s, &row, e);
}

static int run(struct store *s, const char *constant_sql, struct err *e)
{
	sqlite3_stmt *q = sql_prepare(s, constant_sql, e);

	return q ? sql_step(s, q, e) : -1;
}

/* Inside a transaction of the caller's, who may commit what came before: a savepoint keeps the event and the state together. */
static int append_whole(struct store *s, struct consent_event *event, struct err *e)
{
	static const char savepoint[] = "SAVEPOINT consent", release[] = "RELEASE SAVEPOINT consent",
	    rollback[] = "ROLLBACK TO SAVEPOINT consent";
	struct err ignored;

	if (run(s, savepoint, e) < 0)
		return -1;
	if (append(s, event, e) == 0)
		return run(s, release, e);
	if (run(s, rollback, &ignored) == 0)
		run(s, release, &ignored);
	return -1;
}

int consent_add(struct store *s, struct consent_event *event, struct err *e)
{
	if (store_writing(s))
		return append_whole(s, event, e);
	if (store_begin(s, e) < 0)
		return -1;
	if (append(s, event, e) < 0) {
		store_rollback(s);
		return -1;
	}
	return store_commit(s, e);
}

/* A row of the state that covers a question. */
struct covering {
	bool any_channel, any_topic;
	int64_t state, time_ms, seq;
};

/* Is the no `no` lifted by the yes `yes`: said later, for a scope equal or narrower? (Both cover the question.) */
static bool lifted(const struct covering *no, const struct covering *yes)
{
	if (yes->state != CONSENT_IN || (yes->any_channel && !no->any_channel) || (yes->any_topic && !no->any_topic))
		return false;
	return yes->time_ms > no->time_ms || (yes->time_ms == no->time_ms && yes->seq > no->seq);
}

/* The row that decides: a no that nothing lifts (the latest of them), else the narrowest of the others; NULL for none. */
static const struct covering *decide(const struct covering *rows, size_t count)
{
	const struct covering *no = NULL, *other = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct covering *r = &rows[i];
		bool stands = r->state == CONSENT_OUT;

		for (size_t k = 0; stands && k < count; k++)
			stands = !lifted(r, &rows[k]);
		if (stands && (!no || r->time_ms > no->time_ms))
			no = r;
		if (r->state != CONSENT_OUT && (!other || r->any_channel * 2 + r->any_topic < other->any_channel * 2 + other->any_topic))
			other = r;
	}
	return no ? no : other;
}

int consent_look(struct store *s, const char *subject, const char *channel, const char *topic,
    enum consent_state *ret_state, int64_t *ret_since_ms, struct err *e)
{
	/* By subject alone: most subjects have a row or two, and two IN terms would cost a sorter at every question. */
	static const char sql[] = "SELECT channel, topic, state, time_ms, seq FROM consent_state WHERE subject = ?";
	struct covering rows[4];
	const struct covering *decisive;
	size_t count = 0;
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_text(q, 1, subject);
	while ((got = sql_step(s, q, e)) == 1) {
		const char *on = sql_text(q, 0), *about = sql_text(q, 1);
		bool all_channels = strcmp(on, "*") == 0, all_topics = strcmp(about, "*") == 0;

		if ((all_channels || strcmp(on, or_all(channel)) == 0) && (all_topics || strcmp(about, or_all(topic)) == 0))
			rows[count++] = (struct covering){all_channels, all_topics, sql_int(q, 2), sql_int(q, 3), sql_int(q, 4)};
	}
	if (got < 0)
		return -1;
	decisive = decide(rows, count);
	*ret_state = decisive ? (enum consent_state)decisive->state : CONSENT_NONE;
	if (ret_since_ms)
		*ret_since_ms = decisive ? decisive->time_ms : 0;
	return 0;
}

static const char *null_when_all(const char *scope)
{
	return strcmp(scope, "*") == 0 ? NULL : scope;
}

static int each_row(struct store *s, sqlite3_stmt *q, consent_each_fn *each, void *ctx, struct err *e)
{
	int got;

	while ((got = sql_step(s, q, e)) == 1) {
		struct consent_row row = consent_row_read(q);
		struct consent_event event = {.subject = row.subject, .channel = null_when_all(row.channel),
		    .topic = null_when_all(row.topic), .state = (enum consent_state)row.state, .method = row.method,
		    .evidence = row.evidence, .time_ms = row.time_ms, .recorded_ms = row.recorded_ms};

		snprintf(event.id, sizeof(event.id), "%s", row.id ? row.id : "");
		if (each(ctx, &event) != 0) {
			sql_done(q);
			return 0;
		}
	}
	return got;
}

int consent_each(struct store *s, const char *subject, consent_each_fn *each, void *ctx, struct err *e)
{
	static const char all[] = "SELECT " CONSENT_COLUMNS " FROM consent_event ORDER BY seq";
	static const char one[] = "SELECT " CONSENT_COLUMNS " FROM consent_event WHERE subject = ? ORDER BY seq";
	sqlite3_stmt *q = sql_prepare(s, subject ? one : all, e);

	if (!q)
		return -1;
	if (subject)
		sql_bind_text(q, 1, subject);
	return each_row(s, q, each, ctx, e);
}

int consent_each_scope(struct store *s, const char *subject, consent_each_fn *each, void *ctx, struct err *e)
{
	static const char sql[] =
	    "SELECT seq, NULL, subject, channel, topic, state, NULL, NULL, time_ms, time_ms, NULL, NULL"
	    " FROM consent_state WHERE subject = ? ORDER BY channel, topic";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, subject);
	return each_row(s, q, each, ctx, e);
}
