/* common/line/envelope.c against tests/schema/: the same lines that the JSON Schema takes and refuses. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/line/envelope.h"
#include "common/line/line.h"

#include "common/banned.h"

/* Calls `each` for every line of a file of this folder's neighbour. */
static void each_line(const char *path, void each(const json_t *value, size_t number))
{
	FILE *file = fopen(path, "r");
	static char text[LINE_BYTES];
	size_t number = 0;

	if (!file)
		fail_msg("cannot open '%s' (run from the top of the tree)", path);
	while (fgets(text, sizeof(text), file)) {
		struct line l = {text, strlen(text), ++number};
		struct err e;
		json_t *value = line_parse(&l, &e);

		if (!value)
			fail_msg("%s:%zu: %s", path, number, e.text);
		each(value, number);
		json_decref(value);
	}
	fclose(file);
	assert_true(number > 50);
}

static int check(const json_t *value, struct err *e)
{
	int type = envelope_type(value, e);

	return type < 0 ? -1 : envelope_check(value, (enum envelope)type, e);
}

static void is_good(const json_t *value, size_t number)
{
	struct err e;

	if (check(value, &e) < 0)
		fail_msg("good.jsonl:%zu: %s", number, e.text);
}

static void is_bad(const json_t *value, size_t number)
{
	const char *at = json_string_value(json_object_get(value, "at"));
	struct err e = {0, ""};

	assert_non_null(at);
	if (check(json_object_get(value, "line"), &e) == 0)
		fail_msg("bad.jsonl:%zu: taken, but %s is wrong", number, at);
	assert_int_equal(e.code, EX_DATAERR);
	if (strncmp(e.text, at, strlen(at)) != 0 || strncmp(e.text + strlen(at), ": ", 2) != 0)
		fail_msg("bad.jsonl:%zu: '%s' does not name %s", number, e.text, at);
}

static void test_good_lines(void **state)
{
	(void)state;
	each_line("tests/schema/good.jsonl", is_good);
}

static void test_bad_lines(void **state)
{
	(void)state;
	each_line("tests/schema/bad.jsonl", is_bad);
}

static void test_types(void **state)
{
	static const struct {
		const char *text;
		int type;
	} lines[] = {
	    {"{}", ENVELOPE_MESSAGE},
	    {"{\"type\":\"message\"}", ENVELOPE_MESSAGE},
	    {"{\"type\":\"receipt\"}", ENVELOPE_RECEIPT},
	    {"{\"type\":\"inbound\"}", ENVELOPE_INBOUND},
	    {"{\"type\":\"consent\"}", ENVELOPE_CONSENT},
	    {"{\"type\":\"task\"}", ENVELOPE_TASK},
	    {"{\"type\":\"Receipt\"}", ENVELOPE_OTHER},
	    {"{\"type\":7}", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		json_t *value = json_loads(lines[i].text, 0, NULL);

		assert_int_equal(envelope_type(value, NULL), lines[i].type);
		json_decref(value);
	}
}

static void test_members(void **state)
{
	json_t *value = json_loads("{\"a\":\"x\",\"n\":null,\"i\":5,\"t\":\"1970-01-01T00:00:01Z\",\"d\":\"1m\"}", 0, NULL);

	(void)state;
	assert_string_equal(envelope_text(value, "a", "y"), "x");
	assert_string_equal(envelope_text(value, "n", "y"), "y");
	assert_string_equal(envelope_text(value, "i", "y"), "y");
	assert_null(envelope_text(value, "missing", NULL));
	assert_int_equal(envelope_time_ms(value, "t", -1), 1000);
	assert_int_equal(envelope_time_ms(value, "missing", -1), -1);
	assert_int_equal(envelope_duration_ms(value, "d", 0), 60000);
	assert_int_equal(envelope_duration_ms(value, "n", 7), 7);
	json_decref(value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good_lines),
	    cmocka_unit_test(test_bad_lines),
	    cmocka_unit_test(test_types),
	    cmocka_unit_test(test_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
