#include <string.h>

#include "common/compat.h"
#include "common/line/civil.h"
#include "common/policy/hours_week.h"

#include "common/banned.h"

#define MINUTES 1440
#define DAY_SECONDS INT64_C(86400)

static bool parse_time(const char **p, uint16_t *ret_minutes)
{
	const char *t = *p;
	int hour, minute;

	for (int i = 0; i < 5; i++)
		if (i == 2 ? t[i] != ':' : t[i] < '0' || t[i] > '9')
			return false;
	hour = (t[0] - '0') * 10 + t[1] - '0';
	minute = (t[3] - '0') * 10 + t[4] - '0';
	*p += 5;
	*ret_minutes = (uint16_t)(hour * 60 + minute);
	return minute < 60 && hour * 60 + minute <= MINUTES;
}

bool hours_day_parse(const char *text, struct hours_day *ret_day)
{
	struct hours_day d = {0};
	size_t count = 0;

	if (strcmp(text, "any") == 0)
		d.spans[count++].to = MINUTES;
	else if (strcmp(text, "closed") == 0)
		count = 1;
	else
		while (*(text += strspn(text, " ,"))) {
			struct hours_span *s = &d.spans[count];

			if (count == HOURS_SPANS || !parse_time(&text, &s->from) || *text++ != '-' || !parse_time(&text, &s->to))
				return false;
			if (s->from >= s->to || (count > 0 && s->from < s[-1].to) || (*text && !strchr(" ,", *text)))
				return false;
			count++;
		}
	*ret_day = d;
	return count > 0;
}

bool hours_day_any(const struct hours_day *d)
{
	return d->spans[0].from == 0 && d->spans[0].to == MINUTES;
}

bool hours_holiday_parse(const char *text, struct hours_week *w)
{
	if (strcmp(text, "allowed") == 0)
		w->holidays = HOURS_AS_ANY;
	else if (strcmp(text, "sun") == 0)
		w->holidays = HOURS_AS_SUNDAY;
	else if (hours_day_parse(text, &w->days[7]))
		w->holidays = HOURS_OF_HOLIDAY;
	else
		return false;
	return true;
}

const struct hours_day *hours_day_of(const struct hours_week *w, struct holidays *holidays, const char *jurisdiction, int64_t days,
    const char **ret_name)
{
	const char *name = NULL;

	if (w->holidays != HOURS_AS_ANY && jurisdiction)
		name = holidays_on(holidays, jurisdiction, days);
	if (ret_name)
		*ret_name = name;
	if (!name)
		return &w->days[civil_weekday(days)];
	return &w->days[w->holidays == HOURS_AS_SUNDAY ? 0 : 7];
}

static int64_t local_at(const struct hours_clock *c, int64_t seconds)
{
	return seconds + (c->zone ? zone_offset_at(c->zone, seconds) : c->offset);
}

/* The clock skips a time between two instants: when it has. */
static int64_t after_change(const struct hours_clock *c, int64_t before, int64_t after, int64_t local)
{
	while (before + 1 < after) {
		int64_t middle = before + (after - before) / 2;

		if (local_at(c, middle) >= local)
			after = middle;
		else
			before = middle;
	}
	return after;
}

/* The first instant, but not before `seconds`, at which the clock shows a time; of a time that it skips, when it has. */
static int64_t instant_of(const struct hours_clock *c, int64_t days, unsigned minutes, int64_t seconds)
{
	struct civil local;
	int64_t shown = days * DAY_SECONDS + minutes * INT64_C(60);
	struct zone_instant i;

	if (!c->zone)
		return shown - c->offset;
	civil_of_seconds(shown, &local);
	zone_from_local(c->zone, &local, &i);
	if (i.fit == ZONE_SKIPPED)
		return after_change(c, i.other, i.seconds, shown);
	return i.fit == ZONE_TWICE && i.seconds < seconds ? i.other : i.seconds;
}

static int64_t day_of(int64_t local)
{
	return local / DAY_SECONDS - (local % DAY_SECONDS < 0);
}

/* The span that a second of the day lies in, or the next one. */
static const struct hours_span *span_after(const struct hours_day *d, int64_t of_day, int32_t margin)
{
	for (size_t i = 0; i < HOURS_SPANS; i++) {
		const struct hours_span *s = &d->spans[i];
		int64_t end = s->to * INT64_C(60) - (s->to == MINUTES ? 0 : margin);

		if (of_day < end && s->from * INT64_C(60) < end)
			return s;
	}
	return NULL;
}

int64_t hours_week_next(const struct hours_week *w, const struct hours_clock *clock, struct holidays *holidays,
    const char *jurisdiction, int64_t seconds)
{
	int64_t local = local_at(clock, seconds), days = day_of(local), of_day = local - days * DAY_SECONDS;
	int64_t last = days + HOURS_HORIZON_DAYS;
	bool ahead = false;             /* days and of_day are not what the clock shows at `seconds` */

	while (days <= last) {
		const struct hours_span *span = span_after(hours_day_of(w, holidays, jurisdiction, days, NULL), of_day, clock->margin);
		int64_t at;

		if (!span) {
			days++;
			of_day = 0;
			ahead = true;
			continue;
		}
		if (!ahead && of_day >= span->from * INT64_C(60))
			return seconds;
		at = instant_of(clock, days, span->from, seconds);
		if (at <= seconds) {    /* clocks that are moved twice within hours: leave the span alone */
			of_day = span->to * INT64_C(60);
			ahead = true;
			continue;
		}
		/* The clock may show another time than was asked for, when it is moved: look again. */
		seconds = at;
		local = local_at(clock, seconds);
		days = day_of(local);
		of_day = local - days * DAY_SECONDS;
		ahead = false;
	}
	return HOURS_NEVER;
}
