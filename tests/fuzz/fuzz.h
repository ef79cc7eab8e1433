/* What libFuzzer calls. The first bug aborts; the sanitizers do the rest. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* assert() that no build takes out. */
#define MUST(condition)        \
	do {                   \
		if (!(condition)) \
			abort(); \
	} while (0)

#endif
