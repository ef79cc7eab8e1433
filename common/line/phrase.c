/* Word by word, each of them once and in any order; then day, time and steps are put together on the zone's clock. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/line/phrase.h"
#include "common/line/when.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define MOST_WORDS 16
#define MOST_MONTHS 1200
#define MOST_DAYS 36525
#define FIRST_YEAR 1900         /* earlier and later ones are slips of the finger */
#define LAST_YEAR 9000

enum day_kind {
	DAY_NONE,
	DAY_AFTER,              /* that many days after today */
	DAY_WEEK,               /* that weekday, today's only later today */
	DAY_NEXT_WEEK,          /* that weekday, not today */
	DAY_YEAR,               /* that month and day, the next time they come */
	DAY_DATE,
};

struct reading {
	const char *text;       /* the phrase, for errors */
	char *words[MOST_WORDS];
	size_t count, next;
	bool now, has_time, stepped;
	enum day_kind kind;
	int number;             /* of days, or the weekday from Sunday */
	struct civil date, time;
	const struct zone *zone;
	int months, days;       /* steps of the calendar */
	int64_t seconds;        /* steps of the clock */
};

static int bad_word(const struct reading *r, const char *what, const char *word, struct err *e)
{
	return err_set(e, EX_DATAERR, "%s: '%s' in '%s'", what, err_quote(word), err_quote(r->text));
}

static const char *peek(const struct reading *r)
{
	return r->next < r->count ? r->words[r->next] : NULL;
}

static bool number(const char **p, size_t least, size_t most, int *ret_value)
{
	int value = 0;
	size_t len = 0;

	for (; len < most && **p >= '0' && **p <= '9'; (*p)++, len++)
		value = value * 10 + (**p - '0');
	*ret_value = value;
	return len >= least;
}

static bool whole_number(const char *word, int *ret_value)
{
	return number(&word, 1, 6, ret_value) && !*word;
}

/* The name or its first three to five letters: "sept", "thurs". From 0; -1. */
static int find_name(const char *word, const char *const *names, int count)
{
	size_t len = strlen(word);

	for (int i = 0; i < count && len >= 3; i++)
		if (strcasecmp(word, names[i]) == 0 || (len <= 5 && strncasecmp(word, names[i], len) == 0))
			return i;
	return -1;
}

static int find_weekday(const char *word)
{
	static const char *const names[] = {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};

	return find_name(word, names, COUNT_OF(names));
}

static int find_month(const char *word)
{
	static const char *const names[] = {"january", "february", "march", "april", "may", "june", "july", "august", "september",
	    "october", "november", "december"};

	return find_name(word, names, COUNT_OF(names));
}

static const struct unit {
	const char *names[4];
	int months, days, seconds;
} units[] = {
    {{"s", "sec", "second", "seconds"}, 0, 0, 1},
    {{"m", "min", "minute", "minutes"}, 0, 0, 60},
    {{"h", "hr", "hour", "hours"}, 0, 0, 3600},
    {{"d", "day", "days", "days"}, 0, 1, 0},
    {{"w", "wk", "week", "weeks"}, 0, 7, 0},
    {{"month", "month", "months", "months"}, 1, 0, 0},
    {{"y", "yr", "year", "years"}, 12, 0, 0},
};

static const struct unit *find_unit(const char *text, size_t len)
{
	for (size_t i = 0; i < COUNT_OF(units); i++)
		for (size_t n = 0; n < COUNT_OF(units[i].names); n++)
			if (strncasecmp(units[i].names[n], text, len) == 0 && !units[i].names[n][len])
				return &units[i];
	return NULL;
}

static void add_step(struct reading *r, int count, const struct unit *u)
{
	r->stepped = true;
	r->months += count * u->months;
	r->days += count * u->days;
	r->seconds += (int64_t)count * u->seconds;
}

