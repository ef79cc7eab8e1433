/*
 * The command of a `run` state: given to /bin/sh -c in the flow's directory, with one JSON line on its stdin and no value
 * pasted into it. What it prints on stdout must be nothing or one JSON object.
 */
#ifndef MSG_COMMAND_H
#define MSG_COMMAND_H

#include <jansson.h>
#include <stdint.h>

#include "common/err.h"

#define COMMAND_OUTPUT (64u << 10)      /* bytes */

/*
 * 0: it ended by itself, *ret_status is its exit status and *ret_output a new object (empty when it printed nothing).
 * -1: not started, over its time limit, ended by a signal, or with status 0 and anything else on stdout; the error says
 * which. A command that is over its limit is killed with all that it started.
 */
int command_run(const char *command, const char *directory, const json_t *input, int64_t limit_ms, int *ret_status, json_t **ret_output,
    struct err *e);

#endif
