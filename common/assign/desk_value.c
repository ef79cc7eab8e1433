/* Values of agents.yaml that stand in more than one place. */
#include <stdlib.h>
#include <string.h>

#include "common/assign/desk_read.h"
#include "common/line/id.h"
#include "common/line/words.h"
#include "common/xalloc.h"

#include "common/banned.h"

int desk_read_duration(const struct desk *d, const json_t *object, const char *key, int64_t *ret_ms, struct err *e)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return 0;
	if (!json_is_string(value) || when_parse_duration(json_string_value(value), ret_ms) < 0)
		return yaml_fail_member(d->yaml, object, key, e, "not a duration such as 90s or 2m");
	return 0;
}

int desk_read_number(const struct desk *d, const json_t *object, const char *key, unsigned min, unsigned max, unsigned *ret_number,
    struct err *e)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < min || json_integer_value(value) > max)
		return yaml_fail_member(d->yaml, object, key, e, "not a whole number from %u to %u", min, max);
	*ret_number = (unsigned)json_integer_value(value);
	return 0;
}

int desk_read_switch(const struct desk *d, const json_t *object, const char *key, bool *ret_value, struct err *e)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return 0;
	if (!json_is_boolean(value))
		return yaml_fail_member(d->yaml, object, key, e, "not true or false");
	*ret_value = json_is_true(value);
	return 0;
}

int desk_read_map(const struct desk *d, const json_t *object, const char *key, const char *example, const json_t **ret_map,
    struct err *e)
{
	*ret_map = json_object_get(object, key);
	if (*ret_map && !json_is_object(*ret_map))
		return yaml_fail_member(d->yaml, object, key, e, "not a map such as %s", example);
	return 0;
}

int desk_read_priority(const struct desk *d, const json_t *object, int *ret_priority, struct err *e)
{
	const json_t *value = json_object_get(object, "priority");

	if (!value)
		return 0;
	*ret_priority = json_is_string(value) ? urgency_parse(json_string_value(value)) : -1;
	return *ret_priority < 0 ? yaml_fail_member(d->yaml, object, "priority", e, "not low, normal, high or critical") : 0;
}

int desk_check_name(const struct desk *d, const json_t *object, const char *name, struct err *e)
{
	return id_valid(name) ? 0 : yaml_fail_member(d->yaml, object, name, e, "a name of more than %d bytes", ID_BYTES);
}

/* Each no longer than an id. */
int desk_check_words(const struct desk *d, const json_t *object, const char *key, struct err *e)
{
	const json_t *list = json_object_get(object, key), *word;
	size_t i;

	if (list && !json_is_array(list))
		return yaml_fail_member(d->yaml, object, key, e, "not a list of words");
	json_array_foreach(list, i, word)
		if (!json_is_string(word) || !id_valid(json_string_value(word)))
			return yaml_fail_member(d->yaml, object, key, e, "item %zu is not a word", i + 1);
	return 0;
}

int desk_read_skills(const struct desk *d, const json_t *object, const json_t **ret_skills, struct err *e)
{
	const json_t *skills = json_object_get(object, "skills");
	unsigned level;
	const char *word;
	json_t *value;

	if (skills && !json_is_array(skills) && !json_is_object(skills))
		return yaml_fail_member(d->yaml, object, "skills", e, "not a list of words, nor a map such as {billing: 3}");
	if (json_is_array(skills) && desk_check_words(d, object, "skills", e) < 0)
		return -1;
	json_object_foreach((json_t *)skills, word, value)
		if (desk_check_name(d, skills, word, e) < 0 || desk_read_number(d, skills, word, 1, DESK_LEVEL, &level, e) < 0)
			return -1;
	*ret_skills = skills;
	return 0;
}

int desk_read_hours(struct desk *d, const json_t *object, struct desk_hours *ret_hours, struct err *e)
{
	static const char *const known[] = {"daily", "holidays", "in", "zone", NULL};
	struct desk_hours *h = ret_hours;
	const json_t *hours, *in, *zone;

	if (desk_read_map(d, object, "hours", "{mon-fri: 09:00-17:00}", &hours, e) < 0 ||
	    (hours && hours_week_read(d->yaml, hours, known, &h->week, e) < 0))
		return -1;
	if (!hours)
		return 0;
	in = json_object_get(hours, "in");
	zone = json_object_get(hours, "zone");
	if (in && !json_is_string(in))
		return yaml_fail_member(d->yaml, hours, "in", e, "not a country or state such as ES or US-FL");
	if (!in && h->week.holidays != HOURS_AS_ANY)
		return yaml_fail_member(d->yaml, hours, "holidays", e, "whose? 'in' is missing: a country or a state");
	h->clock.zone = zone_here();
	if (zone && (!json_is_string(zone) || zone_load(json_string_value(zone), &h->clock.zone, NULL) < 0))
		return yaml_fail_member(d->yaml, hours, "zone", e, "not a time zone such as Europe/Madrid");
	if (!d->holidays)
		d->holidays = holidays_new();
	h->jurisdiction = json_string_value(in);
	h->some = true;
	return 0;
}

/* What an agent has is known, so that a slip of the pen is found. */
static int read_condition(struct desk *d, const json_t *conditions, const struct match **ret_match, struct err *e)
{
	static const char *const members[] = {"id", "name", "skills", "levels", "langs", "capacity", "tasks", "attributes", "task"};
	const char *path;
	json_t *value;

	json_object_foreach((json_t *)conditions, path, value) {
		size_t len = strcspn(path, "."), i = 0;

		while (i < COUNT_OF(members) && (strlen(members[i]) != len || strncmp(members[i], path, len) != 0))
			i++;
		if (i == COUNT_OF(members))
			return yaml_fail_member(d->yaml, conditions, path, e, "an agent has no such member (your own are attributes.NAME)");
	}
	return match_compile(d->people, conditions, d->yaml, ret_match, e);
}

int desk_read_conditions(struct desk *d, const json_t *object, struct desk_conditions *ret_conditions, struct err *e)
{
	const json_t *value = json_object_get(object, "agents");
	size_t count = json_is_array(value) ? json_array_size(value) : 1;

	if (!value)
		return 0;
	if (count == 0)
		return yaml_fail_member(d->yaml, object, "agents", e, "an empty list: nobody would do");
	ret_conditions->any = xcalloc(count, sizeof(*ret_conditions->any));
	for (size_t i = 0; i < count; i++) {
		const json_t *one = json_is_array(value) ? json_array_get(value, i) : value;

		if (!json_is_object(one))
			return yaml_fail_member(d->yaml, object, "agents", e, "not a map of conditions, nor a list of such maps");
		if (read_condition(d, one, &ret_conditions->any[i], e) < 0)
			return -1;
		ret_conditions->count++;
	}
	return 0;
}
