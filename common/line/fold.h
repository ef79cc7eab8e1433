/*
 * What people write, in the form in which it is compared: without regard to case, accents, width, punctuation, invisible
 * characters and letters of another script that look the same ("stop!", "ＳＴＯＰ", "Arrêt", "СТOП" with a Latin O).
 */
#ifndef MSG_FOLD_H
#define MSG_FOLD_H

#include "common/buf.h"

/* Appends the form to `b`: words with one space between them; nothing for a text without letters and digits. */
void fold_text(const char *text, struct buf *b);

#endif
