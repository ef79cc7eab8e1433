#include <stdlib.h>

#include "common/line/pattern.h"
#include "common/line/when.h"
#include "common/xalloc.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

static bool finds(const char *expression, const char *text)
{
	regex_t regex;
	bool found;

	assert_int_equal(pattern_compile(&regex, expression, REG_NOSUB, NULL), 0);
	found = pattern_finds(&regex, text);
	regfree(&regex);
	return found;
}

static char *filled(size_t before, const char *middle, size_t behind)
{
	size_t len = strlen(middle);
	char *text = xcalloc(1, before + len + behind + 1);

	memset(text, 'x', before);
	memcpy(text + before, middle, len);
	memset(text + before + len, 'x', behind);
	return text;
}

static void a_text_is_searched_as_a_whole_and_a_long_one_in_pieces(void **state)
{
	(void)state;
	assert_true(finds("fire.*water", "no fire but water"));
	assert_false(finds("^fire", "no fire"));
	for (size_t before = 0; before < 3 * PATTERN_WINDOW; before += 61) {
		char *text = filled(before, "free  money", 2 * PATTERN_WINDOW);

		assert_true(finds("free +money", text));
		assert_int_equal(finds("^free", text), before == 0);
		assert_false(finds("money$", text));
		free(text);
		text = filled(before + PATTERN_WINDOW, "free money", 0);
		assert_true(finds("money$", text));
		assert_false(finds("^x+$", text));
		free(text);
		text = filled(before, "€€ free €€", PATTERN_WINDOW);
		assert_true(finds("€€ free €€", text));
		free(text);
	}
}

static void a_text_takes_no_more_than_a_while(void **state)
{
	int64_t began_ms = when_clock_ms();
	char *text = xcalloc(1, (1u << 20) + 1);

	(void)state;
	memset(text, 'a', 1u << 20);
	assert_false(finds("(a|aa)+b", text));
	assert_true(when_clock_ms() - began_ms < 30000);
	free(text);
}

static void what_would_take_too_much_is_refused(void **state)
{
	static const char *const bad[] = {"(a)\\1", "((a{255}){255}){255}", "(((((x{10}){10}){10}){10}){10})", "a{99999}", "a{1,30000}",
	    "(", "[a", "a{2,1}", "((a{1,100}){1,100}){3,}b{1,9}"};
	static const char *const good[] = {"", "a{1,3}", "[\\1]", "\\(1\\)", "(a|b)*c", "[])]{2}", "(x{10}){10}", "a{,3}", "[[:alpha:]]+", "\\\\1"};
	char deep[400], text[PATTERN_BYTES + 2];
	regex_t regex;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (pattern_compile(&regex, bad[i], 0, &e) == 0)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(e.code, EX_CONFIG);
	}
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		if (pattern_compile(&regex, good[i], 0, &e) < 0)
			fail_msg("'%s': %s", good[i], e.text);
		regfree(&regex);
	}
	memset(deep, '(', 200);
	memset(deep + 200, ')', 199);
	deep[399] = '\0';
	assert_int_equal(pattern_compile(&regex, deep, 0, &e), -1);
	assert_string_equal(e.text, "groups nested too deep");
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(pattern_compile(&regex, text, 0, &e), -1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_text_is_searched_as_a_whole_and_a_long_one_in_pieces),
	    cmocka_unit_test(a_text_takes_no_more_than_a_while),
	    cmocka_unit_test(what_would_take_too_much_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
