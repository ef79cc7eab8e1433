#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/line/envelope.h"
#include "common/line/id.h"
#include "common/line/preference.h"
#include "common/line/when.h"
#include "common/line/zone.h"

#include "common/banned.h"

/* "22:00", and a minute of the day; 24:00 is the end of it. */
static const char *parse_clock(const char *text, unsigned *ret_minute)
{
	unsigned hour, minute;

	if (strspn(text, "0123456789") != 2 || text[2] != ':' || strspn(text + 3, "0123456789") != 2)
		return NULL;
	hour = (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
	minute = (unsigned)(text[3] - '0') * 10 + (unsigned)(text[4] - '0');
	if (minute > 59 || hour * 60 + minute > 24 * 60)
		return NULL;
	*ret_minute = hour * 60 + minute;
	return text + 5;
}

int preference_parse_quiet(const char *text, unsigned *ret_from, unsigned *ret_to)
{
	unsigned from, to;
	const char *end = parse_clock(text, &from);

	end = end && *end == '-' ? parse_clock(end + 1, &to) : NULL;
	if (!end || *end || from == to || from == 24 * 60 || to == 0)
		return -1;
	*ret_from = from;
	*ret_to = to;
	return 0;
}

int preference_parse_frequency(const char *text, unsigned *ret_count, int64_t *ret_within_ms)
{
	size_t digits = strspn(text, "0123456789");
	int64_t within_ms;

	if (digits < 1 || digits > 6 || text[digits] != '/' || when_parse_duration(text + digits + 1, &within_ms) < 0 || within_ms == 0 ||
	    within_ms > 366 * WHEN_DAY || strtoul(text, NULL, 10) == 0)
		return -1;
	*ret_count = (unsigned)strtoul(text, NULL, 10);
	*ret_within_ms = within_ms;
	return 0;
}

static bool is_quiet(const json_t *value)
{
	unsigned from, to;

	return json_is_string(value) && preference_parse_quiet(json_string_value(value), &from, &to) == 0;
}

static bool is_frequency(const json_t *value)
{
	int64_t within_ms;
	unsigned count;

	return json_is_string(value) && preference_parse_frequency(json_string_value(value), &count, &within_ms) == 0;
}

static bool is_list(const json_t *value)
{
	return json_array_size(value) > 0;
}

static bool is_zone(const json_t *value)
{
	const struct zone *zone;
	struct err ignored;

	return json_is_string(value) && zone_load(json_string_value(value), &zone, &ignored) == 0;
}

static bool is_language(const json_t *value)
{
	json_t *contact = json_object();
	struct err ignored;
	bool good;

	json_object_set(contact, "lang", (json_t *)value);
	good = envelope_check_contact(contact, &ignored) == 0;
	json_decref(contact);
	return good;
}

static bool is_switch(const json_t *value)
{
	return json_is_boolean(value);
}

static const struct {
	const char *name;
	bool (*fits)(const json_t *value);
	const char *what;
} members[] = {
    {"channels", is_list, "not a list of channels"},
    {"quiet_hours", is_quiet, "not hours such as 22:00-08:00"},
    {"lang", is_language, "not a language such as es-MX"},
    {"zone", is_zone, "not a time zone such as Europe/Madrid"},
    {"topics", is_list, "not a list of topics"},
    {"frequency", is_frequency, "not a frequency such as 3/7d"},
    {"one_channel", is_switch, "neither true nor false"},
};

static int check_items(const json_t *list, const char *place, const char *name, struct err *e)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (!text || !id_valid(text))
			return err_set(e, EX_DATAERR, "%s.%s[%zu]: not an id of 1 to %d bytes", place, name, i, ID_BYTES);
	}
	return 0;
}

int preference_check(const json_t *object, const char *place, struct err *e)
{
	if (!json_is_object(object))
		return err_set(e, EX_DATAERR, "%s: not an object", place);
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		const json_t *value = json_object_get(object, members[i].name);
		const char *text = json_string_value(value);

		if (!value || json_is_null(value))
			continue;
		if (members[i].fits(value)) {
			if (check_items(value, place, members[i].name, e) < 0)
				return -1;
			continue;
		}
		if (!text)
			return err_set(e, EX_DATAERR, "%s.%s: %s", place, members[i].name, members[i].what);
		return err_set(e, EX_DATAERR, "%s.%s: %s: '%s'", place, members[i].name, members[i].what, err_quote(text));
	}
	return 0;
}
