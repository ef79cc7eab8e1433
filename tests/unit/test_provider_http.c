/* slack, ntfy and webhook: what is asked, and what the answers mean. */
#include "tests/unit/rig.h"

#include "common/banned.h"

static void assert_unsendable(struct rig *g, const char *address, const char *message, const char *text)
{
	rig_leg(g, address, message);
	assert_int_equal(rig_ask(g), -1);
	assert_int_equal(g->e.code, EX_DATAERR);
	assert_contains(g->e.text, text);
}

static void assert_error(struct rig *g, long http, const char *body, enum failure failure, bool retry, const char *code)
{
	rig_answer(g, REPLY_OK, http, body);
	assert_verdict(g, STATUS_FAILED, failure, retry);
	assert_string_equal(g->verdict.code, code);
}

/* The body as a JSON object again: each field of the form, `blocks` as what it holds. */
static void unform(struct rig *g)
{
	json_t *fields = json_object(), *blocks;
	char *text = strdup(g->request.body.data), *next = text;

	while (next) {
		char *name = next, *value = strchr(name, '='), *out, *in;

		next = strchr(name, '&');
		if (next)
			*next++ = '\0';
		*value++ = '\0';
		for (in = out = value; *in; in++)
			if (*in == '%') {
				*out++ = (char)strtol((char[]){in[1], in[2], '\0'}, NULL, 16);
				in += 2;
			} else {
				*out++ = *in;
			}
		*out = '\0';
		json_object_set_new(fields, name, json_string(value));
	}
	if (json_object_get(fields, "blocks")) {
		blocks = json_loads(json_string_value(json_object_get(fields, "blocks")), 0, NULL);
		assert_non_null(blocks);
		json_object_set_new(fields, "blocks", blocks);
	}
	free(text);
	text = json_dumps(fields, 0);
	buf_reset(&g->request.body);
	buf_add_text(&g->request.body, text);
	free(text);
	json_decref(fields);
}

static void test_slack_plain(void **state)
{
	struct rig g;

	(void)state;
	setenv("RIG_TOKEN", "xoxb-secret", 1);
	rig_open(&g, "accounts: {slack: {token: env:RIG_TOKEN}}\n", "slack");
	rig_leg(&g, "slack:#ops", "{\"text\":\"a & b <!channel>\",\"subject\":\"Disk\",\"thread\":\"C1/1503435956.000247\"}");
	rig_request(&g);
	assert_string_equal(g.request.url, "https://slack.com/api/chat.postMessage");
	assert_string_equal(rig_header(&g, "Authorization"), "Bearer xoxb-secret");
	assert_string_equal(rig_header(&g, "Content-Type"), "application/x-www-form-urlencoded");
	unform(&g);
	rig_assert_json(&g, "{\"channel\":\"#ops\",\"text\":\"*Disk*\\na &amp; b &lt;!channel&gt;\",\"thread_ts\":\"1503435956.000247\"}");
	rig_leg(&g, "slack:C1", "{\"text\":\"x\",\"thread\":\"not-a-time\"}");
	rig_request(&g);
	unform(&g);
	rig_assert_json(&g, "{\"channel\":\"C1\",\"text\":\"x\"}");
	rig_close(&g);
}

