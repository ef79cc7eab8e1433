#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/line/civil.h"
#include "common/policy/holiday.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define LINE_MAX_BYTES 1024
#define MEMOS 128              /* a power of two */

static const struct holiday_text {
	const char *jurisdiction, *when, *name;
} texts[] = {
#include "gen/holidays.inc"
};

enum holiday_kind {
	HOLIDAY_DATE,                   /* month, day; of `year` alone if it is not 0 */
	HOLIDAY_NTH,                    /* the nth weekday of a month; 0: the last */
	HOLIDAY_BEFORE,                 /* the last weekday before month, day */
	HOLIDAY_FROM,                   /* the first weekday on or after it */
	HOLIDAY_EASTER,
	HOLIDAY_PASCHA,
};

enum holiday_shift { SHIFT_NONE,
	SHIFT_NEAR,
	SHIFT_NEXT,
	SHIFT_SUNDAY,
	SHIFT_MONDAY };

struct holiday {
	char jurisdiction[8];
	char *name;
	enum holiday_kind kind;
	enum holiday_shift shift;
	int year, month, day;           /* day: offset in days from Easter */
	int weekday, nth;
};

/* A campaign asks for the same days over and over. */
struct holiday_memo {
	char jurisdiction[8];           /* "": nothing is kept here */
	int64_t days;
	const char *name;
};

struct holidays {
	struct holiday *rows;
	size_t count, room;
	struct holiday_memo memos[MEMOS];
};

static int word_of(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return (int)i;
	return -1;
}

static int weekday_of(const char *word)
{
	static const char *const words[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

	return word_of(words, COUNT_OF(words), word);
}

static int shift_of(const char *word)
{
	static const char *const words[] = {"", "near", "next", "sunday", "monday"};

	return word_of(words, COUNT_OF(words), word);
}

static bool date_valid(const struct holiday *h)
{
	return h->month >= 1 && h->month <= 12 && h->day >= 1 && h->day <= civil_days_in_month(h->year ? h->year : 2000, h->month);
}

static bool parse_relative(const char *text, struct holiday *h)
{
	char end;

	h->kind = strncmp(text, "pascha", 6) == 0 ? HOLIDAY_PASCHA : HOLIDAY_EASTER;
	return sscanf(text + 6, "%d%c", &h->day, &end) == 1 && (text[6] == '+' || text[6] == '-') && h->day > -100 && h->day < 100;
}

/* The first word of a date that moves with the weeks has been read. */
static bool parse_weekday(char words[4][12], int count, struct holiday *h, int *ret_used)
{
	char end;

	*ret_used = 3;
	if (count < 3)
		return false;
	if (strcmp(words[1], "before") == 0 || strcmp(words[1], "from") == 0) {
		h->kind = strcmp(words[1], "from") == 0 ? HOLIDAY_FROM : HOLIDAY_BEFORE;
		return sscanf(words[2], "%2d-%2d%c", &h->month, &h->day, &end) == 2 && date_valid(h);
	}
	h->kind = HOLIDAY_NTH;
	if (strcmp(words[1], "last") != 0 && (sscanf(words[1], "%1d%c", &h->nth, &end) != 1 || h->nth < 1 || h->nth > 5))
		return false;
	return sscanf(words[2], "%2d%c", &h->month, &end) == 1 && h->month >= 1 && h->month <= 12;
}

static bool parse_date(const char *text, struct holiday *h)
{
	char end;

	h->kind = HOLIDAY_DATE;
	if (strlen(text) == 10 && sscanf(text, "%4d-%2d-%2d%c", &h->year, &h->month, &h->day, &end) == 3)
		return h->year > 0 && date_valid(h);
	return strlen(text) == 5 && sscanf(text, "%2d-%2d%c", &h->month, &h->day, &end) == 2 && date_valid(h);
}

static bool parse(const char *text, struct holiday *h)
{
	char words[4][12] = {"", "", "", ""}, rest;
	int count = sscanf(text, "%11s %11s %11s %11s %c", words[0], words[1], words[2], words[3], &rest), used = 1, shift;
	bool good;

	if (count < 1 || count > 4)
		return false;
	h->weekday = weekday_of(words[0]);
	if (h->weekday >= 0)
		good = parse_weekday(words, count, h, &used);
	else if (strncmp(words[0], "easter", 6) == 0 || strncmp(words[0], "pascha", 6) == 0)
		good = parse_relative(words[0], h);
	else
		good = parse_date(words[0], h);
	shift = used < 4 ? shift_of(words[used]) : 0;
	if (!good || shift < 0 || count > used + 1)
		return false;
	h->shift = (enum holiday_shift)shift;
	return true;
}

static bool add(struct holidays *h, const char *jurisdiction, const char *when, const char *name)
{
	struct holiday row = {.name = NULL};

	if (strlen(jurisdiction) < 2 || strlen(jurisdiction) >= sizeof(row.jurisdiction) || !parse(when, &row))
		return false;
	snprintf(row.jurisdiction, sizeof(row.jurisdiction), "%s", jurisdiction);
	row.name = xstrdup(*name ? name : "holiday");
	if (h->count == h->room) {
		h->room = h->room ? h->room * 2 : COUNT_OF(texts);
		h->rows = xrealloc(h->rows, h->room * sizeof(*h->rows));
	}
	h->rows[h->count++] = row;
	return true;
}

struct holidays *holidays_new(void)
{
	struct holidays *h = xcalloc(1, sizeof(*h));

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		add(h, texts[i].jurisdiction, texts[i].when, texts[i].name);
	return h;
}

void holidays_free(struct holidays *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->count; i++)
		free(h->rows[i].name);
	free(h->rows);
	free(h);
}

