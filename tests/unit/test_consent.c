/* The ledger: what stands after which events, that it cannot be changed unseen, and permits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/line/when.h"
#include "common/store/consent.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define ANA "sms:+15551230001"
#define T0 INT64_C(1700000000000)

static char directory[64];
static struct store *store;

static int set_up(void **state)
{
	struct err e;

	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/msg-consent-XXXXXX");
	assert_non_null(mkdtemp(directory));
	assert_int_equal(store_open(directory, STORE_WRITE, &store, &e), 0);
	return 0;
}

static void forget(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	unlink(path);
}

static int tear_down(void **state)
{
	static const char *const names[] = {"msg.db", "msg.db-wal", "msg.db-shm", "ledger.key", "ledger.pub", "copy.key"};

	(void)state;
	store_close(store);
	store = NULL;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		forget(names[i]);
	return rmdir(directory);
}

static void say(const char *subject, const char *channel, const char *topic, enum consent_state what, int64_t time_ms)
{
	struct consent_event event = {.subject = subject, .channel = channel, .topic = topic, .state = what, .method = "test",
	    .evidence = "\"words\"", .time_ms = time_ms};
	struct err e = {0};

	if (consent_add(store, &event, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(strlen(event.id), 26);
}

static enum consent_state stands(const char *subject, const char *channel, const char *topic)
{
	enum consent_state what;
	struct err e = {0};

	if (consent_look(store, subject, channel, topic, &what, NULL, &e) < 0)
		fail_msg("%s", e.text);
	return what;
}

static struct consent_verdict verdict;

static int verify(void)
{
	struct err e = {0};
	int result = consent_verify(store, directory, &verdict, &e);

	if (result < 0)
		fail_msg("%s", e.text);
	return result;
}

static void nothing_is_known_at_first(void **state)
{
	(void)state;
	assert_int_equal(stands(ANA, "sms", NULL), CONSENT_NONE);
	assert_int_equal(stands(ANA, NULL, NULL), CONSENT_NONE);
	assert_string_equal(consent_state_name(CONSENT_NONE), "none");
	assert_string_equal(consent_state_name(CONSENT_OUT), "out");
}

static void a_scope_covers_what_is_below_it(void **state)
{
	(void)state;
	say(ANA, "sms", NULL, CONSENT_OUT, 0);
	assert_int_equal(stands(ANA, "sms", NULL), CONSENT_OUT);
	assert_int_equal(stands(ANA, "sms", "rides"), CONSENT_OUT);
	assert_int_equal(stands(ANA, "voice", NULL), CONSENT_NONE);
	assert_int_equal(stands(ANA, NULL, NULL), CONSENT_NONE);
	assert_int_equal(stands("sms:+15551230002", "sms", NULL), CONSENT_NONE);
	say(ANA, NULL, "news", CONSENT_OUT, 0);
	assert_int_equal(stands(ANA, "voice", "news"), CONSENT_OUT);
	assert_int_equal(stands(ANA, "voice", "rides"), CONSENT_NONE);
	assert_int_equal(stands(ANA, "voice", NULL), CONSENT_NONE);
	say("contact:ana", NULL, NULL, CONSENT_OUT, 0);
	assert_int_equal(stands("contact:ana", "push", "rides"), CONSENT_OUT);
}

static void star_and_null_are_the_same_scope(void **state)
{
	(void)state;
	say(ANA, "*", "*", CONSENT_OUT, 0);
	assert_int_equal(stands(ANA, NULL, NULL), CONSENT_OUT);
	say(ANA, NULL, NULL, CONSENT_IN, 0);
	assert_int_equal(stands(ANA, "sms", "x"), CONSENT_IN);
}

static void a_no_is_lifted_by_an_equal_or_narrower_yes_only(void **state)
{
	(void)state;
	say(ANA, "sms", "news", CONSENT_OUT, T0);
	say(ANA, "sms", NULL, CONSENT_IN, T0 + 1);
	say(ANA, NULL, NULL, CONSENT_IN, T0 + 2);
	say(ANA, NULL, "news", CONSENT_IN, T0 + 3);
	assert_int_equal(stands(ANA, "sms", "news"), CONSENT_OUT);
	assert_int_equal(stands(ANA, "sms", "rides"), CONSENT_IN);
	say(ANA, "sms", "news", CONSENT_IN, T0 + 4);
	assert_int_equal(stands(ANA, "sms", "news"), CONSENT_IN);
	/* A wide no, then a narrow yes: the yes counts where it was said. */
	say(ANA, NULL, NULL, CONSENT_OUT, T0 + 5);
	assert_int_equal(stands(ANA, "sms", "news"), CONSENT_OUT);
	say(ANA, "sms", "rides", CONSENT_IN, T0 + 6);
	assert_int_equal(stands(ANA, "sms", "rides"), CONSENT_IN);
	assert_int_equal(stands(ANA, "sms", "news"), CONSENT_OUT);
	assert_int_equal(stands(ANA, "sms", NULL), CONSENT_OUT);
	assert_int_equal(stands(ANA, "voice", "rides"), CONSENT_OUT);
}

