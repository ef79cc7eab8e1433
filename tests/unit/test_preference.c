/* How people want to be written to: what is a wish, and what a recipient becomes with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/line/preference.h"
#include "common/line/when.h"
#include "common/policy/hours.h"
#include "common/policy/wishes.h"
#include "common/store/consent.h"
#include "common/store/preference.h"

#include "common/banned.h"

static char directory[64];
static struct store *store;
static struct err e;

static int set_up(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/msg-preference-XXXXXX");
	assert_non_null(mkdtemp(directory));
	return store_open(directory, STORE_WRITE, &store, &e);
}

static int tear_down(void **state)
{
	static const char *const names[] = {"msg.db", "msg.db-wal", "msg.db-shm"};

	(void)state;
	store_close(store);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	return rmdir(directory);
}

static void hours_and_frequencies(void **state)
{
	static const char *const bad_hours[] = {"", "22", "22:00", "22:00-", "2:00-08:00", "22:00-8:00", "22:00-08:00 ", "25:00-08:00",
	    "22:60-08:00", "24:00-08:00", "22:00-00:00", "08:00-08:00", "22.00-08.00"};
	static const char *const bad_limits[] = {"", "3", "/7d", "3/", "0/7d", "3/0s", "3/7", "-3/7d", "3/2000d", "1234567/7d"};
	unsigned from, to, count;
	int64_t within_ms;

	(void)state;
	assert_int_equal(preference_parse_quiet("22:05-08:00", &from, &to), 0);
	assert_int_equal(from, 22 * 60 + 5);
	assert_int_equal(to, 8 * 60);
	assert_int_equal(preference_parse_quiet("00:00-24:00", &from, &to), 0);
	for (size_t i = 0; i < COUNT_OF(bad_hours); i++)
		assert_int_equal(preference_parse_quiet(bad_hours[i], &from, &to), -1);
	assert_int_equal(preference_parse_frequency("3/7d", &count, &within_ms), 0);
	assert_int_equal(count, 3);
	assert_int_equal(within_ms, 7 * WHEN_DAY);
	for (size_t i = 0; i < COUNT_OF(bad_limits); i++)
		assert_int_equal(preference_parse_frequency(bad_limits[i], &count, &within_ms), -1);
}

static void want(const char *subject, const char *change)
{
	struct consent_event event = {.subject = subject, .state = CONSENT_PREFERENCE, .preference = change};

	if (consent_add(store, &event, &e) < 0)
		fail_msg("%s", e.text);
}

static void must_want(const char *subject, const char *expected)
{
	json_t *wishes = NULL, *wanted = expected ? json_loads(expected, 0, NULL) : NULL;

	assert_int_equal(preference_look(store, subject, &wishes, &e), expected != NULL);
	if (expected)
		assert_true(json_equal(wishes, wanted));
	json_decref(wishes);
	json_decref(wanted);
}

static void later_wishes_change_what_they_name(void **state)
{
	struct consent_verdict v;

	(void)state;
	must_want("contact:ana", NULL);
	want("contact:ana", "{\"lang\":\"es\",\"topics\":[\"news\"]}");
	want("contact:bo", "{\"lang\":\"de\"}");
	want("contact:ana", "{\"lang\":null,\"topics\":[\"rides\"],\"one_channel\":true}");
	must_want("contact:ana", "{\"topics\":[\"rides\"],\"one_channel\":true}");
	must_want("contact:bo", "{\"lang\":\"de\"}");
	must_want("contact:zoe", NULL);
	assert_int_equal(consent_verify(store, directory, &v, &e), 0);
}

static json_t *apply(const char *recipient)
{
	json_t *before = json_loads(recipient, 0, NULL), *after;

	assert_non_null(before);
	assert_int_equal(wishes_apply(store, before, &after, &e), 0);
	json_decref(before);
	return after;
}

static void a_recipient_becomes_what_they_want(void **state)
{
	json_t *r;

	(void)state;
	want("contact:ana", "{\"lang\":\"es\",\"zone\":\"Europe/Madrid\",\"channels\":[\"sms\",\"email\"],\"one_channel\":true}");
	want("sms:+34612345678", "{\"lang\":\"ca\"}");
	r = apply("{\"id\":\"ana\",\"lang\":\"en\",\"prefer\":[\"push\"],\"addresses\":{\"sms\":\"+34612345678\"}}");
	assert_string_equal(json_string_value(json_object_get(r, "lang")), "es");
	assert_string_equal(json_string_value(json_object_get(r, "tz")), "Europe/Madrid");
	assert_string_equal(json_string_value(json_array_get(json_object_get(r, "prefer"), 0)), "sms");
	assert_true(wishes_one_channel(r));
	assert_int_equal(wishes_rank(r, "sms"), 2);
	assert_int_equal(wishes_rank(r, "email"), 1);
	assert_int_equal(wishes_rank(r, "push"), 0);
	json_decref(r);
	r = apply("{\"address\":\"sms:+34 612 345 678\",\"addresses\":{\"sms\":\"+34612345678\"}}");
	assert_string_equal(json_string_value(json_object_get(r, "lang")), "ca");
	assert_false(wishes_one_channel(r));
	json_decref(r);
	r = apply("{\"id\":\"bo\",\"lang\":\"en\"}");
	assert_null(json_object_get(r, "preferences"));
	json_decref(r);
}

static int64_t opens(struct hours *h, const char *quiet, const char *now)
{
	json_t *recipient = json_pack("{s:s, s:{s:s}}", "tz", "Europe/Madrid", "preferences", "quiet_hours", quiet);
	struct hours_question q = {.recipient = recipient, .channel = "sms", .purpose = PURPOSE_TRANSACTIONAL, .urgency = URGENCY_NORMAL};
	struct hours_answer a;

	assert_int_equal(when_parse(now, &q.now_ms), 0);
	hours_ask(h, &q, &a);
	json_decref(recipient);
	return a.verdict == HOURS_HELD ? a.opens_ms - q.now_ms : a.verdict == HOURS_OPEN ? 0 : -1;
}

/* The clock is moved forward at 02:00 on 2026-03-29 and back at 03:00 on 2026-10-25. */
static void hours_of_rest_end_when_they_say(void **state)
{
	struct hours *h = hours_new();

	(void)state;
	assert_int_equal(opens(h, "22:00-08:00", "2026-11-28T21:59:59+01:00"), 0);
	assert_int_equal(opens(h, "22:00-08:00", "2026-11-28T22:00:00+01:00"), 10 * WHEN_HOUR);
	assert_int_equal(opens(h, "22:00-08:00", "2026-11-28T07:59:00+01:00"), WHEN_MINUTE);
	assert_int_equal(opens(h, "22:00-08:00", "2026-11-28T08:00:00+01:00"), 0);
	assert_int_equal(opens(h, "22:00-08:00", "2026-03-28T22:00:00+01:00"), 9 * WHEN_HOUR);
	assert_int_equal(opens(h, "22:00-08:00", "2026-10-24T22:00:00+02:00"), 11 * WHEN_HOUR);
	assert_int_equal(opens(h, "13:00-15:00", "2026-11-28T12:00:00+01:00"), 0);
	assert_int_equal(opens(h, "13:00-15:00", "2026-11-28T13:00:00+01:00"), 2 * WHEN_HOUR);
	assert_int_equal(opens(h, "22:00-24:00", "2026-11-28T23:00:00+01:00"), WHEN_HOUR);
	assert_int_equal(opens(h, "00:00-06:00", "2026-11-28T00:00:00+01:00"), 6 * WHEN_HOUR);
	hours_free(h);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(hours_and_frequencies),
	    CASE(later_wishes_change_what_they_name),
	    CASE(a_recipient_becomes_what_they_want),
	    CASE(hours_of_rest_end_when_they_say),
	};

	return cmocka_run_group_tests_name("preference", tests, NULL, NULL);
}