static void test_slack_blocks(void **state)
{
	struct rig g;

	(void)state;
	rig_open(&g, "accounts: {slack: {token: env:RIG_TOKEN, markup: true, url: \"http://127.0.0.1:1/api/\"}}\n", "slack");
	rig_leg(&g, "slack:C1",
	    "{\"text\":\"<@U1> ok?\",\"media\":[{\"url\":\"https://x.example/a.png\",\"type\":\"image/png\",\"alt\":\"graph\"},"
	    "{\"url\":\"https://x.example/log\"}],\"buttons\":[{\"text\":\"Yes\",\"reply\":\"y\"},{\"text\":\"No\"},"
	    "{\"text\":\"Open\",\"url\":\"https://x.example/\"}]}");
	rig_request(&g);
	assert_string_equal(g.request.url, "http://127.0.0.1:1/api/chat.postMessage");
	unform(&g);
	rig_assert_json(&g,
	    "{\"text\":\"<@U1> ok?\\nhttps://x.example/log\",\"channel\":\"C1\",\"blocks\":["
	    "{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"text\":\"<@U1> ok?\\nhttps://x.example/log\"}},"
	    "{\"type\":\"image\",\"image_url\":\"https://x.example/a.png\",\"alt_text\":\"graph\"},"
	    "{\"type\":\"actions\",\"elements\":["
	    "{\"type\":\"button\",\"action_id\":\"button-1\",\"text\":{\"type\":\"plain_text\",\"text\":\"Yes\"},\"value\":\"y\"},"
	    "{\"type\":\"button\",\"action_id\":\"button-2\",\"text\":{\"type\":\"plain_text\",\"text\":\"No\"},\"value\":\"No\"},"
	    "{\"type\":\"button\",\"action_id\":\"button-3\",\"text\":{\"type\":\"plain_text\",\"text\":\"Open\"},\"url\":\"https://x.example/\"}"
	    "]}]}");
	assert_unsendable(&g, "slack:C1", "{\"media\":[{\"path\":\"x\"}]}", "slack takes media by URL alone");
	assert_unsendable(&g, "slack:C1", "{\"text\":\"x\",\"buttons\":[{\"text\":\"\"}]}", "buttons[0].text: empty");
	rig_close(&g);
}

static void test_slack_long_texts_go_on_in_the_next_section(void **state)
{
	json_t *body, *blocks;
	struct buf b;
	struct rig g;
	size_t total = 0;

	(void)state;
	rig_open(&g, "accounts: {slack: {token: env:RIG_TOKEN}}\n", "slack");
	buf_init(&b, 1 << 16);
	buf_add_text(&b, "{\"buttons\":[{\"text\":\"Yes\"}],\"text\":\"a");
	for (int i = 0; i < 3500; i++)
		buf_add_text(&b, "é");
	buf_add_text(&b, "\"}");
	rig_leg(&g, "slack:C1", b.data);
	rig_request(&g);
	unform(&g);
	body = json_loads(g.request.body.data, 0, NULL);
	blocks = json_object_get(body, "blocks");
	assert_int_equal(json_array_size(blocks), 4);
	for (size_t i = 0; i < 3; i++)
		total += json_string_length(json_object_get(json_object_get(json_array_get(blocks, i), "text"), "text"));
	assert_int_equal(total, 7001);
	json_decref(body);
	buf_clear(&b);
	rig_close(&g);
}

static void test_slack_answers(void **state)
{
	struct rig g;

	(void)state;
	rig_open(&g, "accounts: {slack: {token: env:RIG_TOKEN}}\n", "slack");
	rig_leg(&g, "slack:C1", "{\"text\":\"x\"}");
	rig_answer(&g, REPLY_OK, 200, "{\"ok\":true,\"channel\":\"C1\",\"ts\":\"1503435956.000247\",\"message\":{}}");
	assert_verdict(&g, STATUS_ACCEPTED, FAILURE_NONE, false);
	assert_string_equal(g.verdict.provider_id, "C1/1503435956.000247");
	assert_error(&g, 200, "{\"ok\":false,\"error\":\"channel_not_found\"}", FAILURE_INVALID_ADDRESS, false, "channel_not_found");
	assert_error(&g, 200, "{\"ok\":false,\"error\":\"msg_too_long\"}", FAILURE_CONTENT, false, "msg_too_long");
	assert_error(&g, 200, "{\"ok\":false,\"error\":\"token_revoked\"}", FAILURE_AUTH, false, "token_revoked");
	assert_error(&g, 200, "{\"ok\":false,\"error\":\"restricted_action\"}", FAILURE_POLICY, false, "restricted_action");
	assert_error(&g, 429, "{\"ok\":false,\"error\":\"ratelimited\"}", FAILURE_RATE, true, "ratelimited");
	assert_int_equal(g.verdict.retry_after_ms, 3000);
	assert_error(&g, 200, "{\"ok\":false,\"error\":\"something_new\"}", FAILURE_PROVIDER, false, "something_new");
	rig_answer(&g, REPLY_OK, 200, "<html>");
	assert_verdict(&g, STATUS_UNKNOWN, FAILURE_PROVIDER, false);
	rig_assert_http(&g);
	rig_close(&g);
}

