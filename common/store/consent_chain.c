/*
 * The proof that the ledger is what was written: the hashes of the rows, one continuing the other, the signatures over
 * the chain's head, and the state recomputed from the events.
 *
 * The state is compared in one merge: both tables are read in the order of their scopes, so that memory stays flat.
 */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/line/when.h"
#include "common/store/consent_chain.h"
#include "common/store/consent_doubt.h"
#include "common/store/consent_key.h"
#include "common/xalloc.h"

#include "common/banned.h"

static int altered(struct consent_verdict *v, const char *id, const char *what)
{
	snprintf(v->at, sizeof(v->at), "%s", id ? id : "");
	snprintf(v->what, sizeof(v->what), "%s", what);
	return 1;
}

/* SQLite gives any type for any column: a text that holds a NUL byte or a number in its place would hash like another. */
static bool types_fit(sqlite3_stmt *q)
{
	for (int i = 0; i < COLUMNS; i++) {
		int type = sqlite3_column_type(q, i);   /* before any conversion */

		bool must = i < COLUMN_METHOD || i == COLUMN_PREV || i == COLUMN_HASH;

		if (type == SQLITE_NULL ? must : type != (i < COLUMN_NUMBERS ? SQLITE_INTEGER : SQLITE_TEXT))
			return false;
		if (type == SQLITE_TEXT && strlen((const char *)sqlite3_column_text(q, i)) != (size_t)sqlite3_column_bytes(q, i))
			return false;
	}
	return true;
}

/* An event without words: that it is one is what the erasure behind it says. */
static bool is_blank(const struct consent_row *row)
{
	for (int i = COLUMN_STATE; i < COLUMN_ERASED; i++)
		if (row->number[i] != 0)
			return false;
	for (int i = COLUMN_ID; i < COLUMN_PREV; i++)
		if (row->text[i] && *row->text[i])
			return false;
	return row->number[COLUMN_FORMAT] == 0 && row->number[COLUMN_ERASED] > row->number[COLUMN_SEQ];
}

/* Columns that the format's hash leaves out must say nothing. */
static bool format_fits(const struct consent_row *row)
{
	bool empty = row->number[COLUMN_STRENGTH] == 0 && row->number[COLUMN_UNTIL] == 0;

	for (int i = COLUMN_SOURCE; i < COLUMN_PREV; i++)
		empty = empty && !row->text[i];
	return row->number[COLUMN_ERASED] == 0 && !row->text[COLUMN_BODY] &&
	    (row->number[COLUMN_FORMAT] == CONSENT_FORMAT || (row->number[COLUMN_FORMAT] == 1 && empty));
}

/* What an event is called by: its id, or its place. */
static const char *name_of(const struct consent_row *row, char place[27])
{
	const char *id = row->text[COLUMN_ID];

	snprintf(place, 27, "event %" PRId64, row->number[COLUMN_SEQ]);
	return id && *id ? id : place;
}

/*
 * One event against the one before it: 0 or 1. *old: all before it are of format 1, of which an erased one has no body to
 * hold its hash against; its erasure's digest speaks for it.
 */
static int check_event(sqlite3_stmt *q, int64_t before, const char *prev, bool *old, struct consent_verdict *v)
{
	bool fit = types_fit(q);
	struct consent_row row = consent_row_read(q);
	char hash[CONSENT_HASH], place[27];
	const char *name = name_of(&row, place);

	if (!fit)
		return altered(v, name, "a column is of another type");
	if (row.number[COLUMN_SEQ] != before + 1)
		return altered(v, name, "events before it are missing");
	if (strcmp(row.text[COLUMN_PREV], prev) != 0)
		return altered(v, name, "it does not continue the event before it");
	if (name == place && !is_blank(&row))
		return altered(v, name, "it is neither whole nor erased");
	if (name != place && !format_fits(&row))
		return altered(v, name, "it says more than its hash is over");
	v->erased += name == place;
	if (name == place && !row.text[COLUMN_BODY])
		return *old ? 0 : altered(v, name, "the hash of what it said is gone");
	*old = *old && row.number[COLUMN_FORMAT] == 1;
	consent_row_hash(&row, hash);
	return strcmp(row.text[COLUMN_HASH], hash) == 0 ? 0 : altered(v, name, "its content does not fit its hash");
}