/* "2h", "1h30m", and "90" with the word behind it. */
static int take_amount(struct reading *r, const char *word, struct err *e)
{
	const char *p = word;

	do {
		const struct unit *u;
		const char *unit;
		int count;
		size_t len;

		if (!number(&p, 1, 6, &count))
			return bad_word(r, "not an amount of time such as 2h or 90 minutes", word, e);
		unit = *p ? p : peek(r);
		if (!unit)
			return bad_word(r, "a number without a unit of time", word, e);
		len = strcspn(unit, "0123456789");
		u = find_unit(unit, len);
		if (!u)
			return bad_word(r, "not a unit of time", unit, e);
		add_step(r, count, u);
		r->next += !*p;
		p += *p ? len : 0;
	} while (*p);
	return 0;
}

/* The next word goes on with "30m" or "30 minutes", and is not a date or a time of day. */
static bool amount_follows(const struct reading *r)
{
	const char *p = peek(r), *unit;
	int ignored;

	if (!p || !number(&p, 1, 6, &ignored))
		return false;
	unit = *p ? p : r->next + 1 < r->count ? r->words[r->next + 1] : "";
	return find_unit(unit, strcspn(unit, "0123456789")) != NULL;
}

/* What follows "in" or "+": amounts of time, one or more. */
static int take_steps(struct reading *r, const char *word, struct err *e)
{
	if (r->next == r->count && !word)
		return bad_word(r, "no amount of time behind", r->words[r->next - 1], e);
	if (take_amount(r, word ? word : r->words[r->next++], e) < 0)
		return -1;
	for (;;) {
		bool joined = peek(r) && strcasecmp(peek(r), "and") == 0;

		r->next += joined;
		if (!amount_follows(r))
			return joined ? bad_word(r, "no amount of time behind", "and", e) : 0;
		if (take_amount(r, r->words[r->next++], e) < 0)
			return -1;
	}
}

static int set_day(struct reading *r, enum day_kind kind, const char *word, struct err *e)
{
	if (r->kind != DAY_NONE)
		return bad_word(r, "a second day", word, e);
	r->kind = kind;
	return 0;
}

static int set_date(struct reading *r, int year, int month, int day, const char *word, struct err *e)
{
	/* Without a year 29 February is some year's. */
	if (month < 1 || month > 12 || day < 1 || day > civil_days_in_month(year ? year : 2000, month) ||
	    (year && (year < FIRST_YEAR || year > LAST_YEAR)))
		return bad_word(r, "no such day", word, e);
	r->date = (struct civil){.year = year, .month = month, .day = day};
	return set_day(r, year ? DAY_DATE : DAY_YEAR, word, e);
}

static int set_time(struct reading *r, int hour, int minute, int second, const char *word, struct err *e)
{
	if (r->has_time)
		return bad_word(r, "a second time of day", word, e);
	if (hour > 23 || minute > 59 || second > 59)
		return bad_word(r, "no such time of day", word, e);
	r->has_time = true;
	r->time = (struct civil){.hour = hour, .minute = minute, .second = second};
	return 0;
}

static int set_zone(struct reading *r, const struct zone *zone, const char *word, struct err *e)
{
	if (r->zone)
		return bad_word(r, "a second time zone", word, e);
	r->zone = zone;
	return 0;
}

/* "2026-12-01", and the T and a time behind it. 1: not one. */
static int take_date(struct reading *r, const char *word, struct err *e)
{
	const char *p = word;
	int year, month, day;

	if (!number(&p, 4, 4, &year) || *p++ != '-' || !number(&p, 1, 2, &month) || *p++ != '-' || !number(&p, 1, 2, &day))
		return 1;
	if (*p && *p != 'T' && *p != 't')
		return 1;
	if (set_date(r, year, month, day, word, e) < 0)
		return -1;
	if (!*p)
		return 0;
	/* The rest is a word of its own. */
	memmove(r->words[r->next - 1], p + 1, strlen(p + 1) + 1);
	r->next--;
	return 0;
}

