/* What a file is: the first line is its name, the rest what is in it. */
#include <string.h>

#include "common/provider/sniff.h"
#include "common/xalloc.h"
#include "tests/fuzz/fuzz.h"

#include "common/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = {"image/png", "audio/ogg", "application/pdf", "application/x", "text/plain", ""};
	const uint8_t *end = memchr(data, '\n', size);
	size_t len = end ? size - (size_t)(end + 1 - data) : 0;
	char *name = xstrndup((const char *)data, end ? (size_t)(end - data) : 0);
	/* A copy that ends where its memory does, so that no byte behind it is read unnoticed. */
	char *content = xcalloc(1, len + !len);
	const char *type, *actual = NULL;

	if (len)
		memcpy(content, end + 1, len);
	type = sniff_type(content, len, name);
	MUST(strchr(type, '/'));
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (sniff_contradicts(types[i], content, len, &actual))
			MUST(actual && strchr(actual, '/') && strcmp(actual, types[i]) != 0);
	free(content);
	free(name);
	return 0;
}
