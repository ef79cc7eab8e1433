#include "common/buf.h"
#include "common/xalloc.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "common/banned.h"

static void empty_is_a_string(void **state)
{
	struct buf b;
	char *text;

	(void)state;
	buf_init(&b, 10);
	assert_string_equal(b.data, "");
	buf_add(&b, NULL, 0);
	buf_add_text(&b, "");
	buf_addf(&b, "%s", "");
	assert_int_equal(b.len, 0);
	text = buf_steal(&b);
	assert_string_equal(text, "");
	free(text);
	buf_reset(&b);
	buf_clear(&b);
	buf_clear(&b);
}

static void grows_and_keeps_its_bytes(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1u << 20);
	for (int i = 0; i < 20000; i++)
		buf_add_char(&b, (char)('a' + i % 26));
	buf_addf(&b, "%d-%s", 42, "x");
	buf_add(&b, "\0\n", 2);
	assert_int_equal(b.len, 20006);
	assert_memory_equal(b.data + 20000, "42-x\0\n", 7);
	for (size_t i = 0; i < 20000; i++)
		assert_int_equal(b.data[i], 'a' + (int)(i % 26));
	assert_false(buf_over(&b));
	buf_clear(&b);
}

static void ceiling_is_exact_and_remembered(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5);
	buf_add_text(&b, "12345");
	assert_false(buf_over(&b));
	buf_add_char(&b, '6');
	assert_true(buf_over(&b));
	assert_string_equal(b.data, "12345");
	buf_reset(&b);
	assert_false(buf_over(&b));
	buf_addf(&b, "%s", "123456");
	assert_true(buf_over(&b));
	assert_int_equal(b.len, 0);
	buf_add_char(&b, '1');          /* a hole in the middle would be worse than a short text */
	assert_int_equal(b.len, 0);
	buf_clear(&b);
	assert_false(buf_over(&b));
	assert_int_equal(b.max, 5);
	assert_false(buf_room(&b, SIZE_MAX));
	buf_clear(&b);
}

static void stolen_text_is_its_own(void **state)
{
	struct buf b;
	char *first;

	(void)state;
	buf_init(&b, 100);
	buf_add_text(&b, "first");
	first = buf_steal(&b);
	buf_add_text(&b, "second");
	assert_string_equal(first, "first");
	assert_string_equal(b.data, "second");
	free(first);
	buf_clear(&b);
}

static void memory_is_always_there(void **state)
{
	char *p = xcalloc(0, 0), *q = xstrndup("abc", 2), *r = xformat("%s-%d", "x", 7);

	(void)state;
	assert_non_null(p);
	assert_string_equal(q, "ab");
	assert_string_equal(r, "x-7");
	assert_null(xstrdup(NULL));
	free(p);
	free(q);
	free(r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(empty_is_a_string),
	    cmocka_unit_test(grows_and_keeps_its_bytes),
	    cmocka_unit_test(ceiling_is_exact_and_remembered),
	    cmocka_unit_test(stolen_text_is_its_own),
	    cmocka_unit_test(memory_is_always_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
