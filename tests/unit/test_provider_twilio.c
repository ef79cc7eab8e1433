/* twilio: what is asked, and what its answers mean. */
#include "tests/unit/rig.h"

#include "common/banned.h"

#define SID "AC0123456789abcdef0123456789abcdef"
#define SERVICE "MG0123456789abcdef0123456789abcdef"
#define ACCOUNT "accounts:\n  twilio:\n    account_sid: " SID "\n    auth_token: env:RIG_TOKEN\n"

static int open_rig(void **state)
{
	struct rig *g = calloc(1, sizeof(*g));

	*state = g;
	setenv("RIG_TOKEN", "tokentoken", 1);
	rig_open(g, ACCOUNT "    from: \"+15550001111\"\n", "twilio");
	return 0;
}

static int close_rig(void **state)
{
	rig_close(*state);
	free(*state);
	return 0;
}

static void test_a_text_message(void **state)
{
	struct rig *g = *state;

	rig_leg(g, "sms:+15551230001", "{\"text\":\"Ride & go: 5€\"}");
	rig_request(g);
	assert_int_equal(g->request.kind, REQUEST_HTTP);
	assert_string_equal(g->request.method, "POST");
	assert_string_equal(g->request.url, "https://api.twilio.com/2010-04-01/Accounts/" SID "/Messages.json");
	assert_string_equal(g->request.user, SID);
	assert_string_equal(g->request.password, "tokentoken");
	assert_string_equal(rig_header(g, "Content-Type"), "application/x-www-form-urlencoded");
	assert_string_equal(g->request.body.data, "To=%2B15551230001&From=%2B15550001111&Body=Ride%20%26%20go%3A%205%E2%82%AC");
}

static void test_media_buttons_and_expiry(void **state)
{
	struct rig *g = *state;

	rig_leg(g, "whatsapp:+15551230001",
	    "{\"text\":\"Come\",\"from\":\"+15550002222\",\"expires\":\"2026-11-24T08:10:00Z\","
	    "\"media\":[{\"url\":\"https://x.example/a.png\"},{\"url\":\"https://x.example/b.png\"}],"
	    "\"buttons\":[{\"text\":\"Yes\",\"reply\":\"1\"},{\"text\":\"Track\",\"url\":\"https://x.example/t\"}]}");
	rig_request(g);
	assert_string_equal(g->request.body.data,
	    "To=whatsapp%3A%2B15551230001&From=whatsapp%3A%2B15550002222"
	    "&Body=Come%0Ahttps%3A%2F%2Fx.example%2Fb.png%0ATrack%3A%20https%3A%2F%2Fx.example%2Ft%0AReply%201%20for%20Yes"
	    "&MediaUrl=https%3A%2F%2Fx.example%2Fa.png&ValidityPeriod=600");
}

static void test_services_keys_and_callbacks(void **state)
{
	struct rig g;

	(void)state;
	rig_open(&g,
	    "accounts:\n  t:\n    provider: twilio\n    account_sid: " SID "\n    api_key: SKkey\n    api_secret: env:RIG_TOKEN\n"
	    "    messaging_service: " SERVICE "\n    status_callback: \"https://me.example/cb?a=b\"\n    url: \"http://127.0.0.1:9/x/\"\n", "t");
	rig_leg(&g, "sms:+15551230001", "{\"text\":\"hi\"}");
	rig_request(&g);
	assert_string_equal(g.request.url, "http://127.0.0.1:9/x/2010-04-01/Accounts/" SID "/Messages.json");
	assert_string_equal(g.request.user, "SKkey");
	assert_string_equal(g.request.body.data,
	    "To=%2B15551230001&MessagingServiceSid=" SERVICE "&Body=hi&StatusCallback=https%3A%2F%2Fme.example%2Fcb%3Fa%3Db%26delivery%3Dm1.7.0");
	rig_leg(&g, "tel:+15551230001", "{\"text\":\"hi\"}");
	assert_int_equal(rig_ask(&g), -1);
	assert_int_equal(g.e.code, EX_CONFIG);
	assert_contains(g.e.text, "from: no sender for voice");
	rig_close(&g);
}

