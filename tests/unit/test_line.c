#include "common/line/line.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/banned.h"

/* A pipe that is filled by a thread, `piece` bytes a write: lines then begin and end anywhere in what read(2) gives. */
struct source {
	int fd;
	const char *data;
	size_t len, piece;
};

static void *pour(void *ctx)
{
	struct source *s = ctx;

	for (size_t at = 0; at < s->len; at += s->piece) {
		size_t left = s->len - at;

		if (write(s->fd, s->data + at, left < s->piece ? left : s->piece) < 0)
			break;
	}
	close(s->fd);
	return NULL;
}

static void keep(void *ctx, const char *data, size_t len)
{
	buf_add(ctx, data, len);
}

/* Each line as "NUMBER:LENGTH:TEXT|", one over the ceiling as "NUMBER:!|"; only the first bytes of long ones. */
static void read_all(const char *data, size_t len, size_t piece, struct buf *log, struct buf *spilled)
{
	int ends[2];
	pthread_t thread;
	struct source source = {.data = data, .len = len, .piece = piece};
	struct line_reader r;
	struct err e;
	int filled;

	assert_int_equal(pipe(ends), 0);
	source.fd = ends[1];
	assert_int_equal(pthread_create(&thread, NULL, pour, &source), 0);
	line_reader_init(&r, ends[0]);
	r.spill = keep;
	r.spill_ctx = spilled;
	do {
		struct line l = {0};
		int got;

		filled = line_reader_fill(&r, &e);
		assert_true(filled >= 0);
		while ((got = line_reader_next(&r, &l, &e)) != 0) {
			if (got < 0) {
				assert_int_equal(e.code, EX_DATAERR);
				buf_addf(log, "%llu:!|", (unsigned long long)r.number);
				continue;
			}
			buf_addf(log, "%llu:%zu:%.*s|", (unsigned long long)l.number, l.len, (int)(l.len < 20 ? l.len : 20),
			    l.text);
		}
	} while (filled > 0);
	line_reader_clear(&r);
	pthread_join(thread, NULL);
	close(ends[0]);
}

static void expect(const char *data, size_t len, size_t piece, const char *want, const char *want_spilled, size_t spilled_len)
{
	struct buf log, spilled;

	buf_init(&log, 1u << 20);
	buf_init(&spilled, 1u << 24);
	read_all(data, len, piece, &log, &spilled);
	assert_string_equal(log.data, want);
	assert_int_equal(spilled.len, spilled_len);
	assert_memory_equal(spilled.data, want_spilled, spilled_len);
	buf_clear(&log);
	buf_clear(&spilled);
}

static void lines_are_found_whatever_the_pieces(void **state)
{
	static const char text[] = "{}\n\n  \t\r\n{\"a\":1}\r\n\nlast";
	static const char want[] = "1:2:{}|4:7:{\"a\":1}|6:4:last|";

	(void)state;
	for (size_t piece = 1; piece < sizeof(text); piece++)
		expect(text, sizeof(text) - 1, piece, want, "", 0);
	expect("", 0, 1, "", "", 0);
	expect("\n\n\n", 3, 2, "", "", 0);
	expect("\r", 1, 1, "", "", 0);
	expect("a\0b\n", 4, 3, "1:3:a|", "", 0);
}

static void the_ceiling_is_exact(void **state)
{
	size_t len = (size_t)3 * LINE_BYTES + 100, at = 0;
	char *text = malloc(len);
	static const size_t pieces[] = {4093, 65536, 1u << 22};

	(void)state;
	assert_non_null(text);
	memset(text, 'x', len);
	text[LINE_BYTES] = '\n';                        /* exactly at the ceiling */
	at = LINE_BYTES + 1;
	memcpy(text + at + LINE_BYTES + 1, "\nok\n", 4);        /* one byte more, then a good line */
	for (size_t i = 0; i < COUNT_OF(pieces); i++)
		expect(text, at + LINE_BYTES + 1 + 4, pieces[i], "1:1048576:xxxxxxxxxxxxxxxxxxxx|2:!|3:2:ok|", text + at,
		    LINE_BYTES + 2);
	free(text);
}

static void a_long_line_at_the_end_is_spilled_whole(void **state)
{
	size_t len = (size_t)2 * LINE_BYTES + 7;
	char *text = malloc(len + 1);

	(void)state;
	assert_non_null(text);
	memset(text, 'y', len);
	text[len] = '\n';
	expect(text, len, 60000, "1:!|", text, len + 1);        /* the newline it lacked is added */
	expect(text, len + 1, 60000, "1:!|", text, len + 1);
	free(text);
}

