#include <stdlib.h>
#include <string.h>

#include "common/bot/say.h"
#include "common/template/template.h"
#include "common/xalloc.h"

#include "common/banned.h"

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
