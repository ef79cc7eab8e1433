/*
 * A growing byte buffer with a ceiling. Additions past the ceiling are dropped and remembered: check
 * `buf_over` once at the end instead of every call. The bytes are always followed by a NUL that is not counted.
 */
#ifndef MSG_BUF_H
#define MSG_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "compat.h"

struct buf {
	char *data;     /* never NULL after buf_init */
	size_t len;
	size_t cap;
	size_t max;     /* ceiling of len, in bytes */
	bool over;
};

void buf_init(struct buf *b, size_t max);
void buf_clear(struct buf *b);               /* frees; the buffer may be used again with the same ceiling */
void buf_reset(struct buf *b);               /* empties, keeps the memory */
char *buf_steal(struct buf *b);              /* the caller's to free; leaves an empty buffer */
bool buf_over(const struct buf *b);

/* Makes room for `extra` more bytes; false past the ceiling. */
bool buf_room(struct buf *b, size_t extra);
void buf_add(struct buf *b, const void *data, size_t len);
void buf_add_text(struct buf *b, const char *text);
void buf_add_char(struct buf *b, char c);
void buf_add_int(struct buf *b, long long value);
void buf_addf(struct buf *b, const char *fmt, ...) COMPAT_PRINTF(2, 3);

#endif
