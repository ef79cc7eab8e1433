/*
 * Addresses as URIs: "sms:+15551230001", "mailto:ana@example.org", "slack:#ops". The scheme says the channel:
 * most channels are called like their scheme; tel is voice, mailto is email, and the schemes of push services
 * (fcm, apns, webpush, hms, expo) are the channel push.
 */
#ifndef MSG_ADDRESS_H
#define MSG_ADDRESS_H

#include <stdbool.h>

#include "common/err.h"

#define ADDRESS_BYTES 1024      /* of the canonical text, with its NUL */
#define ADDRESS_CHANNEL 32

struct address {
	char text[ADDRESS_BYTES];       /* canonical: "sms:+15551230001", the domain of a mail address in lower case */
	const char *value;              /* within text: what stands behind the colon */
	char channel[ADDRESS_CHANNEL];
	char region[3];                 /* of a telephone number, else "" */
};

/*
 * A URI, or (for the convenience of a person at a prompt) a bare mail address or a bare number with a plus, which
 * means SMS. EX_DATAERR says what is wrong. A scheme that no channel knows gives a channel of its own name:
 * address_channel_known tells.
 */
int address_parse(const char *uri, struct address *ret_address, struct err *e);

/* What a contact's `addresses` holds under a channel's name: the value alone, or a whole URI of that channel. */
int address_of_channel(const char *channel, const char *value, struct address *ret_address, struct err *e);

/* `address_parse` assigns by value; a copy must point into itself. */
void address_copy(struct address *to, const struct address *from);

/* The key under which the store knows this address: its text, a mail address wholly in lower case. */
void address_subject(const struct address *a, char ret_subject[ADDRESS_BYTES]);

/* True for "sms:…" and the like: something with a scheme, an at sign or a plus, not a contact's id. */
bool address_looks_like(const char *text);

bool address_channel_known(const char *channel);

/* The scheme that a misspelt one probably means, or NULL. */
const char *address_closest_scheme(const char *name);

/* A short form for logs and terminals without -v: "sms:+1555•••0001", "mailto:a•••@example.org". Static, one at a time. */
const char *address_masked(const char *text);

#endif
