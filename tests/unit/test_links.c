/* Links in texts and HTML, what stands in their place, and what the store knows of the short ones. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/compat.h"
#include "common/deliver/links.h"
#include "common/line/url.h"
#include "common/store/link.h"
#include "common/xalloc.h"

#include "common/banned.h"

/* Shows where a URL was found. */
static int mark(void *ctx, const char *url, const char **ret_instead, struct err *e)
{
	struct buf *b = ctx;

	(void)e;
	if (strstr(url, "keep"))
		return 0;
	buf_reset(b);
	buf_addf(b, "[%s]", url);
	*ret_instead = b->data;
	return 1;
}

struct example {
	const char *text, *result;
};

static void check(const struct example *x, int replace(const char *, links_fn *, void *, struct buf *, struct err *))
{
	struct buf b, instead;
	struct err e;

	buf_init(&b, 1u << 16);
	buf_init(&instead, 1u << 16);
	assert_true(replace(x->text, mark, &instead, &b, &e) >= 0);
	if (strcmp(b.data, x->result) != 0)
		fail_msg("'%s' gave '%s' and not '%s'", x->text, b.data, x->result);
	buf_clear(&b);
	buf_clear(&instead);
}

static void in_text(void **state)
{
	static const struct example all[] = {
	    {"", ""},
	    {"no link, http:// nor https://.", "no link, http:// nor https://."},
	    {"https://x.example", "[https://x.example]"},
	    {"See https://x.example/a?b=c&d=%20#e.", "See [https://x.example/a?b=c&d=%20#e]."},
	    {"(http://x.example/a)", "([http://x.example/a])"},
	    {"http://x.example/a_(b), and", "[http://x.example/a_(b)], and"},
	    {"<HTTPS://X.example/>", "<[HTTPS://X.example/]>"},
	    {"\"https://x.example/a\"?", "\"[https://x.example/a]\"?"},
	    {"«https://x.example/año»…", "«[https://x.example/año]»…"},
	    {"https://x.example/a!!! https://x.example/b\nhttps://keep.example/c",
	     "[https://x.example/a]!!! [https://x.example/b]\nhttps://keep.example/c"},
	    {"xhttps://x.example/", "xhttps://x.example/"},
	    {"https://[2001:db8::1]:80/x", "[https://[2001:db8::1]:80/x]"},
	    {"ftp://x.example mailto:a@x.example", "ftp://x.example mailto:a@x.example"},
	    {"见https://x.example/a。", "见[https://x.example/a]。"},
	    {"https://x.example/{a}]", "[https://x.example/{a}]]"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++)
		check(&all[i], links_replace_text);
}

static void in_html(void **state)
{
	static const struct example all[] = {
	    {"<p>https://x.example</p>", "<p>https://x.example</p>"},
	    {"<a href=\"https://x.example/?a&amp;b\">x</a>", "<a href=\"[https://x.example/?a&b]\">x</a>"},
	    {"<A class=a HREF = 'http://x.example/' id=\"b\">x</A>", "<A class=a HREF = '[http://x.example/]' id=\"b\">x</A>"},
	    {"<a href=https://x.example/a>x", "<a href=[https://x.example/a]>x"},
	    {"<a\n href=\" https://x.example/ \">", "<a\n href=\"[https://x.example/]\">"},
	    {"<a href=\"mailto:a@x.example\"><a href=\"#top\"><a href>", "<a href=\"mailto:a@x.example\"><a href=\"#top\"><a href>"},
	    {"<a title='href=\"https://x.example/\"' href=\"https://keep.example/\">",
	     "<a title='href=\"https://x.example/\"' href=\"https://keep.example/\">"},
	    {"<img src=\"https://x.example/a.png\"><link href=\"https://x.example/a.css\">",
	     "<img src=\"https://x.example/a.png\"><link href=\"https://x.example/a.css\">"},
	    {"<abbr href=\"https://x.example/\">", "<abbr href=\"https://x.example/\">"},
	    {"<!-- <a href=\"https://x.example/\"> --><a href=\"https://x.example/\">",
	     "<!-- <a href=\"https://x.example/\"> --><a href=\"[https://x.example/]\">"},
	    {"<a href=\"https://x.example/", "<a href=\"https://x.example/"},
	    {"<a ", "<a "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++)
		check(&all[i], links_replace_html);
}

static void urls(void **state)
{
	static const char *const web[] = {"https://x.example", "HTTP://x/", "https://[::1]:8/a?b#c", "https://año.example/"};
	static const char *const not_web[] = {"", "https://", "https:///a", "https://?a", "ftp://x", "x.example", "https://x y", "https://x\ny",
	    "https://x\"", "javascript://x", " https://x"};
	static const char *const app[] = {"clinic://ride/88", "tel:+1555", "https://x.example/app", "a+b-c.d:x"};
	static const char *const not_app[] = {"", "clinic", "clinic:", ":x", "1a:x", "javascript:alert(1)", "JavaScript:x", "data:text/html,x",
	    "file:///etc/passwd", "clinic://a b"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(web); i++)
		if (!url_is_web(web[i]))
			fail_msg("%s", web[i]);
	for (size_t i = 0; i < COUNT_OF(not_web); i++)
		if (url_is_web(not_web[i]))
			fail_msg("%s", not_web[i]);
	for (size_t i = 0; i < COUNT_OF(app); i++)
		if (!url_is_app(app[i]))
			fail_msg("%s", app[i]);
	for (size_t i = 0; i < COUNT_OF(not_app); i++)
		if (url_is_app(not_app[i]))
			fail_msg("%s", not_app[i]);
}

static void put(struct store *s, const struct link_row *l, int64_t now_ms, char code[LINK_CODE + 1])
{
	struct err e;

	if (store_begin(s, &e) < 0 || link_put(s, l, now_ms, code, &e) < 0 || store_commit(s, &e) < 0)
		fail_msg("%s", e.text);
}

static void codes(void **state)
{
	struct link_row l = {.message = "m", .channel = "sms", .address = "sms:+15551230001", .url = "https://x.example/",
	    .app = "clinic://x", .fallback = "https://shop.example/"};
	static const char *const names[] = {"msg.db", "msg.db-wal", "msg.db-shm"};
	char directory[] = "/tmp/msg-links-XXXXXX", first[LINK_CODE + 1], code[LINK_CODE + 1];
	struct store *s;
	json_t *link;
	struct err e;

	(void)state;
	assert_non_null(mkdtemp(directory));
	assert_int_equal(store_open(directory, STORE_WRITE, &s, &e), 0);
	put(s, &l, 1000, first);
	assert_int_equal(strlen(first), LINK_CODE);
	put(s, &l, 2000, code);
	assert_string_equal(first, code);
	l.leg = 1;
	l.app = l.fallback = NULL;
	put(s, &l, 3000, code);
	assert_string_not_equal(first, code);
	assert_int_equal(link_find(s, first, &link, &e), 1);
	assert_string_equal(json_string_value(json_object_get(link, "app")), "clinic://x");
	assert_string_equal(json_string_value(json_object_get(link, "time")), "1970-01-01T00:00:01.000Z");
	assert_int_equal(json_integer_value(json_object_get(link, "leg")), 0);
	json_decref(link);
	assert_int_equal(link_find(s, code, &link, &e), 1);
	assert_null(json_object_get(link, "app"));
	json_decref(link);
	assert_int_equal(link_find(s, "nothing", &link, &e), 0);
	assert_int_equal(store_begin(s, &e), 0);
	assert_int_equal(link_purge(s, 2000, 100, &e), 0);
	assert_int_equal(store_commit(s, &e), 0);
	assert_int_equal(link_find(s, first, &link, &e), 0);
	assert_int_equal(link_find(s, code, &link, &e), 1);
	json_decref(link);
	store_close(s);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char *path = xformat("%s/%s", directory, names[i]);

		unlink(path);
		free(path);
	}
	assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(in_text),
	    cmocka_unit_test(in_html),
	    cmocka_unit_test(urls),
	    cmocka_unit_test(codes),
	};

	return cmocka_run_group_tests_name("links", tests, NULL, NULL);
}