/* The events that an erasure names are those which say it was theirs: 0, 1, -1. */
static int check_erasure(struct store *s, sqlite3_stmt *q, struct consent_verdict *v, struct err *e)
{
	char digest[CONSENT_HASH];
	int64_t count;

	if (sql_int(q, COLUMN_STATE) != CONSENT_ERASE || sql_int(q, COLUMN_ERASED))
		return 0;
	count = consent_forget_digest(s, sql_int(q, COLUMN_SEQ), digest, e);
	if (count < 0)
		return -1;
	v->named += count;
	return strcmp(digest, sql_text(q, COLUMN_SOURCE)) == 0
	    ? 0
	    : altered(v, sql_text(q, COLUMN_ID), "the events without words are not those that were forgotten then");
}

static int verify_events(struct store *s, struct consent_verdict *v, struct err *e)
{
	static const char sql[] = "SELECT " CONSENT_COLUMNS " FROM consent_event ORDER BY seq";
	char prev[CONSENT_HASH] = CONSENT_GENESIS;
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	bool old = true;
	int got;

	if (!q)
		return -1;
	while ((got = sql_step(s, q, e)) == 1) {
		int bad = check_event(q, v->events, prev, &old, v);

		if (bad == 0)
			bad = check_erasure(s, q, v, e);
		if (bad) {
			sql_done(q);
			return bad;
		}
		snprintf(prev, sizeof(prev), "%s", sql_text(q, COLUMN_HASH));
		v->events++;
	}
	if (got == 0 && v->erased != v->named)
		return altered(v, NULL, "events were erased that nobody was forgotten with");
	return got;
}

int consent_head(struct store *s, int64_t events, char ret_hash[CONSENT_HASH], struct err *e)
{
	static const char sql[] = "SELECT hash FROM consent_event WHERE seq = ?";
	sqlite3_stmt *q;
	int got;

	if (events == 0) {
		snprintf(ret_hash, CONSENT_HASH, "%s", CONSENT_GENESIS);
		return 1;
	}
	q = sql_prepare(s, sql, e);
	if (!q)
		return -1;
	sql_bind_int(q, 1, events);
	got = sql_step(s, q, e);
	if (got == 1) {
		snprintf(ret_hash, CONSENT_HASH, "%s", sql_text(q, 0));
		sql_done(q);
	}
	return got;
}

static const char select_checkpoints[] = "SELECT seq, events, head, time_ms, key, signature FROM consent_checkpoint ORDER BY seq";

static struct consent_checkpoint read_checkpoint(sqlite3_stmt *q)
{
	struct consent_checkpoint c = {.events = sql_int(q, 1), .time_ms = sql_int(q, 3)};

	snprintf(c.head, sizeof(c.head), "%s", sql_text(q, 2));
	snprintf(c.key, sizeof(c.key), "%s", sql_text(q, 4));
	snprintf(c.signature, sizeof(c.signature), "%s", sql_text(q, 5));
	return c;
}

/* One checkpoint against the key and the chain: 0, 1, -1. */
static int check_checkpoint(struct store *s, const struct consent_checkpoint *c, const char *key, struct consent_verdict *v,
    struct err *e)
{
	char hash[CONSENT_HASH];
	int got;

	if (strcmp(c->key, key) != 0)
		return altered(v, NULL, "a checkpoint is signed with another key than ledger.pub");
	if (!consent_key_check(c))
		return altered(v, NULL, "a checkpoint's signature does not fit");
	got = consent_head(s, c->events, hash, e);
	if (got < 0)
		return -1;
	if (got == 0) {
		snprintf(v->what, sizeof(v->what), "the ledger ends after %lld events, a checkpoint was signed over %lld",
		    (long long)v->events, (long long)c->events);
		return 1;
	}
	return strcmp(hash, c->head) == 0 ? 0 : altered(v, NULL, "the history before a checkpoint has been rewritten");
}

