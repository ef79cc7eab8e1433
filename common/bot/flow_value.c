#include <string.h>

#include "common/bot/flow_value.h"
#include "common/closest.h"
#include "common/line/when.h"
#include "common/template/template.h"

#include "common/banned.h"

#define TEXTS 20                /* in a row, in one `say` */

const json_t *flow_get(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_null(value) ? NULL : value;
}

int flow_get_text(const struct flow_loader *l, const json_t *object, const char *key, const char **ret_text)
{
	const json_t *value = flow_get(object, key);

	if (!value)
		return 0;
	if (!json_is_string(value) || !*json_string_value(value))
		return yaml_fail_member(l->f->yaml, object, key, l->e, "not a text (quote it if it is meant as one)");
	*ret_text = json_string_value(value);
	return 0;
}

int flow_get_duration(const struct flow_loader *l, const json_t *object, const char *key, int64_t least, int64_t most, int64_t *ret_ms)
{
	const char *text = NULL;
	int64_t ms;

	if (flow_get_text(l, object, key, &text) < 0)
		return -1;
	if (!text)
		return 0;
	if (when_parse_duration(text, &ms) < 0)
		return yaml_fail_member(l->f->yaml, object, key, l->e, "not a duration such as 15m: '%s'", err_quote(text));
	if (ms < least || ms > most)
		return yaml_fail_member(l->f->yaml, object, key, l->e, "out of range: '%s'", err_quote(text));
	*ret_ms = ms;
	return 0;
}

static int check_template(const struct flow_loader *l, const json_t *value)
{
	struct err why;

	if (!json_is_string(value))
		return yaml_fail(l->f->yaml, value, l->e, "not a text (quote it if it is meant as one)");
	if (template_check(json_string_value(value), &why) < 0)
		return yaml_fail(l->f->yaml, value, l->e, "%s", why.text);
	return 0;
}

/* "en", "pt-BR": two or three letters, then parts of letters and digits. */
bool flow_is_language(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t len = strspn(text, letters);

	if (len < 2 || len > 3 || strcspn(text, "0123456789") < len)
		return false;
	while (text[len] == '-') {
		text += len + 1;
		len = strspn(text, letters);
		if (len == 0 || len > 8)
			return false;
	}
	return text[len] == '\0';
}

static int check_languages(const struct flow_loader *l, const json_t *value)
{
	const char *lang;
	json_t *text;

	if (json_object_size(value) == 0)
		return yaml_fail(l->f->yaml, value, l->e, "empty");
	json_object_foreach((json_t *)value, lang, text) {
		if (!flow_is_language(lang))
			return yaml_fail_member(l->f->yaml, value, lang, l->e, "not a language such as en or pt-BR");
		if (check_template(l, text) < 0)
			return -1;
	}
	return 0;
}

int flow_get_say(const struct flow_loader *l, const json_t *object, const char *key, const json_t **ret_say)
{
	const json_t *value = flow_get(object, key), *item = value;
	size_t count = json_is_array(value) ? json_array_size(value) : 1;

	if (!value)
		return 0;
	if (json_is_boolean(value))
		return yaml_fail_member(l->f->yaml, object, key, l->e, "not a text (quote it if it is meant as one)");
	if (count == 0 || count > TEXTS)
		return yaml_fail(l->f->yaml, value, l->e, "not a list of 1 to %d texts", TEXTS);
	for (size_t i = 0; i < count; i++) {
		if (json_is_array(value))
			item = json_array_get(value, i);
		if ((json_is_object(item) ? check_languages(l, item) : check_template(l, item)) < 0)
			return -1;
	}
	*ret_say = value;
	return 0;
}

bool flow_is_variable(const char *name)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";

	return *name && strchr(first, *name) && name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789")] == '\0';
}

int flow_get_set(const struct flow_loader *l, const json_t *object, const char *key, const json_t **ret_set)
{
	const json_t *set = flow_get(object, key);
	const char *name;
	json_t *value;

	if (!set)
		return 0;
	if (!json_is_object(set))
		return yaml_fail_member(l->f->yaml, object, key, l->e, "must be a map of variables");
	json_object_foreach((json_t *)set, name, value) {
		if (!flow_is_variable(name))
			return yaml_fail_member(l->f->yaml, set, name, l->e, "not a variable's name (letters, digits and _)");
		if (json_is_object(value) || json_is_array(value))
			return yaml_fail(l->f->yaml, value, l->e, "a variable is a text, a number, true, false or null");
		if (json_is_string(value) && check_template(l, value) < 0)
			return -1;
	}
	*ret_set = set;
	return 0;
}

int flow_get_state(const struct flow_loader *l, const json_t *object, const char *key, size_t *ret_to)
{
	const char *name = NULL;

	if (flow_get_text(l, object, key, &name) < 0)
		return -1;
	if (!name)
		return 0;
	for (size_t i = 0; i < l->f->count; i++)
		if (strcmp(l->names[i], name) == 0) {
			*ret_to = i;
			return 0;
		}
	return yaml_fail_member(l->f->yaml, object, key, l->e, "no such state: '%s'%s", err_quote(name),
	    closest_hint(closest_word(name, l->names)));
}

int flow_get_jump(const struct flow_loader *l, const json_t *object, struct flow_jump *ret_jump)
{
	if (flow_get_say(l, object, "say", &ret_jump->say) < 0 || flow_get_set(l, object, "set", &ret_jump->set) < 0)
		return -1;
	return flow_get_state(l, object, "to", &ret_jump->to);
}
