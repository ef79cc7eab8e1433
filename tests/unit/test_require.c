/* Which consent is needed where: the table, and what a policy puts before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/policy/require.h"

#include "common/banned.h"

static struct requirements own;
static struct yaml *y;          /* that they borrow from */

static int tear_down(void **state)
{
	(void)state;
	requirements_clear(&own);
	yaml_unload(y);
	y = NULL;
	return 0;
}

static const struct requirement *find(enum purpose purpose, const char *recipient, const char *address)
{
	json_t *contact = recipient ? json_loads(recipient, 0, NULL) : NULL;
	const struct requirement *row;
	struct address a;
	struct err e;

	assert_true(!recipient || contact);
	assert_int_equal(address_parse(address, &a, &e), 0);
	row = requirement_find(&own, purpose, contact, &a, a.channel);
	json_decref(contact);
	return row;
}

static void the_region_of_the_number_tells_where(void **state)
{
	static const struct {
		const char *address, *name;
		enum consent_strength need;
	} cases[] = {
	    {"sms:+491711234567", "consent/DE/marketing", CONSENT_DOUBLE},
	    {"whatsapp:+491711234567", "consent/DE/marketing", CONSENT_DOUBLE},
	    {"sms:+16135550123", "consent/CA/marketing", CONSENT_IMPLIED},
	    {"sms:+12025550123", "consent/US/marketing", CONSENT_EXPLICIT},
	    {"sms:+17875550123", "consent/US/marketing", CONSENT_EXPLICIT},
	    {"sms:+81312345678", "consent/JP/marketing", CONSENT_EXPLICIT},
	    {"sms:+48512345678", "consent/*/marketing", CONSENT_EXPLICIT},
	    {"mailto:ana@example.org", "consent/*/marketing", CONSENT_EXPLICIT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct requirement *row = find(PURPOSE_MARKETING, NULL, cases[i].address);

		assert_string_equal(row->name, cases[i].name);
		assert_int_equal(row->need, cases[i].need);
		assert_int_equal(find(PURPOSE_OTP, NULL, cases[i].address)->need, CONSENT_UNSTATED);
	}
}

static void the_contacts_country_comes_first_and_another_number_last(void **state)
{
	const struct requirement *row;

	(void)state;
	assert_string_equal(find(PURPOSE_MARKETING, "{\"attributes\":{\"country\":\"DE\"}}", "sms:+16135550123")->name,
	    "consent/DE/marketing");
	assert_string_equal(find(PURPOSE_MARKETING, "{\"attributes\":{\"country\":\"US\"}}", "mailto:a@example.org")->name,
	    "consent/US/marketing/email");
	assert_string_equal(find(PURPOSE_MARKETING, "{\"attributes\":{\"country\":\"Germany\"}}", "sms:+16135550123")->name,
	    "consent/CA/marketing");
	row = find(PURPOSE_MARKETING, "{\"addresses\":{\"email\":\"a@example.org\",\"sms\":[\"+491711234567\"]}}", "mailto:a@example.org");
	assert_string_equal(row->name, "consent/DE/marketing");
	assert_string_equal(find(PURPOSE_MARKETING, "{\"attributes\":{\"country\":\"PR\"}}", "mailto:a@example.org")->name,
	    "consent/US/marketing/email");
}

/* What the policy's map makes of it, or the error. */
static const char *read_policy(const char *text)
{
	char path[] = "/tmp/msg-require-XXXXXX";
	struct config config = {.path = NULL};
	static struct err e;
	int fd = mkstemp(path), result;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	requirements_clear(&own);
	yaml_unload(y);
	assert_int_equal(yaml_load(path, &y, &e), 0);
	result = requirements_read(&own, PURPOSE_MARKETING, yaml_root(y), y, &config, &e);
	unlink(path);
	return result < 0 ? strchr(e.text, ':') : "good";
}

static void a_policy_comes_before_the_table(void **state)
{
	(void)state;
	assert_string_equal(read_policy("require: none\n"), "good");
	assert_int_equal(find(PURPOSE_MARKETING, NULL, "sms:+491711234567")->need, CONSENT_UNSTATED);
	assert_string_equal(find(PURPOSE_MARKETING, NULL, "sms:+491711234567")->name, "purposes.marketing.require");
	assert_string_equal(read_policy("require: {US: {sms: double}, FR: implied}\n"), "good");
	assert_string_equal(find(PURPOSE_MARKETING, NULL, "sms:+491711234567")->name, "consent/DE/marketing");
	assert_string_equal(find(PURPOSE_MARKETING, NULL, "sms:+12025550123")->name, "purposes.marketing.require.US.sms");
	assert_int_equal(find(PURPOSE_MARKETING, NULL, "sms:+12025550123")->need, CONSENT_DOUBLE);
	assert_string_equal(find(PURPOSE_MARKETING, NULL, "whatsapp:+12025550123")->name, "consent/US/marketing");
	assert_int_equal(find(PURPOSE_MARKETING, NULL, "sms:+33612345678")->need, CONSENT_IMPLIED);
	assert_string_equal(read_policy("require: {'*': double, US: none}\n"), "good");
	assert_int_equal(find(PURPOSE_MARKETING, NULL, "sms:+81312345678")->need, CONSENT_DOUBLE);
	assert_int_equal(find(PURPOSE_MARKETING, NULL, "sms:+12025550123")->need, CONSENT_UNSTATED);
	assert_true(requirements_by_place(&own, PURPOSE_MARKETING));
	assert_false(requirements_by_place(&own, PURPOSE_OTP));
}

static void what_a_policy_cannot_mean_is_refused_with_its_place(void **state)
{
	(void)state;
	assert_string_equal(read_policy("require: maybe\n"), ":1: require: not none, implied, explicit or double");
	assert_string_equal(read_policy("a: b\nrequire: true\n"), ":2: require: not none, implied, explicit or double");
	assert_string_equal(read_policy("require:\n  Germany: double\n"), ":2: require.Germany: not a country such as DE, nor '*'");
	assert_string_equal(read_policy("require:\n  US-FL: double\n"), ":2: require.US-FL: not a country such as DE, nor '*'");
	assert_string_equal(read_policy("require: {DE: [double]}\n"), ":1: require.DE: not none, implied, explicit or double");
	assert_string_equal(read_policy("require: {DE: {smms: double}}\n"), ":1: require.DE.smms: unknown channel");
	assert_string_equal(read_policy("require: {DE: {sms: no}}\n"), ":1: require.DE.sms: not none, implied, explicit or double");
}

#define CASE(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(the_region_of_the_number_tells_where),
	    CASE(the_contacts_country_comes_first_and_another_number_last),
	    CASE(a_policy_comes_before_the_table),
	    CASE(what_a_policy_cannot_mean_is_refused_with_its_place),
	};

	return cmocka_run_group_tests_name("require", tests, NULL, NULL);
}
