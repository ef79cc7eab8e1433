/* What follows from the ledger: the answer to a question, and the events as they are read. */
#include <stdio.h>
#include <string.h>

#include "common/line/when.h"
#include "common/store/consent.h"
#include "common/store/consent_chain.h"
#include "common/store/consent_doubt.h"

#include "common/banned.h"

#define COVERING 8      /* rows: this channel or all, this topic or all; by the subject's own name and by a hash */

static const char *or_all(const char *scope)
{
	return scope ? scope : "*";
}

/* A row of the state that covers a question. */
struct covering {
	bool any_channel, any_topic;
	struct consent_standing standing;
};

/* Is the no `no` lifted by the yes `yes`: said later, for a scope equal or narrower? (Both cover the question.) */
static bool lifted(const struct covering *no, const struct covering *yes)
{
	const struct consent_standing *n = &no->standing, *y = &yes->standing;

	if (y->state != CONSENT_IN || y->strength == CONSENT_IMPLIED || (yes->any_channel && !no->any_channel) ||
	    (yes->any_topic && !no->any_topic))
		return false;
	return y->time_ms > n->time_ms || (y->time_ms == n->time_ms && y->seq > n->seq);
}

/* The row that decides: a no that nothing lifts (the latest of them), else the narrowest of the others; NULL for none. */
static const struct covering *decide(const struct covering *rows, size_t count)
{
	const struct covering *no = NULL, *other = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct covering *r = &rows[i];
		bool stands = r->standing.state == CONSENT_OUT;

		for (size_t k = 0; stands && k < count; k++)
			stands = !lifted(r, &rows[k]);
		if (stands && (!no || r->standing.time_ms > no->standing.time_ms))
			no = r;
		if (r->standing.state != CONSENT_OUT &&
		    (!other || r->any_channel * 2 + r->any_topic < other->any_channel * 2 + other->any_topic))
			other = r;
	}
	return no ? no : other;
}

/* A yes stands: the strongest one, wherever it was said, is what it is worth. */
static void view_strongest(const struct covering *rows, size_t count, struct consent_view *view)
{
	for (size_t i = 0; i < count; i++) {
		const struct consent_standing *r = &rows[i].standing;

		if (r->state == CONSENT_IN && consent_worth(r->strength) > view->strength) {
			view->strength = consent_worth(r->strength);
			view->since_ms = r->time_ms;
		}
	}
}

/* What is asked, and the rows that cover it. */
struct cover {
	const char *channel, *topic;    /* "*": of all */
	struct covering rows[COVERING];
	size_t count, seen;             /* `seen`: those that do not cover it, too */
};

static void cover(struct cover *c, const char *channel, const char *topic, const struct consent_standing *standing)
{
	bool all_channels = strcmp(channel, "*") == 0, all_topics = strcmp(topic, "*") == 0;

	c->seen++;
	if (c->count < COVERING && (all_channels || strcmp(channel, c->channel) == 0) && (all_topics || strcmp(topic, c->topic) == 0))
		c->rows[c->count++] = (struct covering){all_channels, all_topics, *standing};
}

/* False: it does not fit, and is read each time. */
static bool keep(struct sql_contact *kept, const char *channel, const char *topic, const struct consent_standing *standing)
{
	struct consent_kept *row = &kept->rows[kept->count];

	if (kept->count == COUNT_OF(kept->rows) || strlen(channel) >= sizeof(row->channel) || strlen(topic) >= sizeof(row->topic))
		return false;
	memcpy(row->channel, channel, strlen(channel) + 1);
	memcpy(row->topic, topic, strlen(topic) + 1);
	row->standing = *standing;
	kept->count++;
	return true;
}

static void begin_keeping(struct sql_contact *kept, const char *subject)
{
	kept->transaction = 0;
	kept->count = 0;
	memcpy(kept->subject, subject, strlen(subject) + 1);
}