static void test_slack_webhook(void **state)
{
	struct rig g;

	(void)state;
	setenv("RIG_HOOK", "https://hooks.slack.example/services/T0/B0/verysecret", 1);
	rig_open(&g, "accounts: {slack: {webhook: env:RIG_HOOK}}\n", "slack");
	rig_leg(&g, "slack:#ops", "{\"text\":\"x\"}");
	rig_request(&g);
	assert_string_equal(g.request.url, "https://hooks.slack.example/services/T0/B0/verysecret");
	assert_null(rig_header(&g, "Authorization"));
	assert_string_equal(rig_header(&g, "Content-Type"), "application/json; charset=utf-8");
	rig_assert_json(&g, "{\"text\":\"x\"}");
	rig_answer(&g, REPLY_OK, 200, "ok");
	assert_verdict(&g, STATUS_ACCEPTED, FAILURE_NONE, false);
	rig_answer(&g, REPLY_OK, 200, "<html>");
	assert_verdict(&g, STATUS_UNKNOWN, FAILURE_PROVIDER, false);
	assert_error(&g, 400, "invalid_payload", FAILURE_CONTENT, false, "invalid_payload");
	assert_error(&g, 403, "action_prohibited", FAILURE_POLICY, false, "action_prohibited");
	assert_error(&g, 404, "no_service", FAILURE_AUTH, false, "no_service");
	assert_error(&g, 410, "channel_is_archived", FAILURE_INVALID_ADDRESS, false, "channel_is_archived");
	rig_assert_http(&g);
	rig_close(&g);

	setenv("RIG_HOOK", "http://hooks.slack.example/", 1);
	rig_open(&g, "accounts: {slack: {webhook: env:RIG_HOOK}}\n", "slack");
	rig_leg(&g, "slack:#ops", "{\"text\":\"x\"}");
	assert_int_equal(rig_ask(&g), -1);
	assert_int_equal(g.e.code, EX_CONFIG);
	assert_string_equal(g.e.text, "accounts.slack.webhook: not an https URL");
	rig_close(&g);
}

