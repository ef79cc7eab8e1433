/* The gate: who may be written to, for which purpose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/policy/gate.h"

#include "common/banned.h"

#define ANA "sms:+15551230001"
#define T0 INT64_C(1700000000000)

static char directory[64];
static struct store *store;
static struct gate gate;
static struct gate_answer answer;

static int set_up(void **state)
{
	struct err e;

	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/msg-gate-XXXXXX");
	assert_non_null(mkdtemp(directory));
	assert_int_equal(store_open(directory, STORE_WRITE, &store, &e), 0);
	gate_init(&gate, store);
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = {"msg.db", "msg.db-wal", "msg.db-shm"};

	(void)state;
	store_close(store);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	return rmdir(directory);
}

static void say(const char *subject, const char *channel, const char *topic, enum consent_state what)
{
	struct consent_event event = {.subject = subject, .channel = channel, .topic = topic, .state = what, .time_ms = T0};
	struct err e;

	assert_int_equal(consent_add(store, &event, &e), 0);
}

static const char *ask_as(const char *contact, const char *topic, enum purpose purpose)
{
	struct gate_question q = {.subject = ANA, .contact = contact, .channel = "sms", .topic = topic, .purpose = purpose, .now_ms = T0};
	struct err e;

	assert_int_equal(gate_ask(&gate, &q, &answer, &e), 0);
	return answer.allowed ? "allowed" : answer.code;
}

static void without_a_ledger_only_marketing_is_refused(void **state)
{
	(void)state;
	gate_init(&gate, NULL);
	for (int p = PURPOSE_OTP; p <= PURPOSE_EMERGENCY; p++)
		assert_string_equal(ask_as("ana", NULL, (enum purpose)p), p == PURPOSE_MARKETING ? "no-consent" : "allowed");
	assert_string_equal(ask_as(NULL, NULL, PURPOSE_MARKETING), "no-consent");
	assert_int_equal(answer.failure, FAILURE_POLICY);
}

static void a_no_blocks_every_purpose(void **state)
{
	(void)state;
	say(ANA, "sms", NULL, CONSENT_OUT);
	for (int p = PURPOSE_OTP; p <= PURPOSE_EMERGENCY; p++) {
		assert_string_equal(ask_as(NULL, NULL, (enum purpose)p), "opted-out");
		assert_int_equal(answer.failure, FAILURE_OPTED_OUT);
	}
	assert_string_equal(answer.text, "out of sms since 2023-11-14T22:13:20.000Z");
}

static void a_no_of_the_contact_blocks_its_addresses(void **state)
{
	(void)state;
	say("contact:ana", NULL, NULL, CONSENT_OUT);
	say(ANA, "sms", NULL, CONSENT_IN);
	assert_string_equal(ask_as("ana", NULL, PURPOSE_OTP), "opted-out");
	assert_string_equal(ask_as("bo", NULL, PURPOSE_OTP), "allowed");
	assert_string_equal(ask_as(NULL, NULL, PURPOSE_OTP), "allowed");
}

static void marketing_needs_a_yes_of_either(void **state)
{
	(void)state;
	assert_string_equal(ask_as("ana", "offers", PURPOSE_MARKETING), "no-consent");
	say("contact:ana", NULL, "offers", CONSENT_PENDING);
	assert_string_equal(ask_as("ana", "offers", PURPOSE_MARKETING), "consent-pending");
	say("contact:ana", NULL, "offers", CONSENT_IN);
	assert_string_equal(ask_as("ana", "offers", PURPOSE_MARKETING), "allowed");
	assert_string_equal(ask_as("ana", "news", PURPOSE_MARKETING), "no-consent");
	assert_string_equal(ask_as(NULL, "offers", PURPOSE_MARKETING), "no-consent");
	say(ANA, "sms", "news", CONSENT_IN);
	assert_string_equal(ask_as("ana", "news", PURPOSE_MARKETING), "allowed");
}

static void requirements_can_be_set(void **state)
{
	(void)state;
	gate.require[PURPOSE_MARKETING] = CONSENT_NONE;
	gate.require[PURPOSE_TRANSACTIONAL] = CONSENT_PENDING;
	assert_string_equal(ask_as("ana", NULL, PURPOSE_MARKETING), "allowed");
	assert_string_equal(ask_as("ana", NULL, PURPOSE_TRANSACTIONAL), "no-consent");
	say(ANA, "sms", NULL, CONSENT_PENDING);
	assert_string_equal(ask_as("ana", NULL, PURPOSE_TRANSACTIONAL), "allowed");
}

static void a_contact_alone_can_be_asked_about(void **state)
{
	struct gate_question q = {.contact = "ana", .purpose = PURPOSE_SERVICE};
	struct err e;

	(void)state;
	assert_int_equal(gate_ask(&gate, &q, &answer, &e), 0);
	assert_true(answer.allowed);
	say("contact:ana", NULL, NULL, CONSENT_OUT);
	assert_int_equal(gate_ask(&gate, &q, &answer, &e), 0);
	assert_false(answer.allowed);
	assert_string_equal(answer.text, "contact is out of all channels since 2023-11-14T22:13:20.000Z");
}

static void a_permit_lets_one_message_through(void **state)
{
	struct gate_question q = {.subject = ANA, .channel = "sms", .purpose = PURPOSE_SERVICE, .message = "m1",
	    .text = "You are out.", .now_ms = T0};
	struct err e;

	(void)state;
	assert_int_equal(consent_permit(store, ANA, "m1", "You are out.", T0 + 1, &e), 0);
	/* Not used up by a message that needs none. */
	assert_int_equal(gate_ask(&gate, &q, &answer, &e), 0);
	assert_true(answer.allowed);
	assert_string_equal(answer.code, "");
	say(ANA, "sms", NULL, CONSENT_OUT);
	q.text = "Buy now!";
	assert_int_equal(gate_ask(&gate, &q, &answer, &e), 0);
	assert_false(answer.allowed);
	q.text = "You are out.";
	assert_int_equal(gate_ask(&gate, &q, &answer, &e), 0);
	assert_true(answer.allowed);
	assert_string_equal(answer.code, "permit");
	/* Another attempt at the same message. */
	assert_int_equal(gate_ask(&gate, &q, &answer, &e), 0);
	assert_true(answer.allowed);
	q.message = "m2";
	assert_int_equal(gate_ask(&gate, &q, &answer, &e), 0);
	assert_false(answer.allowed);
	q.message = "m1";
	q.now_ms = T0 + 2;
	assert_int_equal(gate_ask(&gate, &q, &answer, &e), 0);
	assert_false(answer.allowed);
}

static void a_contact_id_out_of_bounds_is_an_error(void **state)
{
	char id[80];
	struct gate_question q = {.subject = ANA, .contact = id, .channel = "sms", .purpose = PURPOSE_OTP};
	struct err e;

	(void)state;
	memset(id, 'a', sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	assert_int_equal(gate_ask(&gate, &q, &answer, &e), -1);
	assert_int_equal(e.code, EX_DATAERR);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(without_a_ledger_only_marketing_is_refused),
	    CASE(a_no_blocks_every_purpose),
	    CASE(a_no_of_the_contact_blocks_its_addresses),
	    CASE(marketing_needs_a_yes_of_either),
	    CASE(requirements_can_be_set),
	    CASE(a_contact_alone_can_be_asked_about),
	    CASE(a_permit_lets_one_message_through),
	    CASE(a_contact_id_out_of_bounds_is_an_error),
	};

	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
