/* The form in which what people write is compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/line/fold.h"

#include "common/banned.h"

static void expect(const char *text, const char *form)
{
	struct buf b;

	buf_init(&b, 256);
	fold_text(text, &b);
	assert_string_equal(b.data, form);
	buf_clear(&b);
}

static void case_accents_and_width_go(void **state)
{
	(void)state;
	expect("Arr\xc3\xaat", "ARRET");
	expect("ARRE\xcc\x82T", "ARRET");
	expect("stra\xc3\x9f" "e", "STRASSE");
	expect("\xef\xbd\x93\xef\xbc\xb4\xef\xbd\x8f\xef\xbd\x90", "STOP");
	expect("\xd0\xa1\xd0\xa2\xd0\x9e", "CTO");      /* Cyrillic that looks Latin */
}

static void punctuation_is_one_space_and_none_at_the_ends(void **state)
{
	(void)state;
	expect("  \"opt -- out!\" ", "OPT OUT");
	expect("don't", "DONT");
	expect("st\xc2\xado\xe2\x80\x8bp", "STOP");
	expect("?! \xf0\x9f\x9b\x91", "");
	expect("", "");
}

static void a_syllable_takes_its_voice_mark_in(void **state)
{
	(void)state;
	expect("\xef\xbe\x8c\xef\xbe\x9f", "\xe3\x83\x97");
	expect("\xe3\x82\xab\xe3\x82\x99", "\xe3\x82\xac");
	expect("\xe3\x82\x99", "");
}

static void what_is_no_utf8_separates(void **state)
{
	(void)state;
	expect("a\xff" "b", "A B");
	expect("a\xe2\x80", "A");
}

static void it_appends(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 256);
	buf_add_text(&b, "x");
	fold_text(" yes", &b);
	assert_string_equal(b.data, "xYES");
	buf_clear(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(case_accents_and_width_go),
	    cmocka_unit_test(punctuation_is_one_space_and_none_at_the_ends),
	    cmocka_unit_test(a_syllable_takes_its_voice_mark_in),
	    cmocka_unit_test(what_is_no_utf8_separates),
	    cmocka_unit_test(it_appends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