static void test_a_call(void **state)
{
	struct rig *g = *state;

	rig_leg(g, "tel:+15551230001", "{\"text\":\"Disk <full> & \\\"hot\\\"\",\"lang\":\"es\"}");
	rig_request(g);
	assert_string_equal(g->request.url, "https://api.twilio.com/2010-04-01/Accounts/" SID "/Calls.json");
	assert_string_equal(g->request.body.data,
	    "To=%2B15551230001&From=%2B15550001111&Twiml=%3CResponse%3E%3CSay%20language%3D%22es-ES%22%3E"
	    "Disk%20%26lt%3Bfull%26gt%3B%20%26amp%3B%20%26quot%3Bhot%26quot%3B%3C%2FSay%3E%3C%2FResponse%3E");
}

static void assert_unsendable(struct rig *g, const char *address, const char *message, const char *text)
{
	rig_leg(g, address, message);
	assert_int_equal(rig_ask(g), -1);
	assert_int_equal(g->e.code, EX_DATAERR);
	assert_contains(g->e.text, text);
}

static void test_what_cannot_go(void **state)
{
	struct rig *g = *state;
	struct buf b;

	assert_unsendable(g, "sms:+15551230001", "{\"media\":[{\"path\":\"/etc/hosts\"}]}", "media[0].path: twilio takes media by URL alone");
	assert_unsendable(g, "sms:+15551230001", "{\"text\":\"\"}", "text: empty");
	assert_unsendable(g, "tel:+15551230001", "{\"text\":\"\"}", "text: empty");
	buf_init(&b, 1 << 16);
	buf_add_text(&b, "{\"text\":\"");
	for (int i = 0; i < 1601; i++)
		buf_add_text(&b, "é");
	buf_add_text(&b, "\"}");
	assert_unsendable(g, "sms:+15551230001", b.data, "text: 11 segments (1601 septets of GSM-7), at most 10 (channels.sms.max_segments)");
	buf_clear(&b);
}

static void test_taken(void **state)
{
	struct rig *g = *state;

	rig_leg(g, "sms:+15551230001", "{\"text\":\"hi\"}");
	rig_answer(g, REPLY_OK, 201,
	    "{\"sid\":\"SM12\",\"status\":\"queued\",\"num_segments\":\"2\",\"price\":\"-0.00750\",\"price_unit\":\"USD\",\"error_code\":null}");
	assert_verdict(g, STATUS_ACCEPTED, FAILURE_NONE, false);
	assert_string_equal(g->verdict.provider_id, "SM12");
	assert_int_equal(g->verdict.segments, 2);
	assert_string_equal(g->verdict.amount, "0.00750");
	assert_string_equal(g->verdict.currency, "USD");
	rig_answer(g, REPLY_OK, 201, "{\"sid\":\"SM12\",\"status\":\"sent\",\"price\":null,\"price_unit\":\"USD\"}");
	assert_verdict(g, STATUS_SENT, FAILURE_NONE, false);
	assert_string_equal(g->verdict.amount, "");
	assert_string_equal(g->verdict.currency, "");
}

static void assert_error(struct rig *g, long http, const char *body, enum failure failure, bool retry, const char *code)
{
	rig_answer(g, REPLY_OK, http, body);
	assert_verdict(g, STATUS_FAILED, failure, retry);
	assert_string_equal(g->verdict.code, code);
}

static void test_errors(void **state)
{
	struct rig *g = *state;

	rig_leg(g, "sms:+15551230001", "{\"text\":\"hi\"}");
	assert_error(g, 400, "{\"code\":21610,\"message\":\"Attempt to send to unsubscribed recipient\",\"status\":400}", FAILURE_OPTED_OUT,
	    false, "21610");
	assert_string_equal(g->verdict.text, "Attempt to send to unsubscribed recipient");
	assert_error(g, 400, "{\"code\":21211}", FAILURE_INVALID_ADDRESS, false, "21211");
	assert_error(g, 400, "{\"code\":21617}", FAILURE_CONTENT, false, "21617");
	assert_error(g, 400, "{\"code\":21408}", FAILURE_POLICY, false, "21408");
	assert_error(g, 400, "{\"code\":21606}", FAILURE_PROVIDER, false, "21606");
	assert_error(g, 401, "{\"code\":20003,\"message\":\"tokentoken is wrong\"}", FAILURE_AUTH, false, "20003");
	assert_string_equal(g->verdict.text, "*** is wrong");
	assert_error(g, 429, "{\"code\":20429}", FAILURE_RATE, true, "20429");
	assert_int_equal(g->verdict.retry_after_ms, 3000);
	assert_error(g, 400, "{\"code\":99999}", FAILURE_CONTENT, false, "99999");
	assert_error(g, 500, "{\"code\":20500}", FAILURE_PROVIDER, true, "20500");
	rig_assert_http(g);
}

