#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/report/table.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define TABLE_BYTES (1u << 20)
#define MAX_COLUMNS 16
#define GAP 2
#define BAR_LEAST 8
#define BAR_MOST 48

struct table_cell {
	char *text;             /* NULL for a bar */
	enum terminal_style style;
	int64_t parts[TABLE_PARTS], scale;
};

void table_init(struct table *t, const struct terminal *terminal, const struct table_column *columns, size_t count)
{
	*t = (struct table){.terminal = terminal, .columns = columns, .column_count = count < MAX_COLUMNS ? count : MAX_COLUMNS};
}

void table_clear(struct table *t)
{
	for (size_t i = 0; i < t->cell_count; i++)
		free(t->cells[i].text);
	free(t->cells);
	t->cells = NULL;
	t->cell_count = 0;
}

static struct table_cell *add_cell(struct table *t)
{
	struct table_cell *c;

	if (t->cell_count % 64 == 0)
		t->cells = xrealloc(t->cells, (t->cell_count + 64) * sizeof(*t->cells));
	c = &t->cells[t->cell_count++];
	*c = (struct table_cell){0};
	return c;
}

void table_cell(struct table *t, enum terminal_style style, const char *fmt, ...)
{
	struct table_cell *c = add_cell(t);
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	c->text = xstrdup(text);
	c->style = style;
}

void table_foreign(struct table *t, const char *text, size_t max)
{
	struct buf b;

	buf_init(&b, TABLE_BYTES);
	terminal_add_foreign(t->terminal, &b, text, max);
	add_cell(t)->text = buf_steal(&b);
}

void table_bar(struct table *t, const int64_t parts[TABLE_PARTS], int64_t scale)
{
	struct table_cell *c = add_cell(t);

	memcpy(c->parts, parts, sizeof(c->parts));
	c->scale = scale;
}

static const struct {
	const char *utf8, *ascii, *name;
	enum terminal_style style;
} looks[TABLE_PARTS] = {
    [TABLE_READ] = {"█", "#", "read", TERMINAL_BEST},
    [TABLE_DELIVERED] = {"▓", "=", "delivered", TERMINAL_GOOD},
    [TABLE_UNDER_WAY] = {"▒", "-", "under way", TERMINAL_WAIT},
    [TABLE_WAITING] = {"░", ".", "waiting", TERMINAL_DIM},
    [TABLE_FAILED] = {"×", "x", "failed", TERMINAL_BAD},
    [TABLE_STOPPED] = {"○", "o", "blocked", TERMINAL_STOP},
};

/*
 * How many cells each part gets: whatever is not nothing gets one at least, and the sum is right to half a cell. The
 * largest part gives and takes.
 */
static void divide(const int64_t parts[TABLE_PARTS], int64_t scale, size_t width, size_t ret_cells[TABLE_PARTS])
{
	int64_t sum = 0, given = 0, want;
	int largest = 0;

	for (int i = 0; i < TABLE_PARTS; i++) {
		int64_t cells = scale > 0 ? (parts[i] * (int64_t)width + scale / 2) / scale : 0;

		ret_cells[i] = (size_t)(parts[i] > 0 && cells == 0 ? 1 : cells);
		given += (int64_t)ret_cells[i];
		sum += parts[i];
		if (parts[i] > parts[largest])
			largest = i;
	}
	want = scale > 0 ? (sum * (int64_t)width + scale / 2) / scale : 0;
	if (want > given || (int64_t)ret_cells[largest] > given - want)
		ret_cells[largest] = (size_t)((int64_t)ret_cells[largest] + want - given);
	if (sum > 0 && ret_cells[largest] == 0)
		ret_cells[largest] = 1;
}

void table_draw_bar(const struct terminal *t, struct buf *b, const int64_t parts[TABLE_PARTS], int64_t scale, size_t width)
{
	size_t cells[TABLE_PARTS];

	divide(parts, scale, width, cells);
	for (int i = 0; i < TABLE_PARTS; i++) {
		struct buf run;

		buf_init(&run, TABLE_BYTES);
		for (size_t n = 0; n < cells[i]; n++)
			buf_add_text(&run, terminal_pick(t, looks[i].utf8, looks[i].ascii));
		terminal_add(t, b, looks[i].style, run.data);
		buf_clear(&run);
	}
}

