#include "common/err.h"
#include "common/visible.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

static void an_error_is_one_line_of_code(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(err_set(&e, EX_DATAERR, "to: not a phone number: '%s'", "12ab"), -1);
	assert_int_equal(e.code, EX_DATAERR);
	assert_string_equal(e.text, "to: not a phone number: '12ab'");
	assert_int_equal(err_at(&e, "line %d: ", 3), -1);
	assert_int_equal(e.code, EX_DATAERR);
	assert_string_equal(e.text, "line 3: to: not a phone number: '12ab'");
	assert_int_equal(err_set(NULL, EX_USAGE, "x"), -1);
	assert_int_equal(err_at(NULL, "x"), -1);
}

static void long_texts_are_cut(void **state)
{
	char text[2000];
	struct err e;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&e, EX_DATAERR, "%s", text);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	err_at(&e, "%s", text);
	assert_true(strlen(e.text) < sizeof(e.text));
}

/* Each text may go into a line, which has to be UTF-8. */
static void what_is_cut_ends_with_a_whole_character(void **state)
{
	char text[2000];
	const char *p;
	struct err e;

	(void)state;
	for (int start = 0; start < 8; start++) {
		memset(text, 'x', (size_t)start);
		for (size_t at = (size_t)start; at + 4 < sizeof(text); at += 4)
			memcpy(text + at, "\xf0\x9f\x98\x80\0", 5);
		err_set(&e, EX_DATAERR, "%s", text);
		assert_true(strlen(e.text) > sizeof(e.text) - 5);
		for (p = e.text; *p; p += *p == 'x' ? 1 : 4)
			assert_true(*p == 'x' || visible_length(p, strlen(p)) == 4);
		err_at(&e, "%.*s", 130, text);
		for (p = e.text; *p; p += *p == 'x' ? 1 : 4)
			assert_true(*p == 'x' || visible_length(p, strlen(p)) == 4);
	}
}

static void quoted_values_cannot_write_on_the_terminal(void **state)
{
	(void)state;
	assert_string_equal(err_quote("a\x1b[31mb\n\x7f"), "a\\x1b[31mb\\x0a\\x7f");
	assert_string_equal(err_quote_n("a\0b", 3), "a\\x00b");
	assert_string_equal(err_quote(""), "");
	assert_string_equal(err_quote(NULL), "(none)");
	assert_string_equal(err_quote("¿cómo está?"), "¿cómo está?");
	/* A byte of its own from 0x80 on, and U+009B: the control sequence introducer of eight-bit terminals. */
	assert_string_equal(err_quote("\x9b" "31m"), "\\x9b31m");
	assert_string_equal(err_quote("\xc2\x9b" "31m"), "\\xc2\\x9b31m");
	assert_string_equal(err_quote("\xc3("), "\\xc3(");
	assert_string_equal(err_quote("\xe2\x82"), "\\xe2\\x82");
	assert_string_equal(err_quote("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80");
	/* What turns the text around, begins a line or is not seen at all. */
	assert_string_equal(err_quote("a\u202eb"), "a\\xe2\\x80\\xaeb");
	assert_string_equal(err_quote("a\u2028b\u200b"), "a\\xe2\\x80\\xa8b\\xe2\\x80\\x8b");
	/* Overlong forms and surrogates are no characters; joiners hold emoji and scripts together. */
	assert_string_equal(err_quote("\xc0\xae\xe0\x80\xae\xed\xa0\x80"), "\\xc0\\xae\\xe0\\x80\\xae\\xed\\xa0\\x80");
	assert_string_equal(err_quote("👩\u200d🚀"), "👩\u200d🚀");
}

static void quoted_values_are_cut_between_characters(void **state)
{
	char text[200];
	const char *quoted;

	(void)state;
	for (int start = 0; start < 4; start++) {
		size_t at = 0;

		memset(text, 'a', 57 + (size_t)start);
		for (at = 57 + (size_t)start; at + 3 < 120; at += 3)
			memcpy(text + at, "€", 3);
		text[at] = '\0';
		quoted = err_quote(text);
		assert_true(strlen(quoted) <= 63 + 3);
		assert_string_equal(quoted + strlen(quoted) - 3, "…");
		for (size_t i = 57 + (size_t)start; i + 3 < strlen(quoted); i += 3)
			assert_memory_equal(quoted + i, "€", 3);
	}
	memset(text, '\x01', 150);
	text[150] = '\0';
	assert_true(strlen(err_quote(text)) < 256);
}

static void four_quotes_live_at_once(void **state)
{
	const char *a = err_quote("a"), *b = err_quote("b"), *c = err_quote("c"), *d = err_quote("d");

	(void)state;
	assert_string_equal(a, "a");
	assert_string_equal(b, "b");
	assert_string_equal(c, "c");
	assert_string_equal(d, "d");
}

static void the_worse_status_wins_in_either_order(void **state)
{
	static const int rising[] = {EX_OK, EX_UNDELIVERED, EX_TEMPFAIL, EX_DATAERR, EX_UNAVAILABLE, EX_NOPERM, EX_CONFIG,
	    EX_IOERR, EX_CANTCREAT, EX_USAGE};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rising); i++)
		for (size_t j = 0; j < COUNT_OF(rising); j++)
			assert_int_equal(err_worse(rising[i], rising[j]), rising[i > j ? i : j]);
	assert_int_equal(err_worse(EX_OK, 99), 99);
	assert_int_equal(err_worse(EX_SOFTWARE, EX_USAGE), EX_SOFTWARE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_error_is_one_line_of_code),
	    cmocka_unit_test(long_texts_are_cut),
	    cmocka_unit_test(what_is_cut_ends_with_a_whole_character),
	    cmocka_unit_test(quoted_values_cannot_write_on_the_terminal),
	    cmocka_unit_test(quoted_values_are_cut_between_characters),
	    cmocka_unit_test(four_quotes_live_at_once),
	    cmocka_unit_test(the_worse_status_wins_in_either_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
