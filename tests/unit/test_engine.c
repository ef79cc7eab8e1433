/* The engine without a peer: commands, ports where nobody listens, what is called back. HTTP is in tests/cli/send.bats. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/line/when.h"
#include "common/transport/engine.h"
#include "common/xalloc.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

static struct engine *engine;
static unsigned ended;

static int set_up(void **state)
{
	struct err e;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	ended = 0;
	return engine_new(2, &engine, &e);
}

static int tear_down(void **state)
{
	(void)state;
	engine_free(engine);
	return 0;
}

static void count(struct exchange *x)
{
	(void)x;
	ended++;
}

static void command(struct exchange *x, const char *line, const char *input)
{
	*x = (struct exchange){.done = count};
	request_init(&x->request);
	x->request.kind = REQUEST_EXEC;
	x->request.command = line;
	buf_add_text(&x->request.body, input);
	reply_init(&x->reply);
	engine_start(engine, x);
}

static void run_until(unsigned wanted)
{
	int64_t deadline = when_now_ms() + 20000;
	bool readable;
	struct err e;

	while (ended < wanted) {
		assert_true(when_now_ms() < deadline);
		assert_int_equal(engine_step(engine, 1000, -1, &readable, &e), 0);
	}
}

static void clear(struct exchange *x)
{
	request_clear(&x->request);
	reply_clear(&x->reply);
}

static void a_command_gets_the_body_and_answers(void **state)
{
	struct exchange x;

	(void)state;
	command(&x, "cat; exit 3", "hello");
	run_until(1);
	assert_int_equal(x.reply.error, REPLY_OK);
	assert_int_equal(x.reply.status, 3);
	assert_string_equal(x.reply.body.data, "hello");
	clear(&x);
}

static void a_command_that_does_not_read_is_no_trouble(void **state)
{
	struct exchange x;
	char *large = xcalloc(1, 300001);

	(void)state;
	memset(large, 'x', 300000);
	command(&x, "exec <&-; echo done", large);
	run_until(1);
	assert_int_equal(x.reply.status, 0);
	assert_string_equal(x.reply.body.data, "done\n");
	clear(&x);
	free(large);
}

static void a_command_that_hangs_is_ended_with_its_children(void **state)
{
	struct exchange x;

	(void)state;
	command(&x, "sleep 1000 & sleep 1000", "");
	x.request.timeout_ms = 100;
	run_until(1);
	assert_int_equal(x.reply.error, REPLY_TIMEOUT);
	clear(&x);
}

static void a_command_that_says_too_much_or_dies(void **state)
{
	struct exchange x, y;

	(void)state;
	command(&x, "head -c 2000000 /dev/zero", "");
	command(&y, "kill -9 $$", "");
	run_until(2);
	assert_int_equal(x.reply.error, REPLY_TOO_LARGE);
	assert_int_equal(y.reply.error, REPLY_BROKEN);
	clear(&x);
	clear(&y);
}

/* A port of the loopback interface on which nobody listens. */
static int closed_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	close(fd);
	return ntohs(a.sin_port);
}

static void where_nobody_listens_nothing_has_left(void **state)
{
	struct exchange x = {.done = count};

	(void)state;
	request_init(&x.request);
	reply_init(&x.reply);
	x.request.kind = REQUEST_HTTP;
	x.request.url = xformat("http://127.0.0.1:%d/", closed_port());
	engine_start(engine, &x);
	run_until(1);
	assert_int_equal(x.reply.error, REPLY_NO_CONNECTION);
	clear(&x);
}

static void a_url_that_is_none_is_refused(void **state)
{
	struct exchange x = {.done = count};

	(void)state;
	request_init(&x.request);
	reply_init(&x.reply);
	x.request.kind = REQUEST_HTTP;
	x.request.url = xstrdup("ftp://127.0.0.1/");
	engine_start(engine, &x);
	run_until(1);
	assert_int_equal(x.reply.error, REPLY_REFUSED);
	clear(&x);
}

static void what_has_not_started_can_be_called_back(void **state)
{
	struct exchange x[4];
	unsigned recalled = 0;
	bool readable;
	struct err e;

	(void)state;
	/* Two places: the other two wait behind commands that do not end by themselves. */
	for (int i = 0; i < 4; i++) {
		command(&x[i], "read line; sleep 1000", "go\n");
		x[i].request.timeout_ms = 300;
	}
	assert_int_equal(engine_step(engine, 0, -1, &readable, &e), 0);
	engine_recall(engine);
	run_until(4);
	for (int i = 0; i < 4; i++) {
		recalled += x[i].reply.error == REPLY_NOT_STARTED;
		clear(&x[i]);
	}
	assert_in_range(recalled, 2, 4);
}

static void local_requests_end_by_themselves(void **state)
{
	struct exchange x = {.done = count};

	(void)state;
	request_init(&x.request);
	reply_init(&x.reply);
	x.request.kind = REQUEST_LOCAL;
	engine_start(engine, &x);
	assert_int_equal(engine_busy(engine), 1);
	run_until(1);
	assert_int_equal(engine_busy(engine), 0);
	clear(&x);
}

static void a_watched_descriptor_wakes_the_caller(void **state)
{
	int ends[2];
	bool readable = false;
	struct err e;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(engine_step(engine, -1, ends[0], &readable, &e), 0);
	assert_true(readable);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_command_gets_the_body_and_answers, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_command_that_does_not_read_is_no_trouble, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_command_that_hangs_is_ended_with_its_children, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_command_that_says_too_much_or_dies, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(where_nobody_listens_nothing_has_left, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_url_that_is_none_is_refused, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_has_not_started_can_be_called_back, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(local_requests_end_by_themselves, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_watched_descriptor_wakes_the_caller, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
