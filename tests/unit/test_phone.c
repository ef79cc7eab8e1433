#include "common/address/phone.h"
#include "common/compat.h"
#include "tests/unit/unit.h"

#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/banned.h"

/* The tables again, read here in a plain way, as the judge of what the program makes of them. */
#define MAX_ROWS 300
#define MAX_AREAS 600

static struct row {
	char code[8], region[24], lengths[48], trunk[8];
	bool main, leads;
	regex_t leading;
} rows[MAX_ROWS];
static size_t row_count;
static char area_region[1000][4];

static void split(char *line, char **fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		fields[i] = line;
		line += strcspn(line, "\t\n");
		if (*line)
			*line++ = '\0';
	}
}

/* (?:…) is a group of POSIX too, but for its mark. */
static void compile(struct row *r, const char *pattern)
{
	char posix[256] = "^(";
	size_t at = 2;

	for (; *pattern; pattern++) {
		if (strncmp(pattern, "(?:", 3) == 0) {
			posix[at++] = '(';
			pattern += 2;
		} else {
			posix[at++] = *pattern;
		}
		assert_true(at < sizeof(posix) - 2);
	}
	posix[at++] = ')';
	posix[at] = '\0';
	assert_int_equal(regcomp(&r->leading, posix, REG_EXTENDED | REG_NOSUB), 0);
}

static void read_rows(void)
{
	FILE *f = fopen("common/address/data/e164.tsv", "re");
	char line[8192], *fields[16];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		struct row *r = &rows[row_count];

		split(line, fields, 16);
		if (*fields[0] == '#' || strcmp(fields[0], "calling_code") == 0)
			continue;
		snprintf(r->code, sizeof(r->code), "%s", fields[0]);
		snprintf(r->region, sizeof(r->region), "%s", fields[1]);
		snprintf(r->lengths, sizeof(r->lengths), ",%s,", fields[7]);
		snprintf(r->trunk, sizeof(r->trunk), "%s", strcmp(fields[14], "yes") == 0 ? "" : fields[12]);
		r->main = strcmp(fields[2], "yes") == 0;
		r->leads = *fields[4] != '\0';
		if (r->leads)
			compile(r, fields[4]);
		row_count++;
		assert_true(row_count < MAX_ROWS);
	}
	fclose(f);
	assert_true(row_count > 240);
}

static void read_areas(void)
{
	FILE *f = fopen("common/address/data/nanp.tsv", "re");
	char line[8192], *fields[3];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		split(line, fields, 3);
		if (strlen(fields[0]) == 3 && (strcmp(fields[1], "geographic") == 0 || strlen(fields[2]) == 2))
			snprintf(area_region[strtol(fields[0], NULL, 10)], 4, "%s", fields[2]);
	}
	fclose(f);
	assert_string_equal(area_region[204], "CA");
}

static int setup(void **state)
{
	(void)state;
	read_rows();
	read_areas();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < row_count; i++)
		if (rows[i].leads)
			regfree(&rows[i].leading);
	return 0;
}

static const struct row *row_of(const char *code, const char *national)
{
	const struct row *found = NULL;
	const char *area = NULL;

	if (strcmp(code, "1") == 0) {
		char three[4] = "";

		snprintf(three, sizeof(three), "%.3s", national);
		area = area_region[strtol(three, NULL, 10)];
	}
	for (size_t i = 0; i < row_count; i++) {
		if (strcmp(rows[i].code, code) != 0)
			continue;
		if (area && *area ? strcmp(rows[i].region, area) == 0
		                  : !rows[i].main && rows[i].leads && regexec(&rows[i].leading, national, 0, NULL, 0) == 0)
			return &rows[i];
		if (rows[i].main || !found)
			found = &rows[i];
	}
	return found;
}

static bool has_length(const struct row *r, size_t len)
{
	char piece[24];

	snprintf(piece, sizeof(piece), ",%zu,", len);
	return strstr(r->lengths, piece) != NULL;
}

static void check(const char *code, const char *national)
{
	const struct row *want = row_of(code, national);
	char text[40];
	struct phone phone;
	struct err e;

	if (!want) {
		fail_msg("no row for +%s", code);
		return;
	}
	/* What is dialled before a number at home is another matter: numbers_are_read_as_people_write_them. */
	if ((*want->trunk && strncmp(national, want->trunk, strlen(want->trunk)) == 0) || (strcmp(code, "52") == 0 && *national == '1'))
		return;
	snprintf(text, sizeof(text), "+%s%s", code, national);
	if (strlen(text) > 16 || !has_length(want, strlen(national))) {
		if (phone_parse(text, &phone, &e) == 0)
			fail_msg("taken: %s", text);
		assert_int_equal(e.code, EX_DATAERR);
		return;
	}
	if (phone_parse(text, &phone, &e) < 0)
		fail_msg("%s: %s", text, e.text);
	assert_string_equal(phone.number, text);
	assert_int_equal(phone.code_digits, strlen(code));
	if (strcmp(phone.region, strncmp(want->region, "001", 3) == 0 ? "" : want->region) != 0)
		fail_msg("%s: region '%s', not '%s'", text, phone.region, want->region);
}

