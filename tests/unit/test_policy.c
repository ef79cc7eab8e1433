#include "common/policy/policy.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/banned.h"

static struct err e;
static char directory[] = "/tmp/test_policy.XXXXXX", file[64];
static struct config config;
static struct policy *policy;

static int setup_all(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(file, sizeof(file), "%s/policy.yaml", directory);
	return 0;
}

static int teardown_all(void **state)
{
	(void)state;
	unlink(file);
	return rmdir(directory);
}

static int teardown(void **state)
{
	(void)state;
	policy_free(policy);
	policy = NULL;
	config = (struct config){0};
	return 0;
}

static int load(const char *text)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && close(fd) == 0);
	e = (struct err){0};
	return policy_load(file, &config, &policy, &e);
}

static void loaded(const char *text)
{
	policy_free(policy);
	policy = NULL;
	if (text ? load(text) < 0 : policy_load(NULL, &config, &policy, &e) < 0)
		fail_msg("%s", e.text);
}

/* Without the directory: "policy.yaml:3: …". */
static const char *refusal(const char *text)
{
	policy_free(policy);
	policy = NULL;
	assert_int_equal(load(text), -1);
	assert_int_equal(e.code, EX_CONFIG);
	return e.text + strlen(directory) + 1;
}

static const char everything[] =
    "{\"id\":\"ana\",\"lang\":\"es\",\"addresses\":{\"email\":\"ana@example.org\",\"slack\":\"#ops\",\"voice\":\"+34600000001\","
    "\"chat\":\"u1\",\"whatsapp\":\"+34600000001\",\"push\":\"fcm:tok\",\"sms\":\"+34600000001\"}%s}";

/* The plan in short: "push/5m:read sms". */
static const char *plan(const char *message, const char *more)
{
	static char order[512];
	char contact[1024];
	json_t *m = json_loads(message, 0, NULL), *r, *legs, *leg;
	size_t used = 0, i;
	struct gate_answer answer;

	snprintf(contact, sizeof(contact), everything, more);
	r = json_loads(contact, 0, NULL);
	assert_true(m && r);
	order[0] = '\0';
	if (policy_plan(policy, m, r, NULL, &legs, NULL, &answer, &e) == 1) {
		assert_null(legs);
		snprintf(order, sizeof(order), "%s: %s", status_name(refusal_status(&answer)), answer.text);
	}
	json_array_foreach(legs, i, leg) {
		const char *wait = json_string_value(json_object_get(leg, "wait"));

		used += (size_t)snprintf(order + used, sizeof(order) - used, "%s%s%s%s%s%s", i ? " " : "",
		    json_string_value(json_object_get(leg, "channel")), wait ? "/" : "", wait ? wait : "", wait ? ":" : "",
		    wait ? json_string_value(json_object_get(leg, "until")) : "");
	}
	json_decref(legs);
	json_decref(m);
	json_decref(r);
	return order;
}

static void test_built_in_waterfalls(void **state)
{
	(void)state;
	loaded(NULL);
	assert_int_equal(policy_rule_count(policy), 0);
	assert_string_equal(plan("{\"purpose\":\"otp\"}", ""), "whatsapp sms email voice");
	assert_string_equal(plan("{}", ""), "whatsapp push sms email voice chat slack");
	assert_string_equal(plan("{\"purpose\":\"service\"}", ""), "whatsapp chat push sms email slack voice");
	assert_string_equal(plan("{\"purpose\":\"marketing\",\"urgency\":\"high\"}", ""), "email push whatsapp chat slack sms voice");
	assert_string_equal(plan("{\"purpose\":\"emergency\"}", ""),
	    "push/1m:read sms/2m:read voice/2m:answered whatsapp/2m:read email/5m:read slack/5m:read chat");
}

static void test_urgency_shortens_the_way_to_the_next_channel(void **state)
{
	(void)state;
	loaded(NULL);
	assert_string_equal(plan("{\"urgency\":\"low\"}", ",\"prefer\":[\"sms\",\"email\"]"), "sms email whatsapp push chat slack voice");
	assert_string_equal(plan("{\"urgency\":\"high\"}", ""),
	    "whatsapp/5m:delivered push/5m:delivered sms/5m:delivered email/5m:delivered voice/5m:delivered slack/5m:delivered chat");
	assert_string_equal(plan("{\"urgency\":\"critical\"}", ",\"prefer\":[\"voice\"]"),
	    "voice/1m:delivered whatsapp/1m:delivered sms/1m:delivered push/1m:delivered email/1m:delivered slack/1m:delivered chat");
}