static void crossing_scopes_do_not_lift_each_other(void **state)
{
	(void)state;
	say(ANA, "sms", NULL, CONSENT_OUT, T0);
	say(ANA, NULL, "rides", CONSENT_IN, T0 + 1);
	assert_int_equal(stands(ANA, "sms", "rides"), CONSENT_OUT);
	assert_int_equal(stands(ANA, "voice", "rides"), CONSENT_IN);
}

static void an_older_event_changes_nothing(void **state)
{
	enum consent_state what;
	int64_t since_ms;
	struct err e;

	(void)state;
	say(ANA, "sms", NULL, CONSENT_OUT, T0 + 10);
	say(ANA, "sms", NULL, CONSENT_IN, T0 + 9);
	assert_int_equal(consent_look(store, ANA, "sms", NULL, &what, &since_ms, &e), 0);
	assert_int_equal(what, CONSENT_OUT);
	assert_int_equal(since_ms, T0 + 10);
	/* Said at the same moment: the one recorded later counts. */
	say(ANA, "sms", NULL, CONSENT_IN, T0 + 10);
	assert_int_equal(stands(ANA, "sms", NULL), CONSENT_IN);
	/* A narrower yes said before the wide no does not lift it either. */
	say(ANA, NULL, NULL, CONSENT_OUT, T0 + 20);
	say(ANA, "sms", "rides", CONSENT_IN, T0 + 15);
	assert_int_equal(stands(ANA, "sms", "rides"), CONSENT_OUT);
}

static int add(enum consent_state what, enum consent_strength strength, const char *evidence, const char *source, int64_t time_ms)
{
	struct consent_event event = {.subject = ANA, .channel = "sms", .state = what, .strength = strength, .evidence = evidence,
	    .source = source, .time_ms = time_ms};
	struct err e = {0};
	int result = consent_add(store, &event, &e);

	if (result < 0)
		assert_int_equal(e.code, EX_DATAERR);
	return result;
}

static void a_yes_after_a_no_has_a_proof_of_its_own(void **state)
{
	(void)state;
	assert_int_equal(add(CONSENT_IN, CONSENT_EXPLICIT, NULL, "line 1", T0), 0);
	assert_int_equal(add(CONSENT_OUT, CONSENT_UNSTATED, NULL, NULL, T0 + 1), 0);
	assert_int_equal(add(CONSENT_IN, CONSENT_EXPLICIT, NULL, NULL, T0 + 2), -1);
	assert_int_equal(add(CONSENT_IN, CONSENT_EXPLICIT, "", NULL, T0 + 2), -1);
	assert_int_equal(add(CONSENT_IN, CONSENT_IMPLIED, "order 7", NULL, T0 + 2), -1);
	/* The line that proved the yes before the no. */
	assert_int_equal(add(CONSENT_IN, CONSENT_EXPLICIT, "I agree", "line 1", T0 + 2), -1);
	assert_int_equal(stands(ANA, "sms", NULL), CONSENT_OUT);
	/* History. */
	assert_int_equal(add(CONSENT_IN, CONSENT_IMPLIED, NULL, NULL, T0), 0);
	assert_int_equal(stands(ANA, "sms", NULL), CONSENT_OUT);
	assert_int_equal(add(CONSENT_IN, CONSENT_EXPLICIT, "I agree", "line 2", T0 + 2), 0);
	assert_int_equal(stands(ANA, "sms", NULL), CONSENT_IN);
}

