/* What becomes of a message that its channel cannot carry as it is, and what its segments are said to cost. */
#include "common/line/utf8.h"
#include "common/provider/price.h"
#include "tests/unit/rig.h"

#include "common/banned.h"

#define LONG 40000

static struct rig rig;
static char text[LONG + 512];

static int open_rig(void **state)
{
	rig_config(&rig, "channels: {sms: {smart: true, max_segments: 3}, telegram: {overflow: truncate}}\n", false);
	*state = &rig;
	return rig.accounts ? 0 : -1;
}

static int close_rig(void **state)
{
	(void)state;
	rig_close(&rig);
	return 0;
}

/* The line through a provider on a channel; its text is the message's own. */
static int fit_part(const char *provider, const char *channel, const char *line, unsigned part)
{
	struct fit_leg leg = {.config = rig.config, .provider = provider_find(provider), .channel = channel, .part = part};

	assert_non_null(leg.provider);
	json_decref(rig.message);
	rig.message = json_loads(line, 0, NULL);
	assert_non_null(rig.message);
	leg.message = rig.message;
	leg.text = json_is_string(json_object_get(rig.message, "text")) ? json_string_value(json_object_get(rig.message, "text")) : "";
	leg.html = json_string_value(json_object_get(rig.message, "html"));
	fit_clear(&rig.fit);
	return fit_leg(&leg, &rig.fit, &rig.e);
}

static void assert_changes(unsigned changes)
{
	assert_int_equal(rig.fit.changes, changes);
}

#define CHANGE(name) (1u << FIT_##name)

static void assert_fits(const char *provider, const char *channel, const char *line, unsigned changes, const char *result)
{
	if (fit_part(provider, channel, line, 0) < 0)
		fail_msg("%s", rig.e.text);
	assert_changes(changes);
	if (result)
		assert_string_equal(rig.fit.text, result);
	else
		assert_null(rig.fit.text);
}

static void assert_refused(const char *provider, const char *channel, const char *line, const char *code, const char *why)
{
	assert_int_equal(fit_part(provider, channel, line, 0), -1);
	assert_int_equal(rig.e.code, EX_DATAERR);
	assert_string_equal(rig.fit.code, code);
	assert_contains(rig.e.text, why);
	assert_changes(0);
}

/* {"text": "word word …"} of so many bytes. */
static const char *long_line(size_t len, const char *more)
{
	size_t at = (size_t)snprintf(text, 256, "{%s\"text\":\"", more);

	for (size_t i = 0; i < len; i++)
		text[at++] = i % 5 == 4 ? ' ' : 'w';
	memcpy(text + at, "\"}", 3);
	return text;
}

static void test_what_fits_is_left_alone(void **state)
{
	(void)state;
	assert_fits("twilio", "sms", "{\"text\":\"hi\"}", 0, NULL);
	assert_null(rig.fit.message);
	assert_int_equal(rig.fit.segments, 1);
	assert_int_equal(rig.fit.parts, 1);
	assert_fits("slack", "slack", "{\"text\":\"hi\",\"subject\":\"s\",\"buttons\":[{\"text\":\"Yes\"},{\"text\":\"Go\",\"url\":\"https://x/\"}],"
	    "\"media\":[{\"url\":\"https://x/a.png\",\"type\":\"image/png\"}]}", 0, NULL);
	assert_string_equal(rig.fit.subject, "s");
	assert_int_equal(rig.fit.segments, 0);
	assert_fits("smtp", "email", "{\"text\":\"\",\"html\":\"<p>hi\",\"subject\":\"s\",\"media\":[{\"path\":\"x\"}]}", 0, NULL);
	assert_false(rig.fit.plain);
	assert_fits("exec", "fax", "{\"text\":\"hi\",\"subject\":\"s\",\"media\":[],\"buttons\":null}", 0, NULL);
}