/* Every code, every length, and every beginning of four digits: the same region and the same verdict as the tables. */
static void every_row_of_the_plans_is_honoured(void **state)
{
	(void)state;
	for (size_t i = 0; i < row_count; i++) {
		bool shared = i + 1 < row_count && strcmp(rows[i + 1].code, rows[i].code) == 0;
		char national[24];

		if (i > 0 && strcmp(rows[i - 1].code, rows[i].code) == 0)
			continue;
		for (size_t len = 1; len <= 15; len++)
			for (int lead = 0; lead < 100; lead++) {
				snprintf(national, sizeof(national), "%02d0000000000000", lead);
				national[len] = '\0';
				check(rows[i].code, national);
			}
		for (int lead = 0; shared && lead < 10000; lead++) {
			snprintf(national, sizeof(national), "%04d000000", lead);
			check(rows[i].code, national);
			check(rows[i].code, national + 1);
		}
	}
}

static void longer_beginnings_are_honoured(void **state)
{
	(void)state;
	for (size_t i = 0; i < row_count; i++)
		for (int lead = 0; rows[i].leads && strcmp(rows[i].code, "1") != 0 && lead < 1000000; lead += 37) {
			char national[24];

			snprintf(national, sizeof(national), "%06d0000", lead);
			check(rows[i].code, national);
		}
}

static void numbers_are_read_as_people_write_them(void **state)
{
	static const char *const cases[][3] = {
	    {"+1 (555) 123-0001", "+15551230001", "US"},
	    {"  +34 612.34/56-78", "+34612345678", "ES"},
	    {"+44 20 7946 0018 ", "+442079460018", "GB"},
	    {"+1-204-234-5678", "+12042345678", "CA"},
	    {"+7 701 234 56 78", "+77012345678", "KZ"},
	    {"+7 495 123-45-67", "+74951234567", "RU"},
	    {"+800 1234 5678", "+80012345678", ""},
	    {"+44 (0)20 7946 0018", "+442079460018", "GB"},
	    {"+49 (0)30 123456", "+4930123456", "DE"},
	    {"+39 06 6988 1234", "+390669881234", "VA"},
	    {"+36 06 1 234 5678", "+3612345678", "HU"},
	    {"+7 8 912 345 67 89", "+79123456789", "RU"},
	    {"+1 1 212 555 0123", "+12125550123", "US"},
	    {"+52 1 222 123 4567", "+522221234567", "MX"},
	    {"+44 1481 256 789", "+441481256789", "GG"},
	    {"+44 7797 712 345", "+447797712345", "JE"},
	    {"+262 639 01 23 45", "+262639012345", "YT"},
	};
	struct phone phone;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err e;

		if (phone_parse(cases[i][0], &phone, &e) < 0)
			fail_msg("%s: %s", cases[i][0], e.text);
		assert_string_equal(phone.number, cases[i][1]);
		assert_string_equal(phone.region, cases[i][2]);
	}
}

static void what_is_no_number_is_refused(void **state)
{
	static const char *const cases[][2] = {
	    {"", "not a phone number"}, {"+", "not a phone number"}, {"++15551230001", "not a phone number"},
	    {"15551230001", "not a phone number"}, {"0015551230001", "not a phone number"}, {"+1555123000x", "not a phone number"},
	    {"+15551230001;ext=5", "not a phone number"}, {"+1555\n1230001", "not a phone number"}, {"+0123456789", "no such calling code"},
	    {"+999123456789", "no such calling code"}, {"+1", "0 digits after +1, not 10"}, {"+1555123000", "9 digits after +1, not 10"},
	    {"+155512300011", "11 digits after +1, not 10"}, {"+1234567890123456", "not a phone number"},
	    {"+21", "no such calling code"}, {"+3461234567", "8 digits after +34, not 9"},
	};
	struct phone phone;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err e;

		if (phone_parse(cases[i][0], &phone, &e) == 0)
			fail_msg("taken: '%s'", cases[i][0]);
		assert_int_equal(e.code, EX_DATAERR);
		assert_contains(e.text, cases[i][1]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_row_of_the_plans_is_honoured),
	    cmocka_unit_test(longer_beginnings_are_honoured),
	    cmocka_unit_test(numbers_are_read_as_people_write_them),
	    cmocka_unit_test(what_is_no_number_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
