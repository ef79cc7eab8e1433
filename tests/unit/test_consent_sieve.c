/* Who may have said no, or anything: never wrong about what was said, and quick about the rest once much has been asked. */
#include "common/store/consent.h"
#include "common/store/consent_sieve.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/compat.h"

#include "common/banned.h"

static char directory[64];
static struct store *store, *other;
static struct err e;

static int set_up(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/msg-sieve-XXXXXX");
	assert_non_null(mkdtemp(directory));
	assert_int_equal(store_open(directory, STORE_WRITE, &store, &e), 0);
	assert_int_equal(store_open(directory, STORE_WRITE, &other, &e), 0);
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = {"msg.db", "msg.db-wal", "msg.db-shm", "msg.lock"};

	(void)state;
	store_close(store);
	store_close(other);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	return rmdir(directory);
}

static void say(struct store *s, const char *subject, enum consent_state what)
{
	struct consent_event event = {.subject = subject, .state = what, .evidence = "words"};

	assert_int_equal(consent_add(s, &event, &e), 0);
}

static bool may_be_no(const char *subject)
{
	bool may = false;

	assert_int_equal(consent_may_be_no(store, subject, &may, &e), 0);
	return may;
}

/* One question in a transaction of its own. */
static bool may(const char *subject)
{
	bool result;

	assert_int_equal(store_begin_read(store, &e), 0);
	result = may_be_no(subject);
	assert_int_equal(store_commit(store, &e), 0);
	return result;
}

/* Until it knows: an address that nobody has ever heard of is then certain. */
static void ask_much(void)
{
	for (int i = 0; i < 10000; i++)
		if (!may("sms:+15550000000"))
			return;
	fail_msg("it never learns");
}

static void test_without_a_transaction_or_many_questions_it_does_not_know(void **state)
{
	(void)state;
	say(store, "sms:+15551230001", CONSENT_OUT);
	assert_true(may("sms:+15551230001"));
	assert_true(may("sms:+15551230002"));
	ask_much();
	assert_true(may_be_no("sms:+15551230002"));
	assert_false(may("sms:+15551230002"));
	assert_true(may("sms:+15551230001"));
}

static void test_many_noes(void **state)
{
	char subject[32];

	(void)state;
	assert_int_equal(store_begin(store, &e), 0);
	for (int i = 0; i < 3000; i++) {
		snprintf(subject, sizeof(subject), "sms:+1555%07d", i + 1);
		say(store, subject, i % 3 ? CONSENT_OUT : CONSENT_IN);
	}
	assert_int_equal(store_commit(store, &e), 0);
	ask_much();
	for (int i = 0; i < 3000; i++) {
		snprintf(subject, sizeof(subject), "sms:+1555%07d", i + 1);
		assert_int_equal(may(subject), i % 3 != 0);
	}
}

/* More than there was room for when the noes were read: they are read again, and none is missed. */
static void test_more_noes_than_were_foreseen(void **state)
{
	char subject[32];
	int wrong = 0;

	(void)state;
	ask_much();
	assert_int_equal(store_begin(other, &e), 0);
	for (int i = 0; i < 9000; i++) {
		snprintf(subject, sizeof(subject), "sms:+1555%07d", i);
		say(other, subject, CONSENT_OUT);
	}
	assert_int_equal(store_commit(other, &e), 0);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 9000; i++) {
			snprintf(subject, sizeof(subject), "sms:+1555%07d", i);
			assert_true(may(subject));
			snprintf(subject, sizeof(subject), "sms:+1666%07d", i);
			wrong += may(subject);
		}
	assert_in_range(wrong, 0, 18000 / 50);
}

static void test_a_no_from_elsewhere_counts_from_the_next_transaction_on(void **state)
{
	(void)state;
	ask_much();
	assert_false(may("sms:+15551230001"));
	say(other, "sms:+15551230001", CONSENT_OUT);
	say(other, "sms:+15551230002", CONSENT_IN);
	assert_true(may("sms:+15551230001"));
	assert_false(may("sms:+15551230002"));
	say(other, "sms:+15551230001", CONSENT_IN);
	say(other, "sms:+15551230002", CONSENT_OUT);
	assert_true(may("sms:+15551230002"));
}

static void test_an_own_no_counts_at_once(void **state)
{
	(void)state;
	ask_much();
	assert_int_equal(store_begin(store, &e), 0);
	assert_false(may_be_no("sms:+15551230001"));
	say(store, "sms:+15551230001", CONSENT_OUT);
	assert_true(may_be_no("sms:+15551230001"));
	assert_int_equal(store_commit(store, &e), 0);
	assert_true(may("sms:+15551230001"));
}

