/* Templates: the behaviour that the public mustache specification asks of its core modules, and what msg adds. */
#include "unit.h"

#include <stdlib.h>

#include "common/template/template.h"
#include "common/xalloc.h"

#include "common/banned.h"

static int partial_of(void *ctx, const char *name, const char **ret_text, struct err *e)
{
	(void)e;
	*ret_text = json_string_value(json_object_get(ctx, name));
	return 0;
}

/* Single quotes stand for double ones in JSON written here. */
static json_t *read_json(const char *text)
{
	char *copy = xstrdup(text);
	json_t *value;

	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	value = json_loads(copy, JSON_DECODE_ANY, NULL);
	assert_non_null(value);
	free(copy);
	return value;
}

struct example {
	const char *text, *data, *partials, *result;
};

static void check(const struct example *x, enum template_escape escape)
{
	json_t *data = read_json(x->data), *partials = read_json(x->partials ? x->partials : "{}");
	struct template_options o = {.escape = escape, .partial = partial_of, .ctx = partials};
	struct err e = {0};
	struct buf b;

	buf_init(&b, 1u << 16);
	if (template_render(&b, x->text, data, &o, &e) < 0)
		fail_msg("'%s': %s", x->text, e.text);
	if (strcmp(b.data, x->result) != 0)
		fail_msg("'%s' gave '%s' and not '%s'", x->text, b.data, x->result);
	buf_clear(&b);
	json_decref(data);
	json_decref(partials);
}

#define CHECK(examples, escape) \
	for (size_t i = 0; i < COUNT_OF(examples); i++) \
	check(&(examples)[i], escape)

static void interpolation(void **state)
{
	static const struct example examples[] = {
	    {"Hello from {Mustache}!\n", "{}", NULL, "Hello from {Mustache}!\n"},
	    {"", "{}", NULL, ""},
	    {"Hello, {{name}}!", "{'name':'Ana'}", NULL, "Hello, Ana!"},
	    {"{{a}}{{b}} {{ a }}{{\tb\n}}", "{'a':'x','b':'y'}", NULL, "xy xy"},
	    {"{{s}} {{&s}} {{{s}}} {{{ s }}} {{& s }}", "{'s':'& \\u0022 < >'}", NULL,
	     "&amp; &quot; &lt; &gt; & \" < > & \" < > & \" < > & \" < >"},
	    {"I (\"{{gone}}\")({{{gone}}})({{&gone}})", "{}", NULL, "I (\"\")()()"},
	    {"({{n}})", "{'n':null}", NULL, "()"},
	    {"{{t}} {{f}}", "{'t':true,'f':false}", NULL, "true false"},
	    {"{{a.b.c}} {{{a.b.c}}}", "{'a':{'b':{'c':'deep'}}}", NULL, "deep deep"},
	    {"({{a.b.c}})({{a.b.c.d}})", "{'a':{'b':{}},'c':{'d':1}}", NULL, "()()"},
	    /* A chain is not broken off and taken up again further out. */
	    {"({{#a}}{{b.c}}{{/a}})", "{'a':{'b':{}},'b':{'c':'wrong'}}", NULL, "()"},
	    {"{{#a}}{{b.c}}{{/a}}", "{'a':{'z':1},'b':{'c':'outer'}}", NULL, "outer"},
	    {"{{.}}", "'just text'", NULL, "just text"},
	    {"{{.}} {{{.}}}", "'<'", NULL, "&lt; <"},
	    {"| {{a}} |\n  {{a}}\n", "{'a':'-'}", NULL, "| - |\n  -\n"},
	    {"{{o}}{{{o}}}", "{'o':{'k':[1,'x']}}", NULL, "{&quot;k&quot;:[1,&quot;x&quot;]}{\"k\":[1,\"x\"]}"},
	    {"{{{ {x} }}}", "{'{x}':'odd name'}", NULL, "odd name"},
	};

	(void)state;
	CHECK(examples, TEMPLATE_HTML);
}

static void numbers_lose_nothing(void **state)
{
	static const struct example examples[] = {
	    {"{{n}}", "{'n':85}", NULL, "85"},
	    {"{{n}}", "{'n':1.21}", NULL, "1.21"},
	    {"{{n}}", "{'n':0.1}", NULL, "0.1"},
	    {"{{n}}", "{'n':-3.0}", NULL, "-3.0"},
	    {"{{n}}", "{'n':9007199254740993}", NULL, "9007199254740993"},
	    {"{{n}}", "{'n':0.30000000000000004}", NULL, "0.30000000000000004"},
	    {"{{n}}", "{'n':1e300}", NULL, "1e300"},
	    {"{{#n}}{{.}}{{/n}}", "{'n':0}", NULL, "0"},
	};

	(void)state;
	CHECK(examples, TEMPLATE_PLAIN);
}