static void test_preference_rules_where_it_is_not_an_emergency(void **state)
{
	(void)state;
	loaded(NULL);
	assert_string_equal(plan("{\"purpose\":\"otp\"}", ",\"prefer\":[\"slack\",\"email\"]"), "email whatsapp sms voice");
	assert_string_equal(plan("{\"purpose\":\"marketing\"}", ",\"prefer\":[\"whatsapp\"]"), "whatsapp email push chat slack sms voice");
	assert_memory_equal(plan("{\"purpose\":\"emergency\"}", ",\"prefer\":[\"email\"]"), "push/1m", 7);
}

static void test_the_first_rule_that_matches(void **state)
{
	(void)state;
	loaded("rules:\n"
	       "- {name: codes, match: {purpose: otp}, channels: [sms/1m, voice]}\n"
	       "- {name: spanish, match: {contact.lang: es}, channels: [whatsapp/10m, sms]}\n"
	       "- {name: rest, channels: [email]}\n");
	assert_int_equal(policy_rule_count(policy), 3);
	assert_string_equal(plan("{\"purpose\":\"otp\"}", ""), "sms/1m:delivered voice");
	assert_string_equal(plan("{}", ""), "whatsapp/10m:delivered sms");
	assert_string_equal(plan("{}", ",\"lang\":\"fr\""), "email");
}

static void test_urgency_leaves_written_waterfalls_alone(void **state)
{
	(void)state;
	loaded("rules: [{match: {topic: a}, channels: [sms, email]}]\npurposes: {service: {channels: [chat, email/1h:read, sms]}}");
	assert_string_equal(plan("{\"topic\":\"a\",\"urgency\":\"critical\"}", ",\"prefer\":[\"email\"]"), "sms email");
	assert_string_equal(plan("{\"purpose\":\"service\",\"urgency\":\"critical\"}", ""), "chat email/1h:read sms");
}

static void test_continue_sets_what_later_rules_may_replace(void **state)
{
	(void)state;
	loaded("rules:\n"
	       "- {match: {contact.lang: es}, channels: [whatsapp, sms], prefer: true, continue: true}\n"
	       "- {match: {topic: bills}, channels: [email, sms], continue: true}\n"
	       "- {match: {topic: [bills, news]}, prefer: false}\n"
	       "- {match: {topic: [bills, news]}, channels: [voice]}\n"
	       "- {match: {purpose: service}, channels: [chat, slack]}\n");
	assert_string_equal(plan("{}", ",\"prefer\":[\"sms\"]"), "sms whatsapp");
	assert_string_equal(plan("{\"topic\":\"news\"}", ",\"prefer\":[\"sms\"]"), "whatsapp sms");
	assert_string_equal(plan("{\"topic\":\"bills\"}", ",\"prefer\":[\"sms\"]"), "email sms");
	assert_string_equal(plan("{\"purpose\":\"service\"}", ",\"prefer\":[\"slack\"]"), "slack chat");
	assert_string_equal(plan("{\"purpose\":\"service\"}", ",\"lang\":\"fr\",\"prefer\":[\"slack\"]"), "chat slack");
}

static enum consent_strength needs(const struct gate *g, enum purpose purpose)
{
	return requirement_find(g->require, purpose, NULL, NULL, "sms")->need;
}

static void test_purposes(void **state)
{
	struct gate g;

	(void)state;
	loaded("purposes:\n  marketing: {require: none, channels: [email]}\n  service: {require: explicit, prefer: false}\n");
	assert_string_equal(plan("{\"purpose\":\"marketing\"}", ",\"prefer\":[\"sms\"]"), "email");
	assert_string_equal(plan("{\"purpose\":\"service\"}", ",\"prefer\":[\"sms\"]"), "whatsapp chat push sms email slack voice");
	gate_init(&g, NULL);
	policy_requirements(policy, &g);
	assert_int_equal(needs(&g, PURPOSE_MARKETING), CONSENT_UNSTATED);
	assert_int_equal(needs(&g, PURPOSE_SERVICE), CONSENT_EXPLICIT);
	assert_int_equal(needs(&g, PURPOSE_OTP), CONSENT_UNSTATED);
	loaded(NULL);
	policy_requirements(policy, &g);
	assert_int_equal(needs(&g, PURPOSE_MARKETING), CONSENT_EXPLICIT);
	assert_int_equal(needs(&g, PURPOSE_SERVICE), CONSENT_UNSTATED);
}

