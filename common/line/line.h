/*
 * Lines in and out: UTF-8 JSON objects, one a line, at most LINE_BYTES with the newline left out.
 * The reader hands out slices of its own buffer, so that a filter can pass a line on byte for byte;
 * the writer collects lines and writes them in large pieces.
 */
#ifndef MSG_LINE_H
#define MSG_LINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

#define LINE_BYTES (1u << 20)

struct line {
	const char *text;       /* not NUL-terminated; good until the next fill */
	size_t len;
	uint64_t number;        /* from 1 */
};

struct line_reader {
	int fd;
	struct buf buf;
	size_t start;           /* of the first line not yet handed out */
	size_t scanned;         /* bytes after `start` known to hold no newline */
	uint64_t number;
	bool eof;
	bool skipping;          /* inside a line over the ceiling */
	void (*spill)(void *ctx, const char *data, size_t len);  /* gets the bytes of such a line, or NULL */
	void *spill_ctx;
};

void line_reader_init(struct line_reader *r, int fd);
void line_reader_clear(struct line_reader *r);

/*
 * One read(2). 1: went on (perhaps without bytes: the descriptor would block, or the lines that are there must be taken
 * first), 0: end of file, -1: EX_IOERR.
 */
int line_reader_fill(struct line_reader *r, struct err *e);

/*
 * The next line that is in the buffer. 1: *ret_line; 0: none without another fill (or none at all after the end);
 * -1: a line over the ceiling has been passed over (EX_DATAERR), the reader goes on behind it.
 * Blank lines are counted and skipped; a last line without a newline counts.
 */
int line_reader_next(struct line_reader *r, struct line *ret_line, struct err *e);

/* The object on a line, a new reference; NULL with EX_DATAERR for anything else (bad UTF-8, twice the same key, …). */
json_t *line_parse(const struct line *l, struct err *e);

struct line_writer {
	int fd;
	struct buf buf;
	bool each;              /* flush after each line: somebody waits for it */
	bool hold;              /* never flush alone: the lines wait for a commit */
};

void line_writer_init(struct line_writer *w, int fd);
void line_writer_clear(struct line_writer *w);  /* does not flush */

/*
 * All: 0, or -1 with EX_IOERR once the descriptor has refused bytes; EX_CANTCREAT for a value that is NULL, which is what
 * jansson makes of bytes that are not UTF-8.
 */
int line_write(struct line_writer *w, const char *text, size_t len, struct err *e);
int line_write_json(struct line_writer *w, const json_t *value, struct err *e);
int line_flush(struct line_writer *w, struct err *e);

/* Appends a value as compact JSON with its keys in their order. */
void line_dump(struct buf *b, const json_t *value);
void line_dump_text(struct buf *b, const char *text);   /* as a string */

/*
 * Appends the object on `l` with one member more, leaving every other byte as it was. The key must not be there yet
 * and `l` must have parsed.
 */
void line_splice(struct buf *b, const struct line *l, const char *key, const json_t *value);

#endif