static struct consent_view view(const char *channel, const char *topic)
{
	struct consent_view v;
	struct err e = {0};

	if (consent_view(store, ANA, channel, topic, &v, &e) < 0)
		fail_msg("%s", e.text);
	return v;
}

static void a_yes_is_worth_the_most_that_was_said(void **state)
{
	(void)state;
	assert_int_equal(view("sms", NULL).strength, CONSENT_UNSTATED);
	assert_int_equal(add(CONSENT_IN, CONSENT_IMPLIED, NULL, NULL, T0), 0);
	assert_int_equal(view("sms", NULL).strength, CONSENT_IMPLIED);
	assert_int_equal(add(CONSENT_IN, CONSENT_DOUBLE, NULL, NULL, T0 + 1), 0);
	assert_int_equal(add(CONSENT_IN, CONSENT_IMPLIED, NULL, NULL, T0 + 2), 0);
	assert_int_equal(view("sms", NULL).strength, CONSENT_DOUBLE);
	assert_int_equal(view("sms", NULL).since_ms, T0 + 1);
	/* A narrower yes that is worth less does not take from it. */
	say(ANA, "sms", "news", CONSENT_IN, T0 + 3);
	assert_int_equal(view("sms", "news").strength, CONSENT_DOUBLE);
	assert_int_equal(verify(), 0);
	/* Nor does an implied yes, below a no or beside it, count against one. */
	say(ANA, NULL, NULL, CONSENT_OUT, T0 + 4);
	assert_int_equal(view("sms", "news").state, CONSENT_OUT);
	assert_int_equal(view("sms", "news").strength, CONSENT_UNSTATED);
}

static void the_same_is_known_again(void **state)
{
	struct consent_event event = {.subject = ANA, .channel = "sms", .state = CONSENT_OUT, .source = "line 1", .time_ms = T0};
	struct err e;

	(void)state;
	assert_int_equal(consent_known(store, &event, &e), 0);
	assert_int_equal(add(CONSENT_OUT, CONSENT_UNSTATED, NULL, "line 1", T0), 0);
	assert_int_equal(consent_known(store, &event, &e), 1);
	event.topic = "news";
	assert_int_equal(consent_known(store, &event, &e), 0);
	/* The same words at the same time, or the same line whatever the time; not the same words at any time. */
	event.topic = NULL;
	event.source = "line 2";
	assert_int_equal(consent_known(store, &event, &e), 1);
	event.evidence = "other words";
	assert_int_equal(consent_known(store, &event, &e), 0);
	event = (struct consent_event){.subject = ANA, .channel = "sms", .state = CONSENT_OUT, .source = "line 1"};
	assert_int_equal(consent_known(store, &event, &e), 1);
	event.source = NULL;
	assert_int_equal(consent_known(store, &event, &e), 0);
}

static void a_question_lifts_no_no(void **state)
{
	(void)state;
	say(ANA, "sms", NULL, CONSENT_PENDING, T0);
	assert_int_equal(stands(ANA, "sms", NULL), CONSENT_PENDING);
	say(ANA, "sms", NULL, CONSENT_OUT, T0 + 1);
	say(ANA, "sms", NULL, CONSENT_PENDING, T0 + 2);
	say(ANA, "sms", "rides", CONSENT_PENDING, T0 + 3);
	assert_int_equal(stands(ANA, "sms", NULL), CONSENT_OUT);
	assert_int_equal(stands(ANA, "sms", "rides"), CONSENT_OUT);
	/* A no that arrives late beats the question that was asked after it. */
	say("sms:+15551230002", "sms", NULL, CONSENT_PENDING, T0 + 9);
	say("sms:+15551230002", "sms", NULL, CONSENT_OUT, T0 + 5);
	assert_int_equal(stands("sms:+15551230002", "sms", NULL), CONSENT_OUT);
}

