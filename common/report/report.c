/* The report for a person, and the options that say what is in it. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/line/when.h"
#include "common/report/report.h"
#include "common/report/table.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define REPORT_BYTES (1u << 20)
#define MOST_GROUPS 24
#define MOST_CLASSES 16 /* there are ten, and the statuses of those that have none */
#define WHOLE_COLUMNS 14
#define PART_COLUMNS 9
#define BAR_WANTED 12   /* with less room for bars the times stand below them, not beside */

static int64_t local_midnight(int year, int month, int day)
{
	struct tm t = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_isdst = -1};

	return (int64_t)mktime(&t) * 1000;
}

int report_parse_time(const char *option, const char *text, int64_t now_ms, int64_t *ret_ms, struct err *e)
{
	char midnight[WHEN_SIZE + 16];
	int64_t ms;

	if (when_parse_duration(text, &ms) == 0) {
		*ret_ms = now_ms - ms;
		return 0;
	}
	if (when_parse(text, ret_ms) == 0)
		return 0;
	snprintf(midnight, sizeof(midnight), "%.16sT00:00:00Z", text);
	if (strlen(text) == 10 && when_parse(midnight, &ms) == 0) {
		*ret_ms = local_midnight((int)strtol(text, NULL, 10), (int)strtol(text + 5, NULL, 10), (int)strtol(text + 8, NULL, 10));
		return 0;
	}
	return err_set(e, EX_USAGE, "--%s: not a duration such as 24h, a day or a time: '%s'", option, err_quote(text));
}

int report_parse_by(struct report *r, const char *list, struct err *e)
{
	r->by_count = 0;
	for (const char *word = list;; word++) {
		size_t len = strcspn(word, ",");
		char name[16];
		int by;

		snprintf(name, sizeof(name), "%.*s", len < sizeof(name) ? (int)len : 0, word);
		by = tally_parse(name);
		if (by < 0)
			return err_set(e, EX_USAGE, "--by: not one of channel, via, purpose, topic, day: '%s'", err_quote_n(word, len));
		for (size_t i = 0; i < r->by_count; i++)
			if ((int)r->by[i] == by)
				return err_set(e, EX_USAGE, "--by: '%s' twice", name);
		r->by[r->by_count++] = (enum tally_by)by;
		word += len;
		if (!*word)
			return 0;
	}
}

void report_span(int64_t ms, char ret_text[REPORT_SPAN])
{
	long long s = ms / 1000, m = s / 60, h = m / 60;

	if (ms < 1000)
		snprintf(ret_text, REPORT_SPAN, "%dms", (int)ms);
	else if (ms < 10 * WHEN_SECOND)
		snprintf(ret_text, REPORT_SPAN, "%d.%ds", (int)s, (int)(ms % 1000 / 100));
	else if (s < 60)
		snprintf(ret_text, REPORT_SPAN, "%llds", s);
	else if (m < 60)
		snprintf(ret_text, REPORT_SPAN, "%lldm%02llds", m, s % 60);
	else if (h < 24)
		snprintf(ret_text, REPORT_SPAN, "%lldh%02lldm", h, m % 60);
	else
		snprintf(ret_text, REPORT_SPAN, "%lldd%02lldh", h / 24 % 100000, h % 24);
}

static void parts_of(const struct tally_group *g, int64_t ret_parts[TABLE_PARTS])
{
	ret_parts[TABLE_READ] = g->outcomes[TALLY_READ];
	ret_parts[TABLE_DELIVERED] = g->outcomes[TALLY_DELIVERED];
	ret_parts[TABLE_UNDER_WAY] = g->outcomes[TALLY_UNDER_WAY];
	ret_parts[TABLE_WAITING] = g->outcomes[TALLY_WAITING];
	ret_parts[TABLE_FAILED] = g->outcomes[TALLY_FAILED] + g->outcomes[TALLY_EXPIRED];
	ret_parts[TABLE_STOPPED] = g->outcomes[TALLY_BLOCKED] + g->outcomes[TALLY_CANCELED];
}

/* A rate in tenths of a percent never says 100.0 while one is missing, nor 0.0 while there is one. */
static int per_mille(const struct tally_rate *r)
{
	int64_t rate = (r->count * 1000 + r->of / 2) / r->of;

	if (rate == 1000 && r->count < r->of)
		rate = 999;
	if (rate == 0 && r->count > 0)
		rate = 1;
	return (int)rate;
}

