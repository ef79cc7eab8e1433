/*
 * Hours, places and holidays. Whether an hour is open is worked out a second time here, from the texts of the table and
 * the C library's idea of local time, and the two must agree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/line/civil.h"
#include "common/line/when.h"
#include "common/policy/hours_set.h"

#include "common/banned.h"

#define MINUTE INT64_C(60)
#define DAY INT64_C(86400)
#define YEAR_FROM INT64_C(1793491200) /* 2026-11-01T00:00:00Z */
#define RECIPIENTS 1000
#define MESSAGES 20 /* to each, over the year */
#define SPAN_MINUTES (5 * 1440) /* about a change of the clocks */

static struct hours *hours;

static int set_up(void **state)
{
	(void)state;
	hours = hours_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	hours_free(hours);
	return 0;
}

static json_t *json(const char *text)
{
	json_t *value = json_loads(text, 0, NULL);

	if (!value)
		fail_msg("not JSON: %s", text);
	return value;
}

static int64_t at(const char *text)
{
	int64_t ms;

	assert_int_equal(when_parse(text, &ms), 0);
	return ms;
}

static const struct hours_text *text_of(const char *jurisdiction)
{
	for (size_t i = 0; i < hours_text_count(); i++)
		if (strcmp(hours_text_at(i)->jurisdiction, jurisdiction) == 0)
			return hours_text_at(i);
	return NULL;
}

/* The second opinion. */

static void local_by_libc(const char *zone, int64_t seconds, struct tm *ret_tm)
{
	static char now[64] = "?";
	time_t t = (time_t)seconds;

	if (strcmp(now, zone) != 0) {
		setenv("TZ", zone, 1);
		tzset();
		snprintf(now, sizeof(now), "%s", zone);
	}
	localtime_r(&t, ret_tm);
}

static bool in_spans(const char *spans, int minute)
{
	if (strcmp(spans, "any") == 0 || strcmp(spans, "closed") == 0)
		return *spans == 'a';
	while (*spans) {
		int a, b, c, d;

		assert_int_equal(sscanf(spans, "%d:%d-%d:%d", &a, &b, &c, &d), 4);
		if (minute >= a * 60 + b && minute < c * 60 + d)
			return true;
		spans += 11;
		spans += strspn(spans, " ,");
	}
	return false;
}

static bool is_off(const char *jurisdiction, const struct tm *tm)
{
	static struct holidays *holidays;

	if (!holidays)
		holidays = holidays_new();
	return holidays_on(holidays, jurisdiction, civil_days(tm->tm_year + 1900, tm->tm_mon + 1, tm->tm_mday)) != NULL;
}

static bool open_by(const struct hours_text *t, const char *zone, int64_t seconds)
{
	struct tm tm;
	const char *spans;
	bool off;

	local_by_libc(zone, seconds, &tm);
	spans = tm.tm_wday == 0 ? t->sun : tm.tm_wday == 6 ? t->sat
							   : t->mon_fri;
	off = strcmp(t->holidays, "allowed") != 0 && is_off(t->jurisdiction, &tm);
	if (strcmp(spans, "unclear") == 0) {
		assert_string_equal(t->advice, "Mon-Fri 09:00-20:00");
		return tm.tm_wday != 0 && tm.tm_wday != 6 && !off && in_spans("09:00-20:00", tm.tm_hour * 60 + tm.tm_min);
	}
	if (off)
		spans = strcmp(t->holidays, "sun") == 0 ? t->sun : "closed";
	return in_spans(spans, tm.tm_hour * 60 + tm.tm_min);
}

/* Of a jurisdiction and, if it is a state, its country. */
static bool open_in(const char *jurisdiction, const char *zone, int64_t seconds)
{
	const struct hours_text *t = text_of(jurisdiction);
	char country[3];

	if (t && !open_by(t, zone, seconds))
		return false;
	/* POSIX counts west of Greenwich. */
	if (t && *t->also_clock) {
		assert_string_equal(t->also_clock, "-06:00");
		if (!open_by(t, "CST6", seconds))
			return false;
	}
	if (strlen(jurisdiction) == 2)
		return true;
	snprintf(country, sizeof(country), "%.2s", jurisdiction);
	return open_in(country, zone, seconds);
}

static void ask(const json_t *recipient, int64_t seconds, struct hours_answer *ret_answer)
{
	struct hours_question q = {.recipient = recipient, .channel = "sms", .purpose = PURPOSE_MARKETING, .urgency = URGENCY_NORMAL, .now_ms = seconds * 1000};

	hours_ask(hours, &q, ret_answer);
}

/* The first change of a zone's offset after an instant, within a year; 0: it has none. */
static int64_t change_after(const struct zone *z, int64_t seconds)
{
	int32_t before = zone_offset_at(z, seconds);

	for (int64_t t = seconds; t < seconds + 370 * DAY; t += 900)
		if (zone_offset_at(z, t) != before)
			return t;
	return 0;
}

