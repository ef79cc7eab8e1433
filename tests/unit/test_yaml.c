/* YAML to JSON values: which plain words become what, what is refused, and how precisely an error says where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/buf.h"
#include "common/config/yaml.h"

#include "common/banned.h"

static struct yaml *must_parse(const char *text)
{
	struct yaml *y = NULL;
	struct err e = {0};

	if (yaml_parse("t.yaml", text, strlen(text), &y, &e) < 0)
		fail_msg("%s", e.text);
	return y;
}

static void assert_value(const char *yaml, const char *json)
{
	struct yaml *y = must_parse(yaml);
	json_t *expected = json_loads(json, JSON_DECODE_ANY, NULL);
	char *got = json_dumps(yaml_root(y), JSON_ENCODE_ANY | JSON_COMPACT);

	assert_non_null(expected);
	if (!json_equal(yaml_root(y), expected))
		fail_msg("%s became %s, not %s", yaml, got, json);
	free(got);
	json_decref(expected);
	yaml_unload(y);
}

static void assert_refused_n(const char *text, size_t len, const char *expected)
{
	struct yaml *y = NULL;
	struct err e = {0};

	assert_int_equal(yaml_parse("t.yaml", text, len, &y, &e), -1);
	assert_null(y);
	assert_int_equal(e.code, EX_CONFIG);
	if (!strstr(e.text, expected))
		fail_msg("'%s' lacks '%s'", e.text, expected);
}

static void assert_refused(const char *text, const char *expected)
{
	assert_refused_n(text, strlen(text), expected);
}

static void plain_scalars(void **state)
{
	(void)state;
	assert_value("", "null");
	assert_value("# only a comment\n", "null");
	assert_value("--- {}\n", "{}");
	assert_value("[~, null, '', \"null\", Null]", "[null, null, \"\", \"null\", \"Null\"]");
	assert_value("{a: , b: true, c: false}", "{\"a\": null, \"b\": true, \"c\": false}");
	assert_value("[0, -0, 7, -12, 9223372036854775807]", "[0, 0, 7, -12, 9223372036854775807]");
	assert_value("[1.5, -0.25, 1e3, 2E-2]", "[1.5, -0.25, 1000.0, 0.02]");
	assert_value("on: yes", "{\"on\": \"yes\"}");
	assert_value("[no, off, y, True, FALSE]", "[\"no\", \"off\", \"y\", \"True\", \"FALSE\"]");
}

static void text_that_looks_like_numbers(void **state)
{
	(void)state;
	assert_value("[+15550001111, 0123, -007, +1]", "[\"+15550001111\", \"0123\", \"-007\", \"+1\"]");
	assert_value("[09:00, 21:30, 1:30:00, 2026-11-24]", "[\"09:00\", \"21:30\", \"1:30:00\", \"2026-11-24\"]");
	assert_value("[0x1f, 0o17, 1_000, .5, 5., .inf, .nan, 1e, --1, '-', 12a]",
	    "[\"0x1f\", \"0o17\", \"1_000\", \".5\", \"5.\", \".inf\", \".nan\", \"1e\", \"--1\", \"-\", \"12a\"]");
	assert_value("[9223372036854775808, 1e999]", "[\"9223372036854775808\", \"1e999\"]");
	assert_value("['12', \"true\"]", "[\"12\", \"true\"]");
	assert_value("a: |\n  12\n", "{\"a\": \"12\\n\"}");
	assert_value("a: >-\n  true\n  false\n", "{\"a\": \"true false\"}");
}

static void text_keeps_its_letters(void **state)
{
	(void)state;
	assert_value("name: Zoë ☕\n", "{\"name\": \"Zoë ☕\"}");
	assert_value("a: \"x\\ny\\u00e9\"\n", "{\"a\": \"x\\nyé\"}");
	assert_value("? a\n: b\n", "{\"a\": \"b\"}");
	assert_value("\xef\xbb\xbf" "a: 1\n", "{\"a\": 1}");
}

static void refusals_say_where(void **state)
{
	(void)state;
	assert_refused("a: 1\nb:\n  c: 1\n  c: 2\n", "t.yaml:4: b: key given twice: 'c'");
	assert_refused("a: &x 1\nb: *x\n", "t.yaml:2: b: aliases are not supported: '*x'");
	assert_refused("a: &a [1]\n<<: *a\n", "t.yaml:2: <<: aliases");
	assert_refused("a:\n  - 1\n  - !!int 2\n", "t.yaml:3: a[1]: tags are not supported: 'tag:yaml.org,2002:int'");
	assert_refused("a: !!map {}\n", "t.yaml:1: a: tags are not supported");
	assert_refused("a: 1\n---\nb: 2\n", "t.yaml:2: a second document");
	assert_refused("[a]: 1\n", "t.yaml:1: a key must be a word");
	assert_refused("a: \"x\\0y\"\n", "t.yaml:1: a: NUL byte");
	assert_refused("\"a\\0b\": 1\n", "t.yaml:1: not a key");
	assert_refused("a: [1, 2\nb: 3\n", "t.yaml:2: not YAML: ");
	assert_refused("a: b: c\n", "t.yaml:1: not YAML: mapping values are not allowed");
	assert_refused("a:\n\t- 1\n", "t.yaml:2: not YAML: ");
	assert_refused("a: 1\nb: \xff\xfe\n", "t.yaml:2: not UTF-8 text");
	assert_refused_n("a: 1\nb: \0\n", 9, "t.yaml:2: ");
}

/* Small input must not become large output. */
static void bombs(void **state)
{
	struct buf b;

	(void)state;
	assert_refused("a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n", "t.yaml:2: b[0]: aliases");
	buf_init(&b, 64u << 20);
	for (unsigned i = 0; i < 100000; i++)
		buf_add_char(&b, '[');
	assert_refused_n(b.data, b.len, "nested deeper than 64");
	buf_reset(&b);
	buf_add_char(&b, '[');
	while (b.len <= 2 * YAML_VALUES)
		buf_add_text(&b, "1,");
	buf_add_char(&b, ']');
	assert_refused_n(b.data, b.len, "more than 1000000 values");
	buf_reset(&b);
	while (b.len <= YAML_BYTES)
		buf_add_text(&b, "# sixteen bytes\n");
	assert_refused_n(b.data, b.len, "larger than 8 MiB");
	buf_clear(&b);
}

