/* The report's parts: sums of money, percentiles, spans, bars, and texts that must not steer a terminal. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/line/when.h"
#include "common/report/report.h"
#include "common/report/table.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define T0 INT64_C(1700000000000)

static char directory[64];
static struct store *store;

static int set_up(void **state)
{
	struct err e;

	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/msg-report-XXXXXX");
	assert_non_null(mkdtemp(directory));
	assert_int_equal(store_open(directory, STORE_WRITE, &store, &e), 0);
	return 0;
}

static int tear_down(void **state)
{
	char path[128];

	(void)state;
	store_close(store);
	snprintf(path, sizeof(path), "%s/msg.db", directory);
	unlink(path);
	return rmdir(directory);
}

static void record(json_t *line)
{
	struct receipt_result result;
	struct err e;

	assert_non_null(line);
	assert_int_equal(receipt_record(store, line, T0, &result, &e), 0);
	json_decref(line);
}

static struct tally *count_all(void)
{
	struct tally *t = tally_new((const enum tally_by[]){TALLY_CHANNEL}, 1);
	struct err e;

	assert_int_equal(tally_count(t, store, INT64_MIN, INT64_MAX, &e), 0);
	return t;
}

static void check_sum(const char *const *amounts, const char *sum)
{
	char got[TALLY_MONEY];
	struct tally *t;

	for (int i = 0; amounts[i]; i++) {
		char id[32];

		snprintf(id, sizeof(id), "%s-%d", sum, i);
		record(json_pack("{s:s, s:s, s:{s:s, s:s}}", "message", id, "status", "sent", "cost", "amount", amounts[i], "currency",
		    "EUR"));
	}
	t = count_all();
	assert_int_equal(tally_all(t)->cost_count, 1);
	tally_format_cost(&tally_all(t)->costs[0], got);
	assert_string_equal(got, sum);
	tally_free(t);
}

static void test_money(void **state)
{
	static const struct {
		const char *amounts[8], *sum;
	} cases[] = {
	    {{"0.1", "0.2"}, "0.30"},
	    {{"0.999999999", "0.000000001"}, "1.00"},
	    {{"1", "-0.25"}, "0.75"},
	    {{"0.25", "-1"}, "-0.75"},
	    {{"-0.5", "-0.5", "-0.0075"}, "-1.0075"},
	    {{"-2.5", "2.75"}, "0.25"},
	    {{"999999999999.999999999", "999999999999.999999999"}, "1999999999999.999999998"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		check_sum(cases[i].amounts, cases[i].sum);
		tear_down(state);
		set_up(state);
	}
}

static void test_percentiles(void **state)
{
	int64_t ms[100];
	struct tally_times times = {ms, 0};

	(void)state;
	assert_int_equal(tally_percentile(&times, 50), -1);
	for (int i = 0; i < 100; i++)
		ms[i] = i + 1;
	times.count = 1;
	assert_int_equal(tally_percentile(&times, 50), 1);
	assert_int_equal(tally_percentile(&times, 90), 1);
	times.count = 10;
	assert_int_equal(tally_percentile(&times, 50), 5);
	assert_int_equal(tally_percentile(&times, 90), 9);
	times.count = 11;
	assert_int_equal(tally_percentile(&times, 50), 6);
	assert_int_equal(tally_percentile(&times, 90), 10);
	times.count = 100;
	assert_int_equal(tally_percentile(&times, 90), 90);
}

/* A channel that takes messages and never says more has no rate; as soon as it does, those under way count. */
static void test_rates(void **state)
{
	struct tally *t;

	(void)state;
	record(json_pack("{s:s, s:s, s:s, s:s}", "message", "a", "status", "accepted", "channel", "email", "via", "smtp"));
	record(json_pack("{s:s, s:s, s:s, s:s}", "message", "b", "status", "failed", "channel", "email", "via", "smtp"));
	t = count_all();
	assert_int_equal(tally_all(t)->delivery.of, 0);
	tally_free(t);
	record(json_pack("{s:s, s:s, s:s, s:s}", "message", "c", "status", "delivered", "channel", "email", "via", "smtp"));
	t = count_all();
	assert_int_equal(tally_all(t)->delivery.of, 3);
	assert_int_equal(tally_all(t)->delivery.count, 1);
	assert_int_equal(tally_all(t)->reading.of, 0);
	tally_free(t);
	/* All that was tried on this one has failed: that is a rate, and it is nought. */
	record(json_pack("{s:s, s:s, s:s, s:s}", "message", "d", "status", "failed", "channel", "sms", "via", "new"));
	t = count_all();
	assert_int_equal(tally_all(t)->delivery.of, 4);
	tally_free(t);
}