static void test_buttons_become_words(void **state)
{
	(void)state;
	assert_fits("twilio", "sms", "{\"text\":\"Come?\",\"buttons\":[{\"text\":\"Yes\"},{\"text\":\"No, thanks\"}]}", CHANGE(BUTTONS),
	    "Come?\nReply 1 for Yes, 2 for No, thanks");
	assert_null(json_object_get(rig.fit.message, "buttons"));
	assert_fits("twilio", "sms", "{\"text\":\"¿Viene?\",\"lang\":\"es-MX\",\"buttons\":[{\"text\":\"Sí\"},{\"text\":\"No\"}]}", CHANGE(BUTTONS),
	    "¿Viene?\nResponda 1 para Sí, 2 para No");
	assert_fits("twilio", "sms", "{\"text\":\"x\",\"lang\":\"pl\",\"buttons\":[{\"text\":\"Tak\"},{\"text\":\"Nie\"}]}", CHANGE(BUTTONS),
	    "x\n1 = Tak, 2 = Nie");
	/* What comes back is typed as it is, when all of them can be. */
	assert_fits("twilio", "sms", "{\"text\":\"x\",\"buttons\":[{\"text\":\"Yes\",\"reply\":\"YES\"},{\"text\":\"No\",\"reply\":\"NO\"}]}",
	    CHANGE(BUTTONS), "x\nReply YES for Yes, NO for No");
	assert_fits("twilio", "sms", "{\"text\":\"x\",\"buttons\":[{\"text\":\"Yes\",\"reply\":\"YES\"},{\"text\":\"No\",\"reply\":\"not at all\"}]}",
	    CHANGE(BUTTONS), "x\nReply 1 for Yes, 2 for No");
	assert_fits("ntfy", "ntfy", "{\"text\":\"x\",\"buttons\":[{\"text\":\"Open\",\"url\":\"https://x/\"},{\"text\":\"Ack\"}]}", CHANGE(BUTTONS),
	    "x\nReply 1 for Ack");
	assert_int_equal(json_array_size(json_object_get(rig.fit.message, "buttons")), 1);
	/* Too many, or too long for a button: all of them. */
	assert_fits("sandbox", "whatsapp", "{\"text\":\"x\",\"buttons\":[{\"text\":\"a\"},{\"text\":\"b\"},{\"text\":\"c\"},{\"text\":\"d\"}]}",
	    CHANGE(BUTTONS), "x\nReply 1 for a, 2 for b, 3 for c, 4 for d");
	assert_fits("sandbox", "whatsapp", "{\"text\":\"x\",\"buttons\":[{\"text\":\"a\"},{\"text\":\"more than twenty letters\"}]}", CHANGE(BUTTONS),
	    "x\nReply 1 for a, 2 for more than twenty letters");
	assert_fits("sandbox", "whatsapp", "{\"text\":\"x\",\"buttons\":[{\"text\":\"a\"},{\"text\":\"b\"},{\"text\":\"c\"}]}", 0, NULL);
	assert_refused("slack", "slack", "{\"text\":\"x\",\"buttons\":[{\"text\":\"\"}]}", "buttons", "buttons[0].text: empty");
	assert_refused("twilio", "voice", "{\"text\":\"x\",\"buttons\":[{\"text\":\"a\"}]}", "buttons", "a call has none");
}

static void test_media_become_links_or_are_refused(void **state)
{
	(void)state;
	assert_fits("slack", "slack", "{\"text\":\"log\",\"media\":[{\"url\":\"https://x/a.png\",\"type\":\"image/png\"},"
	    "{\"url\":\"https://x/log\",\"alt\":\"All of it\"}]}", CHANGE(MEDIA), "log\nAll of it: https://x/log");
	assert_int_equal(json_array_size(json_object_get(rig.fit.message, "media")), 1);
	assert_fits("ntfy", "ntfy", "{\"media\":[{\"url\":\"https://x/a\"},{\"url\":\"https://x/b\"}]}", CHANGE(MEDIA), "https://x/b");
	/* Mail carries files, and what a URL leads to is one once it has been fetched. */
	assert_fits("smtp", "email", "{\"text\":\"a\",\"media\":[{\"url\":\"https://x/?a&b\"},{\"path\":\"b\"}]}", 0, NULL);
	assert_int_equal(json_array_size(json_object_get(rig.fit.message, "media")), 2);
	assert_refused("twilio", "sms", "{\"media\":[{\"path\":\"x\"}]}", "media", "media[0].path: twilio takes media by URL alone");
	assert_refused("twilio", "voice", "{\"text\":\"x\",\"media\":[{\"url\":\"https://x/\"}]}", "media", "media[0]: a call can show nothing");
	assert_refused("sandbox", "push", "{\"text\":\"x\",\"media\":[{\"path\":\"x\"}]}", "media", "by URL alone");
}