static void rate_cells(struct table *t, const struct tally_rate *r, enum terminal_style style)
{
	char of[TERMINAL_NUMBER];

	if (r->of == 0) {
		table_cell(t, TERMINAL_PLAIN, "%s", "");
		table_cell(t, TERMINAL_PLAIN, "%s", "");
		return;
	}
	table_cell(t, style, "%d.%d%%", per_mille(r) / 10, per_mille(r) % 10);
	table_cell(t, TERMINAL_DIM, "of %s", terminal_number(r->of, of));
}

static void count_cell(struct table *t, enum terminal_style style, int64_t count)
{
	char text[TERMINAL_NUMBER] = "";

	table_cell(t, style, "%s", count ? terminal_number(count, text) : "");
}

static void time_cells(struct table *t, const struct tally_times *times)
{
	static const unsigned percents[] = {50, 90};

	for (size_t i = 0; i < COUNT_OF(percents); i++) {
		char span[REPORT_SPAN] = "";

		if (times->count)
			report_span(tally_percentile(times, percents[i]), span);
		table_cell(t, TERMINAL_PLAIN, "%s", span);
	}
}

static void cost_text(const struct tally_group *g, char *ret_text, size_t size)
{
	size_t used = 0;

	*ret_text = '\0';
	for (size_t i = 0; i < g->cost_count && used < size; i++) {
		char amount[TALLY_MONEY];

		tally_format_cost(&g->costs[i], amount);
		used += (size_t)snprintf(ret_text + used, size - used, "%s%s %s", i ? ", " : "", amount, g->costs[i].currency);
	}
}

static void cost_cell(struct table *t, const struct tally_group *g)
{
	char text[160];

	cost_text(g, text, sizeof(text));
	table_cell(t, TERMINAL_PLAIN, "%s", text);
}

static void key_cell(struct table *t, const struct tally_group *g)
{
	if (*g->key)
		table_foreign(t, g->key, 24);
	else
		table_cell(t, TERMINAL_DIM, "(none)");
}

/* A row for a group; with `times` each rate has its times beside it, and the cost ends the row. */
static void add_row(struct table *t, const struct tally_group *g, int64_t scale, bool times)
{
	int64_t parts[TABLE_PARTS];

	parts_of(g, parts);
	key_cell(t, g);
	count_cell(t, TERMINAL_PLAIN, g->legs);
	table_bar(t, parts, scale);
	rate_cells(t, &g->delivery, TERMINAL_GOOD);
	if (times)
		time_cells(t, &g->to_delivered);
	rate_cells(t, &g->reading, TERMINAL_BEST);
	if (times)
		time_cells(t, &g->to_read);
	count_cell(t, TERMINAL_BAD, parts[TABLE_FAILED]);
	count_cell(t, TERMINAL_STOP, parts[TABLE_STOPPED]);
	if (times)
		cost_cell(t, g);
}

static const char *title_of(enum tally_by by)
{
	return by == TALLY_VIA ? "provider" : tally_name(by);
}

static void draw_times(const struct terminal *terminal, enum tally_by by, const struct tally_group *groups, size_t count)
{
	const struct table_column columns[] = {{title_of(by), TABLE_LEFT}, {"delivered", TABLE_RIGHT}, {"median", TABLE_RIGHT},
	    {"90%", TABLE_RIGHT}, {"read", TABLE_RIGHT}, {"median", TABLE_RIGHT}, {"90%", TABLE_RIGHT}, {"cost", TABLE_RIGHT}};
	struct table t;

	table_init(&t, terminal, columns, COUNT_OF(columns));
	for (size_t i = 0; i < count; i++) {
		const struct tally_group *g = &groups[i];

		if (g->to_delivered.count + g->to_read.count + g->cost_count == 0)
			continue;
		key_cell(&t, g);
		count_cell(&t, TERMINAL_DIM, (int64_t)g->to_delivered.count);
		time_cells(&t, &g->to_delivered);
		count_cell(&t, TERMINAL_DIM, (int64_t)g->to_read.count);
		time_cells(&t, &g->to_read);
		cost_cell(&t, g);
	}
	if (t.cell_count) {
		fputc('\n', terminal->out);
		table_print(&t, 1);
	}
	table_clear(&t);
}

