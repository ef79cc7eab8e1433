#include "common/policy/match.h"
#include "tests/unit/unit.h"

#include <regex.h>
#include <stdio.h>

#include "common/banned.h"

static struct match_set *set;
static struct yaml *documents[64];
static size_t document_count;
static struct err e;

/* Conditions in YAML's flow notation; they live until the test's end. */
static const json_t *conditions(const char *text)
{
	struct yaml *y;

	if (yaml_parse("policy.yaml", text, strlen(text), &y, &e) < 0)
		fail_msg("%s", e.text);
	documents[document_count++] = y;
	return yaml_root(y);
}

static const struct match *compile(const char *text)
{
	const json_t *object = text ? conditions(text) : NULL;
	const struct match *m;

	if (match_compile(set, object, text ? documents[document_count - 1] : NULL, &m, &e) < 0)
		fail_msg("%s: %s", text, e.text);
	return m;
}

static const char *refusal(const char *text)
{
	const json_t *object = conditions(text);
	const struct match *m;

	e = (struct err){0};
	assert_int_equal(match_compile(set, object, documents[document_count - 1], &m, &e), -1);
	assert_int_equal(e.code, EX_CONFIG);
	return e.text;
}

static const char message_text[] =
    "{\"to\":\"ana\",\"text\":\"Your order 42 is here\",\"topic\":\"orders\",\"at\":\"2026-11-24T09:00:00+01:00\","
    "\"context\":{\"amount\":\"12.50\",\"items\":3,\"gift\":true,\"weight\":1.5,\"none\":null,\"list\":[\"a\",7,{\"x\":1}]},"
    "\"media\":[{\"type\":\"image/png\"}]}";
static const char recipient_text[] =
    "{\"id\":\"ana\",\"lang\":\"es\",\"tz\":\"Europe/Madrid\",\"groups\":[\"vip\",\"night\"],"
    "\"addresses\":{\"email\":\"ana@example.org\",\"sms\":\"+34600000001\"},\"attributes\":{\"tier\":\"gold\",\"age\":\"41\"}}";

static bool fits(const char *text)
{
	const struct match *m = compile(text);
	json_t *message = json_loads(message_text, 0, NULL), *recipient = json_loads(recipient_text, 0, NULL);
	bool result;

	assert_non_null(message);
	assert_non_null(recipient);
	match_about(set, message, recipient);
	result = match_test(set, m);
	assert_int_equal(match_test(set, m), result);
	match_about(set, NULL, NULL);
	json_decref(message);
	json_decref(recipient);
	return result;
}

static int setup(void **state)
{
	(void)state;
	set = match_set_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	match_set_free(set);
	while (document_count > 0)
		yaml_unload(documents[--document_count]);
	return 0;
}

static void test_no_condition_matches_everything(void **state)
{
	(void)state;
	assert_true(fits(NULL));
	assert_true(fits("{}"));
}

static void test_equality(void **state)
{
	(void)state;
	assert_true(fits("{topic: orders}"));
	assert_false(fits("{topic: order}"));
	assert_false(fits("{topic: orders2}"));
	assert_false(fits("{nothing: orders}"));
	assert_true(fits("{to: ana}"));
	assert_true(fits("{contact.lang: es, contact.attributes.tier: gold}"));
	assert_false(fits("{contact.lang: es, contact.attributes.tier: silver}"));
	assert_false(fits("{contact.attributes.tier.deeper: gold}"));
}

static void test_numbers_and_booleans_equal_their_text(void **state)
{
	(void)state;
	assert_true(fits("{context.items: 3}"));
	assert_true(fits("{context.items: '3'}"));
	assert_true(fits("{context.items: 3.0}"));
	assert_true(fits("{context.weight: 1.5}"));
	assert_true(fits("{context.gift: true}"));
	assert_true(fits("{context.gift: 'true'}"));
	assert_false(fits("{context.gift: false}"));
	assert_true(fits("{contact.attributes.age: 41}"));
	assert_false(fits("{context.items: 4}"));
}

