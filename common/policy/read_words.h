/* Words of a policy: a member that is a text or a list of texts. */
#ifndef MSG_READ_WORDS_H
#define MSG_READ_WORDS_H

#include <stdbool.h>

#include "common/config/yaml.h"

/*
 * Gives each word to `take`, which says whether it is one. A member that is missing is no error; an empty list, what is
 * no text and a word that is refused are: EX_CONFIG "FILE:LINE: KEY: not WHAT: 'word'".
 */
typedef bool read_word_fn(void *ctx, const char *word);
int read_words(const struct yaml *y, const json_t *object, const char *key, read_word_fn *take, void *ctx, const char *what,
    struct err *e);

#endif