static int read_rows(struct store *s, const char *subject, struct cover *c, struct err *e)
{
	/* By subject alone: most subjects have a row or two, and two IN terms would cost a sorter at every question. */
	static const char sql[] = "SELECT channel, topic, state, strength, time_ms, seq FROM consent_state WHERE subject = ?";
	struct sql_contact *kept = sql_contact(s);
	bool keeps = strncmp(subject, "contact:", 8) == 0 && strlen(subject) < sizeof(kept->subject);
	sqlite3_stmt *q = sql_query(s, sql, SQL(sql_t(subject)), e);
	int got;

	if (keeps)
		begin_keeping(kept, subject);
	while ((got = sql_step(s, q, e)) == 1) {
		/* What is damaged is a no. */
		const struct consent_standing standing = {sql_enum(q, 2, CONSENT_OUT, CONSENT_OUT),
		    sql_enum(q, 3, CONSENT_DOUBLE, CONSENT_UNSTATED), sql_int(q, 4), sql_int(q, 5)};
		const char *channel = sql_text(q, 0), *topic = sql_text(q, 1);

		cover(c, channel, topic, &standing);
		keeps = keeps && keep(kept, channel, topic, &standing);
	}
	if (got == 0 && keeps)
		kept->transaction = store_transaction(s);
	return got;
}

static int read_covering(struct store *s, const char *subject, struct cover *c, struct err *e)
{
	const struct sql_contact *kept = sql_contact(s);
	bool may;

	if (kept->transaction && kept->transaction == store_transaction(s) && strcmp(kept->subject, subject) == 0) {
		for (size_t i = 0; i < kept->count; i++)
			cover(c, kept->rows[i].channel, kept->rows[i].topic, &kept->rows[i].standing);
		return 0;
	}
	if (consent_sieve_may(s, CONSENT_SIEVE_ANY, subject, &may, e) < 0)
		return -1;
	if (may && read_rows(s, subject, c, e) < 0)
		return -1;
	if (may && c->seen == 0)
		consent_sieve_missed(s, CONSENT_SIEVE_ANY);
	return 0;
}

int consent_view(struct store *s, const char *subject, const char *channel, const char *topic, struct consent_view *ret_view,
    struct err *e)
{
	struct cover c = {.channel = or_all(channel), .topic = or_all(topic)};
	const struct covering *decisive;
	char name[FORGET_NAME];
	struct consent_doubt doubt;
	int doubted = consent_doubt_find(s, subject, &doubt, e), forgotten = doubted < 0 ? -1 : consent_forget_name(s, subject, name, e);

	if (doubted > 0 && doubt.due_ms <= when_now_ms()) {
		*ret_view = (struct consent_view){.state = CONSENT_OUT, .since_ms = doubt.due_ms};
		return 0;
	}
	if (forgotten < 0 || read_covering(s, subject, &c, e) < 0 || (forgotten && read_covering(s, name, &c, e) < 0))
		return -1;
	decisive = decide(c.rows, c.count);
	*ret_view = (struct consent_view){.state = CONSENT_NONE};
	if (decisive) {
		*ret_view = (struct consent_view){.state = (enum consent_state)decisive->standing.state, .since_ms = decisive->standing.time_ms};
		if (ret_view->state == CONSENT_IN)
			view_strongest(c.rows, c.count, ret_view);
	}
	/* Until they have said what they meant, no yes of theirs counts. */
	if (doubted > 0 && ret_view->state != CONSENT_OUT)
		*ret_view = (struct consent_view){.state = CONSENT_PENDING, .since_ms = doubt.asked_ms, .doubted = true};
	return 0;
}

int consent_look(struct store *s, const char *subject, const char *channel, const char *topic,
    enum consent_state *ret_state, int64_t *ret_since_ms, struct err *e)
{
	struct consent_view view;

	if (consent_view(s, subject, channel, topic, &view, e) < 0)
		return -1;
	*ret_state = view.state;
	if (ret_since_ms)
		*ret_since_ms = view.since_ms;
	return 0;
}