static void a_reader_that_is_not_drained_stays_within_its_buffer(void **state)
{
	struct line_reader r;
	struct line l;
	struct err e;
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	(void)state;
	line_reader_init(&r, fd);
	for (int i = 0; i < 40; i++)
		assert_int_equal(line_reader_fill(&r, &e), 1);
	assert_int_equal(line_reader_next(&r, &l, &e), -1);
	assert_true(r.buf.cap <= 2 * (LINE_BYTES + (128u << 10)));
	line_reader_clear(&r);
	close(fd);
}

static void a_descriptor_that_would_block_or_fail_says_so(void **state)
{
	struct line_reader r;
	struct line l;
	struct err e;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	line_reader_init(&r, ends[0]);
	assert_int_equal(line_reader_fill(&r, &e), 1);
	assert_int_equal(line_reader_next(&r, &l, &e), 0);
	assert_int_equal(write(ends[1], "{}\n", 3), 3);
	assert_int_equal(line_reader_fill(&r, &e), 1);
	assert_int_equal(line_reader_next(&r, &l, &e), 1);
	close(ends[1]);
	assert_int_equal(line_reader_fill(&r, &e), 0);
	assert_int_equal(line_reader_fill(&r, &e), 0);
	line_reader_clear(&r);
	close(ends[0]);
	line_reader_init(&r, -1);
	assert_int_equal(line_reader_fill(&r, &e), -1);
	assert_int_equal(e.code, EX_IOERR);
	line_reader_clear(&r);
}

static json_t *parse(const char *text, size_t len, struct err *e)
{
	return line_parse(&(struct line){text, len, 1}, e);
}

static void only_objects_are_lines(void **state)
{
	static const char *const bad[] = {"x", "[]", "1", "\"a\"", "null", "{", "{}}", "{} {}", "{\"a\":1,\"a\":2}", "{\"a\":\"\xff\"}",
	    "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\u0000\"}", "{\"a\":01}", "{'a':1}", "{\"a\":1,}",
	    "{\"a\":NaN}", "{\"a\":1e999}", "{\"a\":99999999999999999999}", "{\"a\":\"\t\"}", "// {}"};
	struct err e;
	json_t *value;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (parse(bad[i], strlen(bad[i]), &e))
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(e.code, EX_DATAERR);
	}
	assert_null(parse("{\"a\":\"\0\"}", 9, &e));
	value = parse(" {\"a\": \"\\u00e9\\ud83d\\ude00\"} rest", 29, &e);
	assert_non_null(value);
	assert_string_equal(json_string_value(json_object_get(value, "a")), "é\xf0\x9f\x98\x80");
	json_decref(value);
}

static void depth_does_not_break_the_parser(void **state)
{
	static char deep[LINE_BYTES];
	struct err e;

	(void)state;
	for (size_t i = 0; i + 5 < sizeof(deep); i += 5)
		memcpy(deep + i, "{\"a\":", 5);
	assert_null(parse(deep, sizeof(deep) - 6, &e));
	memset(deep, '[', sizeof(deep));
	memcpy(deep, "{\"a\":", 5);
	assert_null(parse(deep, sizeof(deep), &e));
}

static void an_error_says_where_and_shows_no_text(void **state)
{
	static const char text[] = "{\"to\":\"ana\",\"text\":\"your PIN is 4711\" 12}";
	struct err e;

	(void)state;
	assert_null(parse(text, strlen(text), &e));
	assert_contains(e.text, "not JSON: column ");
	assert_null(strstr(e.text, "4711"));
	assert_null(parse("{\"text\":\"PIN 4711", 17, &e));
	assert_null(strstr(e.text, "4711"));
	assert_null(parse("{", 1, &e));
	assert_contains(e.text, "it ends within the object (one object a line");
	assert_null(parse(" PIN 4711", 9, &e));
	assert_string_equal(e.text, "not JSON: a line is an object, from { to }");
	assert_null(parse("{\"text\":\"4711\xff\"}", 16, &e));
	assert_null(strstr(e.text, "4711"));
}

static void splice(const char *text, const char *want)
{
	struct buf b;
	json_t *value = json_pack("[i]", 1);

	buf_init(&b, 1000);
	line_splice(&b, &(struct line){text, strlen(text), 1}, "plan", value);
	assert_string_equal(b.data, want);
	buf_clear(&b);
	json_decref(value);
}

static void splicing_leaves_every_other_byte(void **state)
{
	(void)state;
	splice("{}", "{\"plan\":[1]}");
	splice("{ }", "{\"plan\":[1]}");
	splice("{\"a\":1}", "{\"a\":1,\"plan\":[1]}");
	splice(" {\"a\" : 1.50 , \"b\":\"\\u00e9}\" } \t", " {\"a\" : 1.50 , \"b\":\"\\u00e9}\",\"plan\":[1]}");
	splice("{\"a\":{}}", "{\"a\":{},\"plan\":[1]}");
}

