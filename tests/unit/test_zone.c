#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/buf.h"
#include "common/line/when.h"
#include "common/line/zone_data.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

static const struct zone *must_load(const char *name)
{
	const struct zone *z = NULL;
	struct err e = {0};

	if (zone_load(name, &z, &e) < 0)
		fail_msg("%s: %s", name, e.text);
	return z;
}

static int64_t instant(const char *text)
{
	int64_t ms = 0;

	if (when_parse(text, &ms) < 0)
		fail_msg("no instant: %s", text);
	return ms / 1000;
}

static void offsets_are_what_clocks_showed(void **state)
{
	static const struct {
		const char *zone, *at;
		int32_t offset;
	} cases[] = {
	    {"Europe/Madrid", "2026-03-29T00:59:59Z", 3600},
	    {"Europe/Madrid", "2026-03-29T01:00:00Z", 7200},
	    {"Europe/Madrid", "2026-10-25T00:59:59Z", 7200},
	    {"Europe/Madrid", "2026-10-25T01:00:00Z", 3600},
	    {"Europe/Madrid", "1900-01-01T00:00:00Z", -884},            /* its own mean time, -0:14:44 */
	    {"Europe/Madrid", "2500-07-01T00:00:00Z", 7200},            /* by the rule in the footer */
	    {"America/New_York", "2026-03-08T06:59:59Z", -18000},
	    {"America/New_York", "2026-03-08T07:00:00Z", -14400},
	    {"America/New_York", "2026-11-01T05:59:59Z", -14400},
	    {"America/New_York", "2026-11-01T06:00:00Z", -18000},
	    {"America/New_York", "2006-03-20T12:00:00Z", -18000},       /* before the law of 2005 it began in April */
	    {"Australia/Lord_Howe", "2026-04-04T14:59:59Z", 39600},
	    {"Australia/Lord_Howe", "2026-04-04T15:00:00Z", 37800},     /* half an hour */
	    {"Australia/Lord_Howe", "2026-10-03T15:29:59Z", 37800},
	    {"Australia/Lord_Howe", "2026-10-03T15:30:00Z", 39600},
	    {"America/Santiago", "2026-01-15T00:00:00Z", -10800},       /* summer in January */
	    {"America/Santiago", "2026-07-15T00:00:00Z", -14400},
	    {"Pacific/Auckland", "2030-01-01T00:00:00Z", 46800},
	    {"Pacific/Auckland", "2030-07-01T00:00:00Z", 43200},
	    {"Asia/Kathmandu", "2026-06-01T00:00:00Z", 20700},
	    {"Asia/Kathmandu", "1985-12-31T18:29:59Z", 19800},
	    {"Asia/Kathmandu", "1985-12-31T18:30:00Z", 20700},
	    {"Pacific/Apia", "2011-12-30T09:59:59Z", -36000},
	    {"Pacific/Apia", "2011-12-30T10:00:00Z", 50400},            /* a day was left out */
	    {"Europe/Dublin", "2026-01-01T00:00:00Z", 0},               /* winter is the exception there */
	    {"Europe/Dublin", "2040-07-01T00:00:00Z", 3600},
	    {"UTC", "2026-01-01T00:00:00Z", 0},
	    {"Etc/GMT+5", "2026-01-01T00:00:00Z", -18000},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int32_t got = zone_offset_at(must_load(cases[i].zone), instant(cases[i].at));

		if (got != cases[i].offset)
			fail_msg("%s at %s: %d, not %d", cases[i].zone, cases[i].at, got, cases[i].offset);
	}
}

