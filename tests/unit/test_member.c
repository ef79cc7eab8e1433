#include "common/line/member.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#include "common/banned.h"

static struct line line(const char *text)
{
	struct line l = {text, strlen(text), 1};
	struct err e;
	json_t *value = line_parse(&l, &e);

	if (!value)
		fail_msg("%s: %s", text, e.text);
	json_decref(value);
	return l;
}

static const char *value_of(const char *text, const char *key)
{
	static char value[256];
	struct line l = line(text);
	struct member m;

	if (!member_find(&l, key, &m))
		return NULL;
	assert_true(m.len < sizeof(value) && m.start + m.len < l.len);
	memcpy(value, text + m.start, m.len);
	value[m.len] = '\0';
	return value;
}

static void test_values_of_every_kind(void **state)
{
	static const char text[] = "{\"a\":\"x,}\\\"y\\\\\",\"b\":-1.50e+3,\"c\":true,\"d\":null,\"e\":{\"a\":[1,{\"to\":\"}]\"}]},\"f\":[],\"to\":\"ana\"}";

	(void)state;
	assert_string_equal(value_of(text, "a"), "\"x,}\\\"y\\\\\"");
	assert_string_equal(value_of(text, "b"), "-1.50e+3");
	assert_string_equal(value_of(text, "c"), "true");
	assert_string_equal(value_of(text, "d"), "null");
	assert_string_equal(value_of(text, "e"), "{\"a\":[1,{\"to\":\"}]\"}]}");
	assert_string_equal(value_of(text, "f"), "[]");
	assert_string_equal(value_of(text, "to"), "\"ana\"");
	assert_null(value_of(text, "t"));
	assert_null(value_of(text, "too"));
	assert_null(value_of("{}", "to"));
	assert_null(value_of("{ \"x\" : { \"to\" : 1 } }", "to"));
}

static void test_blanks_and_escapes(void **state)
{
	(void)state;
	assert_string_equal(value_of(" { \"x\" : 1 ,\t\"to\" :  [ \"a\" , \"b\" ]  } ", "to"), "[ \"a\" , \"b\" ]");
	assert_string_equal(value_of("{\"\\u0074o\":5 }", "to"), "5");
	assert_string_equal(value_of("{\"x\\\"\":1,\"to\":2}", "to"), "2");
	assert_null(value_of("{\"\\u0074oo\":5}", "to"));
}

static const char *edited(const char *text, const struct member_edit *edits, size_t count)
{
	static char result[256];
	struct line l = line(text);
	struct err e;
	json_t *value = line_parse(&l, &e), *after;
	struct buf b;

	buf_init(&b, sizeof(result) - 1);
	member_edit(&b, &l, value, edits, count);
	snprintf(result, sizeof(result), "%s", b.data);
	l = line(result);
	after = line_parse(&l, &e);
	for (size_t i = 0; i < count; i++)
		assert_non_null(json_object_get(after, edits[i].key));
	buf_clear(&b);
	json_decref(value);
	json_decref(after);
	return result;
}

static void test_members_are_set_where_they_stand_or_behind(void **state)
{
	static const struct member_edit edits[] = {{"id", "\"x\"", 3}, {"plan", "[1]", 3}, {"to", "\"bo\"", 4}};

	(void)state;
	assert_string_equal(edited("{}", edits, 2), "{\"id\":\"x\",\"plan\":[1]}");
	assert_string_equal(edited("{ }", edits, 1), "{\"id\":\"x\"}");
	assert_string_equal(edited("{\"n\":1.10 } ", edits, 1), "{\"n\":1.10,\"id\":\"x\"}");
	assert_string_equal(edited("{\"to\":[\"a\"],\"n\":1.10}", edits, 3), "{\"to\":\"bo\",\"n\":1.10,\"id\":\"x\",\"plan\":[1]}");
	assert_string_equal(edited("{\"plan\":null, \"to\":{},\"id\": null }", edits, 3), "{\"plan\":[1], \"to\":\"bo\",\"id\": \"x\"}");
	assert_string_equal(edited("{\"a\":1}", edits, 0), "{\"a\":1}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values_of_every_kind),
	    cmocka_unit_test(test_blanks_and_escapes),
	    cmocka_unit_test(test_members_are_set_where_they_stand_or_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