static void test_ntfy(void **state)
{
	struct rig g;

	(void)state;
	setenv("RIG_TOKEN", "tk_secret", 1);
	rig_open(&g, "accounts: {ntfy: {token: env:RIG_TOKEN}}\n", "ntfy");
	rig_leg(&g, "ntfy:alerts", "{\"text\":\"disk full\",\"subject\":\"web1\\r\\nX: y\",\"urgency\":\"critical\",\"topic\":\"disks\","
	    "\"media\":[{\"url\":\"https://x.example/a.png\"}],"
	    "\"buttons\":[{\"text\":\"Open\",\"url\":\"https://x.example/\"},{\"text\":\"Ack\",\"reply\":\"ack\"}]}");
	rig_request(&g);
	assert_string_equal(g.request.url, "https://ntfy.sh");
	assert_string_equal(rig_header(&g, "Authorization"), "Bearer tk_secret");
	assert_int_equal(g.request.header_count, 2);
	rig_assert_json(&g, "{\"topic\":\"alerts\",\"message\":\"disk full\\nReply ack for Ack\",\"title\":\"web1\\r\\nX: y\",\"priority\":5,"
	    "\"tags\":[\"disks\"],\"attach\":\"https://x.example/a.png\",\"click\":\"https://x.example/\","
	    "\"actions\":[{\"action\":\"view\",\"label\":\"Open\",\"url\":\"https://x.example/\"}]}");
	rig_leg(&g, "ntfy:alerts", "{\"text\":\"x\",\"media\":[{\"url\":\"https://x.example/a\"},{\"url\":\"https://x.example/b\",\"alt\":\"B\"}]}");
	rig_request(&g);
	rig_assert_json(&g, "{\"topic\":\"alerts\",\"message\":\"x\\nB: https://x.example/b\",\"attach\":\"https://x.example/a\",\"priority\":3}");
	assert_unsendable(&g, "ntfy:../admin", "{\"text\":\"x\"}", "not a topic");
	assert_unsendable(&g, "ntfy:alerts", "{\"media\":[{\"path\":\"/nowhere/x\"}]}", "media: cannot attach '/nowhere/x'");

	rig_leg(&g, "ntfy:alerts", "{\"text\":\"x\"}");
	rig_answer(&g, REPLY_OK, 200, "{\"id\":\"xE73Iyuabi\",\"time\":1,\"event\":\"message\",\"topic\":\"alerts\"}");
	assert_verdict(&g, STATUS_ACCEPTED, FAILURE_NONE, false);
	assert_string_equal(g.verdict.provider_id, "xE73Iyuabi");
	rig_answer(&g, REPLY_OK, 200, "<html>");
	assert_verdict(&g, STATUS_UNKNOWN, FAILURE_PROVIDER, false);
	assert_error(&g, 429, "{\"code\":42908,\"http\":429,\"error\":\"limit reached: daily message quota\"}", FAILURE_RATE, true, "42908");
	assert_string_equal(g.verdict.text, "limit reached: daily message quota");
	assert_error(&g, 403, "{\"code\":40301,\"http\":403,\"error\":\"forbidden\"}", FAILURE_AUTH, false, "40301");
	rig_assert_http(&g);
	rig_close(&g);
}

#define LEG "{\"id\":\"mine\",\"text\":\"say \\\"hi\\\"\",\"topic\":\"a b\",\"plan\":[{\"channel\":\"sms\",\"address\":\"sms:+15551230001\"}]}"

static void test_webhook_as_it_comes(void **state)
{
	struct rig g;

	(void)state;
	rig_open(&g, "accounts: {webhook: {url: \"http://127.0.0.1:1/x\"}}\n", "webhook");
	g.recipient = json_pack("{s:s}", "name", "Ana");
	rig_leg(&g, "sms:+15551230001", LEG);
	rig_request(&g);
	assert_string_equal(g.request.method, "POST");
	assert_string_equal(g.request.url, "http://127.0.0.1:1/x");
	assert_string_equal(rig_header(&g, "Content-Type"), "application/json");
	assert_string_equal(rig_header(&g, "Idempotency-Key"), "m1.7.0");
	rig_assert_json(&g, "{\"type\":\"message\",\"id\":\"m1\",\"delivery\":\"m1.7.0\",\"leg\":0,\"attempt\":1,\"channel\":\"sms\","
	    "\"address\":\"sms:+15551230001\",\"to\":\"+15551230001\",\"text\":\"say \\\"hi\\\"\",\"topic\":\"a b\","
	    "\"purpose\":\"transactional\",\"contact\":{\"name\":\"Ana\"}}");
	rig_answer(&g, REPLY_OK, 204, "");
	assert_verdict(&g, STATUS_ACCEPTED, FAILURE_NONE, false);
	assert_error(&g, 400, "no such number", FAILURE_CONTENT, false, "400");
	assert_string_equal(g.verdict.text, "no such number");
	rig_assert_http(&g);
	rig_close(&g);
}

