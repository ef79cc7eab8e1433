#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/compat.h"
#include "common/line/civil.h"
#include "common/line/when.h"

#include "common/banned.h"

/* The years that four digits can write, in UTC. */
#define FIRST_MS INT64_C(-62167219200000)
#define LAST_MS INT64_C(253402300799999)

int64_t when_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t when_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool digits(const char **p, int count, int *ret_value)
{
	int value = 0;

	for (int i = 0; i < count; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		value = value * 10 + (**p - '0');
	}
	*ret_value = value;
	return true;
}

static bool literal(const char **p, const char *any_of)
{
	if (!**p || !strchr(any_of, **p))
		return false;
	(*p)++;
	return true;
}

static bool parse_offset(const char **p, int *ret_minutes)
{
	int sign, hour, minute;

	if (literal(p, "Zz")) {
		*ret_minutes = 0;
		return true;
	}
	sign = **p == '-' ? -1 : 1;
	if (!literal(p, "+-") || !digits(p, 2, &hour) || !literal(p, ":") || !digits(p, 2, &minute))
		return false;
	*ret_minutes = sign * (hour * 60 + minute);
	return hour <= 23 && minute <= 59;
}

int when_parse(const char *text, int64_t *ret_ms)
{
	const char *p = text;
	int year, month, day, hour, minute, second, ms = 0, offset;
	int64_t when;

	if (!digits(&p, 4, &year) || !literal(&p, "-") || !digits(&p, 2, &month) || !literal(&p, "-") ||
	    !digits(&p, 2, &day) || !literal(&p, "Tt ") || !digits(&p, 2, &hour) || !literal(&p, ":") ||
	    !digits(&p, 2, &minute) || !literal(&p, ":") || !digits(&p, 2, &second))
		return -1;
	if (literal(&p, ".")) {
		int scale = 100;

		if (*p < '0' || *p > '9')
			return -1;
		for (; *p >= '0' && *p <= '9'; p++, scale /= 10)
			ms += (*p - '0') * scale;
	}
	if (!parse_offset(&p, &offset) || *p)
		return -1;
	/* Second 60 is a leap second; it is the next minute's first. */
	if (month < 1 || month > 12 || day < 1 || day > civil_days_in_month(year, month) || hour > 23 || minute > 59 ||
	    second > 60)
		return -1;
	when = ((civil_days(year, month, day) * 24 + hour) * 60 + minute - offset) * WHEN_MINUTE +
	    second * WHEN_SECOND + ms;
	if (when < FIRST_MS || when > LAST_MS)
		return -1;
	*ret_ms = when;
	return 0;
}

static char *put_digits(char *at, int value, int count, char after)
{
	for (int i = count - 1; i >= 0; i--, value /= 10)
		at[i] = (char)('0' + value % 10);
	at[count] = after;
	return at + count + 1;
}

/* By hand: every receipt has a time. */
void when_format(int64_t ms, char ret_text[WHEN_SIZE])
{
	int64_t days = ms / WHEN_DAY, left = ms % WHEN_DAY;
	int year, month, day;
	char *at = ret_text;

	if (left < 0) {
		left += WHEN_DAY;
		days--;
	}
	civil_date(days, &year, &month, &day);
	at = put_digits(at, year, 4, '-');
	at = put_digits(at, month, 2, '-');
	at = put_digits(at, day, 2, 'T');
	at = put_digits(at, (int)(left / WHEN_HOUR), 2, ':');
	at = put_digits(at, (int)(left / WHEN_MINUTE % 60), 2, ':');
	at = put_digits(at, (int)(left / WHEN_SECOND % 60), 2, '.');
	at = put_digits(at, (int)(left % 1000), 3, 'Z');
	*at = '\0';
}

void when_format_at(int64_t ms, int32_t offset, char ret_text[WHEN_SIZE])
{
	int minutes = offset % 60 == 0 ? offset / 60 : 0;       /* RFC 3339 has no seconds in an offset */
	int64_t shown = ms + minutes * WHEN_MINUTE;
	size_t len;

	if (shown < FIRST_MS || shown > LAST_MS) {
		shown = ms;
		minutes = 0;
	}
	when_format(shown, ret_text);
	len = ms % 1000 == 0 ? strlen("2026-11-24T09:00:00") : strlen("2026-11-24T09:00:00.000");
	snprintf(ret_text + len, WHEN_SIZE - len, "%c%02d:%02d", minutes < 0 ? '-' : '+', abs(minutes) / 60, abs(minutes) % 60);
}

static const struct {
	const char *name;
	int64_t ms;
} units[] = {{"w", 7 * WHEN_DAY}, {"d", WHEN_DAY}, {"h", WHEN_HOUR}, {"m", WHEN_MINUTE}, {"s", WHEN_SECOND}, {"ms", 1}};

int when_parse_duration(const char *text, int64_t *ret_ms)
{
	const int64_t limit = 36525 * WHEN_DAY;
	const char *p = text;
	int64_t total = 0;
	size_t next = 0;

	do {
		int64_t value = 0;
		size_t len, i;

		if (*p < '0' || *p > '9')
			return -1;
		for (; *p >= '0' && *p <= '9'; p++) {
			value = value * 10 + (*p - '0');
			if (value > limit)
				return -1;
		}
		len = strspn(p, "wdhms");
		for (i = next; i < COUNT_OF(units); i++)
			if (strlen(units[i].name) == len && strncmp(units[i].name, p, len) == 0)
				break;
		if (i == COUNT_OF(units) || value > (limit - total) / units[i].ms)
			return -1;
		total += value * units[i].ms;
		next = i + 1;
		p += len;
	} while (*p);
	*ret_ms = total;
	return 0;
}

void when_format_duration(int64_t ms, char ret_text[WHEN_SIZE])
{
	size_t used = 0;

	if (ms <= 0) {
		snprintf(ret_text, WHEN_SIZE, "0s");
		return;
	}
	for (size_t i = 1; i < COUNT_OF(units) && used < WHEN_SIZE - 1; i++) {      /* weeks are read, days are written */
		int64_t count = ms / units[i].ms;

		if (count == 0)
			continue;
		used += (size_t)snprintf(ret_text + used, WHEN_SIZE - used, "%lld%s", (long long)count, units[i].name);
		ms %= units[i].ms;
	}
}