static void clock_times_are_found(void **state)
{
	static const struct {
		const char *zone;
		struct civil local;
		enum zone_fit fit;
		const char *at, *other;
	} cases[] = {
	    {"Europe/Madrid", {2026, 12, 1, 9, 0, 0}, ZONE_ONCE, "2026-12-01T08:00:00Z", "2026-12-01T08:00:00Z"},
	    {"Europe/Madrid", {2026, 3, 29, 1, 59, 59}, ZONE_ONCE, "2026-03-29T00:59:59Z", "2026-03-29T00:59:59Z"},
	    {"Europe/Madrid", {2026, 3, 29, 2, 0, 0}, ZONE_SKIPPED, "2026-03-29T01:00:00Z", "2026-03-29T00:00:00Z"},
	    {"Europe/Madrid", {2026, 3, 29, 2, 30, 0}, ZONE_SKIPPED, "2026-03-29T01:30:00Z", "2026-03-29T00:30:00Z"},
	    {"Europe/Madrid", {2026, 3, 29, 3, 0, 0}, ZONE_ONCE, "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"},
	    {"Europe/Madrid", {2026, 10, 25, 2, 30, 0}, ZONE_TWICE, "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"},
	    {"Europe/Madrid", {2026, 10, 25, 3, 0, 0}, ZONE_ONCE, "2026-10-25T02:00:00Z", "2026-10-25T02:00:00Z"},
	    {"Europe/Madrid", {2026, 11, 31, 9, 0, 0}, ZONE_ONCE, "2026-12-01T08:00:00Z", "2026-12-01T08:00:00Z"},
	    {"America/New_York", {2026, 3, 8, 2, 15, 0}, ZONE_SKIPPED, "2026-03-08T07:15:00Z", "2026-03-08T06:15:00Z"},
	    {"America/New_York", {2026, 11, 1, 1, 0, 0}, ZONE_TWICE, "2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z"},
	    {"America/New_York", {2099, 11, 1, 1, 0, 0}, ZONE_TWICE, "2099-11-01T05:00:00Z", "2099-11-01T06:00:00Z"},
	    {"Australia/Lord_Howe", {2026, 4, 5, 1, 45, 0}, ZONE_TWICE, "2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"},
	    {"Australia/Lord_Howe", {2026, 4, 5, 1, 15, 0}, ZONE_ONCE, "2026-04-04T14:15:00Z", "2026-04-04T14:15:00Z"},
	    {"Australia/Lord_Howe", {2026, 10, 4, 2, 10, 0}, ZONE_SKIPPED, "2026-10-03T15:40:00Z", "2026-10-03T15:10:00Z"},
	    {"America/Santiago", {2026, 9, 6, 0, 30, 0}, ZONE_SKIPPED, "2026-09-06T04:30:00Z", "2026-09-06T03:30:00Z"},
	    {"Pacific/Apia", {2011, 12, 30, 12, 0, 0}, ZONE_SKIPPED, "2011-12-30T22:00:00Z", "2011-12-29T22:00:00Z"},
	    {"Asia/Kathmandu", {2026, 1, 1, 0, 0, 0}, ZONE_ONCE, "2025-12-31T18:15:00Z", "2025-12-31T18:15:00Z"},
	    {"Asia/Kathmandu", {1986, 1, 1, 0, 10, 0}, ZONE_SKIPPED, "1985-12-31T18:40:00Z", "1985-12-31T18:25:00Z"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct zone_instant got;

		zone_from_local(must_load(cases[i].zone), &cases[i].local, &got);
		if (got.fit != cases[i].fit || got.seconds != instant(cases[i].at) || got.other != instant(cases[i].other))
			fail_msg("case %zu: %s: fit %d, %lld, %lld", i, cases[i].zone, got.fit, (long long)got.seconds,
			    (long long)got.other);
	}
}

static void an_instant_comes_back_from_its_clock_time(void **state)
{
	static const char *const names[] = {"Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca",
	    "Asia/Gaza", "America/Nuuk", "Antarctica/Troll", "Africa/Cairo"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const struct zone *z = must_load(names[i]);

		for (int64_t at = instant("1930-01-01T00:00:00Z"); at < instant("2090-01-01T00:00:00Z"); at += 86400 * 3 + 1801) {
			struct zone_instant back;
			struct civil c;

			zone_civil_at(z, at, &c);
			zone_from_local(z, &c, &back);
			if (back.fit == ZONE_SKIPPED || (back.seconds != at && back.other != at))
				fail_msg("%s: %lld became %lld", names[i], (long long)at, (long long)back.seconds);
		}
	}
}

/* The C library's own reader must agree, for every zone that has a place on the map. */
static void agree_on(const char *name, int64_t from, int64_t step)
{
	const struct zone *z = must_load(name);

	setenv("TZ", name, 1);
	tzset();
	for (int64_t at = from; at < 4000000000; at += step) {
		time_t t = (time_t)at;
		struct tm tm;
		struct civil mine, theirs;

		localtime_r(&t, &tm);
		theirs = (struct civil){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec};
		zone_civil_at(z, at, &mine);
		if (civil_seconds(&mine) != civil_seconds(&theirs))
			fail_msg("%s at %lld: %lld s apart", name, (long long)at, (long long)(civil_seconds(&mine) - civil_seconds(&theirs)));
	}
}

static void the_c_library_agrees(void **state)
{
	FILE *f = fopen("/usr/share/zoneinfo/zone1970.tab", "re");
	char line[512], name[128];
	int count = 0;

	(void)state;
	if (!f)
		skip();
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '#' || sscanf(line, "%*s %*s %127s", name) != 1)
			continue;
		agree_on(name, -2500000000, 86400 * 31 + 3599 + count * 61);
		count++;
	}
	fclose(f);
	unsetenv("TZ");
	tzset();
	assert_true(count > 200);
}