/* "dec 1", "1 december", "december 1, 2026". 1: not one. */
static int take_month(struct reading *r, const char *word, struct err *e)
{
	int month = find_month(word), day, year = 0;
	const char *next = peek(r);

	if (month < 0 && whole_number(word, &day) && next && (month = find_month(next)) >= 0)
		r->next++;
	else if (month < 0)
		return 1;
	else if (!next || !whole_number(next, &day))
		return bad_word(r, "a month without a day", word, e);
	else
		r->next++;
	next = peek(r);
	if (next && strlen(next) == 4 && whole_number(next, &year) && year >= FIRST_YEAR)
		r->next++;      /* 1830 is half past six */
	else
		year = 0;
	return set_date(r, year, month + 1, day, word, e);
}

static int take_weekday(struct reading *r, const char *word, struct err *e)
{
	bool next = strcasecmp(word, "next") == 0;
	int day;

	if (next && !(word = peek(r)))
		return bad_word(r, "nothing behind", "next", e);
	if (next && find_unit(word, strlen(word))) {
		add_step(r, 1, find_unit(word, strlen(word)));
		r->next++;
		return 0;
	}
	day = find_weekday(word);
	if (day < 0)
		return next ? bad_word(r, "neither a day of the week nor a unit of time", word, e) : 1;
	r->next += next;
	r->number = day;
	return set_day(r, next ? DAY_NEXT_WEEK : DAY_WEEK, word, e);
}

/* "am", "pm", as a suffix or as the next word. -1: there is none. */
static int half_of_day(struct reading *r, const char *suffix)
{
	bool own = !*suffix;

	if (own && !(suffix = peek(r)))
		return -1;
	if (strcasecmp(suffix, "am") != 0 && strcasecmp(suffix, "pm") != 0)
		return -1;
	r->next += own;
	return suffix[0] == 'p' || suffix[0] == 'P';
}

static bool parse_offset(const char *text, int32_t *ret_offset)
{
	int sign = *text == '-' ? -1 : 1, hour, minute;
	const char *p = text + 1;

	if (strcasecmp(text, "z") == 0) {
		*ret_offset = 0;
		return true;
	}
	if ((*text != '+' && *text != '-') || !number(&p, 2, 2, &hour) || *p++ != ':' || !number(&p, 2, 2, &minute))
		return false;
	*ret_offset = sign * (hour * 3600 + minute * 60);
	return !*p && hour < 24 && minute < 60;
}

/* "9:30", "09:00:30", "0900", "9am", "9:30 pm", "09:00+01:00". 1: not one. */
static int take_clock(struct reading *r, const char *word, struct err *e)
{
	const char *p = word;
	int hour, minute = 0, second = 0, late;
	int32_t offset;
	bool colon;

	if (!number(&p, 1, 2, &hour))
		return 1;
	colon = *p == ':';
	p += colon;
	if (colon ? !number(&p, 2, 2, &minute) : p == word + 2 && *p >= '0' && *p <= '9' && !number(&p, 2, 2, &minute))
		return 1;
	if (colon && *p == ':' && (p++, !number(&p, 2, 2, &second)))
		return 1;
	late = half_of_day(r, p);
	if (late >= 0) {
		if (hour < 1 || hour > 12)
			return bad_word(r, "no such time of day", word, e);
		return set_time(r, hour % 12 + 12 * late, minute, second, word, e);
	}
	if (!colon && p != word + 4)
		return 1;
	if (*p && !parse_offset(p, &offset))
		return 1;
	if (*p && set_zone(r, zone_fixed(offset), word, e) < 0)
		return -1;
	return set_time(r, hour, minute, second, word, e);
}

