/*
 * What a person sees as one character (Unicode Standard Annex 29, extended grapheme clusters): a letter with its marks, a
 * flag, a family of emoji. Where a text has to be cut, it is cut between two of them.
 */
#ifndef MSG_GRAPHEME_H
#define MSG_GRAPHEME_H

#include <stddef.h>

/* How many bytes of `text` its first cluster has; 0 at its end. */
size_t grapheme_len(const char *text);

#endif
