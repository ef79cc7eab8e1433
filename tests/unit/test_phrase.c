#include <stdlib.h>

#include "common/line/phrase.h"
#include "common/line/when.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

/* A Saturday, 10:30:15 on the clock of this "machine". */
#define NOW "2026-11-28T10:30:15+01:00"

static int64_t instant(const char *text)
{
	int64_t ms = 0;

	assert_int_equal(when_parse(text, &ms), 0);
	return ms;
}

static void phrases_are_understood(void **state)
{
	static const struct {
		const char *phrase, *at;
	} cases[] = {
	    {"2026-11-24T09:00:00+01:00", "2026-11-24T09:00:00+01:00"},
	    {"2026-11-24T08:00:00.250Z", "2026-11-24T08:00:00.250+00:00"},
	    {"2026-12-01 09:00 Europe/Madrid", "2026-12-01T09:00:00+01:00"},
	    {"2026-12-01T09:00 Asia/Kathmandu", "2026-12-01T09:00:00+05:45"},
	    {"2026-12-01 09:00:30 UTC", "2026-12-01T09:00:30+00:00"},
	    {"2026-12-01 09:00-05:00", "2026-12-01T09:00:00-05:00"},
	    {"2026-12-01T09:00Z", "2026-12-01T09:00:00+00:00"},
	    {"2026-12-01 9:00 +02:00", "2026-12-01T09:00:00+02:00"},
	    {"09:00", "2026-11-29T09:00:00+01:00"},
	    {"11:00", "2026-11-28T11:00:00+01:00"},
	    {"10:30", "2026-11-29T10:30:00+01:00"},
	    {"1100", "2026-11-28T11:00:00+01:00"},
	    {"11:00 UTC", "2026-11-28T11:00:00+00:00"},
	    {"10:00 UTC", "2026-11-28T10:00:00+00:00"},         /* 11:00 here: yet to come */
	    {"06:00 America/New_York", "2026-11-28T06:00:00-05:00"},
	    {"9am", "2026-11-29T09:00:00+01:00"},
	    {"9 pm", "2026-11-28T21:00:00+01:00"},
	    {"12am", "2026-11-29T00:00:00+01:00"},
	    {"12pm", "2026-11-28T12:00:00+01:00"},
	    {"5:30PM", "2026-11-28T17:30:00+01:00"},
	    {"noon", "2026-11-28T12:00:00+01:00"},
	    {"midnight", "2026-11-29T00:00:00+01:00"},
	    {"teatime", "2026-11-28T16:00:00+01:00"},
	    {"at noon tomorrow", "2026-11-29T12:00:00+01:00"},
	    {"Tomorrow 09:00 Europe/Madrid", "2026-11-29T09:00:00+01:00"},
	    {"tomorrow 09:00 Pacific/Auckland", "2026-11-29T09:00:00+13:00"},
	    {"09:00 tomorrow", "2026-11-29T09:00:00+01:00"},
	    {"tomorrow", "2026-11-29T10:30:15+01:00"},
	    {"today 9:00", "2026-11-28T09:00:00+01:00"},
	    {"monday 8:30", "2026-11-30T08:30:00+01:00"},
	    {"8:30 on Mon", "2026-11-30T08:30:00+01:00"},
	    {"saturday 11:00", "2026-11-28T11:00:00+01:00"},
	    {"saturday 9:00", "2026-12-05T09:00:00+01:00"},
	    {"next saturday 11:00", "2026-12-05T11:00:00+01:00"},
	    {"next thurs 9am", "2026-12-03T09:00:00+01:00"},
	    {"next week", "2026-12-05T10:30:15+01:00"},
	    {"next month 9:00", "2026-12-28T09:00:00+01:00"},
	    {"dec 1 noon UTC", "2026-12-01T12:00:00+00:00"},
	    {"1 december 18:30", "2026-12-01T18:30:00+01:00"},
	    {"december 1, 2027 1830", "2027-12-01T18:30:00+01:00"},
	    {"dec 1 1830", "2026-12-01T18:30:00+01:00"},
	    {"jul 14 9:00", "2027-07-14T09:00:00+02:00"},
	    {"28 nov 9:00", "2027-11-28T09:00:00+01:00"},
	    {"feb 29 9am", "2028-02-29T09:00:00+01:00"},
	    {"now", NOW},
	    {"now UTC", "2026-11-28T09:30:15+00:00"},
	    {"in 2h", "2026-11-28T12:30:15+01:00"},
	    {"in 90 minutes", "2026-11-28T12:00:15+01:00"},
	    {"in 1h30m", "2026-11-28T12:00:15+01:00"},
	    {"in 1 hour and 30 minutes", "2026-11-28T12:00:15+01:00"},
	    {"in 2 hours, 5 min", "2026-11-28T12:35:15+01:00"},
	    {"+2h", "2026-11-28T12:30:15+01:00"},
	    {"now +10 minutes", "2026-11-28T10:40:15+01:00"},
	    {"now + 3 days", "2026-12-01T10:30:15+01:00"},
	    {"9am + 3 days", "2026-12-01T09:00:00+01:00"},
	    {"in 2 days 09:00", "2026-11-30T09:00:00+01:00"},
	    {"in 1 month", "2026-12-28T10:30:15+01:00"},
	    {"in 3 months", "2027-02-28T10:30:15+01:00"},
	    {"2027-01-31 9:00 + 1 month", "2027-02-28T09:00:00+01:00"},
	    {"in 2 years noon", "2028-11-28T12:00:00+01:00"},
	    {"in 0 days", NOW},
	};
	int64_t now = instant(NOW);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char text[WHEN_SIZE];
		struct phrase p;
		struct err e;

		if (phrase_parse(cases[i].phrase, now, &p, &e) < 0)
			fail_msg("'%s': %s", cases[i].phrase, e.text);
		when_format_at(p.ms, p.offset, text);
		if (strcmp(text, cases[i].at) != 0)
			fail_msg("'%s': %s, not %s", cases[i].phrase, text, cases[i].at);
	}
}

