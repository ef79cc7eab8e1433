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
	static const char *const names[] = {"msg.db", "msg.db-wal", "msg.db-shm", "forget.key"};
	char path[64];

	(void)state;
	store_close(store);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	return rmdir(directory);
}

/* A question to the address, asked a day ago, that lapses so many milliseconds from now. */
static struct consent_event question(int64_t in_ms)
{
	int64_t now_ms = when_now_ms();

	return (struct consent_event){.subject = ADDRESS, .channel = "sms", .contact = CONTACT, .state = CONSENT_PENDING, .method = "doubt",
	    .evidence = "too many texts", .time_ms = now_ms - WHEN_DAY, .until_ms = now_ms + in_ms};
}

static void ask(int64_t in_ms)
{
	struct consent_event event = question(in_ms);

	assert_int_equal(consent_add(store, &event, &e), 0);
}

/* One that has lapsed by now. */
static void ask_and_wait(void)
{
	ask(2);
	while (consent_doubt_any_lapsed(store, &e) == 0)
		;
}

static bool is_open(const char *subject)
{
	struct consent_doubt doubt;
	int got = consent_doubt_find(store, subject, &doubt, &e);

	assert_true(got >= 0);
	return got;
}

static void assert_whole(void)
{
	struct consent_verdict verdict;

	assert_int_equal(consent_verify(store, directory, &verdict, &e), 0);
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
	if (event->state == CONSENT_OUT) {
		assert_string_equal(event->method, "no-answer");
		assert_string_equal(event->evidence, "too many texts");
		++*(int *)ctx;
	}
	return 0;
}

static void nobody_is_out_before_it_lapses(void **state)
{
	(void)state;
	say(ADDRESS, CONSENT_IN, "news");
	ask(WHEN_HOUR);
	assert_true(is_open(ADDRESS) && is_open(CONTACT));
	assert_int_equal(consent_doubt_any_lapsed(store, &e), 0);
	/* No yes of theirs counts meanwhile, and none is lost. */
	assert_int_equal(state_of(ADDRESS, "sms"), CONSENT_PENDING);
	assert_int_equal(state_of(CONTACT, "email"), CONSENT_PENDING);
	assert_whole();
	say(ADDRESS, CONSENT_IN, NULL);
	assert_false(is_open(ADDRESS) || is_open(CONTACT));
	assert_int_equal(state_of(ADDRESS, "sms"), CONSENT_IN);
	assert_int_equal(state_of(CONTACT, "email"), CONSENT_NONE);
	assert_whole();
}

static void who_lets_it_lapse_is_out_of_everything(void **state)
{
	bool may = false;
	int events = 0;

	(void)state;
	ask_and_wait();
	assert_int_equal(state_of(ADDRESS, "sms"), CONSENT_OUT);
	assert_int_equal(state_of(CONTACT, "email"), CONSENT_OUT);
	assert_int_equal(state_of("sms:+15551230002", "sms"), CONSENT_NONE);
	assert_int_equal(store_begin_read(store, &e), 0);
	assert_int_equal(consent_may_be_no(store, ADDRESS, &may, &e), 0);
	assert_true(may);
	assert_int_equal(store_commit(store, &e), 0);
	assert_whole();
	assert_int_equal(consent_doubt_catch_up(store, &e), 0);
	assert_false(is_open(ADDRESS));
	assert_int_equal(consent_each(store, NULL, count_event, &events, &e), 0);
	assert_int_equal(events, 2);
	assert_int_equal(state_of(ADDRESS, "sms"), CONSENT_OUT);
	assert_int_equal(state_of(CONTACT, "email"), CONSENT_OUT);
	assert_whole();
	/* Once is enough. */
	assert_int_equal(consent_doubt_catch_up(store, &e), 0);
	events = 0;
	assert_int_equal(consent_each(store, NULL, count_event, &events, &e), 0);
	assert_int_equal(events, 2);
}