/* Words with one meaning. 1: none of them. */
static int take_name(struct reading *r, const char *word, struct err *e)
{
	static const struct {
		const char *word;
		int days, hour;         /* -1: not a day, not a time */
	} names[] = {{"today", 0, -1}, {"tomorrow", 1, -1}, {"noon", -1, 12}, {"midnight", -1, 0}, {"teatime", -1, 16}};

	if (strcasecmp(word, "at") == 0 || strcasecmp(word, "on") == 0)
		return 0;
	if (strcasecmp(word, "now") == 0) {
		r->now = true;
		return 0;
	}
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (strcasecmp(word, names[i].word) != 0)
			continue;
		if (names[i].hour >= 0)
			return set_time(r, names[i].hour, 0, 0, word, e);
		r->number = names[i].days;
		return set_day(r, DAY_AFTER, word, e);
	}
	return 1;
}

/* Offsets, and names: those with a slash, and whatever else the database has. 1: not one. */
static int take_zone(struct reading *r, const char *word, struct err *e)
{
	const struct zone *zone;
	int32_t offset;
	struct err why;

	if (parse_offset(word, &offset))
		return set_zone(r, zone_fixed(offset), word, e);
	if (strcasecmp(word, "utc") == 0 || strcasecmp(word, "gmt") == 0)
		return set_zone(r, zone_fixed(0), word, e);
	if (zone_load(word, &zone, &why) == 0)
		return set_zone(r, zone, word, e);
	if (strchr(word, '/'))
		return err_set(e, EX_DATAERR, "%s, in '%s'", why.text, err_quote(r->text));
	return 1;
}

static int take_word(struct reading *r, struct err *e)
{
	typedef int take_fn(struct reading *, const char *, struct err *);
	static take_fn *const takers[] = {take_name, take_date, take_weekday, take_clock, take_month, take_zone};
	bool amount = amount_follows(r);
	const char *word = r->words[r->next++];
	int32_t ignored;

	if (strcasecmp(word, "in") == 0 || strcmp(word, "+") == 0)
		return take_steps(r, NULL, e);
	/* "+2h" is a step, "+02:00" an offset. */
	if (*word == '+' && !parse_offset(word, &ignored))
		return take_steps(r, word + 1, e);
	for (size_t i = 0; i < COUNT_OF(takers); i++) {
		int got = takers[i](r, word, e);

		if (got <= 0)
			return got;
	}
	return bad_word(r, amount ? "not understood without 'in' before it" : "not understood", word, e);
}

/* The date that is meant, on the zone's clock; `now` is what that shows. */
static void resolve_day(const struct reading *r, const struct civil *now, bool later, struct civil *c)
{
	int wait = (r->number - civil_weekday(civil_days(now->year, now->month, now->day)) + 7) % 7;

	if (r->kind == DAY_DATE || r->kind == DAY_YEAR) {
		c->month = r->date.month;
		c->day = r->date.day;
		c->year = r->kind == DAY_DATE ? r->date.year : now->year + later;
		/* 29 February waits for its year. */
		while (r->kind == DAY_YEAR && c->day > civil_days_in_month(c->year, c->month))
			c->year++;
	} else if (r->kind == DAY_AFTER) {
		c->day += r->number;
	} else if (r->kind == DAY_WEEK || r->kind == DAY_NEXT_WEEK) {
		c->day += wait == 0 && (later || r->kind == DAY_NEXT_WEEK) ? 7 : wait;
	} else {
		c->day += later;
	}
}

/* Months are added to the date, which stays within the month that it comes to: 31 January, then 28 February. */
static void add_calendar(const struct reading *r, struct civil *c)
{
	int64_t days = civil_days(c->year, c->month, c->day);
	int months, most;

	civil_date(days, &c->year, &c->month, &c->day);
	months = c->year * 12 + c->month - 1 + r->months;
	c->year = months / 12;
	c->month = months % 12 + 1;
	most = civil_days_in_month(c->year, c->month);
	c->day = (c->day < most ? c->day : most) + r->days;
}

