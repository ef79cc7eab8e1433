/*
 * Text from elsewhere, for a terminal or a log: nothing in it may steer the terminal, begin a line of its own, or show
 * other letters in another order than there are.
 */
#ifndef MSG_VISIBLE_H
#define MSG_VISIBLE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"

/*
 * False for control characters (C0, DEL, C1), line separators, marks that turn the direction of text, and what has no
 * look of its own; joiners are let through, which scripts and emoji need.
 */
bool visible_code(uint32_t code);

/* The bytes of the well-formed character at `p`, of at most `left`, when it may be shown as it is; else 0. */
size_t visible_length(const char *p, size_t left);

/* Adds the text, with \xNN for each byte of what may not be shown. */
void visible_add(struct buf *b, const char *text, size_t len);

#endif
