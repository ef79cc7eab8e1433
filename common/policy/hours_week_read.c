#include <string.h>

#include "common/closest.h"
#include "common/policy/hours_week.h"

#include "common/banned.h"

static const char *const day_words[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

static int day_of(const char *word, size_t len)
{
	for (size_t i = 0; i < COUNT_OF(day_words); i++)
		if (len == 3 && strncmp(word, day_words[i], 3) == 0)
			return (int)i;
	return -1;
}

/* "mon", "mon-fri", "sat-sun", "daily". A range may go over Saturday night. */
static bool days_of(const char *key, int *ret_from, int *ret_to)
{
	const char *dash = strchr(key, '-');

	if (strcmp(key, "daily") == 0) {
		*ret_from = 0;
		*ret_to = 6;
		return true;
	}
	*ret_from = day_of(key, dash ? (size_t)(dash - key) : strlen(key));
	*ret_to = dash ? day_of(dash + 1, strlen(dash + 1)) : *ret_from;
	return *ret_from >= 0 && *ret_to >= 0;
}

static int read_day(const struct yaml *y, const json_t *object, const char *key, struct hours_day *ret_day, struct err *e)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_string(value) || !hours_day_parse(json_string_value(value), ret_day))
		return yaml_fail_member(y, object, key, e, "not hours such as 09:00-13:00 16:00-20:00, closed or any");
	return 0;
}

/* The wider range first, so that {mon-fri: …, fri: …} means what it looks like. */
static int read_days(const struct yaml *y, const json_t *object, struct hours_week *w, struct err *e)
{
	bool any = false;

	for (int width = 7; width > 0; width--) {
		const char *key;
		json_t *value;

		json_object_foreach((json_t *)object, key, value) {
			struct hours_day day;
			int from, to;

			if (!days_of(key, &from, &to) || (to - from + 7) % 7 + 1 != width)
				continue;
			if (read_day(y, object, key, &day, e) < 0)
				return -1;
			for (int d = from, left = width; left > 0; d = (d + 1) % 7, left--)
				w->days[d] = day;
			any = true;
		}
	}
	return any ? 0 : yaml_fail(y, object, e, "no hours: daily, mon-fri, sat, sun or other days are missing");
}

static int read_holidays(const struct yaml *y, const json_t *object, struct hours_week *w, struct err *e)
{
	const json_t *value = json_object_get(object, "holidays");

	if (!value || (json_is_string(value) && hours_holiday_parse(json_string_value(value), w)))
		return 0;
	return yaml_fail_member(y, object, "holidays", e, "not allowed, closed, sun, nor hours");
}

static bool is_key(const char *key, const char *const *known)
{
	int from, to;

	for (; *known; known++)
		if (strcmp(*known, key) == 0)
			return true;
	return days_of(key, &from, &to);
}

static int check_keys(const struct yaml *y, const json_t *object, const char *const *known, struct err *e)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value) {
		if (is_key(key, known))
			continue;
		return yaml_fail_member(y, object, key, e, "unknown key%s", closest_hint(closest_word(key, known)));
	}
	return 0;
}

int hours_week_read(const struct yaml *y, const json_t *object, const char *const *known, struct hours_week *ret_week, struct err *e)
{
	struct hours_week w = {.holidays = HOURS_AS_ANY};

	if (check_keys(y, object, known, e) < 0 || read_days(y, object, &w, e) < 0 || read_holidays(y, object, &w, e) < 0)
		return -1;
	*ret_week = w;
	return 0;
}
