/*
 * What a person may answer. A pattern is one or several words or phrases, "yes|y|sí", compared without regard to case,
 * accents, punctuation and spaces around ("Si!" is "sí", "2." is "2"), or a POSIX extended regular expression between
 * slashes, "/^([0-9]+) people$/", compared without regard to case and found anywhere in the answer unless anchored.
 */
#ifndef MSG_ANSWER_H
#define MSG_ANSWER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

#define ANSWER_BYTES 2048       /* of a text that patterns are held against; a longer one matches nothing */

struct answer;

/* EX_CONFIG says what is wrong with the pattern. */
int answer_compile(const char *pattern, struct answer **ret_answer, struct err *e);
void answer_free(struct answer *a);

/*
 * On a match with a regular expression `captures` (an object, or NULL) becomes {"0":whole,"1":first group,…}; on one
 * with words {"0":the word as the pattern has it}. Without a match it is left alone.
 */
bool answer_matches(const struct answer *a, const char *text, json_t *captures);

/* The words of a pattern, as written, by index; NULL behind the last, and for a regular expression. */
const char *answer_word(const struct answer *a, size_t index);

/* The text without white space around it; the caller frees. */
char *answer_trim(const char *text);

#endif