static void test_senders(void **state)
{
	json_t *message = json_loads("{\"topic\":\"a\"}", 0, NULL), *legs;
	json_t *recipient = json_loads("{\"addresses\":{\"sms\":\"+34600000001\",\"email\":\"a@b.org\"}}", 0, NULL);
	static const char expected[] = "[{\"channel\":\"sms\",\"address\":\"sms:+34600000001\",\"from\":\"SHOP\"},"
	                               "{\"channel\":\"email\",\"address\":\"mailto:a@b.org\"}]";
	json_t *value = json_loads(expected, 0, NULL);
	struct buf b;

	(void)state;
	loaded("rules: [{match: {topic: a}, from: {sms: SHOP}, continue: true}, {channels: [sms, email]}]");
	assert_int_equal(policy_plan(policy, message, recipient, NULL, &legs, NULL, NULL, &e), 0);
	assert_true(json_equal(legs, value));
	buf_init(&b, 4096);
	assert_int_equal(policy_plan_text(policy, message, recipient, NULL, &b, NULL, &e), 0);
	assert_string_equal(b.data, expected);
	buf_clear(&b);
	json_decref(legs);
	json_decref(value);
	json_decref(message);
	json_decref(recipient);
}

static void test_a_rule_that_sends_nothing(void **state)
{
	(void)state;
	loaded("rules: [{name: mute, match: {topic: noise}, channels: []}]");
	assert_string_equal(plan("{\"topic\":\"noise\"}", ""), "blocked: the policy sends nothing here");
	assert_string_equal(plan("{\"topic\":\"noise\"}", ",\"address\":\"sms:+34600000001\""), "blocked: the policy sends nothing here");
	assert_string_equal(plan("{\"topic\":\"a\"}", ",\"address\":\"sms:+34600000001\""), "sms");
}

static bool none(void *ctx, const char *channel)
{
	(void)ctx;
	(void)channel;
	return false;
}

static void test_refusals(void **state)
{
	(void)state;
	loaded("rules: [{match: {topic: a}, channels: [matrix]}]");
	assert_string_equal(plan("{\"topic\":\"a\"}", ""), "failed: no address for matrix");
	policy_set_ways(policy, &(struct policy_ways){.reachable = none});
	assert_memory_equal(plan("{}", ""), "failed: no account serves ", 26);
	assert_memory_equal(plan("{}", ",\"address\":\"sms:12\""), "failed: not a phone number", 26);
}

static void test_reasons_name_the_rule(void **state)
{
	json_t *message = json_loads("{\"topic\":\"a\"}", 0, NULL), *legs, *why;
	json_t *recipient = json_loads("{\"addresses\":{\"sms\":\"+34600000001\"}}", 0, NULL);

	(void)state;
	loaded("rules: [{name: first, match: {topic: a}, channels: [sms]}]");
	assert_int_equal(policy_plan(policy, message, recipient, NULL, &legs, &why, NULL, &e), 0);
	assert_int_equal(json_array_size(why), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(why, 0), "rule")), "first");
	assert_string_equal(json_string_value(json_object_get(json_array_get(why, 0), "reason")), "in the waterfall of 'first'");
	json_decref(legs);
	json_decref(why);
	json_decref(message);
	json_decref(recipient);
}

static void test_channels_of_the_configuration_are_known(void **state)
{
	json_t *channels = json_loads("{\"pager\":{\"via\":\"exec\"}}", 0, NULL);

	(void)state;
	assert_contains(refusal("rules: [{channels: [pager]}]"), "unknown channel: 'pager'");
	config.channels = channels;
	loaded("rules: [{channels: [pager], from: {pager: x}}]");
	json_decref(channels);
}