static void names_stay_within_the_directory(void **state)
{
	static const char *const bad[] = {"", "/etc/passwd", "../../../etc/passwd", "Europe/../../passwd", "Europe/Madrid ", "Europe Madrid",
	    "Europe/Madrid\n", "Europe/Mad.rid", "./UTC", "\xc3\x91"};
	static const char *const none[] = {"Europe/Nowhere", "Europe", "Madrid", "zone-tab"};
	const struct zone *z = NULL;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_int_equal(zone_load(bad[i], &z, &e), -1);
		assert_int_equal(e.code, EX_DATAERR);
		assert_contains(e.text, "not a time zone such as");
	}
	for (size_t i = 0; i < COUNT_OF(none); i++) {
		assert_int_equal(zone_load(none[i], &z, &e), -1);
		assert_int_equal(e.code, EX_DATAERR);
		assert_contains(e.text, "no time zone");
	}
	assert_null(z);
	assert_ptr_equal(must_load("Europe/Madrid"), must_load("Europe/Madrid"));
}

static void the_directory_can_be_named(void **state)
{
	const struct zone *z;
	struct err e;

	(void)state;
	setenv("TZDIR", "/nonexistent", 1);
	assert_int_equal(zone_load("Zulu", &z, &e), -1);
	unsetenv("TZDIR");
	must_load("Zulu");
}

