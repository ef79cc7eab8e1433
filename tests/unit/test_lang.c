#include "common/line/lang.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

static void test_same(void **state)
{
	(void)state;
	assert_true(lang_is_same("es", "es-MX"));
	assert_true(lang_is_same("pt-BR", "PT-pt"));
	assert_false(lang_is_same("e", "es"));
	assert_false(lang_is_same("es", ""));
}

static void test_choice(void **state)
{
	json_t *texts = json_pack("{s:s, s:s, s:s}", "en", "hello", "pt-BR", "oi", "es", "hola");
	json_t *plain = json_string("hi");

	(void)state;
	assert_string_equal(lang_choose(plain, "es", NULL), "hi");
	assert_string_equal(lang_choose(texts, "es", NULL), "hola");
	assert_string_equal(lang_choose(texts, "es-MX", NULL), "hola");
	assert_string_equal(lang_choose(texts, "PT-br", NULL), "oi");
	assert_string_equal(lang_choose(texts, "pt", NULL), "oi");
	assert_string_equal(lang_choose(texts, "de", "es"), "hola");
	assert_string_equal(lang_choose(texts, "de", "fr"), "hello");
	assert_string_equal(lang_choose(texts, "", NULL), "hello");
	assert_string_equal(lang_choose(texts, "e", NULL), "hello");
	json_decref(texts);
	json_decref(plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same),
	    cmocka_unit_test(test_choice),
	};

	return cmocka_run_group_tests_name("lang", tests, NULL, NULL);
}
