#include "common/policy/choose.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/banned.h"

static struct err e;
static struct choice choice;
static struct waterfall waterfall;
static struct choose_request request;
static struct yaml *document;
static json_t *recipient;       /* the legs borrow from it */
static char told[2048];

static int setup(void **state)
{
	(void)state;
	choice = (struct choice){0};
	request = (struct choose_request){.waterfall = &waterfall, .purpose = PURPOSE_TRANSACTIONAL, .now_ms = 1};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	choice_clear(&choice);
	waterfall_clear(&waterfall);
	yaml_unload(document);
	document = NULL;
	json_decref(recipient);
	recipient = NULL;
	return 0;
}

static void channels(const char *text)
{
	waterfall_clear(&waterfall);
	yaml_unload(document);
	document = NULL;
	if (yaml_parse("policy.yaml", text, strlen(text), &document, &e) < 0 ||
	    waterfall_read(&waterfall, yaml_root(document), document, NULL, &e) < 0)
		fail_msg("%s", e.text);
}

static const char *refusal(const char *text)
{
	struct waterfall w;

	yaml_unload(document);
	document = NULL;
	assert_int_equal(yaml_parse("policy.yaml", text, strlen(text), &document, &e), 0);
	e = (struct err){0};
	assert_int_equal(waterfall_read(&w, yaml_root(document), document, NULL, &e), -1);
	assert_int_equal(e.code, EX_CONFIG);
	assert_int_equal(w.count, 0);
	return e.text;
}

/* The plan for a contact, as text; the value form must say the same. */
static const char *plan_of(const char *contact)
{
	json_t *plan, *parsed;
	struct buf b;

	json_decref(recipient);
	recipient = json_loads(contact, 0, NULL);
	assert_non_null(recipient);
	request.recipient = recipient;
	assert_int_equal(choose(&choice, &request, &e), 0);
	told[0] = '\0';
	if (choice.count > 0) {
		buf_init(&b, sizeof(told) - 1);
		choice_dump(&choice, &b);
		snprintf(told, sizeof(told), "%s", b.data);
		buf_clear(&b);
		plan = choice_plan(&choice);
		parsed = json_loads(told, 0, NULL);
		assert_true(json_equal(plan, parsed));
		json_decref(plan);
		json_decref(parsed);
	}
	return told;
}

/* The channels of the plan alone: "push sms". */
static const char *order_of(const char *contact)
{
	static char order[256];
	size_t used = 0;

	plan_of(contact);
	order[0] = '\0';
	for (size_t i = 0; i < choice.count; i++)
		used += (size_t)snprintf(order + used, sizeof(order) - used, "%s%s", i ? " " : "", choice.legs[i].leg->channel[0] ? choice.legs[i].leg->channel : "(other)");
	return order;
}

#define ANA                                                                                                             \
	"\"id\":\"ana\",\"addresses\":{\"sms\":\"+34 600 000 001\",\"email\":\"ana@EXAMPLE.org\",\"push\":\"fcm:tok\"," \
	"\"slack\":\"#ops\"}"

static void test_the_waterfall_in_its_order(void **state)
{
	(void)state;
	channels("[push/5m:read, whatsapp/10m, sms/90s, email/1h:clicked]");
	assert_string_equal(plan_of("{" ANA "}"),
	    "[{\"channel\":\"push\",\"address\":\"fcm:tok\",\"wait\":\"5m\",\"until\":\"read\"},"
	    "{\"channel\":\"sms\",\"address\":\"sms:+34600000001\",\"wait\":\"1m30s\",\"until\":\"delivered\"},"
	    "{\"channel\":\"email\",\"address\":\"mailto:ana@example.org\"}]");
}

static void test_no_wait_without_one(void **state)
{
	(void)state;
	channels("[push, sms]");
	assert_string_equal(plan_of("{" ANA "}"),
	    "[{\"channel\":\"push\",\"address\":\"fcm:tok\"},{\"channel\":\"sms\",\"address\":\"sms:+34600000001\"}]");
}

static void test_the_mapping_form(void **state)
{
	(void)state;
	channels("[{channel: push, via: fcm, wait: 5m, until: read}, {channel: sms, from: 'Clinic \"A\"'}]");
	assert_string_equal(plan_of("{" ANA "}"),
	    "[{\"channel\":\"push\",\"via\":\"fcm\",\"address\":\"fcm:tok\",\"wait\":\"5m\",\"until\":\"read\"},"
	    "{\"channel\":\"sms\",\"address\":\"sms:+34600000001\",\"from\":\"Clinic \\\"A\\\"\"}]");
}

static void test_senders_by_channel(void **state)
{
	json_t *one = json_string("Clinic"), *each = json_loads("{\"sms\":\"CLINIC\",\"voice\":\"+15550001111\"}", 0, NULL);

	(void)state;
	channels("[{channel: push, from: App}, sms]");
	request.from = one;
	assert_string_equal(plan_of("{" ANA "}"),
	    "[{\"channel\":\"push\",\"address\":\"fcm:tok\",\"from\":\"App\"},"
	    "{\"channel\":\"sms\",\"address\":\"sms:+34600000001\",\"from\":\"Clinic\"}]");
	request.from = each;
	assert_contains(plan_of("{" ANA "}"), "\"from\":\"CLINIC\"");
	json_decref(one);
	json_decref(each);
}