static void whatever_is_said_about_everything_answers_it(void **state)
{
	struct consent_event purchase = {.subject = ADDRESS, .state = CONSENT_IN, .strength = CONSENT_IMPLIED, .basis = "purchase"};

	(void)state;
	ask(WHEN_HOUR);
	say(ADDRESS, CONSENT_IN, "news");
	assert_true(is_open(ADDRESS));
	/* What somebody buys is no answer. */
	assert_int_equal(consent_add(store, &purchase, &e), 0);
	assert_true(is_open(ADDRESS));
	assert_whole();
	say(CONTACT, CONSENT_IN, NULL);
	assert_false(is_open(ADDRESS));
	ask(WHEN_HOUR);
	say(ADDRESS, CONSENT_OUT, NULL);
	assert_false(is_open(ADDRESS));
	assert_whole();
}

static void a_yes_after_it_has_lapsed_comes_after_the_no(void **state)
{
	(void)state;
	ask_and_wait();
	say(ADDRESS, CONSENT_IN, NULL);
	assert_int_equal(state_of(ADDRESS, "sms"), CONSENT_IN);
	assert_int_equal(state_of(CONTACT, "sms"), CONSENT_OUT);
	assert_whole();
}

static void what_was_rolled_back_was_not_asked(void **state)
{
	(void)state;
	assert_int_equal(store_begin(store, &e), 0);
	ask(WHEN_HOUR);
	assert_true(is_open(ADDRESS));
	store_rollback(store);
	assert_false(is_open(ADDRESS));
	assert_int_equal(state_of(ADDRESS, "sms"), CONSENT_NONE);
}

static void what_is_recorded_after_its_time_opens_nothing(void **state)
{
	struct consent_event past = question(-WHEN_HOUR);
	int events = 0;

	(void)state;
	assert_int_equal(consent_add(store, &past, &e), 0);
	assert_false(is_open(ADDRESS));
	assert_whole();
	/* Who had answered in time is not out; who has not is. */
	assert_int_equal(store_begin(store, &e), 0);
	assert_int_equal(consent_doubt_settle_past(store, &past, &e), 0);
	assert_int_equal(store_commit(store, &e), 0);
	assert_int_equal(consent_each(store, NULL, count_event, &events, &e), 0);
	assert_int_equal(events, 2);
	assert_int_equal(store_begin(store, &e), 0);
	assert_int_equal(consent_doubt_settle_past(store, &past, &e), 0);
	assert_int_equal(store_commit(store, &e), 0);
	events = 0;
	assert_int_equal(consent_each(store, NULL, count_event, &events, &e), 0);
	assert_int_equal(events, 2);
	assert_whole();
}

static void forget(const char *subject)
{
	struct consent_event event = {.method = "letter"};
	struct consent_forgotten gone;

	assert_int_equal(store_begin(store, &e), 0);
	assert_int_equal(consent_forget(store, subject, &event, &gone, &e), 0);
	assert_int_equal(store_commit(store, &e), 0);
}

static void who_is_forgotten_amid_a_question_leaves_a_no_to_the_other(void **state)
{
	(void)state;
	ask(WHEN_HOUR);
	forget(CONTACT);
	assert_int_equal(state_of(ADDRESS, "sms"), CONSENT_OUT);
	assert_int_equal(state_of(CONTACT, "email"), CONSENT_OUT);
	assert_false(is_open(ADDRESS));
	assert_whole();
}

static void an_address_that_is_forgotten_after_its_question_has_lapsed_is_out_with_its_contact(void **state)
{
	(void)state;
	ask_and_wait();
	forget(ADDRESS);
	assert_int_equal(state_of(ADDRESS, "sms"), CONSENT_OUT);
	assert_int_equal(state_of(CONTACT, "email"), CONSENT_OUT);
	assert_whole();
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
	    CASE(what_is_recorded_after_its_time_opens_nothing),
	    CASE(who_is_forgotten_amid_a_question_leaves_a_no_to_the_other),
	    CASE(an_address_that_is_forgotten_after_its_question_has_lapsed_is_out_with_its_contact),
	};

	return cmocka_run_group_tests_name("consent_doubt", tests, NULL, NULL);
}
