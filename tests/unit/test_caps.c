/* Caps: what counts, how long, and what of several says no. */
#include "common/policy/caps.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/line/when.h"
#include "common/policy/senders.h"

#include "common/banned.h"

#define T0 INT64_C(1700000000000)
#define ANA "contact:ana"

static char directory[64];
static struct store *store;
static struct past past;
static struct caps *caps;
static struct senders *senders;
static struct yaml *document;
static struct err e;

static int setup(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/msg-caps-XXXXXX");
	assert_non_null(mkdtemp(directory));
	assert_int_equal(store_open(directory, STORE_WRITE, &store, &e), 0);
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = {"msg.db", "msg.db-wal", "msg.db-shm"};

	(void)state;
	past_clear(&past);
	caps_free(caps);
	caps = NULL;
	senders_free(senders);
	senders = NULL;
	yaml_unload(document);
	document = NULL;
	store_close(store);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	return rmdir(directory);
}

static const json_t *read_yaml(const char *text)
{
	yaml_unload(document);
	document = NULL;
	if (yaml_parse("policy.yaml", text, strlen(text), &document, &e) < 0)
		fail_msg("%s", e.text);
	return yaml_root(document);
}

static void loaded(const char *text)
{
	const json_t *list = read_yaml(text);

	caps_free(caps);
	caps = NULL;
	if (caps_read(list, document, NULL, &caps, &e) < 0)
		fail_msg("%s", e.text);
}

static void sent(const char *message, unsigned leg, const char *channel, const char *topic, int64_t time_ms)
{
	const struct sent row = {.person = ANA, .message = message, .leg = leg, .channel = channel, .topic = topic,
	    .purpose = PURPOSE_MARKETING, .time_ms = time_ms, .micros = 50000, .currency = "EUR", .from = leg ? "+2" : "+1"};

	assert_int_equal(sent_add(store, &row, &e), 0);
	caps_note(caps, &row);
	past_forget(&past);
}

static struct caps_answer ask(const char *channel, const char *topic, int64_t now_ms)
{
	struct caps_question q = {.person = ANA, .past = &past, .channel = channel, .topic = topic, .message = "now",
	    .purpose = PURPOSE_MARKETING, .now_ms = now_ms, .price = {50000, "EUR"}};
	struct caps_answer a;

	assert_int_equal(past_look(&past, store, ANA, now_ms, &e), 0);
	assert_int_equal(caps_ask(caps, store, &q, &a, &e), 0);
	return a;
}

static void test_so_many_in_any_such_time(void **state)
{
	struct caps_answer a;

	(void)state;
	loaded("[{limit: 2/1h}]");
	assert_false(ask("sms", NULL, T0).over);
	sent("a", 0, "sms", NULL, T0);
	assert_false(ask("sms", NULL, T0 + 1).over);
	sent("b", 0, "email", NULL, T0 + WHEN_MINUTE);
	a = ask("sms", NULL, T0 + 2 * WHEN_MINUTE);
	assert_true(a.over);
	assert_false(a.hold);
	assert_int_equal(a.free_ms, T0 + WHEN_HOUR);
	assert_true(ask("sms", NULL, T0 + WHEN_HOUR - 1).over);
	assert_false(ask("sms", NULL, T0 + WHEN_HOUR).over);
}

static void test_legs_of_one_message_are_one(void **state)
{
	(void)state;
	loaded("[{limit: 2/1h}]");
	sent("a", 0, "sms", NULL, T0);
	sent("a", 1, "email", NULL, T0 + 1000);
	sent("a", 2, "voice", NULL, T0 + 2000);
	assert_false(ask("sms", NULL, T0 + 3000).over);
	sent("now", 0, "push", NULL, T0 + 2500);
	assert_false(ask("sms", NULL, T0 + 3000).over);
	sent("b", 0, "sms", NULL, T0 + 2600);
	assert_int_equal(ask("sms", NULL, T0 + 3000).free_ms, T0 + WHEN_HOUR);
}