static void test_others_are_what_is_not_named(void **state)
{
	(void)state;
	channels("[email, others, sms]");
	assert_string_equal(order_of("{" ANA "}"), "email (other) (other) sms");
	assert_string_equal(choice.legs[1].channel, "push");
	assert_string_equal(choice.legs[2].channel, "slack");
}

static void test_preferred_channels_first_when_the_policy_says_so(void **state)
{
	(void)state;
	channels("[push/5m, sms/2m, email/1m]");
	assert_string_equal(order_of("{" ANA ",\"prefer\":[\"email\",\"sms\"]}"), "push sms email");
	request.prefer = true;
	assert_string_equal(order_of("{" ANA ",\"prefer\":[\"email\",\"sms\"]}"), "email sms push");
	assert_int_equal(choice.legs[0].leg->wait_ms, 60000);
	assert_string_equal(order_of("{" ANA ",\"prefer\":[\"whatsapp\",\"slack\",\"email\"]}"), "email push sms");
	channels("[push, others]");
	assert_string_equal(order_of("{" ANA ",\"prefer\":[\"slack\"]}"), "(other) push (other) (other)");
	assert_string_equal(choice.legs[0].channel, "slack");
}

static void test_a_channel_may_come_twice(void **state)
{
	(void)state;
	channels("[sms/5m, email/5m, sms]");
	assert_string_equal(order_of("{" ANA "}"), "sms email sms");
}

static void test_several_addresses_of_a_channel(void **state)
{
	(void)state;
	channels("[push/5m:read, sms]");
	assert_string_equal(plan_of("{\"addresses\":{\"push\":[\"fcm:a\",\"apns:b\"],\"sms\":[]}}"),
	    "[{\"channel\":\"push\",\"address\":\"fcm:a\",\"wait\":\"5m\",\"until\":\"read\"},"
	    "{\"channel\":\"push\",\"address\":\"apns:b\"}]");
}

static void test_an_address_asked_for_is_the_only_leg(void **state)
{
	(void)state;
	channels("[push/5m, {channel: sms, via: twilio, from: '+15550001111', wait: 2m}]");
	assert_string_equal(plan_of("{" ANA ",\"address\":\"sms:+34600000001\"}"),
	    "[{\"channel\":\"sms\",\"via\":\"twilio\",\"address\":\"sms:+34600000001\",\"from\":\"+15550001111\"}]");
	assert_string_equal(plan_of("{\"addresses\":{\"matrix\":\"@a:b.org\"},\"address\":\"matrix:@a:b.org\"}"),
	    "[{\"channel\":\"matrix\",\"address\":\"matrix:@a:b.org\"}]");
}

static void test_an_address_that_is_none(void **state)
{
	(void)state;
	channels("[sms, email]");
	assert_string_equal(order_of("{\"addresses\":{\"sms\":\"12\",\"email\":\"ana@example.org\"}}"), "email");
	assert_string_equal(order_of("{\"addresses\":{\"sms\":\"12\"}}"), "");
	assert_int_equal(choice.refusal.answer.failure, FAILURE_INVALID_ADDRESS);
	assert_string_equal(choice.refusal.answer.code, "invalid-address");
}

static void test_a_long_reason_is_cut_between_characters(void **state)
{
	static const char dots[] = "\u2026\u2026\u2026\u2026\u2026\u2026\u2026\u2026\u2026\u2026\u2026\u2026\u2026\u2026\u2026\u2026\u2026\u2026\u2026\u2026";
	struct gate_answer a;
	char text[256];

	(void)state;
	for (int lead = 0; lead < 4; lead++) {
		json_t *value;

		snprintf(text, sizeof(text), "%.*s%s%s%s", lead, "abc", dots, dots, dots);
		refusal_say(&a, FAILURE_POLICY, "rule", text);
		assert_in_range(strlen(a.text), 157, 159);
		assert_memory_equal(a.text, text, strlen(a.text));
		value = json_string(a.text);
		assert_non_null(value);
		json_decref(value);
	}
}

static void test_no_address_at_all(void **state)
{
	(void)state;
	channels("[sms, voice]");
	assert_string_equal(plan_of("{\"id\":\"bo\",\"addresses\":{\"email\":\"bo@example.org\"}}"), "");
	assert_int_equal(choice.refusal.answer.failure, FAILURE_UNREACHABLE);
	assert_string_equal(choice.refusal.answer.code, "no-address");
	assert_string_equal(choice.refusal.answer.text, "no address for sms, voice");
	assert_string_equal(choice.refusal.address, "");
	assert_string_equal(plan_of("{\"id\":\"bo\"}"), "");
	assert_int_equal(choice.refusal.answer.failure, FAILURE_UNREACHABLE);
}