static void a_time_to_come_does_not_outlive_a_no_said_now(void **state)
{
	int64_t now_ms = when_now_ms();

	(void)state;
	say(ANA, "sms", NULL, CONSENT_IN, now_ms + 365 * WHEN_DAY);
	assert_int_equal(stands(ANA, "sms", NULL), CONSENT_IN);
	say(ANA, "sms", NULL, CONSENT_OUT, 0);
	assert_int_equal(stands(ANA, "sms", NULL), CONSENT_OUT);
}

static int count_event(void *ctx, const struct consent_event *event)
{
	struct buf *b = ctx;

	buf_addf(b, "%s %s %s %s;", event->subject, event->channel ? event->channel : "all", event->topic ? event->topic : "all",
	    consent_state_name(event->state));
	return 0;
}

static void events_are_read_in_their_order(void **state)
{
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 4096);
	say("contact:bo", "sms", NULL, CONSENT_IN, T0 + 2);
	say("contact:ana", NULL, "news", CONSENT_IN, T0 + 1);
	say("contact:bo", NULL, NULL, CONSENT_OUT, T0);
	assert_int_equal(consent_each(store, NULL, count_event, &b, &e), 0);
	assert_string_equal(b.data, "contact:bo sms all in;contact:ana all news in;contact:bo all all out;");
	buf_reset(&b);
	assert_int_equal(consent_each(store, "contact:bo", count_event, &b, &e), 0);
	assert_string_equal(b.data, "contact:bo sms all in;contact:bo all all out;");
	buf_reset(&b);
	assert_int_equal(consent_each_scope(store, "contact:bo", count_event, &b, &e), 0);
	assert_string_equal(b.data, "contact:bo all all out;contact:bo sms all in;");
	buf_clear(&b);
}

static void a_permit_is_for_one_message(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(consent_permit(store, ANA, "m1", "You are out.", T0 + 10, &e), 0);
	assert_int_equal(consent_permitted(store, "sms:+15551230002", "m1", "You are out.", T0, &e), 0);
	assert_int_equal(consent_permitted(store, ANA, "m2", "You are out.", T0, &e), 0);
	assert_int_equal(consent_permitted(store, ANA, "m1", "Buy now!", T0, &e), 0);
	assert_int_equal(consent_permitted(store, ANA, "m1", "You are out.", T0 + 11, &e), 0);
	assert_int_equal(consent_permitted(store, ANA, "m1", "You are out.", T0 + 10, &e), 1);
	assert_int_equal(consent_permitted(store, ANA, "m1", "You are out.", T0 + 10, &e), 1);
	/* Those whose time is over are cleared away with the next one. */
	assert_int_equal(consent_permit(store, ANA, "m2", "Help", T0, &e), 0);
	assert_int_equal(consent_permitted(store, ANA, "m1", "You are out.", T0 + 10, &e), 0);
}

/* SQL from somebody who has the file; the triggers are out of the way when it says so. */
static int edit(const char *sql)
{
	char path[128];
	sqlite3 *db;
	int result;

	snprintf(path, sizeof(path), "%s/msg.db", directory);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	result = sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_close(db);
	return result;
}

#define DROP "DROP TRIGGER consent_event_insert; DROP TRIGGER consent_event_update; DROP TRIGGER consent_event_delete;" \
	     "DROP TRIGGER consent_checkpoint_update; DROP TRIGGER consent_checkpoint_delete;"

