/* Texts of a flow with what the conversation knows filled in. */
#ifndef MSG_SAY_H
#define MSG_SAY_H

#include <jansson.h>

#include "common/err.h"

#define SAY_BYTES (64u << 10)   /* of one text, filled in */

/*
 * Fills a template in; missing values are empty. The names that had no value are appended to `missing` (an
 * array, or NULL). The caller frees *ret_text. EX_DATAERR: longer than SAY_BYTES, and what template_render says.
 */
int say_fill(const char *text, const json_t *data, json_t *missing, char **ret_text, struct err *e);

/* At most `max` bytes of a text, without half a character at the end; a new string value. */
json_t *say_clip(const char *text, size_t max);

#endif
