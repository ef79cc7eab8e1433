/* A template's text in pieces, with its sections matched and standalone lines taken out. Used by template.c only. */
#ifndef MSG_MUSTACHE_H
#define MSG_MUSTACHE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

#define MUSTACHE_DEPTH 32       /* sections and partials within each other */

enum mustache_kind {
	MUSTACHE_TEXT,
	MUSTACHE_VALUE,
	MUSTACHE_RAW,
	MUSTACHE_SECTION,
	MUSTACHE_INVERTED,
	MUSTACHE_CLOSE,
	MUSTACHE_PARTIAL,
};

struct mustache_piece {
	enum mustache_kind kind;
	const char *text;       /* the literal text or the tag's name; within the template's text */
	size_t len;
	const char *otherwise;  /* what stands behind the name's '?', "" for one before it, or NULL */
	size_t otherwise_len;
	const char *indent;     /* of a partial alone on its line */
	size_t indent_len;
	size_t close;           /* of a section: the index of its end */
};

struct mustache {
	const char *text;
	struct mustache_piece *pieces;
	size_t count;
};

/* Borrows `text`. EX_DATAERR: "line 12: section 'rides' is not closed". */
int mustache_parse(const char *text, size_t len, struct mustache *ret_parsed, struct err *e);
void mustache_clear(struct mustache *m);

/* The line, from 1, that a piece begins on. */
size_t mustache_line(const struct mustache *m, const struct mustache_piece *piece);

#endif