static json_t *somebody_in(const char *jurisdiction, const char **ret_zone, int64_t changes[2])
{
	json_t *recipient = json_pack("{s:{s:s#}}", "attributes", "country", jurisdiction, (size_t)2);
	struct place place;

	if (jurisdiction[2])
		json_object_set_new(json_object_get(recipient, "attributes"), "state", json_string(jurisdiction));
	if (strcmp(jurisdiction, "US-PR") == 0)
		json_object_set_new(recipient, "tz", json_string("America/Puerto_Rico"));
	place_find(hours->places, recipient, NULL, &place);
	if (place.zone_count == 0)
		fail_msg("no zone for %s", jurisdiction);
	*ret_zone = place.zones[0]->name;
	changes[0] = changes[1] = 0;
	for (size_t i = 0; i < place.zone_count && !changes[0]; i++) {
		changes[0] = change_after(place.zones[i]->zone, YEAR_FROM);
		if (!changes[0])
			continue;
		*ret_zone = place.zones[i]->name;
		changes[1] = change_after(place.zones[i]->zone, changes[0] + DAY);
	}
	for (int i = 0; i < 2; i++)
		if (!changes[i])
			changes[i] = YEAR_FROM + (i ? 200 : 20) * DAY;
	json_object_set_new(recipient, "tz", json_string(*ret_zone));
	return recipient;
}

static void about_change(const char *jurisdiction, const json_t *recipient, const char *zone, int64_t change)
{
	static bool open[SPAN_MINUTES];
	int64_t from = (change / MINUTE - SPAN_MINUTES / 2) * MINUTE;
	int next = -1;

	for (int i = 0; i < SPAN_MINUTES; i++)
		open[i] = open_in(jurisdiction, zone, from + i * MINUTE);
	for (int i = SPAN_MINUTES - 1; i >= 0; i--) {
		struct hours_answer a;

		if (open[i])
			next = i;
		ask(recipient, from + i * MINUTE, &a);
		if ((a.verdict == HOURS_OPEN) != open[i] || (!open[i] && next >= 0 && a.opens_ms != (from + next * MINUTE) * 1000))
			fail_msg("%s, %s, at %lld: %s%s", jurisdiction, zone, (long long)(from + i * MINUTE), open[i] ? "open, but " : "closed, but ",
			    a.text);
	}
}

static void edges_of_every_row(void **state)
{
	size_t changing = 0;

	(void)state;
	assert_int_equal(hours_text_count(), 107);
	for (size_t i = 0; i < hours_text_count(); i++) {
		const struct hours_text *t = hours_text_at(i);
		struct hours_row row;
		const char *zone;
		int64_t changes[2];
		json_t *recipient;

		if (!hours_row_of_text(t, &row))
			fail_msg("not a row: %s", t->jurisdiction);
		assert_int_equal(row.purposes, 1u << PURPOSE_MARKETING);
		recipient = somebody_in(t->jurisdiction, &zone, changes);
		changing += change_after(place_zone(hours->places, zone)->zone, YEAR_FROM) != 0;
		for (int change = 0; change < 2; change++)
			about_change(t->jurisdiction, recipient, zone, changes[change]);
		json_decref(recipient);
	}
	assert_true(changing > 60);
}

