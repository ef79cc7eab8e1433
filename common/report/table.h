/*
 * Tables for a person: columns as wide as what is in them, one column of bars that takes the rest of the line. Columns
 * without any text are left out, and so are bars when there is no room for them.
 *
 * A table keeps to the width of a terminal (terminal.narrow). When it is wider, and its last column is text, that is broken
 * into lines; else the columns that have no room go on in a further table below, beside the first column.
 */
#ifndef MSG_TABLE_H
#define MSG_TABLE_H

#include <stdint.h>

#include "common/report/terminal.h"

enum table_kind {
	TABLE_LEFT,
	TABLE_RIGHT,
	TABLE_BESIDE,           /* to the right, and with the column before it where that is possible */
	TABLE_BAR,
};

struct table_column {
	const char *title;      /* one without a title stays with the column before it, too */
	enum table_kind kind;
};

enum table_part {
	TABLE_READ,
	TABLE_DELIVERED,
	TABLE_UNDER_WAY,
	TABLE_WAITING,
	TABLE_FAILED,
	TABLE_STOPPED,
	TABLE_PARTS,
};

struct table_cell;

struct table {
	const struct terminal *terminal;
	const struct table_column *columns;
	size_t column_count;
	struct table_cell *cells;       /* row by row */
	size_t cell_count;
	size_t wrap_at;                 /* the most columns of the last one where it is text; 0: what there is room for */
	const size_t *least;            /* how wide each column is at the least, TABLE_COLUMNS of them, or NULL */
};

#define TABLE_COLUMNS 16

/* The columns are borrowed. Cells are added from left to right, row after row. */
void table_init(struct table *t, const struct terminal *terminal, const struct table_column *columns, size_t count);
void table_clear(struct table *t);

void table_cell(struct table *t, enum terminal_style style, const char *fmt, ...) COMPAT_PRINTF(3, 4);
void table_foreign(struct table *t, const char *text, size_t max);

/* A bar whose whole length on this table stands for `scale`. */
void table_bar(struct table *t, const int64_t parts[TABLE_PARTS], int64_t scale);

/* Widens `widths` (TABLE_COLUMNS of them) to what this table needs: tables below each other are to have the same columns. */
void table_measure(const struct table *t, size_t *widths);

/* Prints, each line behind `indent` blanks. */
void table_print(const struct table *t, size_t indent);

/* A bar alone, and what its parts are called: "█ read 12  ▓ delivered 30". */
void table_draw_bar(const struct terminal *t, struct buf *b, const int64_t parts[TABLE_PARTS], int64_t scale, size_t width);
void table_draw_legend(const struct terminal *t, struct buf *b, const int64_t parts[TABLE_PARTS]);

#endif