/* With `later`, what would have passed is tomorrow, next week or next year. */
static void resolve(const struct reading *r, int64_t now, bool later, struct zone_instant *ret_instant)
{
	struct civil today, c;

	zone_civil_at(r->zone, now, &today);
	c = today;
	if (r->has_time) {
		c.hour = r->time.hour;
		c.minute = r->time.minute;
		c.second = r->time.second;
	}
	resolve_day(r, &today, later, &c);
	add_calendar(r, &c);
	zone_from_local(r->zone, &c, ret_instant);
	ret_instant->seconds += r->seconds;
	if (r->seconds)
		ret_instant->fit = ZONE_ONCE;
}

static int finish(struct reading *r, int64_t now_ms, struct phrase *ret_phrase, struct err *e)
{
	bool moves = r->kind == DAY_WEEK || r->kind == DAY_YEAR || (r->kind == DAY_NONE && r->has_time);
	struct zone_instant at;

	if (!r->now && !r->has_time && r->kind == DAY_NONE && !r->stepped)
		return err_set(e, EX_DATAERR, "neither a day nor a time: '%s'", err_quote(r->text));
	if (r->now && (r->has_time || r->kind != DAY_NONE))
		return bad_word(r, "a second time", "now", e);
	if (r->months > MOST_MONTHS || r->days > MOST_DAYS || r->seconds > (int64_t)MOST_DAYS * 86400)
		return err_set(e, EX_DATAERR, "too far off: '%s'", err_quote(r->text));
	if (!r->zone)
		r->zone = zone_here();
	/* Of what is repeated by the clock while an hour is shown twice, the instant itself is meant. */
	if (r->kind == DAY_NONE && !r->has_time && r->months == 0 && r->days == 0) {
		ret_phrase->ms = now_ms + r->seconds * WHEN_SECOND;
		ret_phrase->fit = ZONE_ONCE;
	} else {
		resolve(r, now_ms / 1000, false, &at);
		if (moves && !r->stepped && at.seconds * 1000 <= now_ms)
			resolve(r, now_ms / 1000, true, &at);
		ret_phrase->ms = at.seconds * 1000;
		ret_phrase->fit = at.fit;
	}
	ret_phrase->offset = zone_offset_at(r->zone, ret_phrase->ms / 1000);
	return 0;
}

/* Spaces and commas separate. */
static int split(struct reading *r, char *copy, struct err *e)
{
	static const char between[] = " \t,";

	for (char *p = copy + strspn(copy, between); *p; p += strspn(p, between)) {
		size_t len = strcspn(p, between);
		bool last = !p[len];

		if (r->count == MOST_WORDS)
			return err_set(e, EX_DATAERR, "not a time: '%s'", err_quote(r->text));
		r->words[r->count++] = p;
		p[len] = '\0';
		p += last ? len : len + 1;
	}
	return r->count ? 0 : err_set(e, EX_DATAERR, "not a time: '%s'", err_quote(r->text));
}

static int read_words(const char *text, int64_t now_ms, char *copy, struct phrase *ret_phrase, struct err *e)
{
	struct reading r = {.text = text};

	if (split(&r, copy, e) < 0)
		return -1;
	while (r.next < r.count)
		if (take_word(&r, e) < 0)
			return -1;
	return finish(&r, now_ms, ret_phrase, e);
}

int phrase_parse(const char *text, int64_t now_ms, struct phrase *ret_phrase, struct err *e)
{
	char *copy;
	int result;

	if (when_parse(text, &ret_phrase->ms) == 0) {
		size_t len = strlen(text);
		int32_t offset = 0;

		if (len > 6 && !parse_offset(text + len - 6, &offset))
			offset = 0;     /* it ends in a Z */
		ret_phrase->offset = offset;
		ret_phrase->fit = ZONE_ONCE;
		return 0;
	}
	copy = xstrdup(text);
	result = read_words(text, now_ms, copy, ret_phrase, e);
	free(copy);
	return result;
}
