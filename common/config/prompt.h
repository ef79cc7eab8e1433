/* Taking a secret in: typed at a terminal without echo, or piped. */
#ifndef MSG_PROMPT_H
#define MSG_PROMPT_H

#include <stddef.h>

#include "common/err.h"

/*
 * Reads standard input into `data`, at most `max` bytes: to its end, or, from a terminal, one line after a prompt on
 * standard error. The newline at the end is dropped. EX_DATAERR when there is more, EX_IOERR.
 */
int prompt_secret(const char *prompt, char *data, size_t max, size_t *ret_len, struct err *e);

#endif