static void test_subject_and_html_become_text(void **state)
{
	(void)state;
	assert_fits("twilio", "sms", "{\"subject\":\"Disk\",\"text\":\"full\"}", CHANGE(SUBJECT), "Disk\nfull");
	assert_null(rig.fit.subject);
	assert_null(json_object_get(rig.fit.message, "subject"));
	assert_fits("twilio", "sms", "{\"subject\":\"Disk\"}", CHANGE(SUBJECT), "Disk");
	/* The text that goes with HTML is its text. */
	assert_fits("twilio", "sms", "{\"text\":\"plain\",\"html\":\"<b>bold</b>\"}", 0, NULL);
	assert_true(rig.fit.plain);
	assert_fits("twilio", "sms",
	    "{\"html\":\"<html><head><title>T</title><style>p{}</style></head><body><h1>Hello &amp;\\n welcome</h1><p>It&#8364;&#x41; &lt;b&gt;"
	    "<br>next<!-- no > --> one</p><script>x()</script>&unknown; 1<2</body></html>\"}",
	    CHANGE(HTML), "Hello & welcome\nIt€A <b>\nnext one\n&unknown; 1");
	assert_fits("twilio", "sms", "{\"subject\":\"S\",\"html\":\"<p>one</p><p>two</p>\"}", CHANGE(HTML) | CHANGE(SUBJECT), "S\none\ntwo");
}

static void test_smart_encoding_when_asked(void **state)
{
	(void)state;
	assert_fits("twilio", "sms", "{\"text\":\"It\u2019s here\u2026\"}", CHANGE(SMART), "It's here...");
	assert_true(rig.fit.count.gsm7);
	assert_fits("twilio", "sms", "{\"text\":\"It\u2019s here\u2026\",\"smart\":false}", 0, NULL);
	assert_fits("twilio", "sms", "{\"text\":\"It\u2019s ж\"}", 0, NULL);
	assert_fits("twilio", "whatsapp", "{\"text\":\"It\u2019s here\u2026\",\"smart\":true}", 0, NULL);
	assert_fits("twilio", "sms", "{\"text\":\"\u201c1\u20132\u201d\",\"purpose\":\"otp\"}", 0, NULL);
	assert_fits("twilio", "sms", "{\"text\":\"\u201c1\u20132\u201d\"}", CHANGE(SMART), "\"1-2\"");
}

static void test_too_many_segments(void **state)
{
	(void)state;
	assert_fits("twilio", "sms", long_line(459, ""), 0, NULL);
	assert_refused("twilio", "sms", long_line(460, ""), "too-long", "4 segments (460 septets of GSM-7), at most 3 (channels.sms.max_segments)");
	assert_refused("twilio", "sms", long_line(460, "\"overflow\":\"split\","), "too-long", "at most 3");
	if (fit_part("twilio", "sms", long_line(460, "\"overflow\":\"truncate\","), 0) < 0)
		fail_msg("%s", rig.e.text);
	assert_changes(CHANGE(TRUNCATED));
	assert_int_equal(rig.fit.segments, 3);
	assert_int_equal(strlen(rig.fit.text), 459);
	assert_string_equal(rig.fit.text + 450, "wwww w...");
	/* What stands below stays whole. */
	assert_int_equal(fit_part("twilio", "sms",
	    long_line(460, "\"overflow\":\"truncate\",\"buttons\":[{\"text\":\"Yes\u2026\"},{\"text\":\"No\"}],"), 0), 0);
	assert_changes(CHANGE(TRUNCATED) | CHANGE(BUTTONS) | CHANGE(SMART));
	assert_contains(rig.fit.text, "w...\nReply 1 for Yes..., 2 for No");
	assert_int_equal(rig.fit.segments, 3);
}

static void test_cut_between_clusters(void **state)
{
	static const char family[] = "\U0001f468\u200d\U0001f469\u200d\U0001f467";
	char *line;
	struct buf b;

	(void)state;
	buf_init(&b, LONG);
	buf_add_text(&b, "{\"text\":\"");
	for (int i = 0; i < 600; i++)
		buf_add_text(&b, family);
	buf_add_text(&b, "\"}");
	line = buf_steal(&b);
	assert_int_equal(fit_part("sandbox", "telegram", line, 0), 0);
	assert_changes(CHANGE(TRUNCATED));
	/* 8 units each: 511 of them and an ellipsis are 4089 of 4096. */
	assert_int_equal(strlen(rig.fit.text), 511 * strlen(family) + strlen("…"));
	assert_int_equal(utf8_units(rig.fit.text), 4089);
	free(line);
}

/* The parts, one after the other, are the text. */
static void assert_parts(const char *provider, const char *channel, const char *line, unsigned parts, size_t most)
{
	struct buf all;

	buf_init(&all, LONG * 2);
	for (unsigned i = 0; i < parts; i++) {
		if (fit_part(provider, channel, line, i) < 0)
			fail_msg("%s", rig.e.text);
		assert_changes(CHANGE(SPLIT));
		assert_int_equal(rig.fit.parts, parts);
		assert_true(*rig.fit.text && utf8_characters(rig.fit.text) <= most);
		assert_true(i + 1 == parts || rig.fit.text[strlen(rig.fit.text) - 1] == ' ');
		assert_int_equal(json_object_get(rig.fit.message, "buttons") != NULL, i + 1 == parts);
		assert_int_equal(json_object_get(rig.fit.message, "media") != NULL, i == 0);
		buf_add_text(&all, rig.fit.text);
	}
	assert_string_equal(all.data, json_string_value(json_object_get(rig.message, "text")));
	buf_clear(&all);
}

