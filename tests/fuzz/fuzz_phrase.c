/* Phrases that say when: what is taken is a time that can be written and read again. */
#include <string.h>

#include "common/line/phrase.h"
#include "common/line/when.h"
#include "common/xalloc.h"
#include "tests/fuzz/fuzz.h"

#include "common/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t nows[] = {0, 1795859415000, 1806195600000};        /* the last one while the clock is changed in Madrid */
	char *text = xstrndup((const char *)data, size);

	for (size_t i = 0; i < sizeof(nows) / sizeof(nows[0]); i++) {
		struct phrase p = {0};
		struct err e = {0};
		char again[WHEN_SIZE];
		int64_t ms;

		if (phrase_parse(text, nows[i], &p, &e) < 0) {
			MUST(e.code == EX_DATAERR && *e.text);
			continue;
		}
		when_format_at(p.ms, p.offset, again);
		MUST(when_parse(again, &ms) == 0 && ms == p.ms);
	}
	free(text);
	return 0;
}
