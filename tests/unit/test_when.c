#include "common/compat.h"
#include "common/line/when.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

static void instants_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
	    {"1970-01-01T00:00:00Z", 0},
	    {"1970-01-01t00:00:00.001z", 1},
	    {"1970-01-01 01:00:00+01:00", 0},
	    {"1969-12-31T23:59:59.999Z", -1},
	    {"2026-11-24T09:00:00+01:00", 1795507200000},
	    {"2026-11-24T09:00:00.5-00:30", 1795512600500},
	    {"2000-02-29T00:00:00Z", 951782400000},
	    {"2024-02-29T23:59:59Z", 1709251199000},
	    {"2016-12-31T23:59:60Z", 1483228800000},    /* a leap second is the next minute's first */
	    {"0000-01-01T00:00:00Z", -62167219200000},
	    {"9999-12-31T23:59:59.999Z", 253402300799999},
	    {"2026-01-01T00:00:00.123456789Z", 1767225600123},
	    {"2026-01-01T00:00:00+23:59", 1767139260000},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t ms = 42;

		if (when_parse(cases[i].text, &ms) != 0 || ms != cases[i].ms)
			fail_msg("%s: %lld, not %lld", cases[i].text, (long long)ms, (long long)cases[i].ms);
	}
}

static void what_is_no_instant_is_refused(void **state)
{
	static const char *const cases[] = {"", "2026", "2026-11-24", "2026-11-24T09:00:00", "2026-11-24T09:00Z",
	    "2026-11-24T09:00:00.Z", "2026-11-24T09:00:00 Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
	    "2026-04-31T00:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-01-00T00:00:00Z",
	    "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00+24:00",
	    "2026-01-01T00:00:00+01:60", "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00+1:00", "2026-01-01T00:00:00Zx",
	    " 2026-01-01T00:00:00Z", "2026-1-1T00:00:00Z", "+2026-01-01T00:00:00Z", "12026-01-01T00:00:00Z",
	    "2026-01-01T00:00:00,5Z", "2026-01-01T-1:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00Z\n",
	    /* Beyond the years that four digits can write. */
	    "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t ms = 42;

		if (when_parse(cases[i], &ms) != -1)
			fail_msg("taken: '%s'", cases[i]);
		assert_int_equal(ms, 42);
	}
}

static void every_day_of_four_centuries_comes_back(void **state)
{
	char text[WHEN_SIZE], before[WHEN_SIZE] = "";
	int64_t first, again;

	(void)state;
	assert_int_equal(when_parse("1799-12-31T12:34:56.789Z", &first), 0);
	for (int64_t ms = first; ms < first + 150000 * WHEN_DAY; ms += WHEN_DAY) {
		when_format(ms, text);
		assert_true(strcmp(before, text) < 0);
		assert_int_equal(when_parse(text, &again), 0);
		assert_int_equal(again, ms);
		memcpy(before, text, sizeof(text));
	}
	when_format(253402300799999, text);
	assert_string_equal(text, "9999-12-31T23:59:59.999Z");
	when_format(-62167219200000, text);
	assert_string_equal(text, "0000-01-01T00:00:00.000Z");
	when_format(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999Z");
}

static void durations_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {{"0s", 0}, {"250ms", 250}, {"90s", 90000}, {"15m", 900000}, {"4h", 14400000}, {"3d", 259200000},
	    {"2w", 1209600000}, {"1h30m", 5400000}, {"1w2d3h4m5s6ms", 788645006}, {"1m500ms", 60500}, {"36525d", 3155760000000},
	    {"0000000000000000000000000000001s", 1000}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t ms = -1;

		if (when_parse_duration(cases[i].text, &ms) != 0 || ms != cases[i].ms)
			fail_msg("%s: %lld", cases[i].text, (long long)ms);
	}
}

static void what_is_no_duration_is_refused(void **state)
{
	static const char *const cases[] = {"", "s", "15", "15 m", "-5m", "+5m", "1.5h", "1m1h", "1h1h", "1y", "5M", "1hm",
	    "1mss", "36526d", "99999999999999999999999w", "1h ", " 1h", "9223372036854775807ms", "1h30", "36525d1ms"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t ms = 42;

		if (when_parse_duration(cases[i], &ms) != -1)
			fail_msg("taken: '%s' as %lld", cases[i], (long long)ms);
		assert_int_equal(ms, 42);
	}
}

static void durations_are_written_as_they_are_read(void **state)
{
	static const int64_t steps[] = {1, 999, 1000, 59999, 3600000, 5400000, 86399999, 86400000, 604800000, 3155760000000,
	    3155759999999};
	char text[WHEN_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		int64_t again = 0;

		when_format_duration(steps[i], text);
		assert_int_equal(when_parse_duration(text, &again), 0);
		assert_int_equal(again, steps[i]);
	}
	when_format_duration(5400000, text);
	assert_string_equal(text, "1h30m");
	when_format_duration(0, text);
	assert_string_equal(text, "0s");
	when_format_duration(-5, text);
	assert_string_equal(text, "0s");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(instants_are_read),
	    cmocka_unit_test(what_is_no_instant_is_refused),
	    cmocka_unit_test(every_day_of_four_centuries_comes_back),
	    cmocka_unit_test(durations_are_read),
	    cmocka_unit_test(what_is_no_duration_is_refused),
	    cmocka_unit_test(durations_are_written_as_they_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
