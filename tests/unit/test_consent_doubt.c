/* A question that nobody answers is a no: for every look from that moment on, and then in the ledger. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/line/when.h"
#include "common/store/consent.h"
#include "common/store/consent_doubt.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

#define ADDRESS "sms:+15551230001"
#define CONTACT "contact:ana"

static struct store *store;
static char directory[] = "/tmp/test_doubt.XXXXXX";
static struct err e;

static int set_up(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/test_doubt.XXXXXX");
	return mkdtemp(directory) ? store_open(directory, STORE_WRITE, &store, &e) : -1;
}

static int tear_down(void **state)
{
	static const char *const names[] = {"msg.db", "msg.db-wal", "msg.db-shm"};
	char path[64];

	(void)state;
	store_close(store);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	return rmdir(directory);
}

/* A question to the address that lapses so many milliseconds from now. */
static int ask(int64_t in_ms)
{
	int64_t now_ms = when_now_ms();
	const struct consent_doubt doubt = {.subject = ADDRESS, .channel = "sms", .contact = CONTACT, .words = "too many texts", .asked_ms = now_ms - WHEN_DAY, .due_ms = now_ms + in_ms};
	int got;

	assert_int_equal(store_begin(store, &e), 0);
	got = consent_doubt_ask(store, &doubt, &e);
	assert_int_equal(store_commit(store, &e), 0);
	return got;
}

static enum consent_state state_of(const char *subject, const char *channel)
{
	enum consent_state state;

	assert_int_equal(consent_look(store, subject, channel, NULL, &state, NULL, &e), 0);
	return state;
}

static void say(const char *subject, enum consent_state said, const char *topic)
{
	struct consent_event event = {.subject = subject, .channel = strcmp(subject, ADDRESS) == 0 ? "sms" : NULL, .topic = topic, .state = said, .method = "test", .evidence = "words"};

	assert_int_equal(consent_add(store, &event, &e), 0);
}

static int count_event(void *ctx, const struct consent_event *event)
{
	assert_int_equal(event->state, CONSENT_OUT);
	assert_string_equal(event->method, "no-answer");
	assert_string_equal(event->evidence, "too many texts");
	++*(int *)ctx;
	return 0;
}

static void nobody_is_out_before_it_lapses(void **state)
{
	(void)state;
	assert_int_equal(ask(WHEN_HOUR), 0);
	assert_int_equal(consent_doubt_is_open(store, ADDRESS, &e), 1);
	assert_int_equal(consent_doubt_any_lapsed(store, &e), 0);
	assert_int_equal(state_of(ADDRESS, "sms"), CONSENT_NONE);
	/* One question at a time. */
	assert_int_equal(ask(2 * WHEN_HOUR), 1);
}

static void who_lets_it_lapse_is_out_of_everything(void **state)
{
	bool may = false;
	int events = 0;

	(void)state;
	assert_int_equal(ask(-1), 0);
	assert_int_equal(state_of(ADDRESS, "sms"), CONSENT_OUT);
	assert_int_equal(state_of(CONTACT, "email"), CONSENT_OUT);
	assert_int_equal(state_of("sms:+15551230002", "sms"), CONSENT_NONE);
	assert_int_equal(store_begin_read(store, &e), 0);
	assert_int_equal(consent_may_be_no(store, ADDRESS, &may, &e), 0);
	assert_true(may);
	assert_int_equal(store_commit(store, &e), 0);
	assert_int_equal(consent_doubt_catch_up(store, &e), 0);
	assert_int_equal(consent_doubt_is_open(store, ADDRESS, &e), 0);
	assert_int_equal(consent_each(store, NULL, count_event, &events, &e), 0);
	assert_int_equal(events, 2);
	assert_int_equal(state_of(ADDRESS, "sms"), CONSENT_OUT);
	assert_int_equal(state_of(CONTACT, "email"), CONSENT_OUT);
	/* Once is enough. */
	assert_int_equal(consent_doubt_catch_up(store, &e), 0);
	events = 0;
	assert_int_equal(consent_each(store, NULL, count_event, &events, &e), 0);
	assert_int_equal(events, 2);
}

static void whatever_is_said_about_everything_answers_it(void **state)
{
	(void)state;
	assert_int_equal(ask(WHEN_HOUR), 0);
	say(ADDRESS, CONSENT_IN, "news");
	assert_int_equal(consent_doubt_is_open(store, ADDRESS, &e), 1);
	say(CONTACT, CONSENT_IN, NULL);
	assert_int_equal(consent_doubt_is_open(store, ADDRESS, &e), 0);
	assert_int_equal(ask(WHEN_HOUR), 0);
	say(ADDRESS, CONSENT_OUT, NULL);
	assert_int_equal(consent_doubt_is_open(store, ADDRESS, &e), 0);
}

static void a_yes_after_it_has_lapsed_comes_after_the_no(void **state)
{
	(void)state;
	assert_int_equal(ask(-1), 0);
	say(ADDRESS, CONSENT_IN, NULL);
	assert_int_equal(state_of(ADDRESS, "sms"), CONSENT_IN);
	assert_int_equal(state_of(CONTACT, "sms"), CONSENT_OUT);
}

static void what_was_rolled_back_was_not_asked(void **state)
{
	const struct consent_doubt doubt = {.subject = ADDRESS, .channel = "sms", .words = "x", .asked_ms = 1, .due_ms = 2};

	(void)state;
	assert_int_equal(store_begin(store, &e), 0);
	assert_int_equal(consent_doubt_ask(store, &doubt, &e), 0);
	assert_int_equal(consent_doubt_any_lapsed(store, &e), 1);
	store_rollback(store);
	assert_int_equal(consent_doubt_any_lapsed(store, &e), 0);
	assert_int_equal(state_of(ADDRESS, "sms"), CONSENT_NONE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(nobody_is_out_before_it_lapses),
	    CASE(who_lets_it_lapse_is_out_of_everything),
	    CASE(whatever_is_said_about_everything_answers_it),
	    CASE(a_yes_after_it_has_lapsed_comes_after_the_no),
	    CASE(what_was_rolled_back_was_not_asked),
	};

	return cmocka_run_group_tests_name("consent_doubt", tests, NULL, NULL);
}
