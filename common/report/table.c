#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/report/table.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define TABLE_BYTES (1u << 20)
#define GAP 2
#define BAR_LEAST 8
#define BAR_WANTED 12   /* rather than more columns beside it */
#define BAR_MOST 48
#define TEXT_LEAST 16   /* the narrowest that text is broken into */

struct table_cell {
	char *text;             /* NULL for a bar */
	enum terminal_style style;
	int64_t parts[TABLE_PARTS], scale;
};

void table_init(struct table *t, const struct terminal *terminal, const struct table_column *columns, size_t count)
{
	*t = (struct table){.terminal = terminal, .columns = columns, .column_count = count < TABLE_COLUMNS ? count : TABLE_COLUMNS};
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

/* Cells for the part whose share has been cut the most; what has not ended well goes first where it is equal. */
static int most_wronged(const int64_t parts[TABLE_PARTS], int64_t scale, size_t width, const size_t cells[TABLE_PARTS])
{
	int64_t most = INT64_MIN;
	int found = 0;

	for (int i = TABLE_PARTS - 1; i >= 0; i--) {
		int64_t lacks = parts[i] * (int64_t)width - (int64_t)cells[i] * scale;

		if (parts[i] > 0 && lacks > most) {
			most = lacks;
			found = i;
		}
	}
	return found;
}

/* A part that is too small for a cell gets one of the largest, as long as that stays the largest; trouble goes first. */
static void show_small(const int64_t parts[TABLE_PARTS], size_t cells[TABLE_PARTS])
{
	static const int order[] = {TABLE_FAILED, TABLE_STOPPED, TABLE_WAITING, TABLE_UNDER_WAY, TABLE_READ, TABLE_DELIVERED};

	for (size_t i = 0; i < COUNT_OF(order); i++) {
		int largest = 0;

		for (int j = 1; j < TABLE_PARTS; j++)
			largest = cells[j] > cells[largest] ? j : largest;
		if (parts[order[i]] > 0 && cells[order[i]] == 0 && cells[largest] >= 4) {
			cells[largest]--;
			cells[order[i]]++;
		}
	}
}

/* How many cells each part gets: the sum is right to half a cell, each part to one, and whatever is not nothing shows. */
static void divide(const int64_t parts[TABLE_PARTS], int64_t scale, size_t width, size_t ret_cells[TABLE_PARTS])
{
	int64_t sum = 0, want, given = 0;

	for (int i = 0; i < TABLE_PARTS; i++) {
		ret_cells[i] = scale > 0 ? (size_t)(parts[i] * (int64_t)width / scale) : 0;
		given += (int64_t)ret_cells[i];
		sum += parts[i];
	}
	want = scale > 0 ? (sum * (int64_t)width + scale / 2) / scale : 0;
	if (sum > 0 && want == 0)
		want = 1;
	for (; given < want; given++)
		ret_cells[most_wronged(parts, scale, width, ret_cells)]++;
	show_small(parts, ret_cells);
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
	return t->least && t->least[column] > widest ? t->least[column] : widest;
}

void table_measure(const struct table *t, size_t *widths)
{
	for (size_t i = 0; i < t->column_count; i++) {
		size_t width = t->columns[i].kind == TABLE_BAR ? 0 : measure(t, i);

		widths[i] = width > widths[i] ? width : widths[i];
	}
}

/* The columns that are printed beside each other: the first one and those from `from` to `to`. */
struct piece {
	size_t from, to;
	size_t widths[TABLE_COLUMNS];   /* 0: left out */
};

static bool in_piece(const struct piece *p, size_t column)
{
	return p->widths[column] && (column == 0 || (column >= p->from && column < p->to));
}

/* What the texts take, each with the gap behind it. */
static size_t used_by(const struct table *t, const struct piece *p, size_t indent)
{
	size_t used = indent;

	for (size_t i = 0; i < t->column_count; i++)
		if (t->columns[i].kind != TABLE_BAR && in_piece(p, i))
			used += p->widths[i] + GAP;
	return used;
}

static bool has_bar(const struct table *t, const struct piece *p)
{
	for (size_t i = p->from; i < p->to; i++)
		if (t->columns[i].kind == TABLE_BAR)
			return true;
	return false;
}

static bool fits(const struct table *t, const struct piece *p, size_t indent, size_t bar)
{
	return used_by(t, p, indent) + (has_bar(t, p) && bar ? bar + GAP : 0) <= t->terminal->width + GAP;
}

/* The columns that stay together, from `at` on. */
static size_t group_end(const struct table *t, size_t at)
{
	do
		at++;
	while (at < t->column_count && (t->columns[at].kind == TABLE_BESIDE || !*t->columns[at].title));
	return at;
}

/* As many groups as fit beside the first column, else as many columns as do, but one at the least. */
static void fill_piece(const struct table *t, struct piece *p, size_t indent)
{
	p->to = t->column_count;
	if (!t->terminal->narrow || fits(t, p, indent, p->from == 1 ? BAR_WANTED : 0))
		return;
	p->to = p->from;
	for (size_t next = group_end(t, p->from); next < t->column_count; next = group_end(t, next)) {
		struct piece more = *p;

		more.to = next;
		if (!fits(t, &more, indent, BAR_WANTED))
			break;
		p->to = next;
	}
	if (p->to > p->from)
		return;
	p->to = p->from + 1;
	while (p->to < t->column_count) {
		struct piece more = *p;

		more.to++;
		if (!fits(t, &more, indent, 0))
			break;
		p->to++;
	}
}

static void give_bar_room(const struct table *t, struct piece *p, size_t indent)
{
	size_t used = used_by(t, p, indent), room = t->terminal->width > used ? t->terminal->width - used : 0;

	for (size_t i = p->from; i < p->to; i++)
		if (t->columns[i].kind == TABLE_BAR)
			p->widths[i] = room < BAR_LEAST ? 0 : room < BAR_MOST ? room : BAR_MOST;
}

static void pad(struct buf *b, size_t count)
{
	while (count-- > 0)
		buf_add_char(b, ' ');
}

static void print_text(const struct table *t, struct buf *b, size_t column, size_t width, enum terminal_style style,
    const char *text)
{
	size_t columns = terminal_columns(text), blanks = width > columns ? width - columns : 0;
	bool right = t->columns[column].kind == TABLE_RIGHT || t->columns[column].kind == TABLE_BESIDE;

	if (right)
		pad(b, blanks);
	terminal_add(t->terminal, b, style, text);
	if (!right)
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

/* How many bytes of `text` go into a line of that width: to a comma in its second half, else to the end of a word. */
static size_t line_bytes(const char *text, size_t width)
{
	size_t end = 0, comma = 0, at = 0, columns = 0;

	while (text[at]) {
		size_t len = 1, wide;
		char one[8];

		while (((unsigned char)text[at + len] & 0xc0) == 0x80 && len < 4)
			len++;
		snprintf(one, sizeof(one), "%.*s", (int)len, text + at);
		wide = terminal_columns(one);
		if (columns + wide > width)
			return comma ? comma : end ? end : at ? at : len;
		if (text[at] == ' ')
			end = at;
		if (text[at] == ' ' && at > 0 && text[at - 1] == ',' && columns >= width / 2)
			comma = at;
		columns += wide;
		at += len;
	}
	return at;
}

/* The text of the last column, the rest of it on lines of its own below its beginning. */
static void print_wrapped(const struct table *t, struct buf *b, const struct table_cell *c, size_t width, size_t lead)
{
	const char *text = c->text;

	for (;;) {
		size_t len = line_bytes(text, width);
		char *line = xstrndup(text, len);

		terminal_add(t->terminal, b, c->style, line);
		free(line);
		text += len;
		text += *text == ' ';
		if (!*text)
			return;
		end_line(t, b);
		pad(b, lead);
	}
}

static void print_title(const struct table *t, const struct piece *p, size_t indent, size_t last, struct buf *b)
{
	pad(b, indent);
	for (size_t i = 0; i < t->column_count; i++)
		if (in_piece(p, i)) {
			print_text(t, b, i, p->widths[i], TERMINAL_DIM, t->columns[i].title);
			pad(b, i == last ? 0 : GAP);
		}
	end_line(t, b);
}

static void print_row(const struct table *t, const struct piece *p, const struct table_cell *row, size_t indent, size_t last, struct buf *b)
{
	size_t lead = indent;

	pad(b, indent);
	for (size_t i = 0; i < t->column_count; i++) {
		if (!in_piece(p, i))
			continue;
		if (!row[i].text)
			print_bar(t, b, &row[i], p->widths[i]);
		else if (i == last && t->columns[i].kind == TABLE_LEFT)
			print_wrapped(t, b, &row[i], p->widths[i], lead);
		else
			print_text(t, b, i, p->widths[i], row[i].style, row[i].text);
		pad(b, i == last ? 0 : GAP);
		lead += p->widths[i] + GAP;
	}
	end_line(t, b);
}

/* Below the first piece only rows with something to say. */
static bool is_empty(const struct piece *p, const struct table_cell *row)
{
	for (size_t i = p->from; i < p->to; i++)
		if (p->widths[i] && (!row[i].text || *row[i].text))
			return false;
	return true;
}

static void print_piece(const struct table *t, const struct piece *p, size_t indent)
{
	size_t last = 0;
	struct buf b;

	for (size_t i = 0; i < t->column_count; i++)
		last = in_piece(p, i) ? i : last;
	buf_init(&b, TABLE_BYTES);
	print_title(t, p, indent, last, &b);
	for (size_t at = 0; at + t->column_count <= t->cell_count; at += t->column_count)
		if (p->from == 1 || !is_empty(p, &t->cells[at]))
			print_row(t, p, &t->cells[at], indent, last, &b);
	buf_clear(&b);
}

/* A last column of text takes what the others leave, where that is enough to read it. */
static bool narrow_last(const struct table *t, struct piece *p, size_t indent)
{
	size_t last = t->column_count - 1, used, room;

	p->to = t->column_count;
	while (last > 0 && !p->widths[last])
		last--;
	if (last == 0 || t->columns[last].kind != TABLE_LEFT || !*t->columns[last].title)
		return false;
	if (t->wrap_at && p->widths[last] > t->wrap_at)
		p->widths[last] = t->wrap_at;
	if (!t->terminal->narrow || fits(t, p, indent, 0))
		return true;
	used = used_by(t, p, indent) - p->widths[last] - GAP;
	room = t->terminal->width > used ? t->terminal->width - used : 0;
	if (room < TEXT_LEAST)
		return false;
	p->widths[last] = room;
	return true;
}

/* Text that does not even fit alone is broken. */
static void squeeze_text(const struct table *t, struct piece *p, size_t indent)
{
	size_t column = p->to - 1, used;

	if (!t->terminal->narrow || t->columns[column].kind != TABLE_LEFT || fits(t, p, indent, 0))
		return;
	used = used_by(t, p, indent) - p->widths[column] - GAP;
	if (used + TEXT_LEAST <= t->terminal->width)
		p->widths[column] = t->terminal->width - used;
}

void table_print(const struct table *t, size_t indent)
{
	struct piece p = {.from = 1};

	table_measure(t, p.widths);
	if (narrow_last(t, &p, indent)) {
		give_bar_room(t, &p, indent);
		print_piece(t, &p, indent);
		return;
	}
	for (; p.from < t->column_count; p.from = p.to) {
		fill_piece(t, &p, indent);
		squeeze_text(t, &p, indent);
		give_bar_room(t, &p, indent);
		if (used_by(t, &p, indent) <= indent + p.widths[0] + GAP && p.from > 1)
			continue;       /* columns without anything in them */
		if (p.from > 1)
			fputc('\n', t->terminal->out);
		print_piece(t, &p, indent);
	}
}
