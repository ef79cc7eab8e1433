/* A yes or a no that a user records for somebody, who said it elsewhere: on paper, by telephone, on a page. */
#ifndef MSG_OPTIN_SAY_H
#define MSG_OPTIN_SAY_H

#include "common/config/contacts.h"
#include "common/line/line.h"
#include "common/optin/terms.h"
#include "common/store/consent.h"

struct optin_say {
	enum consent_state state;
	const struct optin_terms *terms;        /* checked */
	struct store *store;
	struct contacts *contacts;              /* or NULL */
};

/* Records it for one address or contact and writes the consent line. An answer of struct optin_bulk; ctx is the struct. */
int optin_say(void *ctx, const char *who, struct line_writer *out, struct err *e);

#endif