static void the_ledger_refuses_changes(void **state)
{
	static const char *const edits[] = {
	    "UPDATE consent_event SET state = 2",
	    "UPDATE consent_event SET erased = 9", "UPDATE consent_event SET erased = 9, id = '', subject = '', hash = 'x'",
	    "UPDATE consent_event SET erased = 1, id = '', subject = ''", "DELETE FROM consent_event WHERE seq = 1",
	    "INSERT OR REPLACE INTO consent_event SELECT * FROM consent_event WHERE seq = 1",
	    "INSERT INTO consent_event (seq, id, subject, channel, topic, state, time_ms, recorded_ms, prev, hash)"
	    " SELECT 9, id, subject, channel, topic, state, time_ms, recorded_ms, prev, hash FROM consent_event WHERE seq = 1",
	    "REPLACE INTO consent_event (seq, id, subject, channel, topic, state, time_ms, recorded_ms, prev, hash)"
	    " SELECT 1, id, subject, channel, topic, 2, time_ms, recorded_ms, prev, hash FROM consent_event WHERE seq = 1",
	};

	(void)state;
	say(ANA, "sms", NULL, CONSENT_OUT, T0);
	for (size_t i = 0; i < COUNT_OF(edits); i++)
		assert_int_equal(edit(edits[i]), SQLITE_CONSTRAINT);
	assert_int_equal(verify(), 0);
	assert_int_equal(verdict.events, 1);
}

static void each_altered_column_is_found(void **state)
{
	static const char *const columns[] = {
	    "id = 'x'", "subject = 'sms:+15551230009'", "channel = 'voice'", "topic = 'news'", "state = 2", "method = 'web'",
	    "method = NULL", "evidence = ''", "evidence = NULL", "time_ms = time_ms + 1", "recorded_ms = recorded_ms - 1",
	    "prev = 'f' || substr(prev, 2)", "hash = lower(hex(randomblob(32)))", "evidence = x'22'", "hash = NULL",
	    "evidence = evidence || char(0) || 'more'", "strength = 1", "source = 'x'", "form = ''", "ip = '203.0.113.8'", "ip = NULL",
	    "code = '1'", "jurisdiction = 'DE'", "basis = 'contract'", "preference = '{}'", "format = 1", "format = 3", "erased = 1",
	};
	int tried = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(columns); i++) {
		char sql[256], good[27];
		struct consent_event event = {.subject = ANA, .channel = "sms", .state = CONSENT_OUT, .method = "m",
		    .evidence = "\"words\"", .ip = "203.0.113.7", .time_ms = T0 + (int64_t)i};
		struct err e;

		assert_int_equal(consent_add(store, &event, &e), 0);
		memcpy(good, event.id, sizeof(good));
		say(ANA, "sms", NULL, CONSENT_IN, T0 + 100);
		assert_int_equal(verify(), 0);
		assert_int_equal(edit(DROP), SQLITE_OK);
		snprintf(sql, sizeof(sql), "UPDATE consent_event SET %s WHERE id = '%s'", columns[i], good);
		if (edit(sql) == SQLITE_OK) {
			tried++;
			assert_int_equal(verify(), 1);
			if (i == 0)
				assert_string_equal(verdict.at, "x");
			else
				assert_string_equal(verdict.at, good);
			assert_true(strlen(verdict.what) > 10);
		}
		tear_down(state);
		set_up(state);
	}
	assert_in_range(tried, COUNT_OF(columns) - 2, COUNT_OF(columns));
}

static void removed_and_swapped_events_are_found(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		say(ANA, "sms", NULL, i % 2 ? CONSENT_IN : CONSENT_OUT, T0 + i);
	assert_int_equal(edit(DROP "DELETE FROM consent_event WHERE seq = 3"), SQLITE_OK);
	assert_int_equal(verify(), 1);
	assert_int_equal(verdict.events, 2);
	assert_non_null(strstr(verdict.what, "missing"));
	/* Renumbering hides the gap, not the break in the chain. */
	assert_int_equal(edit("UPDATE consent_event SET seq = seq - 1 WHERE seq > 3"), SQLITE_OK);
	assert_int_equal(verify(), 1);
	assert_int_equal(verdict.events, 2);
}

