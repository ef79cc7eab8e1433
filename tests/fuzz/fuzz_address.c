/* Addresses: what is taken is canonical (reads as itself), one line, and never longer than it may be. */
#include <string.h>

#include "common/address/address.h"
#include "common/xalloc.h"
#include "tests/fuzz/fuzz.h"

#include "common/banned.h"

static void must_be_canonical(const struct address *a)
{
	struct address again, by_channel;
	char subject[ADDRESS_BYTES];

	MUST(strlen(a->text) < ADDRESS_BYTES);
	MUST(a->value > a->text && a->value[-1] == ':');
	MUST(!strpbrk(a->text, "\r\n"));
	MUST(address_parse(a->text, &again, NULL) == 0);
	MUST(strcmp(again.text, a->text) == 0 && strcmp(again.channel, a->channel) == 0);
	MUST(address_of_channel(a->channel, a->text, &by_channel, NULL) == 0);
	MUST(strcmp(by_channel.text, a->text) == 0);
	MUST(address_looks_like(a->text));
	address_subject(a, subject);
	MUST(strlen(address_masked(a->text)) < ADDRESS_BYTES + 16);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size), *value = strchr(text, ' ');
	struct address a;
	struct err e;

	if (address_parse(text, &a, &e) == 0)
		must_be_canonical(&a);
	else
		MUST(e.code == EX_DATAERR && strlen(e.text) > 0);
	address_masked(text);
	if (value) {
		*value++ = '\0';
		if (address_of_channel(text, value, &a, &e) == 0) {
			must_be_canonical(&a);
			MUST(strcmp(a.channel, text) == 0);
		}
	}
	free(text);
	return 0;
}