static void sections(void **state)
{
	static const struct example examples[] = {
	    {"{{#yes}}shown{{/yes}}{{#no}}hidden{{/no}}", "{'yes':true,'no':false}", NULL, "shown"},
	    {"({{#a}}x{{/a}}{{#b}}x{{/b}}{{#c}}x{{/c}}{{#d}}x{{/d}})", "{'a':null,'b':[],'c':''}", NULL, "()"},
	    {"{{#c}}Hi {{name}}.{{/c}}", "{'c':{'name':'Joe'}}", NULL, "Hi Joe."},
	    {"{{#a}}{{#b}}{{one}}{{two}}{{three}}{{/b}}{{/a}}", "{'a':{'two':2},'b':{'three':3},'one':1}", NULL, "123"},
	    {"{{#list}}{{item}}{{/list}}", "{'list':[{'item':1},{'item':2},{'item':3}]}", NULL, "123"},
	    {"\"{{#list}}({{.}}){{/list}}\"", "{'list':['a',2,3.5,true]}", NULL, "\"(a)(2)(3.5)(true)\""},
	    {"{{#list}}({{#.}}{{.}}{{/.}}){{/list}}", "{'list':[[1,2,3],['a','b'],[]]}", NULL, "(123)(ab)()"},
	    {"{{#list}}{{#a}}{{.}}{{/a}};{{/list}}", "{'list':[{'a':[1,2]},{'a':[3]}]}", NULL, "12;3;"},
	    {"{{#.}}<{{n}}>{{/.}}", "[{'n':1},{'n':2}]", NULL, "<1><2>"},
	    {"{{#a.b.c}}here{{/a.b.c}}({{#a.b.x}}no{{/a.b.x}})", "{'a':{'b':{'c':true}}}", NULL, "here()"},
	    {"{{#b}}one{{/b}} {{w}} {{#b}}two{{/b}}", "{'b':true,'w':'and'}", NULL, "one and two"},
	    {"| A {{#b}}B {{#b}}C{{/b}} D{{/b}} E |", "{'b':true}", NULL, "| A B C D E |"},
	    {"| A {{#b}}B {{#b}}C{{/b}} D{{/b}} E |", "{'b':false}", NULL, "| A  E |"},
	    {"|{{# b }}={{/ b }}|", "{'b':true}", NULL, "|=|"},
	    /* Lines that hold nothing but a section's tag vanish. */
	    {"| This\n{{#b}}\n|\n{{/b}}\n| Line\n", "{'b':true}", NULL, "| This\n|\n| Line\n"},
	    {"| This\n  {{#b}}  \n|\n\t{{/b}}\n| Line\n", "{'b':true}", NULL, "| This\n|\n| Line\n"},
	    {"|\r\n{{#b}}\r\n{{/b}}\r\n|", "{'b':true}", NULL, "|\r\n|"},
	    {"  {{#b}}\n#{{/b}}\n/", "{'b':true}", NULL, "#\n/"},
	    {"#{{#b}}\n/\n  {{/b}}", "{'b':true}", NULL, "#\n/\n"},
	    {" {{#b}}YES{{/b}}\n {{#b}}GOOD{{/b}}\n", "{'b':true}", NULL, " YES\n GOOD\n"},
	    {" | {{#b}} {{! not alone }}\n {{/b}} | \n", "{'b':true}", NULL, " |  \n  | \n"},
	    {"{{#list}}\n- {{.}}\n{{/list}}\nend", "{'list':['a','b']}", NULL, "- a\n- b\nend"},
	};

	(void)state;
	CHECK(examples, TEMPLATE_HTML);
}