static void test_a_page_in_between_is_no_answer(void **state)
{
	struct rig *g = *state;

	rig_leg(g, "sms:+15551230001", "{\"text\":\"hi\"}");
	rig_answer(g, REPLY_OK, 200, "<html>please log in</html>");
	assert_verdict(g, STATUS_UNKNOWN, FAILURE_PROVIDER, false);
	rig_answer(g, REPLY_OK, 200, "");
	assert_verdict(g, STATUS_UNKNOWN, FAILURE_PROVIDER, false);
	rig_answer(g, REPLY_OK, 201, "[1,2]");
	assert_verdict(g, STATUS_UNKNOWN, FAILURE_PROVIDER, false);
}

static void poll_answer(struct rig *g, const char *id, enum reply_error error, long http, const char *body)
{
	rig_leg(g, "sms:+15551230001", "{\"text\":\"hi\"}");
	g->d.provider_id = id;
	g->d.status = STATUS_ACCEPTED;
	rig_answer(g, error, http, body);
}

static void test_asking_what_became_of_it(void **state)
{
	struct rig *g = *state;
	const struct provider *p = account_provider(g->account);

	rig_leg(g, "sms:+15551230001", "{\"text\":\"hi\"}");
	g->d.provider_id = "SM12";
	assert_int_equal(p->poll(&g->d, &g->request, &g->e), 0);
	assert_string_equal(g->request.method, "GET");
	assert_string_equal(g->request.url, "https://api.twilio.com/2010-04-01/Accounts/" SID "/Messages/SM12.json");
	request_clear(&g->request);
	g->d.provider_id = "CA/../12";
	assert_int_equal(p->poll(&g->d, &g->request, &g->e), 0);
	assert_string_equal(g->request.url, "https://api.twilio.com/2010-04-01/Accounts/" SID "/Calls/CA%2F..%2F12.json");

	poll_answer(g, "SM12", REPLY_OK, 200, "{\"sid\":\"SM12\",\"status\":\"delivered\",\"num_segments\":\"1\"}");
	assert_verdict(g, STATUS_DELIVERED, FAILURE_NONE, false);
	poll_answer(g, "SM12", REPLY_OK, 200, "{\"sid\":\"SM12\",\"status\":\"undelivered\",\"error_code\":30005,\"error_message\":\"Unknown\"}");
	assert_verdict(g, STATUS_UNDELIVERED, FAILURE_INVALID_ADDRESS, false);
	poll_answer(g, "SM12", REPLY_OK, 200, "{\"sid\":\"SM12\",\"status\":\"failed\",\"error_code\":30001}");
	assert_verdict(g, STATUS_FAILED, FAILURE_PROVIDER, false);
	poll_answer(g, "CA12", REPLY_OK, 200, "{\"sid\":\"CA12\",\"status\":\"no-answer\"}");
	assert_verdict(g, STATUS_UNDELIVERED, FAILURE_UNREACHABLE, false);
	poll_answer(g, "CA12", REPLY_OK, 200, "{\"sid\":\"CA12\",\"status\":\"completed\"}");
	assert_verdict(g, STATUS_DELIVERED, FAILURE_NONE, false);
}

static void test_a_question_that_fails_says_nothing(void **state)
{
	struct rig *g = *state;

	poll_answer(g, "SM12", REPLY_OK, 503, "");
	assert_verdict(g, STATUS_ACCEPTED, FAILURE_NONE, false);
	poll_answer(g, "SM12", REPLY_OK, 404, "{\"code\":20404}");
	assert_verdict(g, STATUS_ACCEPTED, FAILURE_NONE, false);
	poll_answer(g, "SM12", REPLY_TIMEOUT, 0, "");
	assert_verdict(g, STATUS_ACCEPTED, FAILURE_NONE, false);
	poll_answer(g, "SM12", REPLY_OK, 200, "{\"sid\":\"SM99\",\"status\":\"failed\"}");
	assert_verdict(g, STATUS_ACCEPTED, FAILURE_NONE, false);
	poll_answer(g, "SM12", REPLY_OK, 200, "{\"sid\":\"SM12\",\"status\":\"dancing\"}");
	assert_verdict(g, STATUS_ACCEPTED, FAILURE_NONE, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_a_text_message, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_media_buttons_and_expiry, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_services_keys_and_callbacks, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_a_call, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_what_cannot_go, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_taken, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_errors, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_a_page_in_between_is_no_answer, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_asking_what_became_of_it, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_a_question_that_fails_says_nothing, open_rig, close_rig),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