/* Did this line prove a yes of the subject before the no? 1, 0, -1. */
static int is_used(struct store *s, const struct consent_event *event, int64_t since_ms, struct err *e)
{
	static const char sql[] =
	    "SELECT 1 FROM consent_event WHERE subject = ? AND state = ? AND source = ? AND time_ms < ? LIMIT 1";
	sqlite3_stmt *q;
	int got;

	if (!event->source || event->alike)
		return 0;
	q = sql_prepare(s, sql, e);
	if (!q)
		return -1;
	sql_bind_text(q, 1, event->subject);
	sql_bind_int(q, 2, CONSENT_IN);
	sql_bind_text(q, 3, event->source);
	sql_bind_int(q, 4, since_ms);
	got = sql_step(s, q, e);
	sql_done(q);
	return got;
}

static bool is_given(const char *text)
{
	return text && *text;
}

int consent_check_proof(struct store *s, const struct consent_event *event, struct err *e)
{
	struct consent_view view;
	char since[WHEN_SIZE];
	int used;

	if (event->state != CONSENT_IN)
		return 0;
	if (consent_view(s, event->subject, event->channel, event->topic, &view, e) < 0)
		return -1;
	/* What was said before the no changes nothing. */
	if (view.state != CONSENT_OUT || event->time_ms < view.since_ms)
		return 0;
	when_format(view.since_ms, since);
	if (event->strength == CONSENT_IMPLIED)
		return err_set(e, EX_DATAERR, "out since %s: an implied yes does not lift a no", since);
	if (!is_given(event->evidence) && !is_given(event->form) && !is_given(event->code))
		return err_set(e, EX_DATAERR, "out since %s: a yes after a no needs its own proof (evidence, form or code)", since);
	used = is_used(s, event, view.since_ms, e);
	if (used > 0)
		return err_set(e, EX_DATAERR, "out since %s: what proves the yes was said before that already", since);
	return used;
}

static int has_events(struct store *s, const char *subject, struct err *e)
{
	static const char sql[] = "SELECT 1 FROM consent_event WHERE subject = ? LIMIT 1";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_text(q, 1, subject);
	got = sql_step(s, q, e);
	sql_done(q);
	return got;
}

int consent_check_forgotten(struct store *s, const struct consent_event *event, char ret_name[FORGET_NAME], struct err *e)
{
	struct consent_view view;
	char since[WHEN_SIZE];
	int forgotten = consent_forget_name(s, event->subject, ret_name, e), back;

	if (forgotten <= 0)
		return forgotten;
	forgotten = has_events(s, ret_name, e);
	back = forgotten > 0 ? has_events(s, event->subject, e) : 0;
	if (forgotten < 0 || back < 0)
		return -1;
	if (!forgotten || back || event->state == CONSENT_OUT)
		return forgotten && !back;
	if (consent_view(s, event->subject, event->channel, event->topic, &view, e) < 0)
		return -1;
	if (event->state == CONSENT_IN && event->time_ms >= view.since_ms)
		return 0;
	when_format(view.since_ms, since);
	return err_set(e, EX_DATAERR, "forgotten since %s: only a later yes with its own proof is recorded", since);
}

int consent_known(struct store *s, const struct consent_event *event, struct err *e)
{
	static const char sql[] =
	    "SELECT 1 FROM consent_event WHERE subject = ? AND channel = ? AND topic = ? AND state = ?"
	    " AND ((source = ? AND (time_ms = ? OR ? = 0))"
	    " OR (time_ms = ? AND COALESCE(evidence, '') = ? AND COALESCE(form, '') = ?"
	    " AND COALESCE(preference, '') = ?)) LIMIT 1";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_text(q, 1, event->subject);
	sql_bind_text(q, 2, or_all(event->channel));
	sql_bind_text(q, 3, or_all(event->topic));
	sql_bind_int(q, 4, event->state);
	sql_bind_text(q, 5, event->source);
	for (int i = 6; i <= 8; i++)
		sql_bind_int(q, i, event->time_ms);
	sql_bind_text(q, 9, event->evidence ? event->evidence : "");
	sql_bind_text(q, 10, event->form ? event->form : "");
	sql_bind_text(q, 11, event->preference ? event->preference : "");
	got = sql_step(s, q, e);
	sql_done(q);
	return got;
}

