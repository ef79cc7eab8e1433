#include <string.h>
#include <strings.h>

#include "common/line/lang.h"

#include "common/banned.h"

bool lang_is_same(const char *a, const char *b)
{
	size_t len = strcspn(a, "-");

	return len == strcspn(b, "-") && strncasecmp(a, b, len) == 0;
}

static const char *find_language(const json_t *texts, const char *lang)
{
	const char *key, *near = NULL;
	json_t *text;

	if (!lang)
		return NULL;
	json_object_foreach((json_t *)texts, key, text) {
		if (strcasecmp(key, lang) == 0)
			return json_string_value(text);
		if (!near && lang_is_same(key, lang))
			near = json_string_value(text);
	}
	return near;
}

const char *lang_choose(const json_t *value, const char *lang, const char *otherwise)
{
	const char *text;

	if (!json_is_object(value))
		return json_string_value(value);
	text = find_language(value, lang);
	if (!text)
		text = find_language(value, otherwise);
	if (!text)
		text = json_string_value(json_object_iter_value(json_object_iter((json_t *)value)));
	return text;
}