static void test_an_empty_waterfall_sends_nothing(void **state)
{
	(void)state;
	channels("[]");
	assert_string_equal(plan_of("{" ANA "}"), "");
	assert_string_equal(choice.refusal.answer.code, "rule");
	assert_string_equal(plan_of("{" ANA ",\"address\":\"sms:+34600000001\"}"), "");
	assert_int_equal(choice.refusal.answer.failure, FAILURE_POLICY);
}

static bool only_email(void *ctx, const char *channel)
{
	(*(unsigned *)ctx)++;
	return strcmp(channel, "email") == 0;
}

static void test_channels_without_a_way(void **state)
{
	unsigned asked = 0;

	(void)state;
	channels("[sms, email, push]");
	request.ways = &(struct policy_ways){.reachable = only_email, .ctx = &asked};
	assert_string_equal(order_of("{" ANA "}"), "email");
	assert_int_equal(asked, 3);
	assert_string_equal(plan_of("{\"addresses\":{\"sms\":\"+34600000001\"}}"), "");
	assert_string_equal(choice.refusal.answer.code, "no-account");
	assert_string_equal(choice.refusal.answer.text, "no account serves sms");
	assert_string_equal(choice.refusal.channel, "sms");
	assert_string_equal(choice.refusal.address, "sms:+34600000001");
}

static void test_the_reasons(void **state)
{
	json_t *why = json_array();
	unsigned asked = 0;
	static const char expected[] =
	    "[{\"channel\":\"sms\",\"address\":\"sms:+34600000001\",\"chosen\":false,\"reason\":\"no account serves sms\",\"rule\":\"r\"},"
	    "{\"channel\":\"whatsapp\",\"chosen\":false,\"reason\":\"the contact has no address for it\",\"rule\":\"r\"},"
	    "{\"channel\":\"email\",\"address\":\"mailto:ana@example.org\",\"chosen\":true,\"leg\":0,\"reason\":\"in the waterfall of 'r'\",\"rule\":\"r\"},"
	    "{\"channel\":\"push\",\"address\":\"fcm:tok\",\"chosen\":false,\"reason\":\"not in the rule's waterfall\",\"rule\":\"r\"},"
	    "{\"channel\":\"slack\",\"address\":\"#ops\",\"chosen\":false,\"reason\":\"not in the rule's waterfall\",\"rule\":\"r\"}]";
	json_t *value = json_loads(expected, 0, NULL);

	(void)state;
	assert_non_null(value);
	channels("[sms, whatsapp, email]");
	request.ways = &(struct policy_ways){.reachable = only_email, .ctx = &asked};
	request.rule = "r";
	choice.why = why;
	plan_of("{" ANA "}");
	assert_true(json_equal(why, value));
	json_decref(why);
	json_decref(value);
}

static void test_notation_errors(void **state)
{
	(void)state;
	assert_contains(refusal("sms"), "not a list of channels");
	assert_contains(refusal("[sms,\n pidgeon]"), "policy.yaml:2: [1]: unknown channel: 'pidgeon'");
	assert_contains(refusal("[3]"), "not a channel");
	assert_contains(refusal("['']"), "not a channel");
	assert_contains(refusal("[sms/]"), "not a duration");
	assert_contains(refusal("[sms/0s]"), "not a duration");
	assert_contains(refusal("[sms/soon]"), "not a duration");
	assert_contains(refusal("[sms/5m:failed]"), "it can wait until");
	assert_contains(refusal("[sms/5m:queued]"), "it can wait until");
	assert_contains(refusal("['sms/5m:']"), "it can wait until");
	assert_contains(refusal("[others, sms, others]"), "a second time");
	assert_contains(refusal("[{via: x}]"), "channel is missing");
	assert_contains(refusal("[{channel: sms, until: read}]"), "[0].until: has no effect without a wait");
	assert_contains(refusal("[{channel: sms, wait: 5}]"), "[0].wait: not a text");
	assert_contains(refusal("[{channel: sms, wait: 0s}]"), "[0].wait: not a duration");
	assert_contains(refusal("[{channel: sms, wait: 5m, until: blocked}]"), "[0].until: not accepted");
	assert_contains(refusal("[{channel: sms, from: \"a\\nb\"}]"), "[0].from: has a control byte");
	assert_contains(refusal("[{channel: sms, delay: 5m}]"), "delay: unknown key");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_the_waterfall_in_its_order),
	    TEST(test_no_wait_without_one),
	    TEST(test_the_mapping_form),
	    TEST(test_senders_by_channel),
	    TEST(test_others_are_what_is_not_named),
	    TEST(test_preferred_channels_first_when_the_policy_says_so),
	    TEST(test_a_channel_may_come_twice),
	    TEST(test_several_addresses_of_a_channel),
	    TEST(test_an_address_asked_for_is_the_only_leg),
	    TEST(test_an_address_that_is_none),
	    TEST(test_a_long_reason_is_cut_between_characters),
	    TEST(test_no_address_at_all),
	    TEST(test_an_empty_waterfall_sends_nothing),
	    TEST(test_channels_without_a_way),
	    TEST(test_the_reasons),
	    TEST(test_notation_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