static void this_machine_has_a_zone(void **state)
{
	static const struct {
		const char *setting;
		int32_t winter, summer;
	} cases[] = {
	    {"Europe/Madrid", 3600, 7200}, {":Europe/Madrid", 3600, 7200}, {":/usr/share/zoneinfo/Asia/Tokyo", 32400, 32400},
	    {"CET-1CEST,M3.5.0,M10.5.0/3", 3600, 7200}, {"EST5EDT", -18000, -14400}, {"", 0, 0}, {"nonsense", 0, 0}, {"UTC0", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		setenv("TZ", cases[i].setting, 1);
		assert_int_equal(zone_offset_at(zone_here(), instant("2026-01-15T00:00:00Z")), cases[i].winter);
		assert_int_equal(zone_offset_at(zone_here(), instant("2026-07-15T00:00:00Z")), cases[i].summer);
	}
	unsetenv("TZ");
	assert_non_null(zone_here());
}

static void rules_are_read(void **state)
{
	static const char *const bad[] = {"", "CE", "CET", "CET-1x", "CET-1CEST,", "CET-1CEST,M3.5.0", "CET-1CEST,M3.6.0,M10.5.0",
	    "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0/168", "CET-25", "CET-1CEST,J0,J9",
	    "CET-1CEST,366,9", "<+03-3", "<>3", "CET-1CEST,M3.5.0,M10.5.0/3x", "CET-1:60", "CET-1CE"};
	struct zone_rule r;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (zone_rule_parse(bad[i], &r))
			fail_msg("taken: '%s'", bad[i]);
	assert_true(zone_rule_parse("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", &r));
	assert_int_equal(zone_rule_offset(&r, instant("2026-03-29T00:59:59Z")), -7200);
	assert_int_equal(zone_rule_offset(&r, instant("2026-03-29T01:00:00Z")), -3600);
	/* Summer all year: its end is the next one's start. */
	assert_true(zone_rule_parse("EST5EDT4,0/0,J365/25", &r));
	for (int64_t at = instant("2026-12-31T00:00:00Z"); at < instant("2027-01-02T00:00:00Z"); at += 1800)
		assert_int_equal(zone_rule_offset(&r, at), -14400);
	/* Day 60 is 1 March for J60 in any year, and 29 February for 59 in a leap year. */
	assert_true(zone_rule_parse("AAA0BBB,J60/0,300", &r));
	assert_int_equal(zone_rule_offset(&r, instant("2028-02-29T12:00:00Z")), 0);
	assert_int_equal(zone_rule_offset(&r, instant("2028-03-01T00:00:00Z")), 3600);
	assert_true(zone_rule_parse("AAA0BBB,59/0,300", &r));
	assert_int_equal(zone_rule_offset(&r, instant("2028-02-29T00:00:00Z")), 3600);
	assert_int_equal(zone_rule_offset(&r, instant("2027-02-28T23:59:59Z")), 0);
}

/* A file of version 1 with one change, to be spoilt. */
static void put_file(struct buf *b, unsigned leaps, unsigned kind, int32_t offset)
{
	const unsigned counts[] = {0, 0, leaps, 1, 2, 4};
	const int32_t offsets[] = {0, offset};

	buf_reset(b);
	buf_add(b, "TZif\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
	for (size_t i = 0; i < COUNT_OF(counts); i++)
		buf_add(b, (const char[]){0, 0, 0, (char)counts[i]}, 4);
	buf_add(b, "\0\0\0\x64", 4);
	buf_add_char(b, (char)kind);
	for (size_t i = 0; i < COUNT_OF(offsets); i++) {
		for (int shift = 24; shift >= 0; shift -= 8)
			buf_add_char(b, (char)((uint32_t)offsets[i] >> shift));
		buf_add(b, "\0\0", 2);
	}
	buf_add(b, "UTC\0", 4);
	for (unsigned i = 0; i < leaps; i++)
		buf_add(b, "\0\0\0\1\0\0\0\1", 8);
}

static void damaged_files_are_refused(void **state)
{
	static const struct {
		unsigned leaps, kind;
		int32_t offset;
		const char *why;
	} cases[] = {{1, 1, 3600, "leap seconds"}, {0, 2, 3600, "a change to nothing"}, {0, 1, 100000, "an offset of more than a day"}};
	struct zone *z = NULL;
	struct err e;
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	put_file(&b, 0, 1, 3600);
	assert_int_equal(zone_parse(b.data, b.len, &z, &e), 0);
	assert_int_equal(zone_offset_at(z, 99), 0);
	assert_int_equal(zone_offset_at(z, 100), 3600);
	zone_free(z);
	z = NULL;
	for (size_t len = 0; len < b.len; len++)
		assert_int_equal(zone_parse(b.data, len, &z, &e), -1);
	b.data[4] = '2';        /* without the second half that it speaks of */
	assert_int_equal(zone_parse(b.data, b.len, &z, &e), -1);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		put_file(&b, cases[i].leaps, cases[i].kind, cases[i].offset);
		assert_int_equal(zone_parse(b.data, b.len, &z, &e), -1);
		assert_int_equal(e.code, EX_OSFILE);
		assert_contains(e.text, cases[i].why);
	}
	assert_null(z);
	buf_clear(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(offsets_are_what_clocks_showed),
	    cmocka_unit_test(clock_times_are_found),
	    cmocka_unit_test(an_instant_comes_back_from_its_clock_time),
	    cmocka_unit_test(the_c_library_agrees),
	    cmocka_unit_test(names_stay_within_the_directory),
	    cmocka_unit_test(the_directory_can_be_named),
	    cmocka_unit_test(this_machine_has_a_zone),
	    cmocka_unit_test(rules_are_read),
	    cmocka_unit_test(damaged_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
