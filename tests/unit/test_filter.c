#include "common/diag.h"
#include "common/line/filter.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/banned.h"

/* A filter in a directory of its own: what it wrote, said and rejected, and in which order it committed. */
struct fixture {
	char dir[32];
	struct filter f;
	struct buf log;         /* "h" a line handled, "s" settled */
	int settle_fails;
	struct buf out, said, rejects;
};

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	memcpy(x->dir, "/tmp/test_filter.XXXXXX", 24);
	if (!mkdtemp(x->dir) || chdir(x->dir) < 0)
		return -1;
	buf_init(&x->log, 1u << 20);
	buf_init(&x->out, 1u << 24);
	buf_init(&x->said, 1u << 20);
	buf_init(&x->rejects, 1u << 24);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = {"in", "out", "said", "rejects", "other"};
	struct fixture *x = *state;

	for (size_t i = 0; i < COUNT_OF(names); i++)
		unlink(names[i]);
	if (chdir("/") < 0 || rmdir(x->dir) < 0)
		return -1;
	buf_clear(&x->log);
	buf_clear(&x->out);
	buf_clear(&x->said);
	buf_clear(&x->rejects);
	free(x);
	return 0;
}

static void put_file(const char *name, const char *data, size_t len)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

static void get_file(const char *name, struct buf *b)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	char piece[4096];
	ssize_t got;

	buf_reset(b);
	while (fd >= 0 && (got = read(fd, piece, sizeof(piece))) > 0)
		buf_add(b, piece, (size_t)got);
	if (fd >= 0)
		close(fd);
}

/* Messages are answered by their text; receipts pass; "boom" ends the run. */
static int handle(void *ctx, const struct line *l, json_t *value, enum envelope type, struct err *e)
{
	struct fixture *x = ctx;
	const char *text = envelope_text(value, "text", "");

	(void)l;
	buf_add_char(&x->log, 'h');
	if (type != ENVELOPE_MESSAGE)
		return 1;
	if (strcmp(text, "bad") == 0)
		return err_set(e, EX_DATAERR, "text: bad");
	if (strcmp(text, "boom") == 0)
		return err_set(e, EX_CANTCREAT, "store: boom");
	return line_write_json(&x->f.out, value, e);
}

static int settle(void *ctx, struct err *e)
{
	struct fixture *x = ctx;

	buf_add_char(&x->log, 's');
	return x->settle_fails && strchr(x->log.data, 'h') ? err_set(e, EX_CANTCREAT, "disk full") : 0;
}

