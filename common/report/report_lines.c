/* The report for other programs: a JSON line for each group, or a row of CSV (RFC 4180). */
#include <string.h>

#include "common/line/when.h"
#include "common/report/report.h"

#include "common/banned.h"

#define REPORT_BYTES (16u << 20)
#define CSV_COLUMNS \
	"by,key,legs,waiting,under_way,delivered,read,failed,expired,blocked,canceled,duplicate,delivery_rate,delivery_of," \
	"read_rate,read_of,delivered_median_s,delivered_p90_s,delivered_n,read_median_s,read_p90_s,read_n,segments,cost,errors"

typedef void group_fn(struct buf *b, const struct report *r, enum tally_by by, const struct tally_group *g);

/* Everything first, then each section's groups. */
static void each_group(const struct report *r, const struct tally *t, FILE *out, group_fn *add)
{
	struct buf b;

	buf_init(&b, REPORT_BYTES);
	for (size_t i = 0; i <= r->by_count; i++) {
		enum tally_by by = i ? r->by[i - 1] : TALLY_ALL;
		size_t count;
		const struct tally_group *groups = tally_groups(t, by, &count);

		for (size_t g = 0; g < count; g++) {
			add(&b, r, by, &groups[g]);
			fwrite(b.data, 1, b.len, out);
			buf_reset(&b);
		}
	}
	buf_clear(&b);
}

static double rate_of(const struct tally_rate *r)
{
	/* Four digits are what the counts can carry. */
	return (double)((r->count * 10000 + r->of / 2) / r->of) / 10000;
}

static json_t *rate_json(const struct tally_rate *r)
{
	if (r->of == 0)
		return NULL;
	return json_pack("{s:f, s:I, s:I}", "rate", rate_of(r), "count", (json_int_t)r->count, "of", (json_int_t)r->of);
}

static json_t *times_json(const struct tally_times *times)
{
	char median[WHEN_SIZE], most[WHEN_SIZE];

	if (times->count == 0)
		return NULL;
	when_format_duration(tally_percentile(times, 50), median);
	when_format_duration(tally_percentile(times, 90), most);
	return json_pack("{s:s, s:s, s:I}", "median", median, "p90", most, "n", (json_int_t)times->count);
}

static json_t *failures_json(const struct tally_group *g)
{
	json_t *list = json_array();

	for (size_t i = 0; i < g->failure_count; i++) {
		const struct tally_failure *f = &g->failures[i];
		json_t *item = json_pack("{s:s, s:I}", "class", f->class, "count", (json_int_t)f->count);

		if (*f->code)
			json_object_set_new(item, "code", json_string(f->code));
		json_array_append_new(list, item);
	}
	return list;
}

static json_t *costs_json(const struct tally_group *g)
{
	json_t *list = json_array();

	for (size_t i = 0; i < g->cost_count; i++) {
		char amount[TALLY_MONEY];

		tally_format_cost(&g->costs[i], amount);
		json_array_append_new(list, json_pack("{s:s, s:s}", "amount", amount, "currency", g->costs[i].currency));
	}
	return list;
}

static void set_time(json_t *line, const char *key, int64_t ms)
{
	char text[WHEN_SIZE];

	if (ms == INT64_MIN || ms == INT64_MAX)
		return;
	when_format(ms, text);
	json_object_set_new(line, key, json_string(text));
}

static void set_known(json_t *line, const char *key, json_t *value)
{
	if (value && !(json_is_array(value) && json_array_size(value) == 0))
		json_object_set(line, key, value);
	json_decref(value);
}

static int add_piece(const char *data, size_t len, void *b)
{
	buf_add(b, data, len);
	return 0;
}