/* An hour before and at the edge, by hand, on both sides of the changes of 2026 and 2027. */
static void edges_by_hand(void **state)
{
	static const struct {
		const char *recipient, *closed, *opens, *row;
	} cases[] = {
	    {"{\"addresses\":{\"sms\":\"+12125550123\"}}", "2026-10-31T23:59:59-04:00", "2026-11-01T08:00:00-05:00", "US-NY"},
	    {"{\"addresses\":{\"sms\":\"+12125550123\"}}", "2027-03-14T00:00:00-05:00", "2027-03-14T08:00:00-04:00", "US-NY"},
	    {"{\"addresses\":{\"sms\":\"+13055550123\"}}", "2026-11-28T20:00:00-05:00", "2026-11-29T08:00:00-05:00", "US-FL"},
	    {"{\"addresses\":{\"sms\":\"+33612345678\"}}", "2027-03-27T22:00:00+01:00", "2027-03-30T08:00:00+02:00", "FR"},
	    {"{\"addresses\":{\"sms\":\"+14015550123\"}}", "2026-11-07T17:00:00-05:00", "2026-11-09T09:00:00-05:00", "US-RI"},
	    {"{\"addresses\":{\"sms\":\"+16015550123\"}}", "2027-06-01T08:30:00-05:00", "2027-06-01T09:00:00-05:00", "US-MS"},
	    {"{\"addresses\":{\"sms\":\"+16015550123\"}}", "2027-06-01T20:00:00-05:00", "2027-06-02T09:00:00-05:00", "US-MS"},
	    {"{\"addresses\":{\"sms\":\"+573001234567\"}}", "2027-01-09T15:00:00-05:00", "2027-01-12T07:00:00-05:00", "CO"},
	    {"{\"addresses\":{\"sms\":\"+919876543210\"}}", "2026-12-01T21:00:00+05:30", "2026-12-02T10:00:00+05:30", "IN"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		json_t *recipient = json(cases[i].recipient);
		struct hours_answer a;

		ask(recipient, at(cases[i].closed) / 1000, &a);
		if (a.verdict != HOURS_HELD || a.opens_ms != at(cases[i].opens))
			fail_msg("%s: %s", cases[i].closed, a.text);
		assert_string_equal(a.row, cases[i].row);
		ask(recipient, at(cases[i].opens) / 1000, &a);
		assert_int_equal(a.verdict, HOURS_OPEN);
		ask(recipient, at(cases[i].opens) / 1000 - 1, &a);
		assert_int_equal(a.verdict, HOURS_HELD);
		json_decref(recipient);
	}
}

static uint64_t seed = 20261128;

static uint32_t chance(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % below;
}

static json_t *random_recipient(void)
{
	static const char *const numbers[] = {"+12125550123", "+13055550123", "+18505550123", "+12085550123", "+19285550123",
	    "+12705550123", "+18005550123", "+15551230001", "+16045550123", "+18675550123", "+34600123456", "+33612345678",
	    "+4915112345678", "+447700900123", "+5511987654321", "+5568987654321", "+61412345678", "+573001234567", "+27821234567",
	    "+919876543210", "+821012345678", "+8613812345678", "+84912345678", "+79161234567", "+525512345678", "+995555123456",
	    "+254712345678", "+9715012345678", "+17875550123", "+14015550123", "+16015550123", "+13345550123"};
	static const char *const zones[] = {"America/New_York", "Europe/Madrid", "Asia/Kolkata", "Australia/Lord_Howe",
	    "America/Los_Angeles", "Asia/Tokyo", "Pacific/Auckland", "America/Chicago", "Africa/Johannesburg", "No/Where"};
	static const char *const states[] = {"US-FL", "US-TX", "US-RI", "US-UT", "US-LA", "US-KY", "US-ID", "US-PA"};
	static const char *const postal[] = {"32501", "79901", "10001", "83814", "96701", "40011"};
	json_t *recipient = json_pack("{s:{}}", "attributes"), *attributes = json_object_get(recipient, "attributes");

	if (chance(10) < 9)
		json_object_set_new(recipient, "addresses", json_pack("{s:s}", "sms", numbers[chance(COUNT_OF(numbers))]));
	if (chance(4) == 0)
		json_object_set_new(recipient, "tz", json_string(zones[chance(COUNT_OF(zones))]));
	if (chance(5) == 0)
		json_object_set_new(attributes, "state", json_string(states[chance(COUNT_OF(states))]));
	if (chance(6) == 0) {
		json_object_set_new(attributes, "country", json_string("US"));
		json_object_set_new(attributes, "postal_code", json_string(postal[chance(COUNT_OF(postal))]));
	}
	return recipient;
}

static bool open_for(const struct place *place, int64_t seconds)
{
	for (size_t j = 0; j < place->jurisdiction_count; j++)
		for (size_t z = 0; z < place->zone_count; z++)
			if (!open_in(place->jurisdictions[j], place->zones[z]->name, seconds))
				return false;
	return true;
}

static void nothing_is_sent_in_a_closed_minute(void **state)
{
	size_t held = 0, open = 0;

	(void)state;
	for (int i = 0; i < RECIPIENTS; i++) {
		json_t *recipient = random_recipient();
		struct place place;

		place_find(hours->places, recipient, NULL, &place);
		for (int m = 0; m < MESSAGES; m++) {
			int64_t now = YEAR_FROM + chance(365 * 1440) * MINUTE, sent = now;
			struct hours_answer a;

			ask(recipient, now, &a);
			assert_int_not_equal(a.verdict, HOURS_SHUT);
			if (a.verdict == HOURS_HELD) {
				sent = a.opens_ms / 1000;
				held++;
			} else {
				open++;
			}
			if (!open_for(&place, sent))
				fail_msg("sent at %lld, which is closed for %s", (long long)sent, json_dumps(recipient, 0));
			/* Nor is anything held longer than it must be. */
			if (sent > now && open_for(&place, sent - MINUTE))
				fail_msg("held at %lld though it is open for %s", (long long)sent - MINUTE, json_dumps(recipient, 0));
		}
		json_decref(recipient);
	}
	assert_true(held > RECIPIENTS && open > RECIPIENTS);
}

static void place_is(const char *recipient, enum place_by by, const char *zones, const char *jurisdictions)
{
	json_t *value = json(recipient);
	struct place place;
	char got[2048] = "", codes[64] = "";
	size_t used = 0, written = 0;

	place_find(hours->places, value, NULL, &place);
	for (size_t i = 0; i < place.zone_count; i++)
		used += (size_t)snprintf(got + used, sizeof(got) - used, "%s%s", i ? " " : "", place.zones[i]->name);
	for (size_t i = 0; i < place.jurisdiction_count; i++)
		written += (size_t)snprintf(codes + written, sizeof(codes) - written, "%s%s", i ? " " : "", place.jurisdictions[i]);
	if (place.by != by || strncmp(got, zones, strlen(zones)) != 0 || strcmp(codes, jurisdictions) != 0)
		fail_msg("%s: %s, zones %s, jurisdictions %s", recipient, place_by_word(place.by), got, codes);
	json_decref(value);
}

static void place_is_the_best_that_is_known(void **state)
{
	(void)state;
	place_is("{\"tz\":\"Europe/Madrid\",\"addresses\":{\"sms\":\"+12125550123\"}}", PLACE_GIVEN, "Europe/Madrid", "ES US US-NY");
	place_is("{\"addresses\":{\"sms\":\"+12125550123\"},\"attributes\":{\"postal_code\":\"79901\"}}", PLACE_POSTAL, "America/Denver",
	    "US US-TX US-NY");
	place_is("{\"addresses\":{\"sms\":\"+12125550123\"},\"attributes\":{\"postal_code\":32501,\"country\":\"US\"}}", PLACE_POSTAL,
	    "America/Chicago", "US US-FL US-NY");
	place_is("{\"addresses\":{\"sms\":\"+12125550123\"},\"attributes\":{\"state\":\"CA\"}}", PLACE_STATE, "America/Los_Angeles",
	    "US US-CA US-NY");
	place_is("{\"addresses\":{\"sms\":\"+12125550123\"},\"attributes\":{\"state\":\"US-ID\"}}", PLACE_STATE,
	    "America/Boise America/Los_Angeles", "US US-ID US-NY");
	place_is("{\"addresses\":{\"sms\":\"+19155550123\"},\"attributes\":{\"state\":\"TX\"}}", PLACE_AREA, "America/Denver", "US US-TX");
	place_is("{\"addresses\":{\"sms\":\"+12085550123\"}}", PLACE_AREA, "America/Boise America/Los_Angeles", "US US-ID");
	place_is("{\"addresses\":{\"email\":\"ana@example.org\",\"sms\":[\"+5568987654321\"]}}", PLACE_AREA, "America/Rio_Branco",
	    "BR BR-AC");
	place_is("{\"addresses\":{\"sms\":\"+34600123456\"}}", PLACE_COUNTRY, "Europe/Madrid Africa/Ceuta Atlantic/Canary", "ES");
	place_is("{\"addresses\":{\"sms\":\"+34928123456\"}}", PLACE_AREA, "Atlantic/Canary", "ES ES-CN");
	place_is("{\"addresses\":{\"sms\":\"+18005550123\"}}", PLACE_COUNTRY, "America/New_York America/Detroit", "US");
	place_is("{\"addresses\":{\"sms\":\"+17875550123\"}}", PLACE_AREA, "America/Puerto_Rico", "US US-PR");
	place_is("{\"addresses\":{\"sms\":\"+18675550123\"}}", PLACE_AREA, "America/Whitehorse America/Edmonton", "CA");
	place_is("{\"tz\":\"Nowhere/Land\",\"addresses\":{\"sms\":\"+390612345678\"}}", PLACE_COUNTRY, "Europe/Rome", "IT");
	place_is("{\"addresses\":{\"email\":\"ana@example.org\"}}", PLACE_UNKNOWN, "", "");
	place_is("{\"attributes\":{\"country\":\"CA\",\"postal_code\":\"p8n 1a1\"}}", PLACE_POSTAL, "America/Toronto America/Winnipeg",
	    "CA CA-ON");
}

static void both_places_bind(void **state)
{
	json_t *recipient = json("{\"addresses\":{\"sms\":\"+12125550123\"},\"attributes\":{\"state\":\"US-CA\"}}");
	const char *rows[8];
	struct hours_question q = {.recipient = recipient, .channel = "sms", .purpose = PURPOSE_MARKETING};
	struct hours_answer a;

	(void)state;
	assert_int_equal(hours_rows(hours, &q, rows, 8), 3);
	assert_string_equal(rows[0], "US-CA");
	assert_string_equal(rows[1], "US-NY");
	assert_string_equal(rows[2], "US");
	ask(recipient, at("2026-12-01T07:59:00-08:00") / 1000, &a);
	assert_string_equal(a.zone, "America/Los_Angeles");
	assert_int_equal(a.opens_ms, at("2026-12-01T08:00:00-08:00"));
	json_decref(recipient);
}

static enum hours_verdict verdict(const char *recipient, const char *channel, enum purpose purpose, enum urgency urgency,
    const char *when, struct hours_answer *ret_answer)
{
	json_t *value = json(recipient);
	struct hours_question q = {.recipient = value, .channel = channel, .purpose = purpose, .urgency = urgency, .now_ms = at(when)};

	hours_ask(hours, &q, ret_answer);
	json_decref(value);
	return ret_answer->verdict;
}

#define MADRID "{\"addresses\":{\"sms\":\"+34600123456\"},\"tz\":\"Europe/Madrid\"}"
#define PARIS "{\"addresses\":{\"sms\":\"+33612345678\"}}"
#define NOBODY "{\"addresses\":{\"push\":\"fcm:abc\"}}"
#define NIGHT "2026-12-01T03:00:00+01:00"

static void the_law_is_about_advertising(void **state)
{
	struct hours_answer a;

	(void)state;
	assert_int_equal(verdict(PARIS, "sms", PURPOSE_MARKETING, URGENCY_NORMAL, NIGHT, &a), HOURS_HELD);
	assert_string_equal(a.text, "quiet hours of FR (Europe/Paris) until 2026-12-01T07:00Z");
	assert_int_equal(verdict(PARIS, "sms", PURPOSE_MARKETING, URGENCY_CRITICAL, NIGHT, &a), HOURS_HELD);
	assert_int_equal(verdict(PARIS, "email", PURPOSE_MARKETING, URGENCY_NORMAL, NIGHT, &a), HOURS_OPEN);
	for (int purpose = 0; purpose < HOURS_PURPOSES; purpose++)
		if (purpose != PURPOSE_MARKETING)
			assert_int_equal(verdict(PARIS, "sms", (enum purpose)purpose, URGENCY_NORMAL, NIGHT, &a), HOURS_OPEN);
	assert_int_equal(verdict(MADRID, "sms", PURPOSE_MARKETING, URGENCY_NORMAL, NIGHT, &a), HOURS_OPEN);
	assert_int_equal(verdict(NOBODY, "push", PURPOSE_MARKETING, URGENCY_NORMAL, NIGHT, &a), HOURS_OPEN);
}

static struct yaml *policy(const char *text)
{
	struct yaml *y;
	struct err e;

	if (yaml_parse("policy.yaml", text, strlen(text), &y, &e) < 0)
		fail_msg("%s", e.text);
	if (hours_read(hours, json_object_get(yaml_root(y), "hours"), y, &e) < 0)
		fail_msg("%s", e.text);
	return y;
}

static void a_policy_adds(void **state)
{
	struct yaml *y = policy("hours:\n"
				"  advice: true\n"
				"  digest: [marketing]\n"
				"  rules:\n"
				"  - {name: office, in: ES, purpose: [transactional, otp], channel: [sms, push],\n"
				"     mon-fri: 09:00-13:00 16:00-20:00, fri: 09:00-15:00, holidays: closed}\n"
				"  - {name: desk, purpose: service, zone: Asia/Tokyo, daily: 09:00-18:00}\n");
	struct hours_answer a;

	(void)state;
	assert_int_equal(verdict(MADRID, "sms", PURPOSE_TRANSACTIONAL, URGENCY_NORMAL, "2026-12-01T13:00:00+01:00", &a), HOURS_HELD);
	assert_int_equal(a.opens_ms, at("2026-12-01T16:00:00+01:00"));
	assert_string_equal(a.row, "office");
	assert_int_equal(verdict(MADRID, "sms", PURPOSE_TRANSACTIONAL, URGENCY_NORMAL, "2026-12-04T15:00:00+01:00", &a), HOURS_HELD);
	/* Monday the 7th is none, Tuesday the 8th is the Inmaculada. */
	assert_int_equal(a.opens_ms, at("2026-12-07T09:00:00+01:00"));
	verdict(MADRID, "sms", PURPOSE_TRANSACTIONAL, URGENCY_NORMAL, "2026-12-07T20:00:00+01:00", &a);
	assert_int_equal(a.opens_ms, at("2026-12-09T09:00:00+01:00"));
	assert_int_equal(verdict(MADRID, "email", PURPOSE_TRANSACTIONAL, URGENCY_NORMAL, NIGHT, &a), HOURS_OPEN);
	assert_null(a.row);
	/* What is urgent goes, and it is said that it did. */
	assert_int_equal(verdict(MADRID, "sms", PURPOSE_TRANSACTIONAL, URGENCY_CRITICAL, NIGHT, &a), HOURS_OPEN);
	assert_string_equal(a.bypass, "critical");
	assert_int_equal(verdict(MADRID, "sms", PURPOSE_OTP, URGENCY_NORMAL, NIGHT, &a), HOURS_OPEN);
	assert_string_equal(a.bypass, "otp");
	assert_string_equal(a.row, "office");
	/* By the clock of the desk, wherever they are. */
	assert_int_equal(verdict(MADRID, "sms", PURPOSE_SERVICE, URGENCY_NORMAL, NIGHT, &a), HOURS_OPEN);
	assert_int_equal(verdict(NOBODY, "push", PURPOSE_SERVICE, URGENCY_NORMAL, "2026-12-01T12:00:00+01:00", &a), HOURS_HELD);
	assert_int_equal(a.opens_ms, at("2026-12-02T09:00:00+09:00"));
	/* Advice is heeded when it is asked for. */
	assert_int_equal(verdict(MADRID, "sms", PURPOSE_MARKETING, URGENCY_NORMAL, NIGHT, &a), HOURS_HELD);
	assert_int_equal(a.opens_ms, at("2026-12-01T09:00:00+01:00"));
	assert_true(a.digest);
	yaml_unload(y);
}

static void a_policy_overrides(void **state)
{
	struct yaml *y = policy("hours:\n"
				"  unknown: {in: FR, zone: Europe/Paris}\n"
				"  rules:\n"
				"  - {name: agreed, in: [US-FL], daily: 06:00-22:00, override: true}\n");
	struct hours_answer a;

	(void)state;
	/* The federal row still holds. */
	verdict("{\"addresses\":{\"sms\":\"+13055550123\"}}", "sms", PURPOSE_MARKETING, URGENCY_NORMAL, "2026-12-01T20:30:00-05:00", &a);
	assert_int_equal(a.verdict, HOURS_OPEN);
	verdict("{\"addresses\":{\"sms\":\"+13055550123\"}}", "sms", PURPOSE_MARKETING, URGENCY_NORMAL, "2026-12-01T21:30:00-05:00", &a);
	assert_string_equal(a.row, "US");
	assert_int_equal(verdict(NOBODY, "push", PURPOSE_MARKETING, URGENCY_NORMAL, NIGHT, &a), HOURS_HELD);
	assert_string_equal(a.row, "FR");
	yaml_unload(y);
}

static void unknown_zones_need_all(void **state)
{
	struct yaml *y = policy("hours: {law: false, rules: [{name: most, daily: '00:00-23:00'}, {name: some, purpose: service, daily: '09:00-18:00'}]}");
	struct hours_answer a;

	(void)state;
	assert_int_equal(verdict(NOBODY, "push", PURPOSE_MARKETING, URGENCY_NORMAL, NIGHT, &a), HOURS_SHUT);
	assert_string_equal(a.text, "quiet hours of most: no hour is open everywhere, and nobody knows where they are");
	assert_int_equal(verdict(MADRID, "push", PURPOSE_MARKETING, URGENCY_NORMAL, NIGHT, &a), HOURS_OPEN);
	assert_int_equal(verdict(NOBODY, "push", PURPOSE_OTP, URGENCY_NORMAL, NIGHT, &a), HOURS_OPEN);
	yaml_unload(y);
}

static void wrong_policies(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
	    {"hours: [x]", "policy.yaml:1: hours: not a map"},
	    {"hours: {laws: true}", "policy.yaml:1: hours.laws: unknown key (did you mean 'law'?)"},
	    {"hours: {law: perhaps}", "policy.yaml:1: hours.law: not true or false"},
	    {"hours: {rules: {}}", "policy.yaml:1: hours.rules: not a list of rules"},
	    {"hours:\n  rules:\n  - {name: x}", "policy.yaml:3: hours.rules[0]: no hours: daily, mon-fri, sat, sun or other days are missing"},
	    {"hours: {rules: [{daily: 9-17}]}", "policy.yaml:1: hours.rules[0].daily: not hours such as 09:00-13:00 16:00-20:00, closed or any"},
	    {"hours: {rules: [{daily: '20:00-08:00'}]}",
		"policy.yaml:1: hours.rules[0].daily: not hours such as 09:00-13:00 16:00-20:00, closed or any"},
	    {"hours: {rules: [{daily: any, holydays: closed}]}", "policy.yaml:1: hours.rules[0].holydays: unknown key (did you mean 'holidays'?)"},
	    {"hours: {rules: [{daily: any, in: Spain}]}", "policy.yaml:1: hours.rules[0].in: not a country or state such as ES or US-FL: 'Spain'"},
	    {"hours: {rules: [{daily: any, zone: Mars/Base}]}", "policy.yaml:1: hours.rules[0].zone: not a time zone such as Europe/Madrid"},
	    {"hours: {rules: [{daily: any, purpose: [ad]}]}", "policy.yaml:1: hours.rules[0].purpose[0]: not a purpose: 'ad'"},
	    {"hours: {rules: [{daily: any, channel: pigeon}]}", "policy.yaml:1: hours.rules[0].channel: unknown channel: 'pigeon'"},
	    {"hours: {holidays: nowhere.tsv}", "nowhere.tsv: No such file or directory"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct hours *h = hours_new();
		struct yaml *y;
		struct err e = {0, ""};

		assert_int_equal(yaml_parse("policy.yaml", cases[i].text, strlen(cases[i].text), &y, &e), 0);
		assert_int_equal(hours_read(h, json_object_get(yaml_root(y), "hours"), y, &e), -1);
		assert_int_equal(e.code, EX_CONFIG);
		assert_string_equal(e.text, cases[i].error);
		hours_free(h);
		yaml_unload(y);
	}
}

static void what_they_want(void **state)
{
	static const char night[] = "{\"tz\":\"Europe/Madrid\",\"preferences\":{\"quiet_hours\":\"22:00-08:00\"}}";
	static const char siesta[] = "{\"tz\":\"Europe/Madrid\",\"preferences\":{\"quiet_hours\":\"14:00-16:30\"}}";
	static const char early[] = "{\"tz\":\"Europe/Madrid\",\"preferences\":{\"quiet_hours\":\"00:00-07:00\"}}";
	static const char nowhere[] = "{\"preferences\":{\"quiet_hours\":\"22:00-08:00\"}}";
	struct hours_answer a;

	(void)state;
	assert_int_equal(verdict(night, "email", PURPOSE_TRANSACTIONAL, URGENCY_HIGH, NIGHT, &a), HOURS_HELD);
	assert_string_equal(a.row, "the person");
	assert_int_equal(a.opens_ms, at("2026-12-01T08:00:00+01:00"));
	assert_int_equal(verdict(night, "email", PURPOSE_TRANSACTIONAL, URGENCY_NORMAL, "2026-12-01T21:59:59+01:00", &a), HOURS_OPEN);
	assert_int_equal(verdict(night, "email", PURPOSE_TRANSACTIONAL, URGENCY_NORMAL, "2026-12-01T22:00:00+01:00", &a), HOURS_HELD);
	assert_int_equal(verdict(night, "sms", PURPOSE_SERVICE, URGENCY_NORMAL, NIGHT, &a), HOURS_OPEN);
	assert_null(a.bypass);
	assert_int_equal(verdict(night, "sms", PURPOSE_OTP, URGENCY_NORMAL, NIGHT, &a), HOURS_OPEN);
	assert_string_equal(a.bypass, "otp");
	assert_int_equal(verdict(siesta, "sms", PURPOSE_TRANSACTIONAL, URGENCY_NORMAL, "2026-12-01T14:00:00+01:00", &a), HOURS_HELD);
	assert_int_equal(a.opens_ms, at("2026-12-01T16:30:00+01:00"));
	assert_int_equal(verdict(siesta, "sms", PURPOSE_TRANSACTIONAL, URGENCY_NORMAL, NIGHT, &a), HOURS_OPEN);
	assert_int_equal(verdict(early, "sms", PURPOSE_TRANSACTIONAL, URGENCY_NORMAL, NIGHT, &a), HOURS_HELD);
	assert_int_equal(a.opens_ms, at("2026-12-01T07:00:00+01:00"));
	assert_int_equal(verdict(early, "sms", PURPOSE_TRANSACTIONAL, URGENCY_NORMAL, "2026-12-01T23:59:59+01:00", &a), HOURS_OPEN);
	/* By the clock of this machine, when nobody knows better; never for ever. */
	assert_int_not_equal(verdict(nowhere, "push", PURPOSE_TRANSACTIONAL, URGENCY_NORMAL, NIGHT, &a), HOURS_SHUT);
}

static void caps_of_the_law(void **state)
{
	static const struct {
		const char *number, *channel, *row;
		unsigned count;
		int64_t within_ms;
		bool by_topic;
	} cases[] = {
	    {"+13055550123", "sms", "US-FL", 3, WHEN_DAY, true},
	    {"+15035550123", "whatsapp", "US-OR", 3, WHEN_DAY, false},
	    {"+84912345678", "sms", "VN", 3, WHEN_DAY, false},
	    {"+84912345678", "voice", "VN", 1, WHEN_DAY, false},
	    {"+573001234567", "email", "CO", 1, WHEN_DAY, false},
	    {"+13055550123", "email", NULL, 0, 0, false},
	    {"+12125550123", "sms", NULL, 0, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		json_t *recipient = json_pack("{s:{s:s}}", "addresses", "sms", cases[i].number);
		struct hours_question q = {.recipient = recipient, .channel = cases[i].channel, .purpose = PURPOSE_MARKETING};
		struct hours_cap caps[4];

		assert_int_equal(hours_caps(hours, &q, caps, 4), cases[i].row ? 1 : 0);
		if (cases[i].row) {
			assert_string_equal(caps[0].row, cases[i].row);
			assert_int_equal(caps[0].count, cases[i].count);
			assert_int_equal(caps[0].within_ms, cases[i].within_ms);
			assert_int_equal(caps[0].by_topic, cases[i].by_topic);
		}
		json_decref(recipient);
	}
}

/* A week whose hours are moved by the clocks, or lie in what they skip. */
static void weeks_about_changes(void **state)
{
	struct hours_clock madrid = {.zone = place_zone(hours->places, "Europe/Madrid")->zone};
	struct hours_week w = {0};
	int64_t midnight = at("2027-03-28T00:00:00+01:00") / 1000, back = at("2027-10-31T00:00:00+02:00") / 1000;

	(void)state;
	for (int day = 0; day < 7; day++)
		assert_true(hours_day_parse("02:15-03:30", &w.days[day]));
	/* 02:00 becomes 03:00: half an hour of it is left. */
	assert_int_equal(hours_week_next(&w, &madrid, NULL, NULL, midnight), at("2027-03-28T03:00:00+02:00") / 1000);
	assert_int_equal(hours_week_next(&w, &madrid, NULL, NULL, at("2027-03-28T03:30:00+02:00") / 1000), at("2027-03-29T02:15:00+02:00") / 1000);
	/* 03:00 becomes 02:00: it opens at the first 02:15, and again at the second. */
	assert_int_equal(hours_week_next(&w, &madrid, NULL, NULL, back), at("2027-10-31T02:15:00+02:00") / 1000);
	assert_int_equal(hours_week_next(&w, &madrid, NULL, NULL, at("2027-10-31T02:00:00+01:00") / 1000), at("2027-10-31T02:15:00+01:00") / 1000);
	for (int day = 0; day < 7; day++)
		assert_true(hours_day_parse("02:15-02:45", &w.days[day]));
	/* All of it is skipped. */
	assert_int_equal(hours_week_next(&w, &madrid, NULL, NULL, midnight), at("2027-03-29T02:15:00+02:00") / 1000);
	for (int day = 0; day < 7; day++)
		w.days[day] = (struct hours_day){0};
	assert_int_equal(hours_week_next(&w, &madrid, NULL, NULL, midnight), HOURS_NEVER);
	assert_true(hours_day_parse("00:00-24:00", &w.days[1]));
	assert_int_equal(hours_week_next(&w, &madrid, NULL, NULL, midnight), at("2027-03-29T00:00:00+02:00") / 1000);
	assert_false(hours_day_parse("09:00", &w.days[0]));
	assert_false(hours_day_parse("09:00-25:00", &w.days[0]));
	assert_false(hours_day_parse("09:00-12:00 11:00-13:00", &w.days[0]));
	assert_false(hours_day_parse("", &w.days[0]));
}

static void holidays_by_the_book(void **state)
{
	static const struct {
		const char *jurisdiction, *name;
		int year, month, day;
	} cases[] = {
	    {"US", "Thanksgiving", 2026, 11, 26},
	    {"US", "Independence Day", 2026, 7, 3},
	    {"US", "Independence Day", 2026, 7, 4},
	    {"US", "New Year", 2021, 12, 31},
	    {"US-FL", "Labor Day", 2027, 9, 6},
	    {"US-AL", "Mardi Gras", 2027, 2, 9},
	    {"US-UT", "Pioneer Day", 2027, 7, 24},
	    {"US-LA", "Good Friday", 2027, 3, 26},
	    {"CA", "Victoria Day", 2027, 5, 24},
	    {"GB", "Christmas", 2027, 12, 27},
	    {"FR", "Lundi de Pâques", 2026, 4, 6},
	    {"FR", "Ascension", 2027, 5, 6},
	    {"SE", "Midsommar", 2027, 6, 26},
	    {"CO", "Reyes Magos", 2027, 1, 11},
	    {"CO", "Sagrado Corazón", 2026, 6, 15},
	    {"ZA", "Human Rights Day", 2027, 3, 22},
	    {"GE", "Easter", 2026, 4, 12},
	    {"GR", "Easter Monday", 2027, 5, 3},
	    {"CN", "Spring Festival", 2027, 2, 6},
	    {"US", NULL, 2026, 11, 27},
	    {"US-UT", NULL, 2027, 7, 22},
	    {"US-FL", NULL, 2027, 7, 26},
	    {"FR", NULL, 2027, 3, 26},
	    {"CO", NULL, 2027, 1, 6},
	    {"CN", NULL, 2026, 2, 6},
	    {"XX", NULL, 2027, 1, 1},
	};
	struct holidays *h = holidays_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *name = holidays_on(h, cases[i].jurisdiction, civil_days(cases[i].year, cases[i].month, cases[i].day));

		if (!cases[i].name != !name || (name && strcmp(name, cases[i].name) != 0))
			fail_msg("%s %d-%d-%d: %s", cases[i].jurisdiction, cases[i].year, cases[i].month, cases[i].day, name ? name : "none");
	}
	assert_int_equal(holiday_easter(2026), civil_days(2026, 4, 5));
	assert_int_equal(holiday_easter(2038), civil_days(2038, 4, 25));
	assert_int_equal(holiday_easter(2285), civil_days(2285, 3, 22));
	assert_int_equal(holiday_pascha(2026), civil_days(2026, 4, 12));
	assert_int_equal(holiday_pascha(2027), civil_days(2027, 5, 2));
	holidays_free(h);
}

static void holidays_of_a_file(void **state)
{
	char path[] = "/tmp/msg-holidays-XXXXXX";
	struct holidays *h = holidays_new();
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");
	struct err e;

	(void)state;
	fputs("# ours\njurisdiction\twhen\tname\nES\t2026-11-30\tInventory\nES\ttue 1 12\nES\tsoon\tNever\n", f);
	fclose(f);
	assert_int_equal(holidays_read(h, path, &e), -1);
	assert_int_equal(e.code, EX_CONFIG);
	assert_non_null(strstr(e.text, ":5: not a holiday such as ES, a tab, 12-08: 'ES' 'soon'"));
	assert_string_equal(holidays_on(h, "ES", civil_days(2026, 11, 30)), "Inventory");
	assert_null(holidays_on(h, "ES", civil_days(2027, 11, 30)));
	assert_string_equal(holidays_on(h, "ES", civil_days(2026, 12, 1)), "holiday");
	remove(path);
	holidays_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(edges_of_every_row, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(edges_by_hand, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(nothing_is_sent_in_a_closed_minute, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(place_is_the_best_that_is_known, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(both_places_bind, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(the_law_is_about_advertising, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_policy_adds, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_policy_overrides, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(unknown_zones_need_all, set_up, tear_down),
	    cmocka_unit_test(wrong_policies),
	    cmocka_unit_test_setup_teardown(what_they_want, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(caps_of_the_law, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(weeks_about_changes, set_up, tear_down),
	    cmocka_unit_test(holidays_by_the_book),
	    cmocka_unit_test(holidays_of_a_file),
	};

	return cmocka_run_group_tests_name("hours", tests, NULL, NULL);
}
