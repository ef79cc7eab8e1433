/* Somebody who wants to be forgotten, and is never to be written to again. */
#ifndef MSG_OPTIN_FORGET_H
#define MSG_OPTIN_FORGET_H

#include "common/config/contacts.h"
#include "common/line/line.h"
#include "common/optin/terms.h"
#include "common/store/consent.h"

struct optin_forget {
	const struct optin_terms *terms;        /* checked: the method, the jurisdiction and the basis count */
	struct store *store;
	struct contacts *contacts;              /* or NULL */
};

/*
 * Forgets one address, or one contact with every address that the contacts know of them, and writes a consent line (erase)
 * for each. An answer of struct optin_bulk; ctx is the struct.
 */
int optin_forget(void *ctx, const char *who, struct line_writer *out, struct err *e);

#endif
