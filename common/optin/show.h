/* The ledger as a person reads it. */
#ifndef MSG_OPTIN_SHOW_H
#define MSG_OPTIN_SHOW_H

#include "common/config/contacts.h"
#include "common/line/line.h"
#include "common/store/consent.h"

/*
 * The history of people, by address or contact: a sentence an event, oldest first, then what stands; of a contact also
 * that of each of their addresses. None named: everybody's events as a table. With `lines` all of it as consent lines of
 * msg(5). `contacts` may be NULL. 0, or -1; says on stderr of whom nothing is recorded.
 */
int optin_show(struct store *s, struct contacts *contacts, char *const *people, size_t count, bool lines, struct line_writer *out,
    struct err *e);

#endif