static void test_webhook_with_templates(void **state)
{
	struct rig g;

	(void)state;
	setenv("RIG_TOKEN", "verysecret", 1);
	rig_open(&g,
	    "accounts:\n  webhook:\n    url: \"https://sms.example/send?to={{to}}&t={{topic}}\"\n    method: PUT\n"
	    "    headers: {X-From: msg, X-Key: \"Key env:RIG_TOKEN\"}\n    secrets: {key: env:RIG_TOKEN}\n"
	    "    body: '{\"n\":\"{{to}}\",\"t\":\"{{text}}\",\"k\":\"{{secrets.key}}\"}'\n    provider_id: messages.0.id\n", "webhook");
	rig_leg(&g, "sms:+15551230001", LEG);
	rig_request(&g);
	assert_string_equal(g.request.method, "PUT");
	assert_string_equal(g.request.url, "https://sms.example/send?to=%2B15551230001&t=a%20b");
	assert_string_equal(rig_header(&g, "X-Key"), "Key verysecret");
	rig_assert_json(&g, "{\"n\":\"+15551230001\",\"t\":\"say \\\"hi\\\"\",\"k\":\"verysecret\"}");
	rig_answer(&g, REPLY_OK, 200, "{\"messages\":[{\"id\":42}]}");
	assert_verdict(&g, STATUS_ACCEPTED, FAILURE_NONE, false);
	assert_string_equal(g.verdict.provider_id, "42");
	rig_answer(&g, REPLY_OK, 200, "{\"messages\":[]}");
	assert_string_equal(g.verdict.provider_id, "");
	rig_answer(&g, REPLY_OK, 400, "bad key: verysecret");
	assert_string_equal(g.verdict.text, "bad key: ***");
	rig_close(&g);
}

static void test_webhook_escapes_by_content_type(void **state)
{
	static const struct {
		const char *type, *wanted;
	} all[] = {
	    {"application/x-www-form-urlencoded", "t=say%20%22hi%22"},
	    {"text/plain", "t=say \"hi\""},
	    {"application/xml; charset=utf-8", "t=say &quot;hi&quot;"},
	    {"application/vnd.x+json", "t=say \\\"hi\\\""},
	};
	char yaml[256];
	struct rig g;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		snprintf(yaml, sizeof(yaml), "accounts: {webhook: {url: \"http://h/\", content_type: \"%s\", body: \"t={{text}}\"}}\n", all[i].type);
		rig_open(&g, yaml, "webhook");
		rig_leg(&g, "sms:+15551230001", LEG);
		rig_request(&g);
		assert_string_equal(g.request.body.data, all[i].wanted);
		assert_string_equal(rig_header(&g, "Content-Type"), all[i].type);
		rig_close(&g);
	}
}

static void test_webhook_says_whether_repetitions_are_dropped(void **state)
{
	struct rig g;

	(void)state;
	rig_open(&g, "accounts: {webhook: {url: \"http://h/\", idempotent: true, on_unknown: hold}}\n", "webhook");
	rig_leg(&g, "sms:+15551230001", LEG);
	rig_answer(&g, REPLY_TIMEOUT, 0, "");
	assert_verdict(&g, STATUS_UNKNOWN, FAILURE_TIMEOUT, false);
	assert_true(account_drops_repetitions(g.account));
	assert_int_equal(account_on_unknown(g.account), ON_UNKNOWN_HOLD);
	rig_close(&g);
	rig_open(&g, "accounts: {webhook: {url: \"http://h/\"}}\n", "webhook");
	rig_leg(&g, "sms:+15551230001", LEG);
	assert_false(account_drops_repetitions(g.account));
	assert_int_equal(account_on_unknown(g.account), -1);
	rig_close(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_slack_plain),
	    cmocka_unit_test(test_slack_blocks),
	    cmocka_unit_test(test_slack_long_texts_go_on_in_the_next_section),
	    cmocka_unit_test(test_slack_answers),
	    cmocka_unit_test(test_slack_webhook),
	    cmocka_unit_test(test_ntfy),
	    cmocka_unit_test(test_webhook_as_it_comes),
	    cmocka_unit_test(test_webhook_with_templates),
	    cmocka_unit_test(test_webhook_escapes_by_content_type),
	    cmocka_unit_test(test_webhook_says_whether_repetitions_are_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