static void test_split(void **state)
{
	static const char rest[] = "\"buttons\":[{\"text\":\"Yes\"}],\"media\":[{\"url\":\"https://x/\",\"type\":\"image/png\"}],\"overflow\":\"split\",";

	(void)state;
	assert_parts("sandbox", "telegram", long_line(9000, rest), 3, 4096);
	assert_parts("sandbox", "discord", long_line(39990, rest), 20, 2000);
	assert_refused("sandbox", "discord", long_line(40005, rest), "too-long", "more than 20 messages");
	assert_refused("sandbox", "email", long_line(1, "\"buttons\":[{\"text\":\"\"}],"), "buttons", "empty");
	assert_int_equal(fit_part("sandbox", "email", long_line(39000, rest), 0), 0);
	assert_int_equal(rig.fit.parts, 1);
	/* Chat is split without asking, a notification is cut, a call is refused. */
	assert_int_equal(fit_part("sandbox", "discord", long_line(2001, ""), 0), 0);
	assert_changes(CHANGE(SPLIT));
	assert_int_equal(fit_part("sandbox", "push", long_line(3001, ""), 0), 0);
	assert_changes(CHANGE(TRUNCATED));
	assert_refused("twilio", "voice", long_line(3801, ""), "too-long", "3801 characters, twilio takes at most 3800 on voice");
	/* Slack counts what it gets: "&" is "&amp;" there. */
	memset(text, '&', sizeof(text));
	memcpy(text, "{\"text\":\"", 9);
	memcpy(text + 9 + 10000, "\"}", 3);
	assert_int_equal(fit_part("slack", "slack", text, 0), 0);
	assert_int_equal(rig.fit.parts, 2);
	assert_int_equal(strlen(rig.fit.text), 39000 / 5);
}

static void test_segments_of_parts(void **state)
{
	struct rig g;

	(void)state;
	rig_config(&g, "channels: {sms: {max_segments: 30, overflow: split}}\n", false);
	assert_non_null(g.accounts);
	close_rig(state);
	rig = g;
	assert_int_equal(fit_part("twilio", "sms", long_line(3000, ""), 0), 0);
	assert_int_equal(rig.fit.parts, 2);
	assert_int_equal(strlen(rig.fit.text), 1600);
	assert_int_equal(rig.fit.count.segments, 11);
	assert_int_equal(rig.fit.segments, 11 + 10);
	assert_int_equal(fit_part("twilio", "sms", long_line(3000, ""), 1), 0);
	assert_int_equal(rig.fit.count.segments, 10);
	assert_int_equal(rig.fit.segments, 11 + 10);
}

static void assert_price(const char *yaml, const char *number, unsigned segments, const char *amount)
{
	char got[PRICE_BYTES];
	struct rig g;

	rig_open(&g, yaml, "ntfy");
	assert_int_equal(price_of(account_price(g.account), number, segments, got), amount != NULL);
	if (amount)
		assert_string_equal(got, amount);
	rig_close(&g);
}

static void test_prices_are_exact(void **state)
{
	static const char usd[] = "accounts: {ntfy: {price: {amount: \"0.0079\", currency: USD, prefixes: {\"+34\": \"0.065\", \"+346\": \"7\"}}}}\n";
	static const char some[] = "accounts: {ntfy: {price: {currency: USD, prefixes: {\"+1\": \"0.000000001\"}}}}\n";

	(void)state;
	assert_price(usd, "+15551230001", 1, "0.0079");
	assert_price(usd, "+15551230001", 3, "0.0237");
	assert_price(usd, "+15551230001", 1000, "7.9000");
	assert_price(usd, "+34911230001", 2, "0.130");
	assert_price(usd, "+34611230001", 2, "14");
	assert_price(some, "+15551230001", 3, "0.000000003");
	assert_price(some, "+4915551230001", 3, NULL);
	assert_price("accounts: {ntfy: {price: {amount: \"999999.999999999\", currency: EUR}}}\n", "+1", 255, "254999999.999999745");
	assert_price("accounts: {ntfy: {}}\n", "+15551230001", 1, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_what_fits_is_left_alone, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_buttons_become_words, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_media_become_links_or_are_refused, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_subject_and_html_become_text, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_smart_encoding_when_asked, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_too_many_segments, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_cut_between_clusters, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_split, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_segments_of_parts, open_rig, close_rig),
	    cmocka_unit_test(test_prices_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
