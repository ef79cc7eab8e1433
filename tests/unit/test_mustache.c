/* The public mustache specification's own cases of its core modules: tests/unit/mustache, with its licence. */
#include "unit.h"

#include <jansson.h>
#include <stdlib.h>

#include "common/template/template.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define RESULT_BYTES 65536

static int partial_of(void *ctx, const char *name, const char **ret_text, struct err *e)
{
	(void)e;
	*ret_text = json_string_value(json_object_get(ctx, name));
	return 0;
}

static void check(const char *module, const json_t *given)
{
	const char *name = json_string_value(json_object_get(given, "name"));
	const char *text = json_string_value(json_object_get(given, "template"));
	const char *expected = json_string_value(json_object_get(given, "expected"));
	struct template_options o = {
	    .escape = TEMPLATE_HTML, .partial = partial_of, .ctx = json_object_get(given, "partials")};
	struct err e;
	struct buf b;

	assert_true(name && text && expected);
	buf_init(&b, RESULT_BYTES);
	if (template_render(&b, text, json_object_get(given, "data"), &o, &e) < 0)
		fail_msg("%s: %s: %s", module, name, e.text);
	if (strcmp(b.data, expected) != 0)
		fail_msg("%s: %s: '%s' gave '%s' and not '%s'", module, name, text, b.data, expected);
	buf_clear(&b);
}

static void run_module(const char *module, size_t least)
{
	char *path = xformat("tests/unit/mustache/%s.json", module);
	json_t *spec = json_load_file(path, 0, NULL), *cases = json_object_get(spec, "tests"), *given;
	size_t i;

	if (json_array_size(cases) < least)
		fail_msg("%s: %zu cases, not %zu", path, json_array_size(cases), least);
	json_array_foreach(cases, i, given)
		check(module, given);
	json_decref(spec);
	free(path);
}

#define MODULE(name, count)           \
	static void name(void **state) \
	{                             \
		(void)state;          \
		run_module(#name, count); \
	}

MODULE(interpolation, 42)
MODULE(sections, 34)
MODULE(inverted, 22)
MODULE(comments, 12)
MODULE(partials, 12)
MODULE(delimiters, 14)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(interpolation),
	    cmocka_unit_test(sections),
	    cmocka_unit_test(inverted),
	    cmocka_unit_test(comments),
	    cmocka_unit_test(partials),
	    cmocka_unit_test(delimiters),
	};

	return cmocka_run_group_tests_name("mustache", tests, NULL, NULL);
}