static const char *null_when_all(const char *scope)
{
	return scope && strcmp(scope, "*") == 0 ? NULL : scope;
}

static struct consent_event event_of(const struct consent_row *row)
{
	struct consent_event event = {
	    .subject = row->text[COLUMN_SUBJECT],
	    .channel = null_when_all(row->text[COLUMN_CHANNEL]),
	    .topic = null_when_all(row->text[COLUMN_TOPIC]),
	    .state = (enum consent_state)row->number[COLUMN_STATE],
	    .strength = (enum consent_strength)row->number[COLUMN_STRENGTH],
	    .method = row->text[COLUMN_METHOD],
	    .evidence = row->text[COLUMN_EVIDENCE],
	    .source = row->text[COLUMN_SOURCE],
	    .form = row->text[COLUMN_FORM],
	    .ip = row->text[COLUMN_IP],
	    .code = row->text[COLUMN_CODE],
	    .jurisdiction = row->text[COLUMN_JURISDICTION],
	    .basis = row->text[COLUMN_BASIS],
	    .preference = row->text[COLUMN_PREFERENCE],
	    .contact = row->text[COLUMN_CONTACT],
	    .until_ms = row->number[COLUMN_UNTIL],
	    .time_ms = row->number[COLUMN_TIME],
	    .recorded_ms = row->number[COLUMN_RECORDED],
	};

	snprintf(event.id, sizeof(event.id), "%s", row->text[COLUMN_ID] ? row->text[COLUMN_ID] : "");
	return event;
}

int consent_each(struct store *s, const char *subject, consent_each_fn *each, void *ctx, struct err *e)
{
	static const char all[] = "SELECT " CONSENT_COLUMNS " FROM consent_event WHERE erased = 0 ORDER BY seq";
	static const char one[] = "SELECT " CONSENT_COLUMNS " FROM consent_event WHERE subject IN (?, ?) ORDER BY seq";
	char name[FORGET_NAME];
	sqlite3_stmt *q;
	int got = subject ? consent_forget_name(s, subject, name, e) : 0;

	q = got < 0 ? NULL : sql_prepare(s, subject ? one : all, e);
	if (!q)
		return -1;
	if (subject) {
		sql_bind_text(q, 1, subject);
		sql_bind_text(q, 2, got ? name : subject);
	}
	while ((got = sql_step(s, q, e)) == 1) {
		struct consent_row row = consent_row_read(q);
		struct consent_event event = event_of(&row);

		if (each(ctx, &event) != 0) {
			sql_done(q);
			return 0;
		}
	}
	return got;
}

int consent_each_scope(struct store *s, const char *subject, consent_each_fn *each, void *ctx, struct err *e)
{
	static const char sql[] =
	    "SELECT subject, channel, topic, state, strength, time_ms FROM consent_state WHERE subject IN (?, ?) ORDER BY channel, topic";
	char name[FORGET_NAME];
	int got = consent_forget_name(s, subject, name, e);
	sqlite3_stmt *q = got < 0 ? NULL : sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, subject);
	sql_bind_text(q, 2, got ? name : subject);
	while ((got = sql_step(s, q, e)) == 1) {
		struct consent_event event = {
		    .subject = sql_text(q, 0),
		    .channel = null_when_all(sql_text(q, 1)),
		    .topic = null_when_all(sql_text(q, 2)),
		    .state = (enum consent_state)sql_enum(q, 3, CONSENT_ERASE, CONSENT_OUT),
		    .strength = (enum consent_strength)sql_enum(q, 4, CONSENT_DOUBLE, CONSENT_UNSTATED),
		    .time_ms = sql_int(q, 5),
		};

		if (each(ctx, &event) != 0) {
			sql_done(q);
			return 0;
		}
	}
	return got;
}
