/* One answer of a person: from what a user or a line calls the person to an event, and from an event to its line. */
#ifndef MSG_OPTIN_RECORD_H
#define MSG_OPTIN_RECORD_H

#include <jansson.h>

#include "common/address/address.h"
#include "common/config/contacts.h"
#include "common/store/consent.h"

struct optin_subject {
	char text[ADDRESS_BYTES];               /* for the ledger */
	char channel[ADDRESS_CHANNEL];          /* the address's, or "" for a contact */
	char region[3];                         /* of a telephone number, else "" */
};

/*
 * An address, or a contact's id ("contact:ID" for one that looks like an address). EX_DATAERR for a bad one, and for a
 * group, which cannot agree to anything.
 */
int optin_subject(const char *who, struct optin_subject *ret_subject, struct err *e);

/* Only an address. */
int optin_subject_address(const char *uri, struct optin_subject *ret_subject, struct err *e);

/* "contact:ID" */
#define OPTIN_CONTACT_BYTES 80
int optin_subject_contact(const char *id, char ret_subject[OPTIN_CONTACT_BYTES], struct err *e);

/* The id in a contact's subject; NULL for an address. Borrowed. */
const char *optin_subject_id(const char *subject);

/*
 * Notes that the contacts (may be NULL) do not know an id: likely a slip of the pen. What is said is recorded all the same,
 * because a no must not depend on who is in the contacts.
 */
void optin_note_stranger(struct contacts *contacts, const char *id);

/* A subject as a notice names it: masked unless -v. Good until address_masked is called again. */
const char *optin_subject_shown(const char *subject);

/* The event as a consent line of msg(5), a new reference. `contact` (may be NULL) is added beside an address. */
json_t *optin_line(const struct consent_event *event, const char *contact);

#endif
