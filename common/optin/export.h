/* The ledger for elsewhere, oldest first: consent lines of msg(5), or CSV with the same members as columns. */
#ifndef MSG_OPTIN_EXPORT_H
#define MSG_OPTIN_EXPORT_H

#include "common/optin/reader.h"
#include "common/store/consent.h"

/* Those of people, by address or contact; none named: all. OPTIN_BY_NAME: lines. 0, -1. */
int optin_export(struct store *s, char *const *people, size_t count, enum optin_format format, struct line_writer *out, struct err *e);

#endif
