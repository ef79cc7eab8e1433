/* What somebody who misspelt a word probably meant: for errors that end with "(did you mean 'sms'?)". */
#ifndef MSG_CLOSEST_H
#define MSG_CLOSEST_H

#include <stddef.h>

#include "common/compat.h"

/* The word of a NULL-ended list, or NULL where none is near: one slip in a short word, two in one of five letters or more. */
const char *closest_word(const char *word, const char *const *known);

/* " (did you mean 'sms'?)", or "" for no guess. One static buffer. */
const char *closest_hint(const char *guess);

/* The better of two guesses, for lists that are no arrays: start with NULL and ask for each word that is known. */
const char *closest_of(const char *word, const char *guess, const char *known);

#endif
