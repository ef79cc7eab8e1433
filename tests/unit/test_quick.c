#include "common/line/quick.h"
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/banned.h"

static const char *const samples[] = {
    "{}",
    " { } ",
    "[]",
    "{\"type\":\"message\",\"id\":\"m1\",\"to\":\"ana\",\"text\":\"hi\",\"n\":[1,-2,0,-0,3.25,-0.5,123456789012345678]}",
    "{\"a\":true,\"b\":false,\"c\":null,\"d\":{\"e\":[[],{}]},\"\":\"\"}\n",
    "{\"text\":\"a \\\"quote\\\" \\\\ \\/ \\b\\f\\n\\r\\t \\u00e9 \\u20AC \\ud83d\\ude00 end\"}",
    "{\"\\u0074o\":\"x\",\"d\":\"d\"}",
    "{\"text\":\"h\xc3\xa9llo w\xe2\x82\xacrld \xf0\x9f\x98\x80 and some more text to fill the words\"}",
    "{\"long\":\"0123456789012345678901234567890123456789012345678901234567890123456789\",\"x\":1.5e3,\"y\":1E-2}",
    "{\"a\" : 1 , \"b\" :\t[ 1 , 2 ] }",
    "{\"big\":9223372036854775807,\"real\":0.1}",
};

/* Whatever the quick reader takes, jansson takes too, as the same value. Returns whether it took it. */
static bool agrees(const char *sample, size_t len)
{
	char *text = malloc(len + 1);   /* of its own, so that a byte too far shows */
	json_t *quick, *slow;
	bool taken;

	assert_non_null(text);
	text = realloc(memcpy(text, sample, len), len ? len : 1);
	quick = quick_parse(text, len);
	taken = quick != NULL;
	slow = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	if (quick && !slow)
		fail_msg("jansson refuses: %.*s", (int)len, text);
	if (quick) {
		char *a = json_dumps(quick, JSON_COMPACT), *b = json_dumps(slow, JSON_COMPACT);

		assert_string_equal(a, b);
		free(a);
		free(b);
	}
	json_decref(quick);
	json_decref(slow);
	free(text);
	return taken;
}

static void test_it_reads_what_lines_are_made_of(void **state)
{
	(void)state;
	for (size_t i = 0; i < 8; i++)
		assert_true(agrees(samples[i], strlen(samples[i])));
	for (size_t i = 8; i < sizeof(samples) / sizeof(samples[0]); i++)
		agrees(samples[i], strlen(samples[i]));
}

static void test_it_takes_nothing_that_is_wrong(void **state)
{
	static const char *const wrong[] = {
	    "", " ", "{", "}", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":01}",
	    "{\"a\":-}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":+1}", "{\"a\":tru}", "{\"a\":truex}", "{\"a\":1}x", "{\"a\":1}{}", "[1 2]",
	    "{\"a\":\"\n\"}", "{\"a\":\"x", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\\u0000\"}", "{\"a\":\"\\ud800\"}",
	    "{\"a\":\"\\ud800\\u0041\"}", "{\"a\":\"\\udc00\"}", "{\"a\":\"\x80\"}", "{\"a\":\"\xc0\xaf\"}", "{\"a\":\"\xe0\x80\xaf\"}",
	    "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xf4\x90\x80\x80\"}", "{\"a\":\"\xf8\x88\x80\x80\x80\"}", "{\"a\":\"\xe2\x82\"}", "{\"\n\":1}",
	    "{\"a\":1e999}", "1", "\"a\"", "null",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (quick_parse(wrong[i], strlen(wrong[i])))
			fail_msg("took %s", wrong[i]);
}

static void test_deep_nesting_is_not_its_business(void **state)
{
	char text[4096];

	(void)state;
	memset(text, '[', 2000);
	memset(text + 2000, ']', 2000);
	assert_null(quick_parse(text, 4000));
	assert_true(agrees(text + 1970, 60));
}

static void test_each_cut_and_each_changed_byte(void **state)
{
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		size_t len = strlen(samples[i]);

		for (size_t at = 0; at < len; at++) {
			agrees(samples[i], at);
			memcpy(text, samples[i], len);
			for (int byte = 0; byte < 256; byte++) {
				text[at] = (char)byte;
				agrees(text, len);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_it_reads_what_lines_are_made_of),
	    cmocka_unit_test(test_it_takes_nothing_that_is_wrong),
	    cmocka_unit_test(test_deep_nesting_is_not_its_business),
	    cmocka_unit_test(test_each_cut_and_each_changed_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