static void test_any_of_a_list(void **state)
{
	(void)state;
	assert_true(fits("{topic: [news, orders]}"));
	assert_false(fits("{topic: [news, offers]}"));
	assert_false(fits("{nothing: [news, offers]}"));
	assert_true(fits("{context.items: [1, 3]}"));
}

static void test_a_list_in_the_message_matches_by_any_member(void **state)
{
	(void)state;
	assert_true(fits("{contact.groups: vip}"));
	assert_true(fits("{contact.groups: [day, night]}"));
	assert_false(fits("{contact.groups: day}"));
	assert_true(fits("{contact.groups: {not: day}}"));
	assert_false(fits("{contact.groups: {not: vip}}"));
	assert_true(fits("{context.list: {from: 5}}"));
	assert_true(fits("{context.list: 7}"));
	assert_true(fits("{media.0.type: image/png}"));
	assert_false(fits("{media.1.type: image/png}"));
	assert_false(fits("{media.0x0.type: image/png}"));
}

static void test_purpose_and_urgency_have_a_default(void **state)
{
	(void)state;
	assert_true(fits("{purpose: transactional}"));
	assert_true(fits("{urgency: [normal, low]}"));
	assert_false(fits("{purpose: marketing}"));
	assert_true(fits("{purpose: {not: marketing}}"));
}

static void test_ranges(void **state)
{
	(void)state;
	assert_true(fits("{context.items: {from: 3}}"));
	assert_true(fits("{context.items: {to: 3}}"));
	assert_true(fits("{context.items: {from: 1, to: 5}}"));
	assert_false(fits("{context.items: {from: 3.5}}"));
	assert_false(fits("{context.items: {to: 2}}"));
	assert_true(fits("{context.amount: {from: 12.5, to: 13}}"));
	assert_false(fits("{context.amount: {to: 12.49}}"));
	assert_false(fits("{topic: {from: 0}}"));
	assert_false(fits("{nothing: {to: 5}}"));
	assert_false(fits("{context.gift: {from: 0}}"));
}

static void test_ranges_of_times(void **state)
{
	(void)state;
	assert_true(fits("{at: {from: '2026-11-24T08:00:00Z', to: '2026-11-24T08:00:00Z'}}"));
	assert_true(fits("{at: {to: 2026-12-01T00:00:00Z}}"));
	assert_false(fits("{at: {from: 2026-11-24T08:00:01Z}}"));
	assert_false(fits("{topic: {from: 2026-11-24T08:00:01Z}}"));
	assert_false(fits("{context.items: {from: 2026-11-24T08:00:01Z}}"));
}

static void test_regular_expressions(void **state)
{
	(void)state;
	assert_true(fits("{text: {regex: 'order [0-9]+'}}"));
	assert_true(fits("{text: {regex: '^Your'}}"));
	assert_false(fits("{text: {regex: '^order'}}"));
	assert_true(fits("{context.items: {regex: '^[0-9]$'}}"));
	assert_false(fits("{context: {regex: '.'}}"));
	assert_false(fits("{nothing: {regex: '.*'}}"));
}

static void test_presence(void **state)
{
	(void)state;
	assert_true(fits("{topic: {present: true}}"));
	assert_false(fits("{topic: {present: false}}"));
	assert_true(fits("{subject: {present: false}}"));
	assert_false(fits("{subject: {present: true}}"));
	assert_false(fits("{context.none: {present: true}}"));
	assert_true(fits("{contact.addresses.email: {present: true}}"));
	assert_true(fits("{contact.groups: {present: true}}"));
}

static void test_a_value_in_common_with_another_field(void **state)
{
	(void)state;
	assert_true(fits("{to: {same: contact.id}}"));
	assert_false(fits("{topic: {same: contact.id}}"));
	assert_true(fits("{context.items: {same: context.items}}"));
	assert_true(fits("{context.list: {same: context.list.1}}"));
	assert_true(fits("{context.list.1: {same: context.list}}"));
	assert_false(fits("{contact.groups: {same: context.list}}"));
	assert_false(fits("{context.none: {same: context.none}}"));
	assert_false(fits("{media: {same: media}}"));
	assert_true(fits("{topic: {not: {same: contact.id}}}"));
	assert_contains(refusal("topic: {same: contact.lnag}"), "topic.same: a contact has no such member");
	assert_contains(refusal("topic: {same: a..b}"), "topic.same: not a path");
	assert_contains(refusal("topic: {same: [a]}"), "topic.same: not the path of a field");
}

