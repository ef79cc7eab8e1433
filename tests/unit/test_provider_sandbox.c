/* The sandbox: every outcome of the table in msg-providers(7), and how many parts a text message has. */
#include "tests/unit/rig.h"

#include "common/banned.h"

static int open_rig(void **state)
{
	struct rig *g = calloc(1, sizeof(*g));

	*state = g;
	rig_open(g, "accounts: {sandbox: {delivered: 2s, read: 5s}}\n", "sandbox");
	return 0;
}

static int close_rig(void **state)
{
	rig_close(*state);
	free(*state);
	return 0;
}

static void attempt(struct rig *g, const char *address, unsigned number)
{
	rig_leg(g, address, "{\"text\":\"hello\"}");
	g->d.attempt = number;
	rig_request(g);
	assert_int_equal(g->request.kind, REQUEST_LOCAL);
	rig_answer(g, REPLY_OK, 0, "");
}

/* Asks what became of it, so many milliseconds after it was accepted. */
static void ask(struct rig *g, const char *address, enum status known, int64_t after_ms)
{
	rig_leg(g, address, "{\"text\":\"hello\"}");
	g->d.provider_id = "SB0";
	g->d.status = known;
	g->d.accepted_ms = RIG_NOW_MS - after_ms;
	rig_answer(g, REPLY_OK, 0, "");
}

static void test_accepted(void **state)
{
	struct rig *g = *state;
	char first[128];

	attempt(g, "sms:+15551230001", 1);
	assert_verdict(g, STATUS_ACCEPTED, FAILURE_NONE, false);
	assert_int_equal(strncmp(g->verdict.provider_id, "SB", 2), 0);
	assert_int_equal(g->verdict.retry_after_ms, 2000);
	snprintf(first, sizeof(first), "%s", g->verdict.provider_id);
	attempt(g, "sms:+15551230001", 2);
	assert_string_equal(g->verdict.provider_id, first);
	rig_leg(g, "sms:+15551230001", "{\"text\":\"hello\"}");
	g->d.id = "m1.7.1";
	rig_answer(g, REPLY_OK, 0, "");
	assert_string_not_equal(g->verdict.provider_id, first);
	attempt(g, "mailto:ana@example.org", 1);
	assert_verdict(g, STATUS_ACCEPTED, FAILURE_NONE, false);
}

static void test_outcomes_at_once(void **state)
{
	struct rig *g = *state;

	attempt(g, "sms:+15551230003", 1);
	assert_verdict(g, STATUS_FAILED, FAILURE_INVALID_ADDRESS, false);
	assert_string_equal(g->verdict.code, "0003");
	attempt(g, "sms:+15551230004", 2);
	assert_verdict(g, STATUS_FAILED, FAILURE_PROVIDER, true);
	attempt(g, "sms:+15551230004", 3);
	assert_verdict(g, STATUS_ACCEPTED, FAILURE_NONE, false);
	attempt(g, "sms:+15551230005", 1);
	assert_verdict(g, STATUS_FAILED, FAILURE_RATE, true);
	assert_int_equal(g->verdict.retry_after_ms, 1000);
	attempt(g, "sms:+15551230007", 1);
	assert_verdict(g, STATUS_UNKNOWN, FAILURE_TIMEOUT, false);
	attempt(g, "sms:+15551230009", 1);
	assert_verdict(g, STATUS_FAILED, FAILURE_OPTED_OUT, false);
	attempt(g, "sms:+15551230006", 1);
	assert_verdict(g, STATUS_ACCEPTED, FAILURE_NONE, false);
}

static void test_the_digit_in_other_addresses(void **state)
{
	struct rig *g = *state;

	attempt(g, "mailto:fail+0003@example.org", 1);
	assert_verdict(g, STATUS_FAILED, FAILURE_INVALID_ADDRESS, false);
	attempt(g, "slack:#0009", 1);
	assert_verdict(g, STATUS_FAILED, FAILURE_OPTED_OUT, false);
	attempt(g, "fcm:abc0003xyz0007q12", 1);
	assert_verdict(g, STATUS_UNKNOWN, FAILURE_TIMEOUT, false);
	attempt(g, "mailto:x003@example.org", 1);
	assert_verdict(g, STATUS_ACCEPTED, FAILURE_NONE, false);
	attempt(g, "sms:+15551231003", 1);
	assert_verdict(g, STATUS_ACCEPTED, FAILURE_NONE, false);
}

static void test_rate_passes_without_costing_an_attempt(void **state)
{
	struct rig *g = *state;

	/* The engine does not count attempts that were throttled: asking again after the pause must end well. */
	attempt(g, "sms:+15551230005", 1);
	assert_verdict(g, STATUS_FAILED, FAILURE_RATE, true);
	g->d.now_ms += 1000;
	g->d.attempt = 2;
	rig_answer(g, REPLY_OK, 0, "");
	assert_verdict(g, STATUS_ACCEPTED, FAILURE_NONE, false);
}

static void test_delivered_then_read(void **state)
{
	struct rig *g = *state;

	ask(g, "whatsapp:+15551230001", STATUS_ACCEPTED, 1500);
	assert_verdict(g, STATUS_ACCEPTED, FAILURE_NONE, false);
	assert_int_equal(g->verdict.retry_after_ms, 500);
	ask(g, "whatsapp:+15551230001", STATUS_ACCEPTED, 60000);
	assert_verdict(g, STATUS_DELIVERED, FAILURE_NONE, false);
	assert_int_equal(g->verdict.time_ms, RIG_NOW_MS - 58000);
	ask(g, "whatsapp:+15551230001", STATUS_DELIVERED, 3000);
	assert_verdict(g, STATUS_DELIVERED, FAILURE_NONE, false);
	assert_int_equal(g->verdict.retry_after_ms, 2000);
	ask(g, "whatsapp:+15551230001", STATUS_DELIVERED, 60000);
	assert_verdict(g, STATUS_READ, FAILURE_NONE, false);
	assert_int_equal(g->verdict.time_ms, RIG_NOW_MS - 55000);
}

static void test_never_read(void **state)
{
	struct rig *g = *state;

	ask(g, "whatsapp:+15551230008", STATUS_DELIVERED, 60000);
	assert_verdict(g, STATUS_DELIVERED, FAILURE_NONE, false);
	ask(g, "sms:+15551230001", STATUS_DELIVERED, 60000);
	assert_verdict(g, STATUS_DELIVERED, FAILURE_NONE, false);
	assert_int_equal(g->verdict.retry_after_ms, -1);
	ask(g, "mailto:ana@example.org", STATUS_DELIVERED, 60000);
	assert_verdict(g, STATUS_DELIVERED, FAILURE_NONE, false);
}

static void test_never_delivered(void **state)
{
	struct rig *g = *state;

	ask(g, "sms:+15551230006", STATUS_ACCEPTED, 60000);
	assert_verdict(g, STATUS_ACCEPTED, FAILURE_NONE, false);
	ask(g, "sms:+15551230002", STATUS_ACCEPTED, 1000);
	assert_verdict(g, STATUS_ACCEPTED, FAILURE_NONE, false);
	ask(g, "sms:+15551230002", STATUS_ACCEPTED, 60000);
	assert_verdict(g, STATUS_UNDELIVERED, FAILURE_UNREACHABLE, false);
	assert_int_equal(g->verdict.time_ms, RIG_NOW_MS - 58000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_accepted, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_outcomes_at_once, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_the_digit_in_other_addresses, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_rate_passes_without_costing_an_attempt, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_delivered_then_read, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_never_read, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_never_delivered, open_rig, close_rig),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