static void depth_up_to_the_ceiling(void **state)
{
	char text[2 * YAML_DEPTH + 1];

	(void)state;
	memset(text, '[', YAML_DEPTH);
	memset(text + YAML_DEPTH, ']', YAML_DEPTH);
	text[2 * YAML_DEPTH] = '\0';
	yaml_unload(must_parse(text));
}

static const char example[] =
    "channels:\n"
    "  sms:\n"
    "    via: [twilio, vonage]\n"
    "    from: '+15550001111'\n"
    "  email: {via: smtp, tls: true}\n"
    "accounts:\n"
    "  smtp:\n"
    "    debug: false\n"
    "    retry: false\n";

static json_t *at(struct yaml *y, const char *a, const char *b, const char *c)
{
	json_t *value = json_object_get(yaml_root(y), a);

	value = b ? json_object_get(value, b) : value;
	return c ? json_object_get(value, c) : value;
}

static void lines(void **state)
{
	struct yaml *y = must_parse(example);
	json_t *stranger = json_string("twilio");

	(void)state;
	assert_int_equal(yaml_line(y, yaml_root(y)), 1);
	assert_int_equal(yaml_line(y, at(y, "channels", NULL, NULL)), 1);
	assert_int_equal(yaml_line(y, at(y, "channels", "sms", NULL)), 2);
	assert_int_equal(yaml_line(y, at(y, "channels", "sms", "from")), 4);
	assert_int_equal(yaml_line(y, at(y, "channels", "email", "tls")), 5);
	assert_int_equal(yaml_line(y, at(y, "accounts", "smtp", "debug")), 0);
	assert_int_equal(yaml_line(y, json_null()), 0);
	assert_int_equal(yaml_line(y, stranger), 0);
	assert_int_equal(yaml_line(y, NULL), 0);
	json_decref(stranger);
	yaml_unload(y);
}