static void add_json(struct buf *b, const struct report *r, enum tally_by by, const struct tally_group *g)
{
	const int64_t *o = g->outcomes;
	json_t *line = json_pack("{s:s, s:s}", "type", "report", "by", tally_name(by));

	if (by != TALLY_ALL)
		json_object_set_new(line, "key", json_string(g->key));
	set_time(line, "since", r->since_ms);
	set_time(line, "until", r->until_ms);
	json_object_update_new(line,
	    json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "legs", (json_int_t)g->legs, "waiting",
	        (json_int_t)o[TALLY_WAITING], "under_way", (json_int_t)o[TALLY_UNDER_WAY], "delivered",
	        (json_int_t)(o[TALLY_DELIVERED] + o[TALLY_READ]), "read", (json_int_t)o[TALLY_READ], "failed",
	        (json_int_t)o[TALLY_FAILED], "expired", (json_int_t)o[TALLY_EXPIRED], "blocked", (json_int_t)o[TALLY_BLOCKED],
	        "canceled", (json_int_t)o[TALLY_CANCELED], "duplicate", (json_int_t)o[TALLY_DUPLICATE], "segments",
	        (json_int_t)g->segments));
	set_known(line, "delivery", rate_json(&g->delivery));
	set_known(line, "reading", rate_json(&g->reading));
	set_known(line, "to_delivered", times_json(&g->to_delivered));
	set_known(line, "to_read", times_json(&g->to_read));
	set_known(line, "errors", failures_json(g));
	set_known(line, "cost", costs_json(g));
	json_dump_callback(line, add_piece, b, JSON_COMPACT | JSON_REAL_PRECISION(6));
	buf_add_char(b, '\n');
	json_decref(line);
}

void report_json(const struct report *r, const struct tally *t, FILE *out)
{
	each_group(r, t, out, add_json);
}

static void add_quoted(struct buf *b, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		buf_add_text(b, text);
		return;
	}
	buf_add_char(b, '"');
	for (; *text; text++) {
		if (*text == '"')
			buf_add_char(b, '"');
		buf_add_char(b, *text);
	}
	buf_add_char(b, '"');
}

static void add_rate(struct buf *b, const struct tally_rate *r)
{
	if (r->of)
		buf_addf(b, ",%.4f,%lld", rate_of(r), (long long)r->of);
	else
		buf_add_text(b, ",,0");
}

static void add_times(struct buf *b, const struct tally_times *times)
{
	if (times->count)
		buf_addf(b, ",%.3f,%.3f,%zu", (double)tally_percentile(times, 50) / 1000,
		    (double)tally_percentile(times, 90) / 1000, times->count);
	else
		buf_add_text(b, ",,,0");
}

/* "12.50 USD; 3.00 EUR", and "unreachable 30003 12; content 3": lists within one field. */
static void add_lists(struct buf *b, const struct tally_group *g)
{
	struct buf list;

	buf_init(&list, REPORT_BYTES);
	for (size_t i = 0; i < g->cost_count; i++) {
		char amount[TALLY_MONEY];

		tally_format_cost(&g->costs[i], amount);
		buf_addf(&list, "%s%s %s", i ? "; " : "", amount, g->costs[i].currency);
	}
	buf_add_char(b, ',');
	add_quoted(b, list.data);
	buf_reset(&list);
	for (size_t i = 0; i < g->failure_count; i++)
		buf_addf(&list, "%s%s%s%s %lld", i ? "; " : "", g->failures[i].class, *g->failures[i].code ? " " : "",
		    g->failures[i].code, (long long)g->failures[i].count);
	buf_add_char(b, ',');
	add_quoted(b, list.data);
	buf_clear(&list);
}

static void add_csv(struct buf *b, const struct report *r, enum tally_by by, const struct tally_group *g)
{
	const int64_t *o = g->outcomes;

	(void)r;
	buf_add_text(b, tally_name(by));
	buf_add_char(b, ',');
	add_quoted(b, g->key);
	buf_addf(b, ",%lld,%lld,%lld,%lld,%lld,%lld,%lld,%lld,%lld,%lld", (long long)g->legs, (long long)o[TALLY_WAITING],
	    (long long)o[TALLY_UNDER_WAY], (long long)(o[TALLY_DELIVERED] + o[TALLY_READ]), (long long)o[TALLY_READ],
	    (long long)o[TALLY_FAILED], (long long)o[TALLY_EXPIRED], (long long)o[TALLY_BLOCKED], (long long)o[TALLY_CANCELED],
	    (long long)o[TALLY_DUPLICATE]);
	add_rate(b, &g->delivery);
	add_rate(b, &g->reading);
	add_times(b, &g->to_delivered);
	add_times(b, &g->to_read);
	buf_addf(b, ",%lld", (long long)g->segments);
	add_lists(b, g);
	buf_add_text(b, "\r\n");
}

void report_csv(const struct report *r, const struct tally *t, FILE *out)
{
	fputs(CSV_COLUMNS "\r\n", out);
	each_group(r, t, out, add_csv);
}
