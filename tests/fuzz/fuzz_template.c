/* Templates: the first line is the data, the rest the text, which is also what every partial holds. */
#include <string.h>

#include "common/template/template.h"
#include "common/xalloc.h"
#include "tests/fuzz/fuzz.h"

#include "common/banned.h"

#define RESULT_BYTES 4096

static int itself(void *ctx, const char *name, const char **ret_text, struct err *e)
{
	if (*name == '!')
		return err_set(e, EX_DATAERR, "no");
	*ret_text = *name == '-' ? NULL : ctx;
	return 0;
}

static void render(char *text, const json_t *data, enum template_escape escape, bool strict)
{
	struct template_options o = {.escape = escape, .strict = strict, .partial = itself, .ctx = text};
	struct err e = {0};
	struct buf b;
	int result;

	buf_init(&b, RESULT_BYTES);
	result = template_render(&b, text, data, &o, &e);
	MUST(b.len <= RESULT_BYTES && strlen(b.data) == b.len);
	MUST(result == 0 || (e.code == EX_DATAERR && *e.text));
	/* What cannot be read is refused by both, whatever the data. */
	if (template_check(text, NULL) < 0)
		MUST(result < 0);
	buf_clear(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *all = xstrndup((const char *)data, size), *text = strchr(all, '\n');
	json_t *value;

	if (text) {
		*text++ = '\0';
		value = json_loads(all, JSON_DECODE_ANY, NULL);
		for (int escape = TEMPLATE_PLAIN; escape <= TEMPLATE_URL; escape++)
			render(text, value, (enum template_escape)escape, escape % 2);
		json_decref(value);
	}
	free(all);
	return 0;
}
