/*
 * What a person's terminal can show: its width, whether it has colours, whether its locale is UTF-8. Texts that come
 * from outside are cleaned before they get there.
 */
#ifndef MSG_TERMINAL_H
#define MSG_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/buf.h"

enum terminal_style {
	TERMINAL_PLAIN,
	TERMINAL_TITLE,
	TERMINAL_DIM,
	TERMINAL_BEST,          /* read */
	TERMINAL_GOOD,          /* delivered */
	TERMINAL_WAIT,          /* on its way */
	TERMINAL_BAD,           /* failed */
	TERMINAL_STOP,          /* blocked */
};

struct terminal {
	FILE *out;
	unsigned width;         /* $COLUMNS, else the terminal's, else 80; from 40 to 240 */
	bool narrow;            /* somebody looks at it, or said so with $COLUMNS: tables are broken to fit the width */
	bool colour;            /* a terminal, and NO_COLOR is not set */
	bool utf8;              /* the locale's character set; setlocale has been called */
};

void terminal_look(struct terminal *t, FILE *out);

/* One of two texts: the second where there is only ASCII. */
const char *terminal_pick(const struct terminal *t, const char *utf8, const char *ascii);

/* Appends text with its style around it. */
void terminal_add(const struct terminal *t, struct buf *b, enum terminal_style style, const char *text);

/* "1,310": a number that a person reads. Returns `text`. */
#define TERMINAL_NUMBER 32
const char *terminal_number(int64_t value, char text[TERMINAL_NUMBER]);

/* How many columns a text takes. */
size_t terminal_columns(const char *text);

/*
 * Appends foreign text, cut to `max` columns, in a form that does nothing to a terminal: control characters as '?',
 * and what is not ASCII too where the locale cannot show it.
 */
void terminal_add_foreign(const struct terminal *t, struct buf *b, const char *text, size_t max);

#endif