static void test_negation(void **state)
{
	(void)state;
	assert_true(fits("{topic: {not: news}}"));
	assert_false(fits("{topic: {not: orders}}"));
	assert_true(fits("{nothing: {not: orders}}"));
	assert_false(fits("{topic: {not: [news, orders]}}"));
	assert_false(fits("{text: {not: {regex: order}}}"));
	assert_true(fits("{context.items: {not: {from: 4, to: 9}}}"));
	assert_true(fits("{context.items: {from: 1, not: 5}}"));
	assert_false(fits("{context.items: {from: 1, not: 3}}"));
	assert_true(fits("{topic: {not: {not: orders}}}"));
}

static void test_region_of_the_first_address_that_has_one(void **state)
{
	json_t *asked = json_loads("{\"address\":\"sms:+447700900123\",\"addresses\":{\"sms\":\"+34600000001\"}}", 0, NULL);
	const struct match *gb = compile("{contact.region: GB}");

	(void)state;
	assert_true(fits("{contact.region: ES}"));
	assert_true(fits("{contact.region: [PT, ES]}"));
	assert_false(fits("{contact.region: US}"));
	match_about(set, NULL, asked);
	assert_true(match_test(set, gb));
	match_about(set, NULL, NULL);
	assert_false(match_test(set, gb));
	json_decref(asked);
}

static void test_many_literals_stay_apart(void **state)
{
	const struct match *each[500];
	json_t *message = json_object();
	char text[32];

	(void)state;
	for (int i = 0; i < 500; i++) {
		json_t *object = json_pack("{s:o}", "topic", json_sprintf("t%d", i));

		assert_int_equal(match_compile(set, object, NULL, &each[i], &e), 0);
		json_decref(object);
	}
	for (int i = 0; i < 500; i += 7) {
		snprintf(text, sizeof(text), "t%d", i);
		json_object_set_new(message, "topic", json_string(text));
		match_about(set, message, NULL);
		for (int k = 0; k < 500; k++)
			assert_int_equal(match_test(set, each[k]), k == i);
	}
	match_about(set, NULL, NULL);
	json_decref(message);
}

static void test_errors_name_file_line_and_key(void **state)
{
	(void)state;
	assert_string_equal(refusal("purpose: otp\ntopic: {rexeg: x}"), "policy.yaml:2: topic.rexeg: unknown key (did you mean 'regex'?)");
	assert_contains(refusal("text: {regex: 'a('}"), "policy.yaml:1: text.regex: not a regular expression: ");
	assert_contains(refusal("topic: []"), "policy.yaml:1: topic: empty");
	assert_contains(refusal("topic: {}"), "policy.yaml:1: topic: empty");
	assert_contains(refusal("a: true\ntopic: null"), "policy.yaml:2: topic: not a text");
	assert_contains(refusal("topic: [a, [b]]"), "topic[1]: not a text");
	assert_contains(refusal("purpose: marketting"), "purpose: not a purpose: 'marketting'");
	assert_contains(refusal("urgency: [high, urgent]"), "urgency[1]: not an urgency: 'urgent'");
	assert_contains(refusal("at: {from: tomorrow}"), "at.from: not a number or a time");
	assert_contains(refusal("at: {from: 1, to: 2026-11-24T09:00:00Z}"), "at.to: a number and a time");
	assert_contains(refusal("n: {from: 3, to: 2}"), "n.to: before 'from'");
	assert_contains(refusal("topic: {present: maybe}"), "topic.present: not true or false");
	assert_contains(refusal("topic: {not: {}}"), "topic.not: empty");
	assert_contains(refusal("topic: {not: {from: 1, regex: x}}"), "topic.not: takes one condition");
	assert_contains(refusal("text: {regex: true}"), "text.regex: not a text");
	assert_contains(refusal("contact: ana"), "contact: name a member");
	assert_contains(refusal("contact.language: es"), "contact.language: a contact has no such member");
	assert_contains(refusal("contact.: es"), "not a path");
	assert_contains(refusal("context..x: 1"), "not a path");
	assert_contains(refusal("[topic]"), "not a mapping of fields");
}

