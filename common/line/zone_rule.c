/* The TZ rule of POSIX, with the hours of -167 to 167 that TZif version 3 allows in it. */
#include <string.h>

#include "common/line/zone_data.h"

#include "common/banned.h"

#define DAY INT64_C(86400)

static bool number(const char **p, int least, int most, int *ret_value)
{
	int value = 0, digits = 0;

	for (; **p >= '0' && **p <= '9' && digits < 4; (*p)++, digits++)
		value = value * 10 + (**p - '0');
	if (digits == 0 || value < least || value > most)
		return false;
	*ret_value = value;
	return true;
}

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* CET, or <+0330>. */
static bool skip_name(const char **p)
{
	const char *start = *p, *close;

	if (*start == '<') {
		close = strchr(start, '>');
		*p = close ? close + 1 : start;
		return close && close - start >= 2;
	}
	while (letter(**p))
		(*p)++;
	return *p - start >= 3;
}

/* [+-]hh[:mm[:ss]] */
static bool clock_time(const char **p, int most_hours, int32_t *ret_seconds)
{
	int sign = **p == '-' ? -1 : 1, hours, minutes = 0, seconds = 0;

	if (**p == '-' || **p == '+')
		(*p)++;
	if (!number(p, 0, most_hours, &hours))
		return false;
	if (**p == ':') {
		(*p)++;
		if (!number(p, 0, 59, &minutes))
			return false;
		if (**p == ':') {
			(*p)++;
			if (!number(p, 0, 59, &seconds))
				return false;
		}
	}
	*ret_seconds = sign * (hours * 3600 + minutes * 60 + seconds);
	return true;
}

/* M3.5.0, J60 or 59; then /time, two in the morning without it. */
static bool change_day(const char **p, struct zone_day *d)
{
	bool good;

	if (**p == 'M') {
		(*p)++;
		d->kind = ZONE_DAY_OF_WEEK;
		good = number(p, 1, 12, &d->month) && *(*p)++ == '.' && number(p, 1, 5, &d->week) && *(*p)++ == '.' &&
		    number(p, 0, 6, &d->weekday);
	} else if (**p == 'J') {
		(*p)++;
		d->kind = ZONE_DAY_JULIAN;
		good = number(p, 1, 365, &d->day);
	} else {
		d->kind = ZONE_DAY_OF_YEAR;
		good = number(p, 0, 365, &d->day);
	}
	d->seconds = 2 * 3600;
	if (!good || **p != '/')
		return good;
	(*p)++;
	return clock_time(p, 167, &d->seconds);
}

bool zone_rule_parse(const char *text, struct zone_rule *ret_rule)
{
	struct zone_rule r = {.changes = false};
	const char *p = text;

	/* POSIX counts west of Greenwich. */
	if (!skip_name(&p) || !clock_time(&p, 24, &r.standard))
		return false;
	r.standard = r.daylight = -r.standard;
	if (*p) {
		r.changes = true;
		r.daylight += 3600;
		if (!skip_name(&p))
			return false;
		if (*p && *p != ',') {
			if (!clock_time(&p, 24, &r.daylight))
				return false;
			r.daylight = -r.daylight;
		}
		if (!*p)
			p = ",M3.2.0,M11.1.0";  /* as everybody has it who is not told */
		if (*p++ != ',' || !change_day(&p, &r.start) || *p++ != ',' || !change_day(&p, &r.end) || *p)
			return false;
	}
	*ret_rule = r;
	return true;
}

/* The change of a year, by a clock that knows of none. */
static int64_t change_at(const struct zone_day *d, int year)
{
	int64_t days = civil_days(year, 1, 1);

	if (d->kind == ZONE_DAY_OF_YEAR) {
		days += d->day;
	} else if (d->kind == ZONE_DAY_JULIAN) {
		days += d->day - 1 + (d->day >= 60 && civil_days_in_month(year, 2) == 29);
	} else {
		int64_t first = civil_days(year, d->month, 1);
		int day = (d->weekday - civil_weekday(first) + 7) % 7 + (d->week - 1) * 7;

		while (day >= civil_days_in_month(year, d->month))
			day -= 7;
		days = first + day;
	}
	return days * DAY + d->seconds;
}

/* Times of change may lie outside of their year, so the years beside are looked at, too: the last change decides. */
int32_t zone_rule_offset(const struct zone_rule *r, int64_t seconds)
{
	struct civil c;
	int32_t offset = r->standard;
	int64_t latest = INT64_MIN;

	if (!r->changes)
		return r->standard;
	civil_of_seconds(seconds + r->standard, &c);
	for (int year = c.year - 1; year <= c.year + 1; year++) {
		int64_t start = change_at(&r->start, year) - r->standard, end = change_at(&r->end, year) - r->daylight;

		if (end <= seconds && end > latest) {
			latest = end;
			offset = r->standard;
		}
		/* Where one ends as the next one starts it is always summer. */
		if (start <= seconds && start >= latest) {
			latest = start;
			offset = r->daylight;
		}
	}
	return offset;
}