/* The place in the ledger that was rolled back is somebody else's now. */
static void test_a_rollback_forgets_the_place(void **state)
{
	(void)state;
	ask_much();
	assert_int_equal(store_begin(store, &e), 0);
	say(store, "sms:+15551230001", CONSENT_OUT);
	assert_true(may_be_no("sms:+15551230001"));
	store_rollback(store);
	say(other, "sms:+15551230002", CONSENT_OUT);
	assert_true(may("sms:+15551230002"));
	ask_much();
	assert_true(may("sms:+15551230002"));
	assert_false(may("sms:+15551230001"));
}

static enum consent_state state_of(const char *subject, const char *channel)
{
	struct consent_view view;

	assert_int_equal(consent_view(store, subject, channel, NULL, &view, &e), 0);
	return view.state;
}

/* One question in a transaction of its own. */
static enum consent_state look(const char *subject, const char *channel)
{
	enum consent_state result;

	assert_int_equal(store_begin_read(store, &e), 0);
	result = state_of(subject, channel);
	assert_int_equal(store_commit(store, &e), 0);
	return result;
}

static bool may_be_known(const char *subject)
{
	bool may = false;

	assert_int_equal(store_begin_read(store, &e), 0);
	assert_int_equal(consent_sieve_may(store, CONSENT_SIEVE_ANY, subject, &may, &e), 0);
	assert_int_equal(store_commit(store, &e), 0);
	return may;
}

/* Until it knows who is in the ledger. */
static void look_much(void)
{
	for (int i = 0; i < 10000; i++) {
		look("sms:+15550000000", "sms");
		if (!may_be_known("sms:+15550000000"))
			return;
	}
	fail_msg("it never learns");
}

static void test_whoever_has_said_something_is_found(void **state)
{
	(void)state;
	say(store, "sms:+15551230001", CONSENT_IN);
	say(store, "sms:+15551230002", CONSENT_OUT);
	look_much();
	assert_int_equal(look("sms:+15551230001", "sms"), CONSENT_IN);
	assert_int_equal(look("sms:+15551230002", "sms"), CONSENT_OUT);
	assert_int_equal(look("sms:+15551230003", "sms"), CONSENT_NONE);
	say(other, "sms:+15551230003", CONSENT_IN);
	assert_int_equal(look("sms:+15551230003", "sms"), CONSENT_IN);
	assert_false(may_be_known("sms:+15551230004"));
}

/* A look-up that finds something is none that it could have saved: it does not read a ledger for that. */
static void test_it_is_not_read_for_those_who_are_known(void **state)
{
	(void)state;
	say(store, "sms:+15551230001", CONSENT_IN);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(look("sms:+15551230001", "sms"), CONSENT_IN);
	assert_true(may_be_known("sms:+15550000000"));
}

static void test_a_contact_is_kept_for_its_transaction_alone(void **state)
{
	(void)state;
	say(store, "contact:ana", CONSENT_IN);
	assert_int_equal(store_begin_read(store, &e), 0);
	assert_int_equal(state_of("contact:ana", "sms"), CONSENT_IN);
	say(other, "contact:ana", CONSENT_OUT);
	assert_int_equal(state_of("contact:ana", "email"), CONSENT_IN);
	assert_int_equal(store_commit(store, &e), 0);
	assert_int_equal(look("contact:ana", "email"), CONSENT_OUT);
}

static void test_an_own_event_of_a_contact_counts_at_once(void **state)
{
	struct consent_event sms = {.subject = "contact:ana", .channel = "sms", .state = CONSENT_OUT};

	(void)state;
	assert_int_equal(store_begin(store, &e), 0);
	say(store, "contact:ana", CONSENT_IN);
	assert_int_equal(state_of("contact:ana", "sms"), CONSENT_IN);
	assert_int_equal(consent_add(store, &sms, &e), 0);
	assert_int_equal(state_of("contact:ana", "sms"), CONSENT_OUT);
	assert_int_equal(state_of("contact:ana", "email"), CONSENT_IN);
	store_rollback(store);
	assert_int_equal(look("contact:ana", "email"), CONSENT_NONE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_without_a_transaction_or_many_questions_it_does_not_know),
	    TEST(test_many_noes),
	    TEST(test_more_noes_than_were_foreseen),
	    TEST(test_a_no_from_elsewhere_counts_from_the_next_transaction_on),
	    TEST(test_an_own_no_counts_at_once),
	    TEST(test_a_rollback_forgets_the_place),
	    TEST(test_whoever_has_said_something_is_found),
	    TEST(test_it_is_not_read_for_those_who_are_known),
	    TEST(test_a_contact_is_kept_for_its_transaction_alone),
	    TEST(test_an_own_event_of_a_contact_counts_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
