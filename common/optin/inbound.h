/*
 * What somebody writes back: STOP, START, HELP, and YES where a question is open. The answer goes into the ledger, and
 * the one confirmation that may follow is made together with the permit that lets it through.
 */
#ifndef MSG_OPTIN_INBOUND_H
#define MSG_OPTIN_INBOUND_H

#include <jansson.h>

#include "common/config/contacts.h"
#include "common/line/line.h"
#include "common/optin/settings.h"
#include "common/store/consent.h"

struct optin_inbound {
	const struct keyword *keyword; /* NULL when the carrier named the meaning */
	enum keyword_meaning meaning;
	bool by_carrier; /* the carrier has answered already: `optout_type` says so, or its account */
	bool if_asked; /* counts only when the state is out or pending */
};

/* Does the line need handling? Reads nothing but the line. */
bool optin_inbound_find(const struct optin *o, const json_t *inbound, struct optin_inbound *ret_found);

/* Is it a yes that nobody has asked for, so that nothing would be done? Also in a reading transaction. 1, 0, -1. */
int optin_inbound_unasked(const struct optin *o, struct store *s, struct contacts *contacts, const json_t *inbound,
    const struct optin_inbound *found, struct err *e);

/*
 * Handles the line `l`, whose hash is evidence, in the caller's writing transaction: *ret_lines is a new array of what
 * stands in the line's place (consents, then the reply if there is one). 0; 1 when nobody had asked after all and the line
 * is to be passed on; 2 when it is to be passed on behind the lines, because it may have been no STOP: the person is
 * asked; -1.
 */
int optin_inbound_handle(const struct optin *o, struct store *s, struct contacts *contacts, const struct line *l,
    const json_t *inbound, const struct optin_inbound *found, json_t **ret_lines, struct err *e);

/* The line as the source of an event; `ret_hash` is borrowed. Whether its like may have been said before is told too. */
void optin_inbound_source(const struct line *l, const json_t *inbound, struct consent_event *event, char ret_hash[CONSENT_HASH]);

#endif