static void inverted(void **state)
{
	static const struct example examples[] = {
	    {"{{^no}}shown{{/no}}{{^yes}}hidden{{/yes}}", "{'yes':true,'no':false}", NULL, "shown"},
	    {"{{^a}}1{{/a}}{{^b}}2{{/b}}{{^c}}3{{/c}}{{^d}}4{{/d}}", "{'a':null,'b':[],'c':''}", NULL, "1234"},
	    {"({{^c}}no{{/c}}{{^l}}no{{/l}}{{^z}}no{{/z}})", "{'c':{'n':1},'l':[0],'z':0}", NULL, "()"},
	    {"| A {{^b}}B {{^b}}C{{/b}} D{{/b}} E |", "{'b':false}", NULL, "| A B C D E |"},
	    {"{{^a.b.c}}gone{{/a.b.c}}", "{'a':{}}", NULL, "gone"},
	    {"| This\n{{^b}}\n|\n{{/b}}\n| Line\n", "{'b':false}", NULL, "| This\n|\n| Line\n"},
	    {"|\r\n{{^b}}\r\n{{/b}}\r\n|", "{'b':false}", NULL, "|\r\n|"},
	    {"#{{^b}}\n/\n  {{/b}}", "{'b':false}", NULL, "#\n/\n"},
	};

	(void)state;
	CHECK(examples, TEMPLATE_HTML);
}

static void comments(void **state)
{
	static const struct example examples[] = {
	    {"12345{{! a comment }}67890", "{}", NULL, "1234567890"},
	    {"12345{{!\n  over\n  lines\n}}67890\n", "{}", NULL, "1234567890\n"},
	    {"Begin.\n{{! alone }}\nEnd.\n", "{}", NULL, "Begin.\nEnd.\n"},
	    {"Begin.\n  {{! alone }}\nEnd.\n", "{}", NULL, "Begin.\nEnd.\n"},
	    {"|\r\n{{! alone }}\r\n|", "{}", NULL, "|\r\n|"},
	    {"  {{! no line before }}\n!", "{}", NULL, "!"},
	    {"!\n  {{! no line after }}", "{}", NULL, "!\n"},
	    {"Begin.\n{{!\nalone over lines\n}}\nEnd.\n", "{}", NULL, "Begin.\nEnd.\n"},
	    {"  12 {{! 34 }}\n", "{}", NULL, "  12 \n"},
	    {"12345 {{! a }} 67890", "{}", NULL, "12345  67890"},
	    {"{{!}}x{{! {{name}}", "{'name':1}", NULL, "x"},
	    {"A{{! name? is: 'hidden' }}B", "{}", NULL, "AB"},
	};

	(void)state;
	CHECK(examples, TEMPLATE_HTML);
}

static void delimiters(void **state)
{
	static const struct example examples[] = {
	    {"{{=<% %>=}}(<%text%>)", "{'text':'Hey!'}", NULL, "(Hey!)"},
	    {"({{=[ ]=}}[text])", "{'text':'It worked!'}", NULL, "(It worked!)"},
	    {"{{= | | =}}|#b||t||/b| {{t}}", "{'b':true,'t':'x'}", NULL, "x {{t}}"},
	    {"{{#s}}\n {{d}}\n |d|\n{{/s}}\n\n{{= | | =}}\n|#s|\n {{d}}\n |d|\n|/s|\n", "{'s':true,'d':'I got data.'}", NULL,
	     " I got data.\n |d|\n\n {{d}}\n I got data.\n"},
	    {"[ {{>p}} ]\n{{= | | =}}\n[ |>p| ]\n", "{'value':'yes'}", "{'p':'.{{value}}.'}", "[ .yes. ]\n[ .yes. ]\n"},
	    {"[ {{>p}} ]\n[ .{{value}}.  .|value|. ]\n", "{'value':'yes'}", "{'p':'.{{value}}. {{= | | =}} .|value|.'}",
	     "[ .yes.  .yes. ]\n[ .yes.  .|value|. ]\n"},
	    {"| {{=@ @=}} |", "{}", NULL, "|  |"},
	    {" | {{=@ @=}}\n", "{}", NULL, " | \n"},
	    {"Begin.\n{{=@ @=}}\nEnd.\n", "{}", NULL, "Begin.\nEnd.\n"},
	    {"Begin.\n  {{=@ @=}}\nEnd.\n", "{}", NULL, "Begin.\nEnd.\n"},
	    {"|\r\n{{= @ @ =}}\r\n|", "{}", NULL, "|\r\n|"},
	    {"=\n  {{=@ @=}}", "{}", NULL, "=\n"},
	    {"|{{= @   @ =}}|", "{}", NULL, "||"},
	    {"{{=<% %>=}}<%{s}%> <%&s%> <%s%><%={{ }}=%>{{s}}", "{'s':'<'}", NULL, "< < &lt;&lt;"},
	    /* Set inside a section that goes round: each round starts with the delimiters of its own text. */
	    {"{{#l}}{{.}}{{=<% %>=}}<%.%><%={{ }}=%>,{{/l}}", "{'l':[1,2]}", NULL, "11,22,"},
	};

	(void)state;
	CHECK(examples, TEMPLATE_HTML);
}

