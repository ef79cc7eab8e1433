/* Code points, and what a person sees as one character. */
#include "common/line/grapheme.h"
#include "common/line/utf8.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

static void expect(const char *text, uint32_t code, size_t len)
{
	const char *p = text;

	assert_int_equal(utf8_next(&p), code);
	assert_int_equal(p - text, len);
}

static void test_code_points(void **state)
{
	(void)state;
	expect("a", 'a', 1);
	expect("\u00e9x", 0xe9, 2);
	expect("\u20ac", 0x20ac, 3);
	expect("\U0001f600", 0x1f600, 4);
	expect("\xf4\x8f\xbf\xbf", 0x10ffff, 4);
}

static void test_what_is_no_utf8(void **state)
{
	static const char *const bytes[] = {"\x80", "\xc3", "\xc3(", "\xc0\xaf", "\xe2\x82", "\xe0\x80\x80", "\xf5\x80\x80\x80",
	    "\xf4\x90\x80\x80", "\xf0\x80\x80\x80", "\xff"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bytes); i++)
		expect(bytes[i], UTF8_INVALID, 1);
	expect("\xed\xa0\xbdx", UTF8_INVALID, 3);
}

static void test_there_and_back(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 64);
	for (uint32_t code = 1; code <= 0x10ffff; code += code < 0x3000 ? 1 : 251) {
		const char *p;

		if (code >= 0xd800 && code <= 0xdfff)
			continue;
		buf_reset(&b);
		utf8_add(&b, code);
		p = b.data;
		assert_int_equal(utf8_next(&p), code);
		assert_ptr_equal(p, b.data + b.len);
	}
	buf_clear(&b);
}

static void test_lengths(void **state)
{
	(void)state;
	assert_int_equal(utf8_characters(""), 0);
	assert_int_equal(utf8_characters("a\u00e9\U0001f600\xff"), 4);
	assert_int_equal(utf8_units("a\u00e9\U0001f600\xff"), 5);
}

static void test_clusters(void **state)
{
	/* One cluster each; with "a" behind it none of them grows, except where a prefix takes it in. */
	static const char *const whole[] = {"a", "\r\n", "\n", "e\u0301\u0302", "\U0001f1ea\U0001f1f8", "\U0001f44d\U0001f3fd",
	    "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\u2764\ufe0f\u200d\U0001f525", "\uac01\u11a8", "\u1100\u1161\u11a8",
	    "\uac00\u11a8", "\u0915\u093e", "\u00a9\ufe0f", "1\ufe0f\u20e3"};
	char text[64];

	(void)state;
	assert_int_equal(grapheme_len(""), 0);
	for (size_t i = 0; i < COUNT_OF(whole); i++) {
		size_t len = strlen(whole[i]);

		assert_int_equal(grapheme_len(whole[i]), len);
		memcpy(text, whole[i], len);
		memcpy(text + len, "a", 2);
		assert_int_equal(grapheme_len(text), len);
	}
	assert_int_equal(grapheme_len("\u0600a"), 3);           /* a prefix */
	assert_int_equal(grapheme_len("\n\u0301"), 1);
	assert_int_equal(grapheme_len("\r\r\n"), 1);
	assert_int_equal(grapheme_len("\U0001f1ea\U0001f1f8\U0001f1ea"), 8);
	assert_int_equal(grapheme_len("a\u200d\U0001f525"), 4); /* a joiner joins pictures alone */
	assert_int_equal(grapheme_len("\u11a8\uac00"), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_code_points),
	    cmocka_unit_test(test_what_is_no_utf8),
	    cmocka_unit_test(test_there_and_back),
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_clusters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