static void failures_name_the_path(void **state)
{
	struct yaml *y = must_parse(example);
	struct err e = {0};

	(void)state;
	assert_int_equal(yaml_fail(y, json_array_get(at(y, "channels", "sms", "via"), 1), &e, "no account '%s'", "vonage"), -1);
	assert_int_equal(e.code, EX_CONFIG);
	assert_string_equal(e.text, "t.yaml:3: channels.sms.via[1]: no account 'vonage'");
	yaml_fail(y, yaml_root(y), &e, "bad");
	assert_string_equal(e.text, "t.yaml:1: bad");
	yaml_fail(y, json_false(), &e, "bad");
	assert_string_equal(e.text, "t.yaml: bad");
	yaml_fail_member(y, at(y, "accounts", "smtp", NULL), "retry", &e, "bad");
	assert_string_equal(e.text, "t.yaml:9: accounts.smtp.retry: bad");
	yaml_fail_member(y, at(y, "accounts", "smtp", NULL), "url", &e, "missing");
	assert_string_equal(e.text, "t.yaml:7: accounts.smtp: missing");
	yaml_unload(y);
}

static void unknown_keys(void **state)
{
	static const char *const known[] = {"channels", "accounts", "via", NULL};
	struct yaml *y = must_parse("x:\n  chanels: 1\ny:\n  zebra: true\nz: {via: 1}\nw: 5\n");
	struct err e = {0};

	(void)state;
	assert_int_equal(yaml_only(y, at(y, "x", NULL, NULL), known, &e), -1);
	assert_string_equal(e.text, "t.yaml:2: x.chanels: unknown key (did you mean 'channels'?)");
	assert_int_equal(yaml_only(y, at(y, "y", NULL, NULL), known, &e), -1);
	assert_string_equal(e.text, "t.yaml:4: y.zebra: unknown key");
	assert_int_equal(yaml_only(y, at(y, "z", NULL, NULL), known, &e), 0);
	assert_int_equal(yaml_only(y, at(y, "w", NULL, NULL), known, &e), -1);
	assert_string_equal(e.text, "t.yaml:6: w: must be a map");
	yaml_unload(y);
}

static void hostile_keys_are_made_visible(void **state)
{
	struct yaml *y = must_parse("\"a\\eb\": {\"c\\nd\": 1}\n");
	struct err e = {0};
	static const char *const known[] = {"z", NULL};

	(void)state;
	assert_int_equal(yaml_only(y, json_object_get(yaml_root(y), "a\033b"), known, &e), -1);
	assert_string_equal(e.text, "t.yaml:1: a\\x1bb.c\\x0ad: unknown key");
	yaml_unload(y);
}

static void files(void **state)
{
	struct yaml *y = NULL;
	struct err e = {0};

	(void)state;
	assert_int_equal(yaml_load("/nonexistent/msg.yaml", &y, &e), -1);
	assert_int_equal(e.code, EX_CONFIG);
	assert_string_equal(e.text, "cannot open '/nonexistent/msg.yaml': No such file or directory");
	assert_int_equal(yaml_load("/", &y, &e), -1);
	assert_string_equal(e.text, "cannot read '/': Is a directory");
	assert_int_equal(yaml_load("/dev/zero", &y, &e), -1);
	assert_string_equal(e.text, "/dev/zero: larger than 8 MiB");
	assert_int_equal(yaml_load("/dev/null", &y, &e), 0);
	assert_true(json_is_null(yaml_root(y)));
	assert_string_equal(yaml_name(y), "/dev/null");
	yaml_unload(y);
	yaml_unload(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain_scalars),
	    cmocka_unit_test(text_that_looks_like_numbers),
	    cmocka_unit_test(text_keeps_its_letters),
	    cmocka_unit_test(refusals_say_where),
	    cmocka_unit_test(bombs),
	    cmocka_unit_test(depth_up_to_the_ceiling),
	    cmocka_unit_test(lines),
	    cmocka_unit_test(failures_name_the_path),
	    cmocka_unit_test(unknown_keys),
	    cmocka_unit_test(hostile_keys_are_made_visible),
	    cmocka_unit_test(files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