static void test_spans(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {{0, "0ms"}, {999, "999ms"}, {1000, "1.0s"}, {2149, "2.1s"}, {9999, "9.9s"}, {10000, "10s"}, {59999, "59s"},
	    {60000, "1m00s"}, {312000, "5m12s"}, {3600000, "1h00m"}, {11100000, "3h05m"}, {86400000, "1d00h"}, {187200000, "2d04h"}};
	char text[REPORT_SPAN];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		report_span(cases[i].ms, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void test_numbers(void **state)
{
	char text[TERMINAL_NUMBER];

	(void)state;
	assert_string_equal(terminal_number(0, text), "0");
	assert_string_equal(terminal_number(999, text), "999");
	assert_string_equal(terminal_number(1000, text), "1,000");
	assert_string_equal(terminal_number(-123456, text), "-123,456");
	assert_string_equal(terminal_number(INT64_MAX, text), "9,223,372,036,854,775,807");
}

static void check_foreign(bool utf8, const char *text, size_t max, const char *want)
{
	const struct terminal t = {.utf8 = utf8};
	struct buf b;

	buf_init(&b, 1u << 10);
	terminal_add_foreign(&t, &b, text, max);
	assert_string_equal(b.data, want);
	assert_true(terminal_columns(b.data) <= max);
	buf_clear(&b);
}

static void test_foreign_text(void **state)
{
	(void)state;
	check_foreign(true, "héllo", 10, "héllo");
	check_foreign(true, "a\033[31mb\nc\x7f", 20, "a?[31mb?c?");
	check_foreign(true, "\xc2\x9b" "31m", 20, "?31m");              /* CSI as one C1 control */
	check_foreign(true, "a\xe2\x80\xae" "b", 20, "a?b");            /* right-to-left override */
	check_foreign(true, "abcdef", 4, "abc…");
	check_foreign(true, "日本語", 6, "日本語");
	check_foreign(true, "日本語", 5, "日本…");
	check_foreign(true, "日本語", 4, "日…");
	check_foreign(false, "héllo", 10, "h?llo");
	check_foreign(false, "abcdefgh", 6, "abc...");
	check_foreign(true, "\xe6\x97", 6, "\xe6\x97");                 /* cut off in the middle: no byte is read behind it */
}

static size_t bar_cells(const int64_t parts[TABLE_PARTS], int64_t scale, size_t width)
{
	const struct terminal t = {.utf8 = false};
	struct buf b;
	size_t cells;

	buf_init(&b, 1u << 12);
	table_draw_bar(&t, &b, parts, scale, width);
	cells = b.len;
	for (int i = 0; i < TABLE_PARTS; i++)
		assert_true(parts[i] > 0 || !strchr(b.data, "#=-.xo"[i]));
	buf_clear(&b);
	return cells;
}

static void test_bars(void **state)
{
	(void)state;
	assert_int_equal(bar_cells((const int64_t[]){1, 0, 0, 0, 0, 0}, 1, 40), 40);
	assert_int_equal(bar_cells((const int64_t[]){0, 0, 0, 0, 0, 0}, 0, 40), 0);
	assert_int_equal(bar_cells((const int64_t[]){1000000, 1, 1, 1, 1, 1}, 1000005, 40), 40);
	assert_int_equal(bar_cells((const int64_t[]){1, 1, 1, 0, 0, 0}, 3, 40), 40);
	assert_int_equal(bar_cells((const int64_t[]){1, 0, 0, 0, 0, 0}, 1000000, 40), 1);
	assert_int_equal(bar_cells((const int64_t[]){0, 50, 0, 0, 0, 0}, 100, 40), 20);
	assert_int_equal(bar_cells((const int64_t[]){1, 1, 1, 1, 1, 1}, 1000000, 40), 1);
	/* As long as it stands for, however many parts it has. */
	assert_int_equal(bar_cells((const int64_t[]){10, 25, 2, 1, 2, 1}, 1700, 48), 1);
	assert_int_equal(bar_cells((const int64_t[]){186, 120, 2, 3, 19, 14}, 1699, 48), 10);
}

static void check_bar(const int64_t parts[TABLE_PARTS], int64_t scale, size_t width, const char *want)
{
	const struct terminal t = {.utf8 = false};
	struct buf b;

	buf_init(&b, 1u << 12);
	table_draw_bar(&t, &b, parts, scale, width);
	assert_string_equal(b.data, want);
	buf_clear(&b);
}

static void test_shares_of_a_bar(void **state)
{
	(void)state;
	check_bar((const int64_t[]){0, 50, 0, 0, 50, 0}, 100, 10, "=====xxxxx");
	check_bar((const int64_t[]){0, 66, 0, 0, 34, 0}, 100, 10, "=======xxx");
	/* What has no cell by its share takes one of a part that can spare it: failures first. */
	check_bar((const int64_t[]){0, 997, 1, 1, 1, 0}, 1000, 10, "=======-.x");
	check_bar((const int64_t[]){0, 9996, 1, 1, 1, 1}, 10000, 6, "===.xo");
	check_bar((const int64_t[]){0, 99, 0, 0, 1, 0}, 100, 3, "===");
}

/* The lines of a table at that width, the longest of which may not be longer. */
static void check_table(unsigned width, const char *want)
{
	static const struct table_column columns[] = {{"who", TABLE_LEFT}, {"legs", TABLE_RIGHT}, {"", TABLE_BAR},
	    {"read", TABLE_RIGHT}, {"", TABLE_LEFT}, {"why", TABLE_LEFT}};
	struct terminal terminal = {.width = width, .narrow = true};
	char text[1000];
	struct table t;

	terminal.out = tmpfile();
	assert_non_null(terminal.out);
	table_init(&t, &terminal, columns, COUNT_OF(columns));
	for (int i = 0; i < 2; i++) {
		table_cell(&t, TERMINAL_PLAIN, "%s", i ? "bo" : "anastasia");
		table_cell(&t, TERMINAL_PLAIN, "%d", i ? 5 : 10);
		table_bar(&t, (const int64_t[]){0, i ? 5 : 10, 0, 0, 0, 0}, 10);
		table_cell(&t, TERMINAL_PLAIN, "%s", i ? "" : "50.0%");
		table_cell(&t, TERMINAL_PLAIN, "%s", i ? "" : "of 10");
		table_cell(&t, TERMINAL_PLAIN, "%s", i ? "" : "the carrier is busy, it is");
	}
	table_print(&t, 1);
	table_clear(&t);
	rewind(terminal.out);
	text[fread(text, 1, sizeof(text) - 1, terminal.out)] = '\0';
	fclose(terminal.out);
	assert_string_equal(text, want);
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= width);
}

static void test_tables_keep_to_their_width(void **state)
{
	(void)state;
	check_table(70,
	    " who        legs               read         why\n"
	    " anastasia    10  ==========  50.0%  of 10  the carrier is busy, it is\n"
	    " bo            5  =====\n");
	/* Text is broken, without room for the bar, */
	check_table(50,
	    " who        legs   read         why\n"
	    " anastasia    10  50.0%  of 10  the carrier is\n"
	    "                                busy, it is\n"
	    " bo            5\n");
	/* and where too little is left for it the columns go on below. */
	check_table(40,
	    " who        legs\n"
	    " anastasia    10  ======================\n"
	    " bo            5  ===========\n"
	    "\n"
	    " who         read\n"
	    " anastasia  50.0%  of 10\n"
	    "\n"
	    " who        why\n"
	    " anastasia  the carrier is busy, it is\n");
	check_table(30,
	    " who        legs\n"
	    " anastasia    10  ============\n"
	    " bo            5  ======\n"
	    "\n"
	    " who         read\n"
	    " anastasia  50.0%  of 10\n"
	    "\n"
	    " who        why\n"
	    " anastasia  the carrier is\n"
	    "            busy, it is\n");
}


static void test_options(void **state)
{
	struct report r = {0};
	struct err e;
	int64_t ms;

	(void)state;
	assert_int_equal(report_parse_by(&r, "day,topic,via", &e), 0);
	assert_int_equal(r.by_count, 3);
	assert_int_equal(r.by[0], TALLY_DAY);
	assert_int_equal(r.by[2], TALLY_VIA);
	assert_int_equal(report_parse_by(&r, "", &e), -1);
	assert_int_equal(report_parse_by(&r, "all", &e), -1);
	assert_int_equal(report_parse_by(&r, "via,", &e), -1);
	assert_int_equal(report_parse_by(&r, "via,via", &e), -1);
	assert_int_equal(e.code, EX_USAGE);
	assert_int_equal(report_parse_time("since", "90s", T0, &ms, &e), 0);
	assert_int_equal(ms, T0 - 90000);
	assert_int_equal(report_parse_time("since", "2026-11-24T00:00:00+01:00", T0, &ms, &e), 0);
	assert_int_equal(ms, INT64_C(1795474800000));
	assert_int_equal(report_parse_time("since", "2026-02-30", T0, &ms, &e), -1);
	assert_contains(e.text, "--since: ");
	/* The day on which the clocks change still begins at midnight. */
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	assert_int_equal(report_parse_time("since", "2026-03-29", T0, &ms, &e), 0);
	assert_int_equal(ms, INT64_C(1774738800000));
	assert_int_equal(report_parse_time("since", "2026-03-30", T0, &ms, &e), 0);
	assert_int_equal(ms, INT64_C(1774738800000) + 23 * WHEN_HOUR);
	assert_int_equal(report_parse_time("since", "today", INT64_C(1774738800000) + 25 * WHEN_HOUR, &ms, &e), 0);
	assert_int_equal(ms, INT64_C(1774738800000) + 23 * WHEN_HOUR);
	assert_int_equal(report_parse_time("since", "yesterday", INT64_C(1774738800000) + 25 * WHEN_HOUR, &ms, &e), 0);
	assert_int_equal(ms, INT64_C(1774738800000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_money, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_rates, set_up, tear_down),
	    cmocka_unit_test(test_percentiles),
	    cmocka_unit_test(test_spans),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_foreign_text),
	    cmocka_unit_test(test_bars),
	    cmocka_unit_test(test_shares_of_a_bar),
	    cmocka_unit_test(test_tables_keep_to_their_width),
	    cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