static void test_kinds_are_counted_by_themselves(void **state)
{
	(void)state;
	loaded("[{limit: 1/1h, per: [channel, topic]}]");
	sent("a", 0, "sms", "news", T0);
	assert_true(ask("sms", "news", T0 + 1).over);
	assert_false(ask("sms", "bills", T0 + 1).over);
	assert_false(ask("email", "news", T0 + 1).over);
	assert_false(ask("sms", NULL, T0 + 1).over);
	loaded("[{limit: 1/1h, purpose: otp}]");
	assert_false(ask("sms", "news", T0 + 1).over);
	loaded("[{limit: 1/1h, channel: [sms, email]}]");
	assert_true(ask("sms", NULL, T0 + 1).over);
	assert_false(ask("email", NULL, T0 + 1).over);
}

static void test_a_no_outweighs_a_later_time(void **state)
{
	(void)state;
	loaded("[{limit: 1/1h, over: hold}, {limit: 1/1d, over: hold}, {limit: 5/1h}]");
	sent("a", 0, "sms", NULL, T0);
	assert_true(ask("sms", NULL, T0 + 1).hold);
	assert_int_equal(ask("sms", NULL, T0 + 1).free_ms, T0 + WHEN_DAY);
	loaded("[{limit: 1/1d, over: hold}, {limit: 1/1h}]");
	assert_false(ask("sms", NULL, T0 + 1).hold);
}

static void test_money(void **state)
{
	(void)state;
	loaded("[{limit: \"0.15 EUR/1d\"}, {limit: \"0.20 EUR/1d\", per: all}]");
	assert_true(caps_want_price(caps));
	sent("a", 0, "sms", NULL, T0);
	assert_false(ask("sms", NULL, T0 + 1).over);
	sent("b", 0, "sms", NULL, T0 + 1);
	assert_false(ask("sms", NULL, T0 + 2).over);
	sent("c", 0, "sms", NULL, T0 + 2);
	assert_string_equal(ask("sms", NULL, T0 + 3).text, "0.15 EUR/1d is used up: 0.15 EUR are spent");
	/* What all have spent is remembered for a moment, and what is sent meanwhile is added. */
	loaded("[{limit: \"0.20 EUR/1d\", per: all}]");
	assert_false(ask("sms", NULL, T0 + 3).over);
	sent("d", 0, "sms", NULL, T0 + 3);
	assert_string_equal(ask("sms", NULL, T0 + 4).text, "0.20 EUR/1d is used up: 0.20 EUR are spent");
}

static void test_the_sender_they_know(void **state)
{
	struct address a;
	struct senders_question q = {.address = &a, .person = ANA, .past = &past, .explain = true};
	struct senders_answer answer;
	const json_t *map = read_yaml("{sms: [{from: [\"+447700900011\", \"+2\", \"+447700900013\"]}]}");

	(void)state;
	assert_int_equal(senders_read(map, document, NULL, &senders, &e), 0);
	assert_true(senders_keep(senders));
	assert_int_equal(address_parse("sms:+447700900001", &a, &e), 0);
	assert_int_equal(past_look(&past, store, ANA, T0, &e), 0);
	senders_choose(senders, &q, &answer);
	assert_memory_equal(answer.from, "+44770090001", 12);
	sent("a", 1, "sms", NULL, T0);
	sent("b", 0, "email", NULL, T0 + 1);
	assert_int_equal(past_look(&past, store, ANA, T0 + 2, &e), 0);
	senders_choose(senders, &q, &answer);
	assert_string_equal(answer.from, "+2");
	assert_string_equal(answer.why, "from +2, as before");
}

static void test_amounts(void **state)
{
	static const char *const bad[] = {"", "1", "1 eur", "1 EURO", "1,50 EUR", "-1 EUR", "1. EUR", "1234567890 EUR", " EUR"};
	struct money m;
	char text[MONEY_SIZE];

	(void)state;
	assert_int_equal(money_parse("0.0789 EUR", &m), 0);
	assert_int_equal(m.micros, 78900);
	money_format(&m, text);
	assert_string_equal(text, "0.0789 EUR");
	assert_int_equal(money_parse("12 JPY", &m), 0);
	money_format(&m, text);
	assert_string_equal(text, "12.00 JPY");
	assert_int_equal(money_parse_amount("0.0000001", &m.micros), 0);
	assert_int_equal(m.micros, 1);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(money_parse(bad[i], &m), -1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {TEST(test_so_many_in_any_such_time), TEST(test_legs_of_one_message_are_one),
	    TEST(test_kinds_are_counted_by_themselves), TEST(test_a_no_outweighs_a_later_time), TEST(test_money),
	    TEST(test_the_sender_they_know), TEST(test_amounts)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
