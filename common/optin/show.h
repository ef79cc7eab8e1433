/* The ledger as a person reads it: a line an event, oldest first, then what stands. */
#ifndef MSG_OPTIN_SHOW_H
#define MSG_OPTIN_SHOW_H

#include "common/line/line.h"
#include "common/store/consent.h"

/* The events of a subject (NULL: all) as a table; with `lines` as consent lines of msg(5). *ret_count may be NULL. */
int optin_show(struct store *s, const char *subject, bool lines, struct line_writer *out, size_t *ret_count, struct err *e);

/* What stands for a subject, a line a scope. */
int optin_show_standing(struct store *s, const char *subject, struct line_writer *out, struct err *e);

void optin_show_head(struct line_writer *out);

#endif
