/*
 * The ledger and what stands. Writers are serialised by the store's write lock, so that the head which an event is
 * chained to is still the head when the event is written. The ledger's own rules (no change, no removal, no gap) are
 * triggers too, for whoever opens the file with other tools; consent_chain.c proves it afterwards.
 */
#include <stdio.h>
#include <string.h>

#include "common/line/id.h"
#include "common/line/when.h"
#include "common/store/code.h"
#include "common/store/consent.h"
#include "common/store/consent_chain.h"
#include "common/store/dead.h"
#include "common/store/consent_doubt.h"

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

/* What an event is worth and what proves it; and one way to change an event: to take all out of it that says whose it was. */
const char consent_proof_schema[] =
    "ALTER TABLE consent_event ADD COLUMN format INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE consent_event ADD COLUMN strength INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE consent_event ADD COLUMN source TEXT;"
    "ALTER TABLE consent_event ADD COLUMN form TEXT;"
    "ALTER TABLE consent_event ADD COLUMN ip TEXT;"
    "ALTER TABLE consent_event ADD COLUMN code TEXT;"
    "ALTER TABLE consent_event ADD COLUMN jurisdiction TEXT;"
    "ALTER TABLE consent_event ADD COLUMN basis TEXT;"
    "ALTER TABLE consent_event ADD COLUMN preference TEXT;"
    "ALTER TABLE consent_event ADD COLUMN erased BIGINT NOT NULL DEFAULT 0;"
    "ALTER TABLE consent_event ADD COLUMN until_ms BIGINT NOT NULL DEFAULT 0;"
    "ALTER TABLE consent_event ADD COLUMN contact TEXT;"
    "ALTER TABLE consent_event ADD COLUMN body TEXT;"
    "ALTER TABLE consent_state ADD COLUMN strength INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX consent_state_no ON consent_state (subject) WHERE state = " CONSENT_OUT_SQL ";";

int consent_state_parse(const char *word)
{
	for (int s = CONSENT_PENDING; s <= CONSENT_ERASE; s++)
		if (strcmp(consent_state_name((enum consent_state)s), word) == 0)
			return s;
	return -1;
}

const char *consent_state_name(enum consent_state s)
{
	static const char *const names[] = {"none", "pending", "in", "out", "preference", "erase"};

	return names[s <= CONSENT_ERASE ? s : CONSENT_OUT];    /* a row of a damaged ledger */
}

int consent_strength_parse(const char *word)
{
	for (int s = CONSENT_IMPLIED; s <= CONSENT_DOUBLE; s++)
		if (strcmp(consent_strength_name((enum consent_strength)s), word) == 0)
			return s;
	return -1;
}