/* The table of a section, whole or without its times. */
static void fill_section(struct table *t, const struct terminal *terminal, const struct tally *tally, enum tally_by by,
    const struct table_column *columns, bool times)
{
	size_t count, shown;
	const struct tally_group *groups = tally_groups(tally, by, &count);
	int64_t scale = 0;

	table_init(t, terminal, columns, times ? WHOLE_COLUMNS : PART_COLUMNS);
	shown = count < MOST_GROUPS ? count : MOST_GROUPS;
	for (size_t i = 0; i < shown; i++)
		scale = groups[i].legs > scale ? groups[i].legs : scale;
	for (size_t i = 0; i < shown; i++)
		if (groups[i].legs > 0)         /* not a group of duplicates alone */
			add_row(t, &groups[i], scale, times);
}

static void whole_columns(enum tally_by by, struct table_column ret_columns[WHOLE_COLUMNS])
{
	const struct table_column columns[WHOLE_COLUMNS] = {{title_of(by), TABLE_LEFT}, {"legs", TABLE_RIGHT}, {"", TABLE_BAR},
	    {"delivered", TABLE_RIGHT}, {"", TABLE_LEFT}, {"median", TABLE_RIGHT}, {"90%", TABLE_RIGHT}, {"read", TABLE_RIGHT},
	    {"", TABLE_LEFT}, {"median", TABLE_RIGHT}, {"90%", TABLE_RIGHT}, {"failed", TABLE_RIGHT}, {"blocked", TABLE_RIGHT},
	    {"cost", TABLE_RIGHT}};

	memcpy(ret_columns, columns, sizeof(columns));
}

/* Is there room for times beside the bars, in every section? */
static bool all_fit(const struct report *r, const struct tally *tally, const struct terminal *terminal)
{
	struct table_column columns[WHOLE_COLUMNS];
	bool fits = true;

	for (size_t i = 0; i < r->by_count; i++) {
		struct table t;

		whole_columns(r->by[i], columns);
		fill_section(&t, terminal, tally, r->by[i], columns, true);
		fits = fits && table_room(&t, 1) >= BAR_WANTED;
		table_clear(&t);
	}
	return fits;
}

static void draw_section(const struct terminal *terminal, const struct tally *tally, enum tally_by by, bool whole)
{
	const struct table_column part[PART_COLUMNS] = {{title_of(by), TABLE_LEFT}, {"legs", TABLE_RIGHT}, {"", TABLE_BAR},
	    {"delivered", TABLE_RIGHT}, {"", TABLE_LEFT}, {"read", TABLE_RIGHT}, {"", TABLE_LEFT}, {"failed", TABLE_RIGHT},
	    {"blocked", TABLE_RIGHT}};
	struct table_column columns[WHOLE_COLUMNS];
	size_t count;
	const struct tally_group *groups = tally_groups(tally, by, &count);
	struct table t;

	whole_columns(by, columns);
	fill_section(&t, terminal, tally, by, whole ? columns : part, whole);
	fputc('\n', terminal->out);
	table_print(&t, 1);
	table_clear(&t);
	if (count > MOST_GROUPS)
		fprintf(terminal->out, " and %zu more (--json and --csv have all)\n", count - MOST_GROUPS);
	if (!whole)
		draw_times(terminal, by, groups, count < MOST_GROUPS ? count : MOST_GROUPS);
}

/* The failures of one class together: their number, and their codes, the most frequent first. */
struct failure_class {
	const char *class;
	int64_t count;
	struct buf codes;
};

static size_t gather_failures(const struct tally_group *all, struct failure_class ret_classes[MOST_CLASSES])
{
	size_t count = 0;

	for (size_t i = 0; i < all->failure_count; i++) {
		const struct tally_failure *f = &all->failures[i];
		char text[TERMINAL_NUMBER];
		size_t at = 0;

		while (at < count && strcmp(ret_classes[at].class, f->class) != 0)
			at++;
		if (at == MOST_CLASSES)
			continue;
		if (at == count) {
			ret_classes[count] = (struct failure_class){.class = f->class};
			buf_init(&ret_classes[count++].codes, REPORT_BYTES);
		}
		ret_classes[at].count += f->count;
		if (*f->code)
			buf_addf(&ret_classes[at].codes, "%s%s (%s)", ret_classes[at].codes.len ? ", " : "", f->code, terminal_number(f->count, text));
	}
	return count;
}

static int by_count(const void *a, const void *b)
{
	const struct failure_class *x = a, *y = b;

	return x->count == y->count ? strcmp(x->class, y->class) : (x->count < y->count) - (x->count > y->count);
}

