/*
 * Errors as values. A function that can fail takes a `struct err *` last but for its results, fills it
 * and returns -1; commands print it once. The text is lower case, without a full stop, says what failed
 * first and quotes values with their control bytes made visible.
 */
#ifndef MSG_ERR_H
#define MSG_ERR_H

#include <sysexits.h>

#include "compat.h"

/* Beside <sysexits.h>: at least one message ended undelivered or blocked. */
#define EX_UNDELIVERED 1

struct err {
	int code;       /* an exit status, EX_… */
	char text[512];
};

/* Fills `e` (may be NULL) and returns -1, so that `return err_set(…)` is one line. */
int err_set(struct err *e, int code, const char *fmt, ...) COMPAT_PRINTF(3, 4);

/* Puts a place ("line 3: ") before the text that is there; keeps the code and returns -1. */
int err_at(struct err *e, const char *fmt, ...) COMPAT_PRINTF(2, 3);

/*
 * A foreign value for an error's quotes: control bytes as \xNN, cut at 60 bytes with "…".
 * The result is one of four static buffers, used in turn.
 */
const char *err_quote(const char *value);
const char *err_quote_n(const char *value, size_t len);

/* A foreign text that is an error's own words, cut at 240 bytes. One static buffer. */
const char *err_visible(const char *text);

/*
 * The exit status of a whole run: the worse of two. From harmless to grave: all done, a message undelivered,
 * something queued, a bad line, no provider, credentials refused, configuration, output, state, usage.
 */
int err_worse(int a, int b);

#endif
