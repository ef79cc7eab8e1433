/* What cmocka needs before it, and cmocka. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define assert_contains(text, part)                                                  \
	do {                                                                         \
		if (!strstr((text), (part)))                                         \
			fail_msg("'%s' is not in '%s'", (part), (text));             \
	} while (0)

#endif
