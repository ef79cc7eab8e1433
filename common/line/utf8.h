/* UTF-8, a code point at a time. What is not valid UTF-8 reads as U+FFFD and breaks nothing. */
#ifndef MSG_UTF8_H
#define MSG_UTF8_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"

#define UTF8_INVALID 0xfffdu

/*
 * The code point at *text, which is not at its end; moves on behind it. A byte that belongs to none, an overlong form and
 * a surrogate (all three bytes of it) are U+FFFD.
 */
uint32_t utf8_next(const char **text);

void utf8_add(struct buf *b, uint32_t code);

bool utf8_valid(const char *text);

/* A copy that is valid, for the caller to free: what comes from outside as bytes has no other way into JSON. */
char *utf8_mended(const char *text);

size_t utf8_characters(const char *text);       /* code points */
size_t utf8_units(const char *text);            /* of UTF-16: a character beyond U+FFFF is two */

#endif