static void test_what_a_rule_takes_from_those_behind_it(void **state)
{
	(void)state;
	assert_true(match_covers(NULL, conditions("{topic: a}")));
	assert_true(match_covers(NULL, NULL));
	assert_true(match_covers(conditions("{topic: a}"), conditions("{topic: a, purpose: otp}")));
	assert_false(match_covers(conditions("{topic: a, purpose: otp}"), conditions("{topic: a}")));
	assert_false(match_covers(conditions("{topic: a}"), NULL));
	assert_true(match_covers(conditions("{topic: [a, b]}"), conditions("{topic: b}")));
	assert_true(match_covers(conditions("{topic: [a, b, c]}"), conditions("{topic: [c, a]}")));
	assert_false(match_covers(conditions("{topic: [a, b]}"), conditions("{topic: [a, c]}")));
	assert_false(match_covers(conditions("{topic: a}"), conditions("{topic: [a, b]}")));
	assert_true(match_covers(conditions("{text: {regex: x}}"), conditions("{text: {regex: x}, topic: b}")));
}

/* A text is only searched when it has the expression's plain characters in it: that must never lose one. */
static void test_a_regex_finds_what_regexec_finds(void **state)
{
	static const char *const expressions[] = {"coupon [0-9]+ of shop", "abc?d", "abé*z", "x{0,2}yes", "[[:alpha:]]bc1", "^start",
	    "end$", "a.c", "[]x]abc", "[^]x]abc", "one|two", "(abc)?def", "a+bcd", "caf\u00e9s?", "ab\\.cd", "abcd{0}ef", "}abc{"};
	static const char *const texts[] = {"coupon 7 of shop", "abd", "abcd", "abz", "abéz", "yes", "xyes", "Xbc1", "start", "a start",
	    "the end", "abc", "]abc", "xabc", "yabc", "two", "def", "abcdef", "aabcd", "caf\u00e9", "ab.cd", "abcef", "}abc{", ""};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(expressions); i++) {
		json_t *object = json_pack("{s:{s:s}}", "text", "regex", expressions[i]);
		const struct match *m;
		regex_t regex;

		if (regcomp(&regex, expressions[i], REG_EXTENDED | REG_NOSUB) != 0) {
			json_decref(object);
			continue;
		}
		assert_int_equal(match_compile(set, object, NULL, &m, &e), 0);
		for (size_t k = 0; k < COUNT_OF(texts); k++) {
			json_t *message = json_pack("{s:s}", "text", texts[k]);

			match_about(set, message, NULL);
			if (match_test(set, m) != (regexec(&regex, texts[k], 0, NULL, 0) == 0))
				fail_msg("'%s' on '%s'", expressions[i], texts[k]);
			match_about(set, NULL, NULL);
			json_decref(message);
		}
		regfree(&regex);
		json_decref(object);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_a_regex_finds_what_regexec_finds),
	    TEST(test_no_condition_matches_everything),
	    TEST(test_equality),
	    TEST(test_numbers_and_booleans_equal_their_text),
	    TEST(test_any_of_a_list),
	    TEST(test_a_list_in_the_message_matches_by_any_member),
	    TEST(test_purpose_and_urgency_have_a_default),
	    TEST(test_ranges),
	    TEST(test_ranges_of_times),
	    TEST(test_regular_expressions),
	    TEST(test_presence),
	    TEST(test_a_value_in_common_with_another_field),
	    TEST(test_negation),
	    TEST(test_region_of_the_first_address_that_has_one),
	    TEST(test_many_literals_stay_apart),
	    TEST(test_errors_name_file_line_and_key),
	    TEST(test_what_a_rule_takes_from_those_behind_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
