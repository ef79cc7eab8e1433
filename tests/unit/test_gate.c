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

#include "common/line/when.h"
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

static void say_at(const char *subject, enum consent_state what, int64_t time_ms)
{
	struct consent_event event = {.subject = subject, .state = what, .time_ms = time_ms};
	struct err e;

	assert_int_equal(consent_add(store, &event, &e), 0);
}

static void say(const char *subject, const char *channel, const char *topic, enum consent_state what)
{
	struct consent_event event = {.subject = subject, .channel = channel, .topic = topic, .state = what, .time_ms = T0};
	struct err e;

	assert_int_equal(consent_add(store, &event, &e), 0);
}

static void say_worth(const char *subject, enum consent_strength strength, int64_t time_ms)
{
	struct consent_event event = {.subject = subject, .state = CONSENT_IN, .strength = strength, .time_ms = time_ms};
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
	struct requirements require = {NULL, 0};

	(void)state;
	gate.require = &require;
	requirements_set(&require, PURPOSE_MARKETING, CONSENT_UNSTATED);
	requirements_set(&require, PURPOSE_TRANSACTIONAL, CONSENT_IMPLIED);
	requirements_set(&require, PURPOSE_SERVICE, CONSENT_DOUBLE);
	assert_string_equal(ask_as("ana", NULL, PURPOSE_MARKETING), "allowed");
	assert_string_equal(ask_as("ana", NULL, PURPOSE_TRANSACTIONAL), "no-consent");
	say_worth(ANA, CONSENT_IMPLIED, T0);
	assert_string_equal(ask_as("ana", NULL, PURPOSE_TRANSACTIONAL), "allowed");
	assert_string_equal(ask_as("ana", NULL, PURPOSE_SERVICE), "consent-weak");
	assert_string_equal(answer.rule, "purposes.service.require");
	/* The one of the two that is worth more. */
	say_worth("contact:ana", CONSENT_DOUBLE, T0);
	assert_string_equal(ask_as("ana", NULL, PURPOSE_SERVICE), "allowed");
	assert_string_equal(ask_as(NULL, NULL, PURPOSE_SERVICE), "consent-weak");
	say(ANA, NULL, NULL, CONSENT_OUT);
	assert_string_equal(ask_as("ana", NULL, PURPOSE_MARKETING), "opted-out");
	requirements_clear(&require);
}

/* To a number, on a day after T0. */
static const char *market(const char *address, int day)
{
	struct address a;
	char subject[ADDRESS_BYTES];
	struct gate_question q = {.subject = subject, .channel = a.channel, .purpose = PURPOSE_MARKETING, .address = &a,
	    .now_ms = T0 + day * WHEN_DAY, .explain = true};
	struct err e;

	assert_int_equal(address_parse(address, &a, &e), 0);
	address_subject(&a, subject);
	assert_int_equal(gate_ask(&gate, &q, &answer, &e), 0);
	return answer.allowed ? "allowed" : answer.code;
}

static void what_is_needed_depends_on_the_place(void **state)
{
	static const char german[] = "sms:+491711234567", canadian[] = "sms:+16135550123", korean[] = "sms:+821012345678";

	(void)state;
	say_worth(german, CONSENT_EXPLICIT, T0);
	assert_string_equal(market(german, 1), "consent-weak");
	assert_string_equal(answer.rule, "consent/DE/marketing");
	assert_string_equal(answer.text, "marketing needs a double opt-in, and an explicit yes is recorded (consent/DE/marketing)");
	say_worth(german, CONSENT_DOUBLE, T0);
	assert_string_equal(market(german, 1), "allowed");
	assert_string_equal(answer.text, "a double opt-in since 2023-11-14, for consent/DE/marketing");
	say_worth(canadian, CONSENT_IMPLIED, T0);
	assert_string_equal(market(canadian, 181), "allowed");
	assert_string_equal(market(canadian, 183), "consent-lapsed");
	assert_string_equal(answer.rule, "implied/CA/*");
	say_worth(canadian, CONSENT_EXPLICIT, T0);
	assert_string_equal(market(canadian, 7310), "allowed");
	say_worth(korean, CONSENT_DOUBLE, T0);
	assert_string_equal(market(korean, 730), "allowed");
	assert_string_equal(market(korean, 731), "consent-lapsed");
}

