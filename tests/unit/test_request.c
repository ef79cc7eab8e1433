/* Requests as plain data: headers that cannot be broken, forms, percent-encoding, wiping. */
#include "common/transport/request.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

static void test_headers(void **state)
{
	struct request r;

	(void)state;
	request_init(&r);
	assert_true(request_header(&r, "X-Title", "hello"));
	assert_true(request_header(&r, "X-Empty", ""));
	assert_true(request_bearer(&r, "tk_1"));
	assert_int_equal(r.header_count, 3);
	assert_string_equal(r.headers[0], "X-Title: hello");
	assert_string_equal(r.headers[1], "X-Empty;");
	assert_string_equal(r.headers[2], "Authorization: Bearer tk_1");
	assert_false(request_header(&r, "X-Title", "a\r\nX-Evil: b"));
	assert_false(request_header(&r, "X-Title", "a\n"));
	assert_false(request_header(&r, "X-Evil: b\r\nX", "a"));
	assert_false(request_header(&r, "X Y", "a"));
	assert_false(request_header(&r, "", "a"));
	assert_false(request_bearer(&r, "tk_1\r\n"));
	assert_int_equal(r.header_count, 3);
	request_clear(&r);
	assert_int_equal(r.header_count, 0);
}

static void test_forms(void **state)
{
	struct request r;

	(void)state;
	request_init(&r);
	request_form(&r, "To", "+15551230001");
	request_form(&r, "Body", "a b&c=d\né~-._€%\x01");
	assert_string_equal(r.body.data, "To=%2B15551230001&Body=a%20b%26c%3Dd%0A%C3%A9~-._%E2%82%AC%25%01");
	request_clear(&r);
	assert_int_equal(r.body.len, 0);
}

static void test_replies(void **state)
{
	struct reply r;

	(void)state;
	reply_init(&r);
	assert_int_equal(r.retry_after_ms, -1);
	buf_add_text(&r.body, "x");
	r.status = 200;
	reply_clear(&r);
	assert_int_equal(r.status, 0);
	assert_int_equal(r.body.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_headers),
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