static int verify_checkpoints(struct store *s, const char *directory, struct consent_verdict *v, struct err *e)
{
	char key[CONSENT_HASH];
	int known = consent_key_public(directory, key, e), got, bad = 0;
	sqlite3_stmt *q = known < 0 ? NULL : sql_prepare(s, select_checkpoints, e);

	if (!q)
		return -1;
	while (bad == 0 && (got = sql_step(s, q, e)) != 0) {
		struct consent_checkpoint c;

		if (got < 0)
			return -1;
		c = read_checkpoint(q);
		bad = known ? check_checkpoint(s, &c, key, v, e)
			    : altered(v, NULL, "ledger.pub is gone, the checkpoints cannot be checked");
		if (bad == 0) {
			v->checkpoints++;
			v->signed_events = c.events;
		}
	}
	sql_done(q);
	if (bad == 0 && known && v->checkpoints == 0)
		return altered(v, NULL, "ledger.pub is there, but no checkpoint");
	return bad;
}

/* The scope that a merge stands at, copied out of a statement. */
struct scope {
	char *subject, *channel, *topic;
	struct consent_standing standing;
	char id[27];            /* of the last event */
};

static void scope_clear(struct scope *c)
{
	free(c->subject);
	free(c->channel);
	free(c->topic);
	*c = (struct scope){0};
}

static int verify_scope(sqlite3_stmt *state, int state_got, const struct scope *c, struct consent_verdict *v)
{
	if (state_got == 1 && strcmp(sql_text(state, 0), c->subject) == 0 && strcmp(sql_text(state, 1), c->channel) == 0 &&
	    strcmp(sql_text(state, 2), c->topic) == 0 && sql_int(state, 3) == c->standing.state &&
	    sql_int(state, 4) == c->standing.strength && sql_int(state, 5) == c->standing.time_ms && sql_int(state, 6) == c->standing.seq)
		return 0;
	return altered(v, c->id, "what stands does not follow from it and the events before it");
}

static bool is_of_scope(const struct consent_row *row, const struct scope *c)
{
	const char *const *text = row->text;

	return text[COLUMN_SUBJECT] && text[COLUMN_CHANNEL] && text[COLUMN_TOPIC] && strcmp(text[COLUMN_SUBJECT], c->subject) == 0 &&
	    strcmp(text[COLUMN_CHANNEL], c->channel) == 0 && strcmp(text[COLUMN_TOPIC], c->topic) == 0;
}

static void apply_event(struct scope *c, const struct consent_row *row)
{
	if (!c->subject) {
		c->subject = xstrdup(row->text[COLUMN_SUBJECT]);
		c->channel = xstrdup(row->text[COLUMN_CHANNEL]);
		c->topic = xstrdup(row->text[COLUMN_TOPIC]);
	}
	if (consent_standing_apply(&c->standing, row))
		snprintf(c->id, sizeof(c->id), "%s", row->text[COLUMN_ID]);
}

static int merge_states(struct store *s, sqlite3_stmt *events, sqlite3_stmt *state, struct scope *c, struct consent_verdict *v,
    struct err *e)
{
	int got, state_got = sql_step(s, state, e);

	do {
		struct consent_row row = {0};

		got = sql_step(s, events, e);
		if (got < 0 || state_got < 0)
			return -1;
		if (got == 1)
			row = consent_row_read(events);
		/* The scope's last event has been read: on to the next one in both. */
		if (c->subject && !is_of_scope(&row, c)) {
			if (verify_scope(state, state_got, c, v))
				return 1;
			scope_clear(c);
			state_got = sql_step(s, state, e);
		}
		if (got == 1)
			apply_event(c, &row);
	} while (got == 1);
	if (state_got < 0)
		return -1;
	return state_got == 0 ? 0 : altered(v, NULL, "something stands that no event says");
}