static void imply(const char *subject, const char *basis, int day)
{
	struct consent_event event = {.subject = subject, .state = CONSENT_IN, .strength = CONSENT_IMPLIED, .basis = basis,
	    .time_ms = T0 + day * WHEN_DAY};
	struct err e;

	assert_int_equal(consent_add(store, &event, &e), 0);
}

static void an_implied_yes_lasts_as_long_as_what_implies_it(void **state)
{
	static const char canadian[] = "sms:+16135550123", british[] = "sms:+447700900123";

	(void)state;
	imply(canadian, "purchase", 0);
	imply(canadian, "Inquiry", 300);
	/* The latest is what stands; the earlier one outlives it. */
	assert_string_equal(market(canadian, 730), "allowed");
	assert_string_equal(answer.text, "an implied yes since 2023-11-14, for consent/CA/marketing, until 2025-11-14 (implied/CA/purchase)");
	assert_string_equal(market(canadian, 731), "consent-lapsed");
	assert_string_equal(answer.rule, "implied/CA/purchase");
	assert_string_equal(answer.text,
	    "marketing needs consent, even if implied, and an implied yes of 2023-11-14 has lapsed (implied/CA/purchase)");
	/* An earlier one that was recorded later changes nothing of it; a question takes all of them back. */
	imply(canadian, "contract", -100);
	assert_string_equal(market(canadian, 731), "consent-lapsed");
	say_at(canadian, CONSENT_PENDING, T0 + 310 * WHEN_DAY);
	assert_string_equal(market(canadian, 320), "consent-pending");
	imply(canadian, "inquiry", 320);
	assert_string_equal(market(canadian, 330), "allowed");
	assert_string_equal(market(canadian, 600), "consent-lapsed");
	assert_string_equal(answer.rule, "implied/CA/inquiry");
	/* Where the law sets no term there is none. */
	imply(british, "purchase", 0);
	assert_string_equal(market(british, 7310), "allowed");
	assert_string_equal(answer.text, "an implied yes since 2023-11-14, for consent/GB/marketing");
}

static void what_the_contact_has_bought_counts_for_their_address(void **state)
{
	struct address a;
	struct gate_question q = {.subject = "sms:+16135550123", .contact = "ana", .channel = "sms", .purpose = PURPOSE_MARKETING,
	    .address = &a, .now_ms = T0 + 400 * WHEN_DAY};
	struct err e;

	(void)state;
	assert_int_equal(address_parse(q.subject, &a, &e), 0);
	imply(q.subject, "inquiry", 100);
	imply("contact:ana", "purchase", 0);
	assert_int_equal(gate_ask(&gate, &q, &answer, &e), 0);
	assert_true(answer.allowed);
	say_at(q.subject, CONSENT_OUT, T0 + 200 * WHEN_DAY);
	assert_int_equal(gate_ask(&gate, &q, &answer, &e), 0);
	assert_string_equal(answer.code, "opted-out");
}

static void only_noes_can_be_asked_for(void **state)
{
	struct gate_question q = {.subject = ANA, .channel = "sms", .purpose = PURPOSE_MARKETING, .only_noes = true, .now_ms = T0};
	struct err e;

	(void)state;
	assert_int_equal(gate_ask(&gate, &q, &answer, &e), 0);
	assert_true(answer.allowed);
	say(ANA, NULL, NULL, CONSENT_OUT);
	assert_int_equal(gate_ask(&gate, &q, &answer, &e), 0);
	assert_string_equal(answer.code, "opted-out");
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
	    CASE(what_is_needed_depends_on_the_place),
	    CASE(an_implied_yes_lasts_as_long_as_what_implies_it),
	    CASE(what_the_contact_has_bought_counts_for_their_address),
	    CASE(only_noes_can_be_asked_for),
	    CASE(a_contact_alone_can_be_asked_about),
	    CASE(a_permit_lets_one_message_through),
	    CASE(a_contact_id_out_of_bounds_is_an_error),
	};

	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