const char *consent_strength_name(enum consent_strength s)
{
	static const char *const names[] = {NULL, "implied", "explicit", "double"};

	return s <= CONSENT_DOUBLE ? names[s] : NULL;
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

int consent_last(struct store *s, int64_t *ret_seq, struct err *e)
{
	char hash[CONSENT_HASH];
	int64_t recorded_ms;

	return read_head(s, ret_seq, hash, &recorded_ms, e);
}

static int insert_event(struct store *s, const struct consent_row *row, struct err *e)
{
	static const char sql[] = "INSERT INTO consent_event (" CONSENT_COLUMNS ") VALUES (" CONSENT_VALUES ")";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	for (int i = 0; i < COLUMN_NUMBERS; i++)
		sql_bind_int(q, i + 1, row->number[i]);
	for (int i = COLUMN_NUMBERS; i < COLUMNS; i++)
		sql_bind_text(q, i + 1, row->text[i]);
	return sql_step(s, q, e);
}

static void bind_scope(sqlite3_stmt *q, const struct consent_row *row)
{
	sql_bind_text(q, 1, row->text[COLUMN_SUBJECT]);
	sql_bind_text(q, 2, row->text[COLUMN_CHANNEL]);
	sql_bind_text(q, 3, row->text[COLUMN_TOPIC]);
}

static int read_standing(struct store *s, const struct consent_row *row, struct consent_standing *ret_standing, struct err *e)
{
	static const char sql[] =
	    "SELECT state, strength, time_ms, seq FROM consent_state WHERE subject = ? AND channel = ? AND topic = ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	bind_scope(q, row);
	got = sql_step(s, q, e);
	*ret_standing = (struct consent_standing){CONSENT_NONE, 0, 0, 0};
	if (got == 1) {
		*ret_standing = (struct consent_standing){sql_int(q, 0), sql_int(q, 1), sql_int(q, 2), sql_int(q, 3)};
		sql_done(q);
	}
	return got < 0 ? -1 : 0;
}

static int update_standing(struct store *s, const struct consent_row *row, struct err *e)
{
	static const char sql[] =
	    "INSERT INTO consent_state (subject, channel, topic, state, strength, time_ms, seq) VALUES (?,?,?,?,?,?,?)"
	    " ON CONFLICT (subject, channel, topic) DO UPDATE SET"
	    " state = excluded.state, strength = excluded.strength, time_ms = excluded.time_ms, seq = excluded.seq";
	struct consent_standing standing;
	sqlite3_stmt *q;

	if (read_standing(s, row, &standing, e) < 0)
		return -1;
	if (!consent_standing_apply(&standing, row))
		return 0;
	q = sql_prepare(s, sql, e);
	if (!q)
		return -1;
	bind_scope(q, row);
	sql_bind_int(q, 4, standing.state);
	sql_bind_int(q, 5, standing.strength);
	sql_bind_int(q, 6, standing.time_ms);
	sql_bind_int(q, 7, standing.seq);
	return sql_step(s, q, e);
}

static struct consent_row make_row(const struct consent_event *event, int64_t seq, const char *prev)
{
	return (struct consent_row){
	    .number = {[COLUMN_SEQ] = seq,
		[COLUMN_FORMAT] = CONSENT_FORMAT,
		[COLUMN_STATE] = event->state,
		[COLUMN_STRENGTH] = event->strength,
		[COLUMN_TIME] = event->time_ms,
		[COLUMN_RECORDED] = event->recorded_ms,
		[COLUMN_UNTIL] = event->until_ms},
	    .text = {[COLUMN_ID] = event->id,
		[COLUMN_SUBJECT] = event->subject,
		[COLUMN_CHANNEL] = or_all(event->channel),
		[COLUMN_TOPIC] = or_all(event->topic),
		[COLUMN_METHOD] = event->method,
		[COLUMN_EVIDENCE] = event->evidence,
		[COLUMN_SOURCE] = event->source,
		[COLUMN_FORM] = event->form,
		[COLUMN_IP] = event->ip,
		[COLUMN_CODE] = event->code,
		[COLUMN_JURISDICTION] = event->jurisdiction,
		[COLUMN_BASIS] = event->basis,
		[COLUMN_PREFERENCE] = event->preference,
		[COLUMN_CONTACT] = event->contact,
		[COLUMN_PREV] = prev},
	};
}

/* What the caller left out. An empty text proves nothing, and a list cannot tell it from none. */
static void fill(struct consent_event *event, int64_t last_ms)
{
	const char **texts[] = {&event->method, &event->evidence, &event->source, &event->form, &event->ip, &event->code,
	    &event->jurisdiction, &event->basis};
	int64_t now_ms = when_now_ms();

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (*texts[i] && !**texts[i])
			*texts[i] = NULL;
	event->recorded_ms = now_ms > last_ms ? now_ms : last_ms;
	if (!event->time_ms)
		event->time_ms = event->recorded_ms;
	if (!event->id[0])
		id_new(event->id);
	if (event->state != CONSENT_PENDING)
		event->until_ms = 0;
	if (event->until_ms == 0)
		event->contact = NULL;
	if (event->state != CONSENT_IN && (event->state != CONSENT_PENDING || event->strength != CONSENT_DOUBLE || event->until_ms))
		event->strength = CONSENT_UNSTATED;
	else if (event->strength == CONSENT_UNSTATED)
		event->strength = CONSENT_EXPLICIT;
}

/* Where no yes stands there is none to confirm: an ordinary question. */
static int check_question(struct store *s, struct consent_event *event, struct err *e)
{
	enum consent_state state;

	if (event->state != CONSENT_PENDING || event->strength == CONSENT_UNSTATED)
		return 0;
	if (consent_look(s, event->subject, event->channel, event->topic, &state, NULL, e) < 0)
		return -1;
	if (state != CONSENT_IN)
		event->strength = CONSENT_UNSTATED;
	return 0;
}

/* What follows from the event. */
static int apply(struct store *s, const struct consent_row *row, struct err *e)
{
	if (row->number[COLUMN_STATE] == CONSENT_PREFERENCE)
		return preference_apply(s, row, e);
	if (consent_row_only_asks(row))
		return consent_doubt_open(s, row, e);
	return update_standing(s, row, e);
}

/* Whoever says yes is there, whatever a provider had said of the address before; who bought something once need not be. */
static int revive(struct store *s, const struct consent_event *event, struct err *e)
{
	struct dead dead;
	int got;

	if (event->state != CONSENT_IN || event->strength == CONSENT_IMPLIED)
		return 0;
	got = dead_look(s, event->subject, event->recorded_ms, &dead, e);
	if (got <= 0 || event->time_ms < dead.since_ms)
		return got < 0 ? -1 : 0;
	return dead_revive(s, event->subject, e);
}

static int append(struct store *s, struct consent_event *event, struct err *e)
{
	char prev[CONSENT_HASH], hash[CONSENT_HASH], name[FORGET_NAME];
	int64_t seq, last_ms;
	struct consent_row row;
	int forgotten;

	if (read_head(s, &seq, prev, &last_ms, e) < 0)
		return -1;
	fill(event, last_ms);
	forgotten = consent_check_forgotten(s, event, name, e);
	if (forgotten < 0 || consent_check_proof(s, event, e) < 0 || check_question(s, event, e) < 0)
		return -1;
	row = make_row(event, seq + 1, prev);
	if (forgotten) {
		row.text[COLUMN_SUBJECT] = name;
		for (int i = COLUMN_EVIDENCE; i < COLUMN_PREV; i++)
			row.text[i] = NULL;
	}
	consent_row_hash(&row, hash);
	row.text[COLUMN_HASH] = hash;
	sql_contact(s)->transaction = 0;
	consent_sieve_add(s, row.text[COLUMN_SUBJECT], event->state == CONSENT_OUT || event->state == CONSENT_ERASE);
	if (insert_event(s, &row, e) < 0 || apply(s, &row, e) < 0)
		return -1;
	if (consent_answers(event->state, event->strength) && !event->topic &&
	    consent_doubt_answer(s, event->subject, event->time_ms, e) < 0)
		return -1;
	if (event->state == CONSENT_OUT && code_close(s, event->subject, e) < 0)
		return -1;
	return revive(s, event, e);
}

static int run(struct store *s, const char *constant_sql, struct err *e)
{
	sqlite3_stmt *q = sql_prepare(s, constant_sql, e);

	return q ? sql_step(s, q, e) : -1;
}

/* Inside a transaction of the caller's, who may commit what came before: a savepoint keeps the event and the state together. */
int consent_append(struct store *s, struct consent_event *event, struct err *e)
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

/* What time has said comes first. */
static int settle_and_append(struct store *s, struct consent_event *event, struct err *e)
{
	return consent_doubt_settle(s, e) < 0 ? -1 : consent_append(s, event, e);
}

int consent_add(struct store *s, struct consent_event *event, struct err *e)
{
	if (store_writing(s))
		return settle_and_append(s, event, e);
	if (store_begin(s, e) < 0)
		return -1;
	if (settle_and_append(s, event, e) < 0) {
		store_rollback(s);
		return -1;
	}
	return store_commit(s, e);
}