static int verify_state(struct store *s, struct consent_verdict *v, struct err *e)
{
	static const char events_sql[] =
	    "SELECT " CONSENT_COLUMNS " FROM consent_event WHERE erased = 0 AND " CONSENT_STANDS_SQL
	    " ORDER BY subject, channel, topic, seq";
	static const char state_sql[] =
	    "SELECT subject, channel, topic, state, strength, time_ms, seq FROM consent_state ORDER BY subject, channel, topic";
	sqlite3_stmt *events = sql_prepare(s, events_sql, e), *state = events ? sql_prepare(s, state_sql, e) : NULL;
	struct scope c = {0};
	int result;

	if (!state)
		return -1;
	result = merge_states(s, events, state, &c, v, e);
	scope_clear(&c);
	sql_done(events);
	sql_done(state);
	return result;
}

static int verify_preferences(struct store *s, struct consent_verdict *v, struct err *e)
{
	char id[sizeof(v->at)];
	int got = preference_verify(s, id, e);

	return got > 0 ? altered(v, id, "the preferences that stand do not follow from the events") : got;
}

static int verify_doubts(struct store *s, struct consent_verdict *v, struct err *e)
{
	char id[sizeof(v->at)];
	int got = consent_doubt_verify(s, id, e);

	return got > 0 ? altered(v, id, "the questions that are open do not follow from the events") : got;
}

int consent_verify(struct store *s, const char *directory, struct consent_verdict *ret_verdict, struct err *e)
{
	int result;

	if (sodium_init() < 0)
		return err_set(e, EX_OSERR, "no random numbers");
	*ret_verdict = (struct consent_verdict){0};
	if (store_begin_read(s, e) < 0)
		return -1;
	result = verify_events(s, ret_verdict, e);
	if (result == 0)
		result = verify_checkpoints(s, directory, ret_verdict, e);
	if (result == 0)
		result = verify_state(s, ret_verdict, e);
	if (result == 0)
		result = verify_doubts(s, ret_verdict, e);
	if (result == 0)
		result = verify_preferences(s, ret_verdict, e);
	if (result < 0) {
		store_rollback(s);
		return -1;
	}
	return store_commit(s, e) < 0 ? -1 : result;
}

static int last_event(struct store *s, int64_t *ret_events, struct err *e)
{
	static const char sql[] = "SELECT COALESCE(MAX(seq), 0), (SELECT COUNT(*) FROM consent_checkpoint) FROM consent_event";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int signed_before;

	if (!q || sql_step(s, q, e) < 0)
		return -1;
	*ret_events = sql_int(q, 0);
	signed_before = sql_int(q, 1) > 0;
	sql_done(q);
	return signed_before;
}

static int insert_checkpoint(struct store *s, const struct consent_checkpoint *c, struct err *e)
{
	static const char sql[] =
	    "INSERT INTO consent_checkpoint (seq, events, head, time_ms, key, signature)"
	    " SELECT COALESCE(MAX(seq), 0) + 1, ?, ?, ?, ?, ? FROM consent_checkpoint";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_int(q, 1, c->events);
	sql_bind_text(q, 2, c->head);
	sql_bind_int(q, 3, c->time_ms);
	sql_bind_text(q, 4, c->key);
	sql_bind_text(q, 5, c->signature);
	return sql_step(s, q, e);
}

int consent_checkpoint(struct store *s, const char *directory, struct consent_checkpoint *ret_checkpoint, struct err *e)
{
	struct consent_checkpoint c = {.time_ms = when_now_ms()};
	int signed_before;

	if (sodium_init() < 0)
		return err_set(e, EX_OSERR, "no random numbers");
	/* The write lock also keeps a second process from making another key. */
	if (store_begin(s, e) < 0)
		return -1;
	signed_before = last_event(s, &c.events, e);
	if (signed_before < 0 || consent_head(s, c.events, c.head, e) < 0 ||
	    consent_key_sign(directory, signed_before == 0, &c, e) < 0 || insert_checkpoint(s, &c, e) < 0) {
		store_rollback(s);
		return -1;
	}
	if (store_commit(s, e) < 0)
		return -1;
	*ret_checkpoint = c;
	return 0;
}
