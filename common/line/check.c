/* Places are "plan[0].wait"; a field of the line itself is its own place. */
#include <stdio.h>
#include <string.h>

#include "common/line/check.h"
#include "common/line/id.h"
#include "common/line/url.h"
#include "common/line/when.h"

#include "common/banned.h"

int check_fail(struct err *e, const char *place, const char *what)
{
	return err_set(e, EX_DATAERR, "%s: %s", place, what);
}

int check_fail_value(struct err *e, const char *place, const char *what, const json_t *value)
{
	return err_set(e, EX_DATAERR, "%s: %s: '%s'", place, what, err_quote(json_string_value(value)));
}

int check_text(const json_t *value, const char *place, struct err *e)
{
	return json_is_string(value) ? 0 : check_fail(e, place, "not a string");
}

int check_id(const json_t *value, const char *place, struct err *e)
{
	if (check_text(value, place, e) < 0)
		return -1;
	return id_valid(json_string_value(value)) ? 0 : check_fail_value(e, place, "not an id of 1 to 64 bytes", value);
}

int check_label(const json_t *value, const char *place, struct err *e)
{
	if (check_text(value, place, e) < 0)
		return -1;
	for (const char *p = json_string_value(value); *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return check_fail_value(e, place, "has a control byte", value);
	return 0;
}

int check_time(const json_t *value, const char *place, struct err *e)
{
	int64_t ms;

	if (check_text(value, place, e) < 0)
		return -1;
	return when_parse(json_string_value(value), &ms) == 0
	    ? 0
	    : check_fail_value(e, place, "not a time such as 2026-11-24T09:00:00+01:00", value);
}

int check_duration(const json_t *value, const char *place, struct err *e)
{
	int64_t ms;

	if (check_text(value, place, e) < 0)
		return -1;
	return when_parse_duration(json_string_value(value), &ms) == 0
	    ? 0
	    : check_fail_value(e, place, "not a duration such as 15m", value);
}

int check_word(const json_t *value, const char *place, int parse(const char *), const char *what, struct err *e)
{
	if (check_text(value, place, e) < 0)
		return -1;
	return parse(json_string_value(value)) >= 0 ? 0 : check_fail_value(e, place, what, value);
}

int check_bool(const json_t *value, const char *place, struct err *e)
{
	return json_is_boolean(value) ? 0 : check_fail(e, place, "neither true nor false");
}

int check_count(const json_t *value, const char *place, struct err *e)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return check_fail(e, place, "not a whole number from 0 on");
	return 0;
}

int check_object(const json_t *value, const char *place, struct err *e)
{
	return json_is_object(value) ? 0 : check_fail(e, place, "not an object");
}

/* BCP 47: subtags of 1 to 8 letters and digits, the first of letters. */
int check_lang(const json_t *value, const char *place, struct err *e)
{
	const char *p;
	size_t len = 0;

	if (check_text(value, place, e) < 0)
		return -1;
	p = json_string_value(value);
	for (; *p; p++) {
		bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');

		if (*p == '-' && len > 0)
			len = 0;
		else if (!(letter || (*p >= '0' && *p <= '9')) || ++len > 8)
			return check_fail_value(e, place, "not a language such as es-MX", value);
	}
	return len > 0 ? 0 : check_fail_value(e, place, "not a language such as es-MX", value);
}

int check_web_url(const json_t *value, const char *place, struct err *e)
{
	if (check_label(value, place, e) < 0)
		return -1;
	return url_is_web(json_string_value(value)) ? 0 : check_fail_value(e, place, "not an http or https URL", value);
}

int check_app_url(const json_t *value, const char *place, struct err *e)
{
	if (check_label(value, place, e) < 0)
		return -1;
	return url_is_app(json_string_value(value)) ? 0 : check_fail_value(e, place, "not a URL that opens an app", value);
}

int check_tap_url(const json_t *value, const char *place, struct err *e)
{
	if (check_label(value, place, e) < 0)
		return -1;
	return url_is_app(json_string_value(value)) ? 0 : check_fail_value(e, place, "not a URL of a page or an app", value);
}

/* As HTML and a mail's header can hold it as it is. */
int check_cid(const json_t *value, const char *place, struct err *e)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	const char *text;

	if (check_text(value, place, e) < 0)
		return -1;
	text = json_string_value(value);
	if (!*text || strlen(text) > 64 || text[strspn(text, good)])
		return check_fail_value(e, place, "not 1 to 64 letters, digits, dots, dashes and underscores", value);
	return 0;
}

static const struct check_field *find_field(const struct check_field *fields, const char *name)
{
	for (const struct check_field *f = fields; f->name; f++)
		if (f->name[0] == name[0] && strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

/* "plan[0].wait"; a field of the line itself is its own place. */
static const char *inner_place(const char *place, const char *name, char inner[96])
{
	if (!*place)
		return name;
	snprintf(inner, 96, "%.60s.%.30s", place, name);
	return inner;
}

bool check_present(const json_t *value, const char *key)
{
	const json_t *member = json_object_get(value, key);

	return member && !json_is_null(member);
}

int check_fields(const json_t *value, const struct check_field *fields, const char *place, struct err *e)
{
	char inner[96];
	const char *key;
	json_t *member;

	for (const struct check_field *f = fields; f->name; f++) {
		member = f->required ? json_object_get(value, f->name) : NULL;
		if (f->required && (!member || json_is_null(member)))
			return check_fail(e, inner_place(place, f->name, inner), "missing");
	}
	/* Over what is there: a line has fewer members than its type has fields. */
	json_object_foreach((json_t *)value, key, member) {
		const struct check_field *f = find_field(fields, key);

		if (f && !json_is_null(member) && f->check(member, inner_place(place, key, inner), e) < 0)
			return -1;
	}
	return 0;
}

int check_array(const json_t *value, const char *place, check_fn *check, struct err *e)
{
	if (!json_is_array(value))
		return check_fail(e, place, "not an array");
	for (size_t i = 0; i < json_array_size(value); i++) {
		char inner[128];

		snprintf(inner, sizeof(inner), "%.96s[%zu]", place, i);
		if (check(json_array_get(value, i), inner, e) < 0)
			return -1;
	}
	return 0;
}

int check_few(const json_t *value, const char *place, check_fn *check, struct err *e)
{
	if (json_array_size(value) > CHECK_FEW)
		return err_set(e, EX_DATAERR, "%s: more than %d", place, CHECK_FEW);
	return check_array(value, place, check, e);
}

int check_strings(const json_t *value, const char *place, struct err *e)
{
	return check_array(value, place, check_text, e);
}