static void partials(void **state)
{
	static const struct example examples[] = {
	    {"\"{{>text}}\"", "{}", "{'text':'from partial'}", "\"from partial\""},
	    {"\"{{>gone}}\"", "{}", NULL, "\"\""},
	    {"\"{{> p }}\"", "{'t':'content'}", "{'p':'*{{t}}*'}", "\"*content*\""},
	    {"{{>node}}", "{'content':'X','nodes':[{'content':'Y','nodes':[]}]}",
	     "{'node':'<{{content}}{{#nodes}}{{>node}}{{/nodes}}>'}", "<X<Y>>"},
	    {"{{>out}}", "{'a':'hello','b':'world'}", "{'out':'*{{a}} {{>in}}*','in':'{{b}}!'}", "*hello world!*"},
	    {"| {{>p}} |", "{}", "{'p':'\\t|\\t'}", "| \t|\t |"},
	    {"  {{d}}  {{> p}}\n", "{'d':'|'}", "{'p':'>\\n>'}", "  |  >\n>\n"},
	    {"|\r\n{{>p}}\r\n|", "{}", "{'p':'>'}", "|\r\n>|"},
	    {"  {{>p}}\n>", "{}", "{'p':'>\\n>'}", "  >\n  >>"},
	    {">\n  {{>p}}", "{}", "{'p':'>\\n>'}", ">\n  >\n  >"},
	    /* The partial's own lines are indented, a value's are not. */
	    {"\\\n {{>p}}\n/\n", "{'c':'<\\n->'}", "{'p':'|\\n{{{c}}}\\n|\\n'}", "\\\n |\n <\n->\n |\n/\n"},
	};

	(void)state;
	CHECK(examples, TEMPLATE_HTML);
}

static void defaults(void **state)
{
	static const struct example examples[] = {
	    {"Hi {{name?there}}!", "{}", NULL, "Hi there!"},
	    {"Hi {{name?there}}!", "{'name':'Ana'}", NULL, "Hi Ana!"},
	    {"Hi {{ name ?dear friend }}!", "{'name':null}", NULL, "Hi dear friend!"},
	    {"Hi {{a.b?x}}{{c?}}{{d?a?b}}", "{'a':{'b':''}}", NULL, "Hi xa?b"},
	    {"{{n?none}}", "{'n':0}", NULL, "0"},
	    {"{{x?R&D}} {{{x?R&D}}}", "{}", NULL, "R&amp;D R&D"},
	    {"({{?x}})({{ ? x }})({{{?x}}})({{&?x}})({{?a.b}})", "{'a':{'b':'y'}}", NULL, "()()()()(y)"},
	    {"{{?x?z}}", "{}", NULL, "z"},
	};

	(void)state;
	CHECK(examples, TEMPLATE_HTML);
}

static void escapes(void **state)
{
	static const struct example json[] = {
	    {"{\"text\":\"{{t}}\",\"o\":{{{o}}}}", "{'t':'a\\u0022b\\\\c\\nd\\u0001','o':{'k':[]}}", NULL,
	     "{\"text\":\"a\\\"b\\\\c\\nd\\u0001\",\"o\":{\"k\":[]}}"},
	};
	static const struct example url[] = {
	    {"?q={{q}}&n={{n}}", "{'q':'año 1/2&x=~._-','n':3}", NULL, "?q=a%C3%B1o%201%2F2%26x%3D~._-&n=3"},
	};
	static const struct example plain[] = {
	    {"{{t}}", "{'t':'<a & \\u0022b\\u0022>'}", NULL, "<a & \"b\">"},
	};

	(void)state;
	CHECK(json, TEMPLATE_JSON);
	CHECK(url, TEMPLATE_URL);
	CHECK(plain, TEMPLATE_PLAIN);
}

static void refuse(const char *text, const char *data_text, const char *why)
{
	json_t *data = read_json(data_text), *partials = read_json("{'self':'{{>self}}','two':'{{>two}}{{>two}}','asks':'x\\n{{who}}'}");
	struct template_options o = {.strict = true, .partial = partial_of, .ctx = partials};
	struct err e = {0};
	struct buf b;

	buf_init(&b, 1000);
	assert_int_equal(template_render(&b, text, data, &o, &e), -1);
	assert_int_equal(e.code, EX_DATAERR);
	if (!strstr(e.text, why))
		fail_msg("'%s' was refused with '%s' and not '%s'", text, e.text, why);
	buf_clear(&b);
	json_decref(data);
	json_decref(partials);
}

