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
#define SECTION_COLUMNS 14
#define CODES_COLUMNS 400

static int64_t local_midnight(int year, int month, int day)
{
	struct tm t = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_isdst = -1};

	return (int64_t)mktime(&t) * 1000;
}

/* The first moment of today, or of so many days before. */
static bool parse_day_word(const char *text, int64_t now_ms, int64_t *ret_ms)
{
	int back = strcmp(text, "today") == 0 ? 0 : strcmp(text, "yesterday") == 0 ? 1 : -1;
	time_t now = (time_t)(now_ms / 1000);
	struct tm local;

	if (back < 0 || !localtime_r(&now, &local))
		return false;
	*ret_ms = local_midnight(local.tm_year + 1900, local.tm_mon + 1, local.tm_mday - back);
	return true;
}

int report_parse_time(const char *option, const char *text, int64_t now_ms, int64_t *ret_ms, struct err *e)
{
	char midnight[WHEN_SIZE + 16];
	int64_t ms;

	if (when_parse_duration(text, &ms) == 0) {
		*ret_ms = now_ms - ms;
		return 0;
	}
	if (when_parse(text, ret_ms) == 0 || parse_day_word(text, now_ms, ret_ms))
		return 0;
	snprintf(midnight, sizeof(midnight), "%.16sT00:00:00Z", text);
	if (strlen(text) == 10 && when_parse(midnight, &ms) == 0) {
		*ret_ms = local_midnight((int)strtol(text, NULL, 10), (int)strtol(text + 5, NULL, 10), (int)strtol(text + 8, NULL, 10));
		return 0;
	}
	return err_set(e, EX_USAGE, "--%s: not a duration such as 24h, a day such as 2026-11-24 or yesterday, or a time: '%s'", option, err_quote(text));
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

static void add_row(struct table *t, const struct tally_group *g, int64_t scale)
{
	int64_t parts[TABLE_PARTS];

	parts_of(g, parts);
	key_cell(t, g);
	count_cell(t, TERMINAL_PLAIN, g->legs);
	table_bar(t, parts, scale);
	rate_cells(t, &g->delivery, TERMINAL_GOOD);
	time_cells(t, &g->to_delivered);
	rate_cells(t, &g->reading, TERMINAL_BEST);
	time_cells(t, &g->to_read);
	count_cell(t, TERMINAL_BAD, parts[TABLE_FAILED]);
	count_cell(t, TERMINAL_STOP, parts[TABLE_STOPPED]);
	cost_cell(t, g);
}

static const char *title_of(enum tally_by by)
{
	return by == TALLY_VIA ? "provider" : tally_name(by);
}

static void section_columns(enum tally_by by, struct table_column ret_columns[SECTION_COLUMNS])
{
	const struct table_column columns[SECTION_COLUMNS] = {{title_of(by), TABLE_LEFT}, {"legs", TABLE_RIGHT},
	    {"", TABLE_BAR}, {"delivered", TABLE_RIGHT}, {"", TABLE_LEFT}, {"median", TABLE_BESIDE},
	    {"90%", TABLE_BESIDE}, {"read", TABLE_RIGHT}, {"", TABLE_LEFT}, {"median", TABLE_BESIDE},
	    {"90%", TABLE_BESIDE}, {"failed", TABLE_RIGHT}, {"blocked", TABLE_BESIDE}, {"cost", TABLE_RIGHT}};

	memcpy(ret_columns, columns, sizeof(columns));
}

static void fill_section(struct table *t, const struct terminal *terminal, const struct tally *tally, enum tally_by by,
    struct table_column columns[SECTION_COLUMNS])
{
	size_t count, shown;
	const struct tally_group *groups = tally_groups(tally, by, &count);
	int64_t scale = 0;

	section_columns(by, columns);
	table_init(t, terminal, columns, SECTION_COLUMNS);
	shown = count < MOST_GROUPS ? count : MOST_GROUPS;
	for (size_t i = 0; i < shown; i++)
		scale = groups[i].legs > scale ? groups[i].legs : scale;
	for (size_t i = 0; i < shown; i++)
		if (groups[i].legs > 0)         /* not a group of duplicates alone */
			add_row(t, &groups[i], scale);
}

/* Sections below each other have the same columns. */
static void measure_sections(const struct report *r, const struct tally *tally, const struct terminal *terminal, size_t *widths)
{
	struct table_column columns[SECTION_COLUMNS];
	struct table t;

	for (size_t i = 0; i < r->by_count; i++) {
		fill_section(&t, terminal, tally, r->by[i], columns);
		table_measure(&t, widths);
		table_clear(&t);
	}
}

static void draw_section(const struct terminal *terminal, const struct tally *tally, enum tally_by by, const size_t *widths)
{
	struct table_column columns[SECTION_COLUMNS];
	struct table t;
	size_t count;

	tally_groups(tally, by, &count);
	fill_section(&t, terminal, tally, by, columns);
	t.least = widths;
	fputc('\n', terminal->out);
	table_print(&t, 1);
	table_clear(&t);
	if (count > MOST_GROUPS)
		fprintf(terminal->out, " and %zu more (--json and --csv have all)\n", count - MOST_GROUPS);
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
	table_foreign(t, f->codes.data, CODES_COLUMNS);
}

/* Why legs ended without delivery. */
static void draw_failures(const struct terminal *terminal, const struct tally_group *all)
{
	static const struct table_column columns[] = {{"not delivered", TABLE_LEFT}, {"legs", TABLE_RIGHT},
	    {"", TABLE_BAR}, {"codes", TABLE_LEFT}};
	struct failure_class classes[MOST_CLASSES];
	size_t count = gather_failures(all, classes);
	struct table t;

	if (count == 0)
		return;
	qsort(classes, count, sizeof(classes[0]), by_count);
	table_init(&t, terminal, columns, COUNT_OF(columns));
	t.wrap_at = terminal->width > 100 ? 60 : 30;
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

/* A fact of the head, behind a dot, or on the next line where there is no room for it. */
static void add_fact(const struct terminal *t, struct buf *b, size_t *column, const char *fact)
{
	size_t columns = terminal_columns(fact);

	if (*column > 0 && 1 + *column + 3 + columns > t->width) {
		buf_add_text(b, "\n ");
		*column = 0;
	} else if (*column > 0) {
		buf_addf(b, " %s ", terminal_pick(t, "·", "|"));
		*column += 3;
	}
	buf_add_text(b, fact);
	*column += columns;
}

static void add_rate(const struct terminal *t, struct buf *b, size_t *column, const struct tally_rate *rate, const char *word)
{
	char text[48];

	if (rate->of == 0)
		return;
	snprintf(text, sizeof(text), "%d.%d%% %s", per_mille(rate) / 10, per_mille(rate) % 10, word);
	add_fact(t, b, column, text);
}

static void add_facts(const struct tally_group *all, const struct terminal *t, struct buf *b)
{
	char text[160], count[TERMINAL_NUMBER];
	size_t column = 0;

	snprintf(text, sizeof(text), "%s leg%s", terminal_number(all->legs, count), all->legs == 1 ? "" : "s");
	add_fact(t, b, &column, text);
	add_rate(t, b, &column, &all->delivery, "delivered");
	add_rate(t, b, &column, &all->reading, "read");
	cost_text(all, text, sizeof(text));
	if (*text)
		add_fact(t, b, &column, text);
}

static void add_period(const struct report *r, const struct terminal *t, int64_t first_ms, int64_t duplicates, struct buf *b)
{
	char from[32], to[32], text[96], count[TERMINAL_NUMBER];
	size_t column = 0;

	local_time(r->since_ms == INT64_MIN ? first_ms : r->since_ms, from, sizeof(from));
	local_time(r->until_ms < r->now_ms ? r->until_ms : r->now_ms, to, sizeof(to));
	snprintf(text, sizeof(text), "%s %s %s", from, terminal_pick(t, "→", "to"), to);
	add_fact(t, b, &column, text);
	if (duplicates == 0)
		return;
	snprintf(text, sizeof(text), "%s duplicate%s not sent again", terminal_number(duplicates, count), duplicates == 1 ? "" : "s");
	add_fact(t, b, &column, text);
}

static void draw_head(const struct report *r, const struct tally *tally, const struct terminal *t)
{
	const struct tally_group *all = tally_all(tally);
	int64_t parts[TABLE_PARTS];
	struct buf b, facts;

	buf_init(&b, REPORT_BYTES);
	buf_init(&facts, REPORT_BYTES);
	add_facts(all, t, &facts);
	buf_add_char(&b, ' ');
	terminal_add(t, &b, TERMINAL_TITLE, facts.data);
	buf_add_text(&b, "\n ");
	add_period(r, t, tally_first_ms(tally), all->outcomes[TALLY_DUPLICATE], &b);
	buf_add_text(&b, "\n\n ");
	parts_of(all, parts);
	table_draw_bar(t, &b, parts, all->legs, t->width - 2 < 96 ? t->width - 2 : 96);
	buf_add_text(&b, "\n ");
	table_draw_legend(t, &b, parts);
	fprintf(t->out, "%s\n", b.data);
	buf_clear(&facts);
	buf_clear(&b);
}

void report_draw(const struct report *r, const struct tally *t, const struct terminal *out)
{
	struct terminal terminal = *out;
	size_t widths[TABLE_COLUMNS] = {0};

	terminal.narrow = true;         /* in a pipe, too: a page of 80 columns */
	if (tally_all(t)->legs + tally_all(t)->outcomes[TALLY_DUPLICATE] == 0) {
		fputs(tally_store_empty(t) ? "no receipts yet\n" : "no receipts in that time\n", terminal.out);
		return;
	}
	draw_head(r, t, &terminal);
	measure_sections(r, t, &terminal, widths);
	for (size_t i = 0; i < r->by_count; i++)
		draw_section(&terminal, t, r->by[i], widths);
	draw_failures(&terminal, tally_all(t));
}