static void an_altered_state_is_found(void **state)
{
	(void)state;
	say(ANA, "sms", NULL, CONSENT_OUT, T0);
	say("contact:bo", NULL, NULL, CONSENT_IN, T0);
	assert_int_equal(edit("UPDATE consent_state SET state = 2"), SQLITE_OK);
	assert_int_equal(verify(), 1);
	assert_int_equal(strlen(verdict.at), 26);
	assert_int_equal(edit("UPDATE consent_state SET state = 3 WHERE channel = 'sms'"), SQLITE_OK);
	assert_int_equal(verify(), 0);
	assert_int_equal(edit("UPDATE consent_state SET strength = 3 WHERE channel <> 'sms'"), SQLITE_OK);
	assert_int_equal(verify(), 1);
	assert_int_equal(edit("UPDATE consent_state SET strength = 2 WHERE channel <> 'sms'"), SQLITE_OK);
	assert_int_equal(verify(), 0);
	assert_int_equal(edit("DELETE FROM consent_state WHERE channel = 'sms'"), SQLITE_OK);
	assert_int_equal(verify(), 1);
	assert_int_equal(edit("INSERT INTO consent_state VALUES ('" ANA "', 'sms', '*', 3, 1700000000000, 1, 0)"), SQLITE_OK);
	assert_int_equal(verify(), 0);
	assert_int_equal(edit("INSERT INTO consent_state VALUES ('zoe', 'sms', '*', 2, 1, 1, 2)"), SQLITE_OK);
	assert_int_equal(verify(), 1);
}

static void truncation_is_found_by_the_checkpoint(void **state)
{
	struct consent_checkpoint c;
	struct err e;
	struct stat st;
	char path[128], head[CONSENT_HASH];

	(void)state;
	for (int i = 0; i < 3; i++)
		say(ANA, "sms", NULL, CONSENT_OUT, T0 + i);
	assert_int_equal(consent_checkpoint(store, directory, &c, &e), 0);
	assert_int_equal(c.events, 3);
	assert_int_equal(consent_head(store, 3, head, &e), 1);
	assert_string_equal(head, c.head);
	assert_int_equal(consent_head(store, 4, head, &e), 0);
	snprintf(path, sizeof(path), "%s/ledger.key", directory);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	say(ANA, "sms", NULL, CONSENT_IN, T0 + 9);
	assert_int_equal(verify(), 0);
	assert_int_equal(verdict.events, 4);
	assert_int_equal(verdict.signed_events, 3);
	/* The state put right too: only the signature knows better. */
	assert_int_equal(edit(DROP "DELETE FROM consent_event WHERE seq > 2;"
	    "UPDATE consent_state SET state = 3, seq = 2, time_ms = 1700000000001"), SQLITE_OK);
	assert_int_equal(verify(), 1);
	assert_non_null(strstr(verdict.what, "ends after 2 events"));
	/* And with the checkpoint gone, the key tells. */
	assert_int_equal(edit("DELETE FROM consent_checkpoint"), SQLITE_OK);
	assert_int_equal(verify(), 1);
	assert_non_null(strstr(verdict.what, "no checkpoint"));
}