static void values_are_written_in_their_order(void **state)
{
	json_t *value = json_pack("{s:i,s:s,s:[n,b],s:f}", "z", 1, "a", "é\"\n/", "m", 1, "f", 0.5);
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	line_dump(&b, value);
	assert_string_equal(b.data, "{\"z\":1,\"a\":\"é\\\"\\n/\",\"m\":[null,true],\"f\":0.5}");
	buf_clear(&b);
	json_decref(value);
}

static void a_writer_holds_or_flushes_as_it_is_told(void **state)
{
	struct line_writer w;
	struct err e;
	int ends[2];
	char text[100];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	line_writer_init(&w, ends[1]);
	assert_int_equal(line_write(&w, "{}", 2, &e), 0);
	assert_int_equal(read(ends[0], text, sizeof(text)), -1);
	assert_int_equal(line_flush(&w, &e), 0);
	assert_int_equal(read(ends[0], text, sizeof(text)), 3);
	assert_memory_equal(text, "{}\n", 3);
	w.each = true;
	assert_int_equal(line_write(&w, "{\"a\":1}", 7, &e), 0);
	assert_int_equal(read(ends[0], text, sizeof(text)), 8);
	line_writer_clear(&w);
	close(ends[0]);
	close(ends[1]);
}

static void a_writer_notices_a_full_disk(void **state)
{
	struct line_writer w;
	struct err e;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	if (fd < 0)
		skip();
	line_writer_init(&w, fd);
	w.each = true;
	assert_int_equal(line_write(&w, "{}", 2, &e), -1);
	assert_int_equal(e.code, EX_IOERR);
	assert_contains(e.text, "cannot write output");
	line_writer_clear(&w);
	close(fd);
}

static void many_held_lines_are_not_lost(void **state)
{
	struct line_writer w;
	struct err e;
	FILE *f = tmpfile();
	static char line[100000];

	(void)state;
	memset(line, 'x', sizeof(line));
	line_writer_init(&w, fileno(f));
	w.hold = true;
	for (int i = 0; i < 200; i++)
		assert_int_equal(line_write(&w, line, sizeof(line), &e), 0);
	assert_int_equal(line_flush(&w, &e), 0);
	assert_int_equal(lseek(fileno(f), 0, SEEK_END), 200 * (sizeof(line) + 1));
	line_writer_clear(&w);
	fclose(f);
}

/* What is written by ourselves is what jansson writes. */
static void dumping_is_as_jansson_does_it(void **state)
{
	static const char *const texts[] = {
	    "{}",
	    "[]",
	    "{\"b\":1,\"a\":[],\"c\":{},\"d\":[{},[[]],\"\"]}",
	    "[true,false,null,0,-1,9223372036854775807,1.5,1e300,-0.0,1.0]",
	    "{\"\":\"\",\"k\\\"ey\\n\":\"\\\"\\\\ / \\u0001 \\u007f \\t\",\"\u00f1\":\"\U0001f600 \u2028\"}",
	    "\"text\"",
	};
	struct buf b;

	(void)state;
	buf_init(&b, LINE_BYTES);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		json_t *value = json_loads(texts[i], JSON_DECODE_ANY, NULL);
		char *wanted = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

		assert_non_null(wanted);
		buf_reset(&b);
		line_dump(&b, value);
		assert_string_equal(b.data, wanted);
		free(wanted);
		json_decref(value);
	}
	buf_clear(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dumping_is_as_jansson_does_it),
	    cmocka_unit_test(lines_are_found_whatever_the_pieces),
	    cmocka_unit_test(the_ceiling_is_exact),
	    cmocka_unit_test(a_long_line_at_the_end_is_spilled_whole),
	    cmocka_unit_test(a_reader_that_is_not_drained_stays_within_its_buffer),
	    cmocka_unit_test(a_descriptor_that_would_block_or_fail_says_so),
	    cmocka_unit_test(only_objects_are_lines),
	    cmocka_unit_test(depth_does_not_break_the_parser),
	    cmocka_unit_test(an_error_says_where_and_shows_no_text),
	    cmocka_unit_test(splicing_leaves_every_other_byte),
	    cmocka_unit_test(values_are_written_in_their_order),
	    cmocka_unit_test(a_writer_holds_or_flushes_as_it_is_told),
	    cmocka_unit_test(a_writer_notices_a_full_disk),
	    cmocka_unit_test(many_held_lines_are_not_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