static void test_errors_name_file_line_and_key(void **state)
{
	(void)state;
	assert_string_equal(refusal("rule:\n- {}"), "policy.yaml:1: rule: unknown key (did you mean 'rules'?)");
	assert_string_equal(refusal("rules:\n- channels: [sms]\n  mach: {}"), "policy.yaml:3: rules[0].mach: unknown key (did you mean 'match'?)");
	assert_contains(refusal("rules: {}"), "policy.yaml:1: rules: not a list of rules");
	assert_contains(refusal("rules: [sms]"), "policy.yaml:1: rules[0]");
	assert_contains(refusal("rules:\n- name: a\n- channels: [sms]"), "policy.yaml:2: rules[0]: sets nothing");
	assert_contains(refusal("rules:\n- {name: a, channels: [sms]}\n- {name: a, channels: [sms]}"), "policy.yaml:3: rules[1].name: a second rule");
	assert_contains(refusal("rules: [{channels: sms}]"), "rules[0].channels: not a list");
	assert_contains(refusal("rules: [{channels: [sms], continue: 1}]"), "rules[0].continue: not true or false");
	assert_contains(refusal("rules: [{channels: [sms], match: [a]}]"), "rules[0].match: not a map");
	assert_contains(refusal("rules: [{channels: [sms], match: null}]"), "rules[0].match: not a map");
	assert_contains(refusal("rules: [{channels: [sms], from: {smss: x}}]"), "rules[0].from.smss: unknown channel");
	assert_contains(refusal("rules: [{channels: [sms], from: 5}]"), "rules[0].from: not a sender");
	assert_contains(refusal("rules: [{channels: [sms], name: ''}]"), "rules[0].name: not a name");
	assert_contains(refusal("purposes: {adverts: {}}"), "purposes.adverts: not otp");
	assert_contains(refusal("purposes: {otp: [sms]}"), "purposes.otp: not a map");
	assert_contains(refusal("purposes: {otp: {require: written}}"), "purposes.otp.require: not none, implied, explicit or double");
	assert_contains(refusal("purposes: [otp]"), "purposes: not a map");
	assert_contains(refusal("purposes:\n  otp:\n    channels:\n    - sms\n    - smms"), "policy.yaml:5: purposes.otp.channels[1]: unknown channel: 'smms'");
	assert_contains(refusal("rules: [{channels: [sms], match: {text: {regex: '['}}}]"), "rules[0].match.text.regex: not a regular expression");
	loaded("");
	unlink(file);
	assert_int_equal(policy_load(file, &config, &policy, &e), -1);
	assert_int_equal(e.code, EX_CONFIG);
}

static char found[4][256];
static size_t found_count;

static void keep(void *ctx, const struct err *finding)
{
	(void)ctx;
	assert_true(found_count < 4);
	snprintf(found[found_count++], sizeof(found[0]), "%.250s", finding->text + strlen(directory) + 1);
}

static bool no_sms(void *ctx, const char *channel)
{
	(void)ctx;
	return strcmp(channel, "sms") != 0;
}

static void test_lint(void **state)
{
	(void)state;
	found_count = 0;
	loaded("purposes: {otp: {channels: [voice, sms]}}\n"
	       "rules:\n"
	       "- {name: go on, from: X, continue: true}\n"
	       "- {name: some, match: {topic: [a, b]}, channels: [email]}\n"
	       "- {name: one, match: {topic: a, purpose: otp}, channels: [email]}\n"
	       "- {name: all, channels: [sms]}\n"
	       "- {name: late, match: {topic: c}, channels: [email]}\n");
	policy_lint(policy, keep, NULL);
	assert_int_equal(found_count, 2);
	assert_string_equal(found[0], "policy.yaml:5: rules[2]: never reached: rule 'some' takes whatever it matches");
	assert_string_equal(found[1], "policy.yaml:7: rules[4]: never reached: rule 'all' takes whatever it matches");
	found_count = 0;
	policy_set_ways(policy, &(struct policy_ways){.reachable = no_sms});
	policy_lint(policy, keep, NULL);
	assert_int_equal(found_count, 4);
	assert_string_equal(found[0], "policy.yaml:1: purposes.otp.channels[1]: no account serves sms");
	found_count = 0;
	loaded(NULL);
	policy_lint(policy, keep, NULL);
	assert_int_equal(found_count, 0);
}

#define TEST(f) cmocka_unit_test_teardown(f, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_built_in_waterfalls),
	    TEST(test_urgency_shortens_the_way_to_the_next_channel),
	    TEST(test_preference_rules_where_it_is_not_an_emergency),
	    TEST(test_the_first_rule_that_matches),
	    TEST(test_urgency_leaves_written_waterfalls_alone),
	    TEST(test_continue_sets_what_later_rules_may_replace),
	    TEST(test_purposes),
	    TEST(test_senders),
	    TEST(test_a_rule_that_sends_nothing),
	    TEST(test_refusals),
	    TEST(test_reasons_name_the_rule),
	    TEST(test_channels_of_the_configuration_are_known),
	    TEST(test_errors_name_file_line_and_key),
	    TEST(test_lint),
	};

	return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