static void refusals(void **state)
{
	(void)state;
	refuse("Hi {{name}}", "{}", "name: no value");
	refuse("Hi {{a.b}}", "{'a':{}}", "a.b: no value");
	refuse("{{>gone}}", "{}", "gone: no such partial");
	refuse("ab {{name", "{}", "line 1: '{{name': the tag does not end");
	refuse("{{{name}}", "{}", "the tag does not end");
	refuse("ab {{}}", "{}", "line 1: '{{}}': the tag has no name");
	refuse("{{?}}", "{}", "the tag has no name");
	refuse("{{? ?x}}", "{}", "the tag has no name");
	refuse("a\n{{b?}}\n {{c}}", "{}", "line 3: c: no value");
	refuse("a\n\n  {{>asks}}", "{}", "partial 'asks': line 2: who: no value");
	refuse("{{#}}{{/}}", "{}", "the tag has no name");
	refuse("{{#a}}x", "{'a':1}", "section 'a' is not closed");
	refuse("x{{/a}}", "{}", "closes no section");
	refuse("{{#a}}{{#b}}{{/a}}{{/b}}", "{}", "'{{/a}}': the open section is 'b'");
	refuse("{{=x}}", "{}", "delimiters are set with");
	refuse("{{=x=}}", "{}", "delimiters are set with");
	refuse("{{=x y z=}}", "{}", "delimiters are set with");
	refuse("{{>self}}", "{}", "nested deeper than 32");
	refuse("{{#l}}{{t}}{{/l}}", "{'l':[1,2,3],'t':'" "0123456789012345678901234567890123456789012345678901234567890123456789"
	    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789" "'}",
	    "result longer than 1000 bytes");
}

/* Thirty partials that call themselves twice are 2^30 rounds without a byte of output. */
static void no_endless_work(void **state)
{
	struct buf text;

	(void)state;
	refuse("{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}",
	    "{'l':[1,2,3,4,5,6,7,8,9,10,11,12]}", "steps");
	buf_init(&text, 1u << 12);
	for (int i = 0; i < 33; i++)
		buf_add_text(&text, "{{#a}}");
	for (int i = 0; i < 33; i++)
		buf_add_text(&text, "{{/a}}");
	refuse(text.data, "{'a':true}", "sections nest too deep");
	buf_clear(&text);
}

static void check_alone(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(template_check("Hi {{name}} {{#a}}{{b?c}}{{/a}} {{>p}}", &e), 0);
	assert_int_equal(template_check("Hi {{#a}}", &e), -1);
	assert_int_equal(e.code, EX_DATAERR);
}

static void missing_ones_are_told(void **state)
{
	json_t *missing = json_array();
	struct template_options o = {.escape = TEMPLATE_PLAIN, .missing = missing};
	struct err e;
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(template_render(&b, "{{a}}{{?b}}{{c?d}}{{#e}}{{/e}}{{f.g}}", NULL, &o, &e), 0);
	assert_string_equal(b.data, "d");
	assert_int_equal(json_array_size(missing), 2);
	assert_string_equal(json_string_value(json_array_get(missing, 0)), "a");
	assert_string_equal(json_string_value(json_array_get(missing, 1)), "f.g");
	buf_clear(&b);
	json_decref(missing);
}

static void without_options(void **state)
{
	json_t *data = json_pack("{s:s}", "a", "<");
	struct err e;
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	buf_add_text(&b, "kept: ");
	assert_int_equal(template_render(&b, "{{a}}{{b}}{{>c}}", data, NULL, &e), 0);
	assert_string_equal(b.data, "kept: <");
	buf_clear(&b);
	json_decref(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(interpolation),
	    cmocka_unit_test(numbers_lose_nothing),
	    cmocka_unit_test(sections),
	    cmocka_unit_test(inverted),
	    cmocka_unit_test(comments),
	    cmocka_unit_test(delimiters),
	    cmocka_unit_test(partials),
	    cmocka_unit_test(defaults),
	    cmocka_unit_test(escapes),
	    cmocka_unit_test(refusals),
	    cmocka_unit_test(no_endless_work),
	    cmocka_unit_test(check_alone),
	    cmocka_unit_test(missing_ones_are_told),
	    cmocka_unit_test(without_options),
	};

	return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}
