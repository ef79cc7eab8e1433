/*
 * Regular expressions of policies and flows, POSIX extended, held against text that anybody may have written. The C
 * library's matcher takes the square of a text's length at its worst and memory without a bound for an expression that
 * repeats repetitions, so both have a ceiling here.
 */
#ifndef MSG_PATTERN_H
#define MSG_PATTERN_H

#include <regex.h>
#include <stdbool.h>

#include "common/err.h"

#define PATTERN_BYTES 1000      /* of an expression */
#define PATTERN_SIZE 20000      /* of one whose repetitions are written out */
#define PATTERN_DEPTH 50        /* of groups in groups */
#define PATTERN_WINDOW 4096     /* of a text, at once */
#define PATTERN_SHARED 512
#define PATTERN_TEXT (64u << 10)

/*
 * regcomp with REG_EXTENDED and `flags`, for regfree; the error says what is wrong, not where. Back-references are
 * refused: they are not POSIX's, and matching them takes exponential time.
 */
int pattern_compile(regex_t *ret_regex, const char *text, int flags, struct err *e);

/*
 * Whether it is found in the text: as a whole up to PATTERN_WINDOW bytes; in a longer one in pieces of that length, which
 * share their last PATTERN_SHARED bytes, up to PATTERN_TEXT bytes in all.
 */
bool pattern_finds(const regex_t *regex, const char *text);

/* Where a bracket expression ends that begins behind `p`. */
const char *pattern_skip_bracket(const char *p);

#endif
