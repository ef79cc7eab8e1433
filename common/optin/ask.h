/* Double opt-in: the question whose answer (YES, as common/optin/inbound.h reads it) becomes a consent. */
#ifndef MSG_OPTIN_ASK_H
#define MSG_OPTIN_ASK_H

#include <jansson.h>

#include "common/config/contacts.h"
#include "common/line/line.h"
#include "common/optin/record.h"
#include "common/optin/settings.h"
#include "common/policy/require.h"

struct optin_question {
	const char *topic;      /* NULL: everything on the address's channel */
	const char *language;   /* or NULL */
	const char *evidence;   /* where the address came from, or NULL */
	bool code;              /* a code of six digits confirms it */
	const char *link;       /* a URL confirms it, with a token in place of {{code}}; or NULL */
	int64_t within_ms;      /* how long either counts */
};

struct optin_asking {
	const struct optin *optin;
	struct store *store;
	struct contacts *contacts;              /* where people live; or NULL */
	const struct requirements *require;     /* the policy's, or NULL */
	struct optin_question question;
};

/*
 * Records that the person was asked. *ret_lines is a new array: the consent (pending) and the message that asks. Nobody
 * is asked twice, and nobody who has answered, but for this: whoever has said yes where marketing needs a double opt-in is
 * asked once to confirm it. *ret_state is then what stands, and the result is 1. 0, -1.
 */
int optin_ask(const struct optin_asking *asking, const struct optin_subject *subject, json_t **ret_lines,
    enum consent_state *ret_state, struct err *e);

/*
 * Asks one address and writes the lines, or notes on stderr why it is not asked. An answer of struct optin_bulk; ctx is
 * a struct optin_asking.
 */
int optin_ask_one(void *ctx, const char *who, struct line_writer *out, struct err *e);

#endif
