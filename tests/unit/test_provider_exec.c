/* exec: the line a command gets, and what it says by printing or by its exit status. */
#include "tests/unit/rig.h"

#include "common/banned.h"

static int open_rig(void **state)
{
	struct rig *g = calloc(1, sizeof(*g));

	*state = g;
	rig_open(g, "accounts: {fax: {provider: exec, command: \"fax-send --queue\", timeout: 5s}}\n", "fax");
	rig_leg(g, "fax:123", "{\"text\":\"line\\nbreak\",\"to\":\"ana\",\"more\":[1]}");
	return 0;
}

static int close_rig(void **state)
{
	rig_close(*state);
	free(*state);
	return 0;
}

static void test_the_line(void **state)
{
	struct rig *g = *state;

	rig_request(g);
	assert_int_equal(g->request.kind, REQUEST_EXEC);
	assert_string_equal(g->request.command, "fax-send --queue");
	assert_int_equal(account_timeout_ms(g->account), 5000);
	assert_int_equal(strcspn(g->request.body.data, "\n"), g->request.body.len - 1);
	rig_assert_json(g, "{\"type\":\"message\",\"id\":\"m1\",\"delivery\":\"m1.7.0\",\"leg\":0,\"attempt\":1,\"channel\":\"fax\","
	    "\"address\":\"fax:123\",\"to\":\"123\",\"text\":\"line\\nbreak\",\"purpose\":\"transactional\",\"more\":[1]}");
}

static void test_exit_status(void **state)
{
	struct rig *g = *state;

	rig_answer(g, REPLY_OK, 0, "");
	assert_verdict(g, STATUS_ACCEPTED, FAILURE_NONE, false);
	rig_answer(g, REPLY_OK, 0, " \n\n");
	assert_verdict(g, STATUS_ACCEPTED, FAILURE_NONE, false);
	rig_answer(g, REPLY_OK, 75, "");
	assert_verdict(g, STATUS_FAILED, FAILURE_PROVIDER, true);
	rig_answer(g, REPLY_OK, 69, "");
	assert_verdict(g, STATUS_FAILED, FAILURE_NETWORK, true);
	rig_answer(g, REPLY_OK, 65, "");
	assert_verdict(g, STATUS_FAILED, FAILURE_CONTENT, false);
	rig_answer(g, REPLY_OK, 77, "");
	assert_verdict(g, STATUS_FAILED, FAILURE_AUTH, false);
	rig_answer(g, REPLY_OK, 127, "");
	assert_verdict(g, STATUS_FAILED, FAILURE_PROVIDER, false);
	assert_string_equal(g->verdict.text, "command ended with status 127");
	rig_answer(g, REPLY_TIMEOUT, 0, "");
	assert_verdict(g, STATUS_UNKNOWN, FAILURE_TIMEOUT, false);
	rig_answer(g, REPLY_BROKEN, 0, "");
	assert_verdict(g, STATUS_UNKNOWN, FAILURE_NETWORK, false);
	rig_answer(g, REPLY_TOO_LARGE, 0, "");
	assert_verdict(g, STATUS_UNKNOWN, FAILURE_PROVIDER, false);
}

static void test_a_receipt(void **state)
{
	struct rig *g = *state;

	rig_answer(g, REPLY_OK, 0,
	    "{\"type\":\"receipt\",\"status\":\"sent\",\"provider_id\":\"F7\",\"segments\":3,\"cost\":{\"amount\":\"0.10\",\"currency\":\"EUR\"}}\n");
	assert_verdict(g, STATUS_SENT, FAILURE_NONE, false);
	assert_string_equal(g->verdict.provider_id, "F7");
	assert_int_equal(g->verdict.segments, 3);
	assert_string_equal(g->verdict.amount, "0.10");
	assert_string_equal(g->verdict.currency, "EUR");
	rig_answer(g, REPLY_OK, 1, "dialling…\n{\"status\":\"delivered\"}\n\n");
	assert_verdict(g, STATUS_DELIVERED, FAILURE_NONE, false);
	rig_answer(g, REPLY_OK, 0, "{\"status\":\"failed\",\"error\":{\"class\":\"invalid-address\",\"code\":\"E1\",\"text\":\"no\\u0007fax\"}}");
	assert_verdict(g, STATUS_FAILED, FAILURE_INVALID_ADDRESS, false);
	assert_string_equal(g->verdict.code, "E1");
	assert_string_equal(g->verdict.text, "no fax");
	rig_answer(g, REPLY_OK, 0, "{\"status\":\"queued\",\"error\":{\"class\":\"unreachable\"}}");
	assert_verdict(g, STATUS_FAILED, FAILURE_UNREACHABLE, true);
	rig_answer(g, REPLY_OK, 0, "{\"status\":\"unknown\"}");
	assert_verdict(g, STATUS_UNKNOWN, FAILURE_PROVIDER, false);
	rig_answer(g, REPLY_OK, 0, "{\"status\":\"blocked\",\"error\":{\"class\":\"policy\"}}");
	assert_verdict(g, STATUS_BLOCKED, FAILURE_POLICY, false);
	rig_answer(g, REPLY_OK, 0, "{\"status\":\"duplicate\"}");
	assert_verdict(g, STATUS_ACCEPTED, FAILURE_NONE, false);
	rig_answer(g, REPLY_OK, 75, "{\"status\":\"failed\"}");
	assert_verdict(g, STATUS_FAILED, FAILURE_PROVIDER, true);
}

static void test_what_is_no_receipt(void **state)
{
	struct rig *g = *state;

	rig_answer(g, REPLY_OK, 0, "sent to 1 number\n");
	assert_verdict(g, STATUS_ACCEPTED, FAILURE_NONE, false);
	rig_answer(g, REPLY_OK, 0, "{\"status\":\"dancing\"}");
	assert_verdict(g, STATUS_UNKNOWN, FAILURE_PROVIDER, false);
	assert_contains(g->verdict.text, "status: ");
	rig_answer(g, REPLY_OK, 0, "{\"ok\":true}");
	assert_verdict(g, STATUS_UNKNOWN, FAILURE_PROVIDER, false);
	rig_answer(g, REPLY_OK, 3, "line busy\n");
	assert_verdict(g, STATUS_FAILED, FAILURE_PROVIDER, false);
	assert_string_equal(g->verdict.text, "line busy ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_the_line, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_exit_status, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_a_receipt, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_what_is_no_receipt, open_rig, close_rig),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