static void a_forged_checkpoint_is_found(void **state)
{
	struct consent_checkpoint c;
	struct err e;
	char other[64];

	(void)state;
	say(ANA, "sms", NULL, CONSENT_OUT, T0);
	assert_int_equal(consent_checkpoint(store, directory, &c, &e), 0);
	assert_int_equal(edit("UPDATE consent_checkpoint SET time_ms = 1"), SQLITE_CONSTRAINT);
	assert_int_equal(edit(DROP "UPDATE consent_checkpoint SET time_ms = time_ms + 1"), SQLITE_OK);
	assert_int_equal(verify(), 1);
	assert_non_null(strstr(verdict.what, "signature"));
	/* Signed with another key: not the one in ledger.pub. */
	assert_int_equal(edit("DELETE FROM consent_checkpoint"), SQLITE_OK);
	snprintf(other, sizeof(other), "/tmp/msg-consent-other-XXXXXX");
	assert_non_null(mkdtemp(other));
	assert_int_equal(consent_checkpoint(store, other, &c, &e), 0);
	assert_int_equal(verify(), 1);
	assert_non_null(strstr(verdict.what, "another key"));
	for (int i = 0; i < 2; i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/ledger.%s", other, i ? "key" : "pub");
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(rmdir(other), 0);
}

static void the_key_is_kept_close(void **state)
{
	struct consent_checkpoint c;
	struct err e;
	char path[128], away[128];

	(void)state;
	assert_int_equal(consent_checkpoint(store, directory, &c, &e), 0);
	assert_int_equal(c.events, 0);
	assert_int_equal(verify(), 0);
	snprintf(path, sizeof(path), "%s/ledger.key", directory);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(consent_checkpoint(store, directory, &c, &e), -1);
	assert_int_equal(e.code, EX_NOPERM);
	snprintf(away, sizeof(away), "%s/copy.key", directory);
	assert_int_equal(rename(path, away), 0);
	assert_int_equal(consent_checkpoint(store, directory, &c, &e), -1);
	assert_int_equal(e.code, EX_NOPERM);
	assert_int_equal(rename(away, path), 0);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(consent_checkpoint(store, directory, &c, &e), 0);
	assert_int_equal(verify(), 0);
	assert_int_equal(verdict.checkpoints, 2);
}

static void a_rolled_back_event_leaves_nothing(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(store_begin(store, &e), 0);
	say(ANA, "sms", NULL, CONSENT_OUT, T0);
	store_rollback(store);
	assert_int_equal(stands(ANA, "sms", NULL), CONSENT_NONE);
	assert_int_equal(verify(), 0);
	assert_int_equal(verdict.events, 0);
}

/* What cannot be written whole is not written at all, and what stood before it in the transaction stays. */
static void half_an_event_is_none(void **state)
{
	struct consent_event event = {.subject = "contact:bo", .state = CONSENT_OUT};
	struct err e;

	(void)state;
	assert_int_equal(edit("CREATE TRIGGER fault BEFORE INSERT ON consent_state WHEN NEW.subject = 'contact:bo'"
	    " BEGIN SELECT RAISE(ABORT, 'fault'); END"), SQLITE_OK);
	assert_int_equal(store_begin(store, &e), 0);
	say(ANA, "sms", NULL, CONSENT_OUT, T0);
	assert_int_equal(consent_add(store, &event, &e), -1);
	say(ANA, "sms", NULL, CONSENT_IN, T0 + 1);
	assert_int_equal(store_commit(store, &e), 0);
	assert_int_equal(verify(), 0);
	assert_int_equal(verdict.events, 2);
	assert_int_equal(consent_add(store, &event, &e), -1);
	assert_int_equal(stands("contact:bo", NULL, NULL), CONSENT_NONE);
	assert_int_equal(verify(), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(nothing_is_known_at_first),
	    CASE(a_scope_covers_what_is_below_it),
	    CASE(star_and_null_are_the_same_scope),
	    CASE(a_no_is_lifted_by_an_equal_or_narrower_yes_only),
	    CASE(crossing_scopes_do_not_lift_each_other),
	    CASE(an_older_event_changes_nothing),
	    CASE(a_question_lifts_no_no),
	    CASE(a_yes_after_a_no_has_a_proof_of_its_own),
	    CASE(a_yes_is_worth_the_most_that_was_said),
	    CASE(the_same_is_known_again),
	    CASE(a_time_to_come_does_not_outlive_a_no_said_now),
	    CASE(events_are_read_in_their_order),
	    CASE(a_permit_is_for_one_message),
	    CASE(the_ledger_refuses_changes),
	    CASE(each_altered_column_is_found),
	    CASE(removed_and_swapped_events_are_found),
	    CASE(an_altered_state_is_found),
	    CASE(truncation_is_found_by_the_checkpoint),
	    CASE(a_forged_checkpoint_is_found),
	    CASE(the_key_is_kept_close),
	    CASE(a_rolled_back_event_leaves_nothing),
	    CASE(half_an_event_is_none),
	};

	return cmocka_run_group_tests_name("consent", tests, NULL, NULL);
}
