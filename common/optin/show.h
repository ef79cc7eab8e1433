/* The ledger as a person reads it: a line an event, oldest first, then what stands. */
#ifndef MSG_OPTIN_SHOW_H
#define MSG_OPTIN_SHOW_H

#include "common/line/line.h"
#include "common/store/consent.h"

/*
 * The events of people, by address or contact (none named: of everybody), as a table with what stands for each one named;
 * with `lines` as consent lines of msg(5). 0, or -1; says on stderr of whom nothing is recorded.
 */
int optin_show(struct store *s, char *const *people, size_t count, bool lines, struct line_writer *out, struct err *e);

#endif