static void clocks_that_are_changed_are_told(void **state)
{
	static const struct {
		const char *phrase, *at;
		enum zone_fit fit;
	} cases[] = {
	    {"2027-03-28 02:30", "2027-03-28T03:30:00+02:00", ZONE_SKIPPED},
	    {"2027-03-28 02:30 UTC", "2027-03-28T02:30:00+00:00", ZONE_ONCE},
	    {"2027-10-31 02:30", "2027-10-31T02:30:00+02:00", ZONE_TWICE},
	    {"2027-10-31 02:30+01:00", "2027-10-31T02:30:00+01:00", ZONE_ONCE},
	    {"2027-04-04 01:45 Australia/Lord_Howe", "2027-04-04T01:45:00+11:00", ZONE_TWICE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char text[WHEN_SIZE];
		struct phrase p;
		struct err e;

		assert_int_equal(phrase_parse(cases[i].phrase, instant(NOW), &p, &e), 0);
		when_format_at(p.ms, p.offset, text);
		assert_string_equal(text, cases[i].at);
		assert_int_equal(p.fit, cases[i].fit);
	}
}

/* A day later is the same time of day; 24 hours later is not when the clock changes in between. */
static void days_are_not_hours(void **state)
{
	struct phrase day, hours;
	struct err e;
	int64_t now = instant("2027-03-27T12:00:00+01:00");

	(void)state;
	assert_int_equal(phrase_parse("in 1 day", now, &day, &e), 0);
	assert_int_equal(phrase_parse("in 24 hours", now, &hours, &e), 0);
	assert_int_equal(day.ms, instant("2027-03-28T12:00:00+02:00"));
	assert_int_equal(hours.ms, instant("2027-03-28T13:00:00+02:00"));
	/* While the hour is shown twice, "in 10 minutes" counts from the one it is. */
	now = instant("2027-10-31T02:10:00+01:00");
	assert_int_equal(phrase_parse("in 10 minutes", now, &hours, &e), 0);
	assert_int_equal(hours.ms, instant("2027-10-31T02:20:00+01:00"));
	assert_int_equal(hours.offset, 3600);
}

static void what_is_not_understood_is_named(void **state)
{
	static const struct {
		const char *phrase, *why;
	} cases[] = {
	    {"", "not a time: ''"},
	    {" , ", "not a time: ' , '"},
	    {"tomorow 9:00", "not understood: 'tomorow' in 'tomorow 9:00'"},
	    {"2h", "not understood without 'in' before it: '2h'"},
	    {"tomorrow 25:00", "no such time of day: '25:00'"},
	    {"9:60", "no such time of day: '9:60'"},
	    {"13pm", "no such time of day: '13pm'"},
	    {"0am", "no such time of day: '0am'"},
	    {"2026-02-30 9:00", "no such day: '2026-02-30'"},
	    {"30 feb 9:00", "no such day"},
	    {"0026-12-01", "no such day"},
	    {"tomorrow 9:00 Europe/Madird", "no time zone 'Europe/Madird'"},
	    {"9:00 ../../etc/passwd", "not a time zone such as Europe/Madrid: '../../etc/passwd'"},
	    {"tomorrow monday", "a second day: 'monday'"},
	    {"9:00 10:00", "a second time of day: '10:00'"},
	    {"9:00Z UTC", "a second time zone: 'UTC'"},
	    {"09:00+01:00 Z", "a second time zone: 'Z'"},
	    {"now tomorrow", "a second time: 'now'"},
	    {"in", "no amount of time behind: 'in'"},
	    {"in 2", "a number without a unit of time: '2'"},
	    {"in 2 fortnights", "not a unit of time: 'fortnights'"},
	    {"in h", "not an amount of time such as 2h or 90 minutes: 'h'"},
	    {"in 1h and", "no amount of time behind: 'and'"},
	    {"in 999999 weeks", "too far off"},
	    {"in 1201 months", "too far off"},
	    {"next", "nothing behind: 'next'"},
	    {"next 9:00", "neither a day of the week nor a unit of time: '9:00'"},
	    {"december", "a month without a day: 'december'"},
	    {"Europe/Madrid", "neither a day nor a time: 'Europe/Madrid'"},
	    {"on", "neither a day nor a time: 'on'"},
	    {"09:00\n", "not understood: '09:00\\x0a'"},
	    {"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", "not a time"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct phrase p;
		struct err e = {0};

		if (phrase_parse(cases[i].phrase, instant(NOW), &p, &e) == 0)
			fail_msg("taken: '%s'", cases[i].phrase);
		assert_int_equal(e.code, EX_DATAERR);
		assert_contains(e.text, cases[i].why);
	}
}

static int in_madrid(void **state)
{
	(void)state;
	return setenv("TZ", "Europe/Madrid", 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(phrases_are_understood),
	    cmocka_unit_test(clocks_that_are_changed_are_told),
	    cmocka_unit_test(days_are_not_hours),
	    cmocka_unit_test(what_is_not_understood_is_named),
	};

	return cmocka_run_group_tests(tests, in_madrid, NULL);
}