static void add_failures(struct table *t, const struct failure_class *f, int64_t scale)
{
	int64_t parts[TABLE_PARTS] = {0};
	bool ours = strcmp(f->class, "opted-out") == 0 || strcmp(f->class, "policy") == 0;

	parts[ours ? TABLE_STOPPED : TABLE_FAILED] = f->count;
	table_foreign(t, f->class, 24);
	count_cell(t, TERMINAL_PLAIN, f->count);
	table_bar(t, parts, scale);
	table_foreign(t, f->codes.data, t->terminal->width > 100 ? 60 : 30);
}

/* Why legs ended without delivery. */
static void draw_failures(const struct terminal *terminal, const struct tally_group *all)
{
	static const struct table_column columns[] = {{"ended without delivery", TABLE_LEFT}, {"legs", TABLE_RIGHT},
	    {"", TABLE_BAR}, {"codes", TABLE_LEFT}};
	struct failure_class classes[MOST_CLASSES];
	size_t count = gather_failures(all, classes);
	struct table t;

	if (count == 0)
		return;
	qsort(classes, count, sizeof(classes[0]), by_count);
	table_init(&t, terminal, columns, COUNT_OF(columns));
	for (size_t i = 0; i < count; i++) {
		add_failures(&t, &classes[i], classes[0].count);
		buf_clear(&classes[i].codes);
	}
	fputc('\n', terminal->out);
	table_print(&t, 1);
	table_clear(&t);
}

static void local_time(int64_t ms, char *ret_text, size_t size)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm local;

	*ret_text = '\0';
	if (localtime_r(&seconds, &local))
		strftime(ret_text, size, "%Y-%m-%d %H:%M", &local);
}

static void add_period(const struct report *r, const struct terminal *t, int64_t first_ms, struct buf *b)
{
	char from[32], to[32];

	local_time(r->since_ms == INT64_MIN ? first_ms : r->since_ms, from, sizeof(from));
	local_time(r->until_ms < r->now_ms ? r->until_ms : r->now_ms, to, sizeof(to));
	buf_addf(b, "%s %s %s", from, terminal_pick(t, "→", "to"), to);
}

static void add_rate(struct buf *b, const struct tally_rate *rate, const char *separator, const char *word)
{
	if (rate->of)
		buf_addf(b, " %s %d.%d%% %s", separator, per_mille(rate) / 10, per_mille(rate) % 10, word);
}

static void draw_head(const struct report *r, const struct tally *tally, const struct terminal *t)
{
	const struct tally_group *all = tally_all(tally);
	const char *dot = terminal_pick(t, "·", "|");
	int64_t parts[TABLE_PARTS], duplicates = all->outcomes[TALLY_DUPLICATE];
	char cost[160], text[TERMINAL_NUMBER];
	struct buf b;

	buf_init(&b, REPORT_BYTES);
	buf_addf(&b, "%s leg%s", terminal_number(all->legs, text), all->legs == 1 ? "" : "s");
	add_rate(&b, &all->delivery, dot, "delivered");
	add_rate(&b, &all->reading, dot, "read");
	cost_text(all, cost, sizeof(cost));
	if (*cost)
		buf_addf(&b, " %s %s", dot, cost);
	fputc(' ', t->out);
	fputs(t->colour ? "\033[1m" : "", t->out);
	fputs(b.data, t->out);
	fputs(t->colour ? "\033[0m\n " : "\n ", t->out);
	buf_reset(&b);
	add_period(r, t, tally_first_ms(tally), &b);
	if (duplicates)
		buf_addf(&b, " %s %s duplicate%s not sent again", dot, terminal_number(duplicates, text), duplicates == 1 ? "" : "s");
	fprintf(t->out, "%s\n\n ", b.data);
	buf_reset(&b);
	parts_of(all, parts);
	table_draw_bar(t, &b, parts, all->legs, t->width - 2 < 96 ? t->width - 2 : 96);
	buf_add_text(&b, "\n ");
	table_draw_legend(t, &b, parts);
	fprintf(t->out, "%s\n", b.data);
	buf_clear(&b);
}

void report_draw(const struct report *r, const struct tally *t, const struct terminal *terminal)
{
	bool whole;

	if (tally_all(t)->legs + tally_all(t)->outcomes[TALLY_DUPLICATE] == 0) {
		fputs(tally_store_empty(t) ? "no receipts yet\n" : "no receipts in that time\n", terminal->out);
		return;
	}
	draw_head(r, t, terminal);
	whole = all_fit(r, t, terminal);
	for (size_t i = 0; i < r->by_count; i++)
		draw_section(terminal, t, r->by[i], whole);
	draw_failures(terminal, tally_all(t));
}
