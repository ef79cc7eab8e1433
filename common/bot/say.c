#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/bot/say.h"
#include "common/template/template.h"
#include "common/xalloc.h"

#include "common/banned.h"

/* Languages compared without their regions: "es-MX" and "es". */
static bool is_same_language(const char *a, const char *b)
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
		if (!near && is_same_language(key, lang))
			near = json_string_value(text);
	}
	return near;
}

const char *say_choose(const json_t *value, const char *lang, const char *otherwise)
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

int say_fill(const char *text, const json_t *data, json_t *missing, char **ret_text, struct err *e)
{
	const struct template_options options = {.escape = TEMPLATE_PLAIN, .missing = missing};
	struct buf b;
	int result;

	buf_init(&b, SAY_BYTES);
	result = template_render(&b, text, data, &options, e);
	if (result == 0)
		*ret_text = buf_steal(&b);
	buf_clear(&b);
	return result;
}

json_t *say_clip(const char *text, size_t max)
{
	size_t len = strlen(text);

	if (len > max)
		for (len = max; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;)
			len--;
	return json_stringn(text, len);
}