/* Runs over the files with stderr kept in "said". */
static int run(struct fixture *x, const char *rejects, char *const *files, size_t count)
{
	struct err e;
	int status, fd, saved = dup(STDERR_FILENO);

	fflush(stderr);
	fd = open("said", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	dup2(fd, STDERR_FILENO);
	close(fd);
	diag_init("test", false, 0);
	x->f = (struct filter){.handle = handle, .settle = settle, .ctx = x, .rejects = rejects};
	if (filter_init(&x->f, &e) < 0) {
		status = diag_error(&e);
	} else {
		x->f.out.fd = open("out", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		status = filter_run(&x->f, files, count);
		close(x->f.out.fd);
	}
	filter_clear(&x->f);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	get_file("out", &x->out);
	get_file("said", &x->said);
	get_file("rejects", &x->rejects);
	return status;
}

static int run_text(struct fixture *x, const char *text)
{
	static char *const files[] = {(char *)"in"};

	put_file("in", text, strlen(text));
	return run(x, "rejects", files, 1);
}

static void good_lines_are_handled_and_others_pass_byte_for_byte(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(run_text(x,
	    "{\"to\":\"sms:+15551230001\",\"text\":\"hi\"}\n"
	    "\n"
	    " { \"type\" : \"weather\", \"a\":1.50, \"b\":\"\\u00e9\" } \n"
	    "{\"type\":\"receipt\",\"message\":\"m\",\"status\":\"sent\"  }\r\n"
	    "{\"to\":\"ana\",\"text\":\"last\"}"), EX_OK);
	assert_string_equal(x->out.data,
	    "{\"to\":\"sms:+15551230001\",\"text\":\"hi\"}\n"
	    " { \"type\" : \"weather\", \"a\":1.50, \"b\":\"\\u00e9\" } \n"
	    "{\"type\":\"receipt\",\"message\":\"m\",\"status\":\"sent\"  }\n"
	    "{\"to\":\"ana\",\"text\":\"last\"}\n");
	assert_string_equal(x->said.data, "");
	assert_string_equal(x->rejects.data, "");
}

static void bad_lines_are_said_and_kept_and_the_rest_goes_on(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(run_text(x,
	    "{\"to\":\"ana\",\"text\":\"one\"}\n"
	    "not json\n"
	    "\n"
	    "{\"to\":\"ana\",\"text\":\"bad\"}\n"
	    "{\"type\":7}\n"
	    "{\"to\":\"ana\",\"urgency\":\"soon\",\"text\":\"x\"}\n"
	    "[]\n"
	    "{\"to\":\"ana\",\"text\":\"two\"}\n"), EX_DATAERR);
	assert_string_equal(x->out.data, "{\"to\":\"ana\",\"text\":\"one\"}\n{\"to\":\"ana\",\"text\":\"two\"}\n");
	assert_string_equal(x->rejects.data,
	    "not json\n{\"to\":\"ana\",\"text\":\"bad\"}\n{\"type\":7}\n{\"to\":\"ana\",\"urgency\":\"soon\",\"text\":\"x\"}\n[]\n");
	assert_contains(x->said.data, "test: in: line 2: not JSON: ");
	assert_contains(x->said.data, "test: in: line 4: text: bad\n");
	assert_contains(x->said.data, "test: in: line 5: type: ");
	assert_contains(x->said.data, "test: in: line 6: urgency: ");
	assert_contains(x->said.data, "test: in: line 7: not a JSON object (jq -c '.[]' makes lines of a list)\n");
}

static void a_line_over_the_ceiling_is_kept_whole(void **state)
{
	struct fixture *x = *state;
	size_t len = LINE_BYTES + 4000;
	char *text = malloc(len + 64);
	static char *const files[] = {(char *)"in"};

	memset(text, 'x', len);
	memcpy(text + len, "\n{\"to\":\"ana\",\"text\":\"after\"}\n", 29);
	put_file("in", text, len + 29);
	assert_int_equal(run(x, "rejects", files, 1), EX_DATAERR);
	assert_string_equal(x->out.data, "{\"to\":\"ana\",\"text\":\"after\"}\n");
	assert_contains(x->said.data, "line 1: longer than 1048576 bytes");
	assert_int_equal(x->rejects.len, len + 1);
	assert_memory_equal(x->rejects.data, text, len + 1);
	free(text);
}

static void rejects_are_appended_for_their_owner_only(void **state)
{
	struct fixture *x = *state;
	struct stat info;

	run_text(x, "first\n");
	run_text(x, "second\n");
	assert_string_equal(x->rejects.data, "first\nsecond\n");
	assert_int_equal(stat("rejects", &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
}

static void nothing_is_written_before_it_is_committed(void **state)
{
	struct fixture *x = *state;

	x->settle_fails = 1;
	assert_int_equal(run_text(x, "{\"to\":\"ana\",\"text\":\"one\"}\n"), EX_CANTCREAT);
	assert_string_equal(x->out.data, "");
	assert_string_equal(x->log.data, "shs");        /* settled before it first waits for input, then after the line */
	assert_contains(x->said.data, "test: disk full\n");
}

static void what_was_handled_before_the_end_of_a_run_is_not_lost(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(run_text(x,
	    "{\"to\":\"ana\",\"text\":\"one\"}\n{\"to\":\"ana\",\"text\":\"boom\"}\n{\"to\":\"ana\",\"text\":\"two\"}\n"), EX_CANTCREAT);
	assert_string_equal(x->out.data, "{\"to\":\"ana\",\"text\":\"one\"}\n");
	assert_contains(x->said.data, "test: in: line 2: store: boom\n");
}

static void long_inputs_are_committed_in_batches(void **state)
{
	static char *const files[] = {(char *)"in"};
	struct fixture *x = *state;
	struct buf in;
	size_t settles = 0;

	buf_init(&in, 1u << 24);
	for (int i = 0; i < 5000; i++)
		buf_addf(&in, "{\"to\":\"ana\",\"text\":\"%d\"}\n", i);
	put_file("in", in.data, in.len);
	assert_int_equal(run(x, NULL, files, 1), EX_OK);
	assert_int_equal(x->out.len, in.len);
	assert_memory_equal(x->out.data, in.data, in.len);
	for (size_t i = 0; i < x->log.len; i++)
		settles += x->log.data[i] == 's';
	assert_true(settles >= 5 && settles <= 40);
	buf_clear(&in);
}

static void several_files_are_read_in_turn(void **state)
{
	static char *const files[] = {(char *)"in", (char *)"other", (char *)"missing", (char *)"in"};
	struct fixture *x = *state;

	put_file("in", "{\"to\":\"a\",\"text\":\"1\"}\n", 22);
	put_file("other", "{\"to\":\"b\",\"text\":\"2\"}\nx\n", 24);
	assert_int_equal(run(x, NULL, files, 2), EX_DATAERR);
	assert_string_equal(x->out.data, "{\"to\":\"a\",\"text\":\"1\"}\n{\"to\":\"b\",\"text\":\"2\"}\n");
	assert_contains(x->said.data, "test: other: line 2: ");
	assert_int_equal(run(x, NULL, files, 4), EX_USAGE);
	assert_contains(x->said.data, "cannot open 'missing'");
}

static void a_rejects_file_that_cannot_be_is_an_error(void **state)
{
	static char *const files[] = {(char *)"in"};
	struct fixture *x = *state;

	put_file("in", "{}\n", 3);
	assert_int_equal(run(x, "no/such/directory", files, 1), EX_CANTCREAT);
	if (access("/dev/full", W_OK) != 0)
		skip();
	put_file("in", "bad\n{\"to\":\"a\",\"text\":\"1\"}\n", 26);
	assert_int_equal(run(x, "/dev/full", files, 1), EX_IOERR);
	assert_contains(x->said.data, "cannot write '/dev/full'");
	assert_string_equal(x->out.data, "{\"to\":\"a\",\"text\":\"1\"}\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(good_lines_are_handled_and_others_pass_byte_for_byte, setup, teardown),
	    cmocka_unit_test_setup_teardown(bad_lines_are_said_and_kept_and_the_rest_goes_on, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_line_over_the_ceiling_is_kept_whole, setup, teardown),
	    cmocka_unit_test_setup_teardown(rejects_are_appended_for_their_owner_only, setup, teardown),
	    cmocka_unit_test_setup_teardown(nothing_is_written_before_it_is_committed, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_was_handled_before_the_end_of_a_run_is_not_lost, setup, teardown),
	    cmocka_unit_test_setup_teardown(long_inputs_are_committed_in_batches, setup, teardown),
	    cmocka_unit_test_setup_teardown(several_files_are_read_in_turn, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_rejects_file_that_cannot_be_is_an_error, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
