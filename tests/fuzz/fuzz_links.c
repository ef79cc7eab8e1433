/* Links in a text, which is taken for plain text and for HTML: what is not changed stays as it is, byte for byte. */
#include <string.h>

#include "common/deliver/links.h"
#include "common/line/url.h"
#include "common/xalloc.h"
#include "tests/fuzz/fuzz.h"

#include "common/banned.h"

static int keep(void *ctx, const char *url, const char **ret_instead, struct err *e)
{
	(void)ctx;
	(void)ret_instead;
	(void)e;
	MUST(strncmp(url, "http", 4) == 0 || strncmp(url, "HTTP", 4) == 0 || strlen(url) > 7);
	return 0;
}

static int shorten(void *ctx, const char *url, const char **ret_instead, struct err *e)
{
	(void)url;
	(void)e;
	++*(int *)ctx;
	*ret_instead = "https://s/x";
	return 1;
}

typedef int replace_fn(const char *, links_fn *, void *, struct buf *, struct err *);

static void run(const char *text, replace_fn *replace)
{
	struct buf b, again;
	int count = 0;

	buf_init(&b, 1u << 20);
	buf_init(&again, 1u << 20);
	MUST(replace(text, keep, NULL, &b, NULL) == 0 && strcmp(b.data, text) == 0);
	buf_reset(&b);
	MUST(replace(text, shorten, &count, &b, NULL) == count);
	/* They are found again, and nothing else is. */
	MUST(replace(b.data, shorten, &count, &again, NULL) >= 0);
	MUST(strcmp(again.data, b.data) == 0);
	buf_clear(&b);
	buf_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);

	run(text, links_replace_text);
	run(text, links_replace_html);
	MUST(!url_is_web(text) || url_is_app(text));
	free(text);
	return 0;
}