void table_draw_legend(const struct terminal *t, struct buf *b, const int64_t parts[TABLE_PARTS])
{
	size_t used = 1;

	for (int i = 0; i < TABLE_PARTS; i++) {
		char text[64], count[TERMINAL_NUMBER];
		size_t columns;

		if (parts[i] == 0)
			continue;
		columns = 1 + (size_t)snprintf(text, sizeof(text), " %s %s", looks[i].name, terminal_number(parts[i], count));
		if (used > 1)
			buf_add_text(b, used + 3 + columns > t->width ? "\n " : "   ");
		used = used > 1 && used + 3 + columns <= t->width ? used + 3 + columns : 1 + columns;
		terminal_add(t, b, looks[i].style, terminal_pick(t, looks[i].utf8, looks[i].ascii));
		buf_add_text(b, text);
	}
}

static size_t measure(const struct table *t, size_t column)
{
	size_t widest = 0;

	for (size_t i = column; i < t->cell_count; i += t->column_count) {
		size_t columns = t->cells[i].text ? terminal_columns(t->cells[i].text) : 0;

		widest = columns > widest ? columns : widest;
	}
	if (widest > 0 && terminal_columns(t->columns[column].title) > widest)
		widest = terminal_columns(t->columns[column].title);
	return widest;
}

/* Widths of the columns, 0 for one that is left out; returns what is left for bars. */
static size_t measure_all(const struct table *t, size_t indent, size_t ret_widths[MAX_COLUMNS])
{
	size_t used = indent;

	for (size_t i = 0; i < t->column_count; i++) {
		ret_widths[i] = t->columns[i].kind == TABLE_BAR ? 0 : measure(t, i);
		used += ret_widths[i] ? ret_widths[i] + GAP : 0;
	}
	return t->terminal->width > used ? t->terminal->width - used : 0;
}

size_t table_room(const struct table *t, size_t indent)
{
	size_t widths[MAX_COLUMNS];

	return measure_all(t, indent, widths);
}

static void arrange(const struct table *t, size_t indent, size_t ret_widths[MAX_COLUMNS])
{
	size_t room = measure_all(t, indent, ret_widths);

	for (size_t i = 0; i < t->column_count; i++)
		if (t->columns[i].kind == TABLE_BAR && room >= BAR_LEAST)
			ret_widths[i] = room < BAR_MOST ? room : BAR_MOST;
}

static void pad(struct buf *b, size_t count)
{
	while (count-- > 0)
		buf_add_char(b, ' ');
}

static void print_text(const struct table *t, struct buf *b, size_t column, size_t width, enum terminal_style style,
    const char *text)
{
	size_t blanks = width - terminal_columns(text);

	if (t->columns[column].kind == TABLE_RIGHT)
		pad(b, blanks);
	terminal_add(t->terminal, b, style, text);
	if (t->columns[column].kind != TABLE_RIGHT)
		pad(b, blanks);
}

static void end_line(const struct table *t, struct buf *b)
{
	while (b->len > 0 && b->data[b->len - 1] == ' ')
		b->len--;
	buf_add_char(b, '\n');
	fwrite(b->data, 1, b->len, t->terminal->out);
	buf_reset(b);
}

static void print_bar(const struct table *t, struct buf *b, const struct table_cell *c, size_t width)
{
	size_t cells[TABLE_PARTS], used = 0;

	divide(c->parts, c->scale, width, cells);
	for (int i = 0; i < TABLE_PARTS; i++)
		used += cells[i];
	table_draw_bar(t->terminal, b, c->parts, c->scale, width);
	pad(b, used < width ? width - used : 0);
}

void table_print(const struct table *t, size_t indent)
{
	size_t widths[MAX_COLUMNS], last = 0;
	struct buf b;

	arrange(t, indent, widths);
	for (size_t i = 0; i < t->column_count; i++)
		last = widths[i] ? i : last;
	buf_init(&b, TABLE_BYTES);
	pad(&b, indent);
	for (size_t i = 0; i < t->column_count; i++)
		if (widths[i]) {
			print_text(t, &b, i, widths[i], TERMINAL_DIM, t->columns[i].title);
			pad(&b, i == last ? 0 : GAP);
		}
	end_line(t, &b);
	for (size_t at = 0; at + t->column_count <= t->cell_count; at += t->column_count) {
		pad(&b, indent);
		for (size_t i = 0; i < t->column_count; i++) {
			const struct table_cell *c = &t->cells[at + i];

			if (!widths[i])
				continue;
			if (c->text)
				print_text(t, &b, i, widths[i], c->style, c->text);
			else
				print_bar(t, &b, c, widths[i]);
			pad(&b, i == last ? 0 : GAP);
		}
		end_line(t, &b);
	}
	buf_clear(&b);
}
