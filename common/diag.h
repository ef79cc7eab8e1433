/*
 * What a command says on stderr: "msg-send: text", one line, whatever stands in names and values: what would steer a
 * terminal is made visible (visible.h). Nothing else in the project writes there.
 */
#ifndef MSG_DIAG_H
#define MSG_DIAG_H

#include <stdbool.h>

#include "common/err.h"

void diag_init(const char *program, bool quiet, int verbosity);
const char *diag_program(void);
int diag_verbosity(void);

/* An error; -q does not hide it. Returns e->code. */
int diag_error(const struct err *e);

/* A notice for a person; hidden by -q. */
void diag_note(const char *fmt, ...) COMPAT_PRINTF(1, 2);

#endif
