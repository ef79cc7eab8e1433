/*
 * Comma-separated values, RFC 4180: fields in quotes may hold separators, quotes (doubled) and line ends, which are kept
 * as they are; LF or CRLF; a byte order mark is passed over. The separator is the first of comma, semicolon and tab in the first line.
 */
#ifndef MSG_CSV_H
#define MSG_CSV_H

#include "common/buf.h"
#include "common/err.h"

#define CSV_COLUMNS 512
#define CSV_PIECE 65536

struct csv {
	int fd;
	char piece[CSV_PIECE];      /* what was read last */
	size_t at, len;
	int failed;             /* errno of a read that failed */
	char separator;
	unsigned now;           /* the line that is being read */
	struct buf text;        /* of the record's fields, each with its NUL */
	size_t starts[CSV_COLUMNS];
	/* The record: */
	size_t count;
	unsigned line;          /* on which it began, from 1 */
	bool keep;              /* set by the caller: `raw` is wanted */
	struct buf raw;         /* the record as it was written, without the end of its line */
};

void csv_init(struct csv *r, int fd);
void csv_clear(struct csv *r);

/* Before the first record: bytes that were read from the descriptor already, at most CSV_PIECE. */
void csv_unread(struct csv *r, const char *data, size_t len);

/* 1: a record (blank lines are passed over), 0: the end, -1: EX_DATAERR without the place, EX_IOERR. */
int csv_next(struct csv *r, struct err *e);

/* A field of the record, from 0; good until the next record. */
const char *csv_field(const struct csv *r, size_t i);

#endif