/* Cuts the next column off. */
static char *column(char **rest)
{
	char *start = *rest, *tab = start + strcspn(start, "\t");

	*rest = *tab ? tab + 1 : tab;
	*tab = '\0';
	return start;
}

int holidays_read(struct holidays *h, const char *path, struct err *e)
{
	FILE *f = fopen(path, "re");
	char line[LINE_MAX_BYTES];
	int result = 0;

	if (!f)
		return err_set(e, EX_CONFIG, "%s: %s", path, strerror(errno));
	for (unsigned number = 1; result == 0 && fgets(line, sizeof(line), f); number++) {
		char *rest = line, *jurisdiction, *when;

		line[strcspn(line, "\r\n")] = '\0';
		if (*line == '#' || !*line || strncmp(line, "jurisdiction\t", 13) == 0)
			continue;
		jurisdiction = column(&rest);
		when = column(&rest);
		if (!add(h, jurisdiction, when, column(&rest)))
			result = err_set(e, EX_CONFIG, "%s:%u: not a holiday such as ES, a tab, 12-08: '%s' '%s'", path, number,
			    err_quote(jurisdiction), err_quote(when));
	}
	if (ferror(f))
		result = err_set(e, EX_CONFIG, "%s: cannot be read", path);
	fclose(f);
	memset(h->memos, 0, sizeof(h->memos));
	return result;
}

/* The anonymous Gregorian algorithm (Meeus). */
int64_t holiday_easter(int year)
{
	int a = year % 19, b = year / 100, c = year % 100;
	int d = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
	int l = (32 + 2 * (b % 4) + 2 * (c / 4) - d - c % 4) % 7;
	int m = (a + 11 * d + 22 * l) / 451, sum = d + l - 7 * m + 114;

	return civil_days(year, sum / 31, sum % 31 + 1);
}

/* Meeus for the Julian calendar; 13 days later by ours until 2099. */
int64_t holiday_pascha(int year)
{
	int d = (19 * (year % 19) + 15) % 30;
	int sum = d + (2 * (year % 4) + 4 * (year % 7) - d + 34) % 7 + 114;

	return civil_days(year, sum / 31, sum % 31 + 1) + (year / 100 - year / 400 - 2);
}

static int64_t nth_weekday(int year, int month, int weekday, int nth)
{
	int64_t first = civil_days(year, month, 1), day = first + (weekday - civil_weekday(first) + 7) % 7;
	int64_t last = first + civil_days_in_month(year, month) - 1;

	if (nth > 0)
		return day + 7 * (nth - 1) <= last ? day + (int64_t)7 * (nth - 1) : -1;
	return day + (last - day) / 7 * 7;
}

static int64_t day_in(const struct holiday *h, int year)
{
	int64_t day = h->month ? civil_days(year, h->month, h->day) : 0;

	switch (h->kind) {
	case HOLIDAY_NTH:
		return nth_weekday(year, h->month, h->weekday, h->nth);
	case HOLIDAY_BEFORE:
		return day - 1 - (civil_weekday(day - 1) - h->weekday + 7) % 7;
	case HOLIDAY_FROM:
		return day + (h->weekday - civil_weekday(day) + 7) % 7;
	case HOLIDAY_EASTER:
		return holiday_easter(year) + h->day;
	case HOLIDAY_PASCHA:
		return holiday_pascha(year) + h->day;
	default:
		return day;
	}
}

/* Whether `days` is the day itself or the one that is off in its place. */
static bool is_on(const struct holiday *h, int64_t day, int64_t days)
{
	int weekday = civil_weekday(day);

	if (h->shift == SHIFT_MONDAY)
		return days == day + (8 - weekday) % 7;
	if (days == day)
		return true;
	if (weekday == 6)
		return (h->shift == SHIFT_NEAR && days == day - 1) || (h->shift == SHIFT_NEXT && days == day + 2);
	return weekday == 0 && h->shift != SHIFT_NONE && days == day + 1;
}

static bool holds_in(const struct holiday *h, const char *jurisdiction)
{
	size_t len = strlen(h->jurisdiction);

	return strncmp(h->jurisdiction, jurisdiction, len) == 0 && (jurisdiction[len] == '\0' || (len == 2 && jurisdiction[2] == '-'));
}

static const char *find_on(const struct holidays *h, const char *jurisdiction, int64_t days)
{
	int year, month, day;

	civil_date(days, &year, &month, &day);
	for (size_t i = 0; i < h->count; i++) {
		const struct holiday *row = &h->rows[i];

		if (!holds_in(row, jurisdiction) || (row->year && (row->year < year - 1 || row->year > year + 1)))
			continue;
		/* What is off in the place of New Year may lie in the year before. */
		for (int y = year; y <= year + (month == 12); y++)
			if ((!row->year || row->year == y) && is_on(row, day_in(row, y), days))
				return row->name;
	}
	return NULL;
}

const char *holidays_on(struct holidays *h, const char *jurisdiction, int64_t days)
{
	uint64_t hash = (uint64_t)days;
	struct holiday_memo *memo;

	for (const char *p = jurisdiction; *p; p++)
		hash = hash * 31 + (unsigned char)*p;
	memo = &h->memos[hash & (MEMOS - 1)];
	if (memo->days == days && strcmp(memo->jurisdiction, jurisdiction) == 0)
		return memo->name;
	if (strlen(jurisdiction) >= sizeof(memo->jurisdiction))
		return find_on(h, jurisdiction, days);
	snprintf(memo->jurisdiction, sizeof(memo->jurisdiction), "%s", jurisdiction);
	memo->days = days;
	memo->name = find_on(h, jurisdiction, days);
	return memo->name;
}
