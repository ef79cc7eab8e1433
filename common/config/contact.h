/* One contact: its shape, and its addresses in the one form that everything else relies on. */
#ifndef MSG_CONTACT_H
#define MSG_CONTACT_H

#include <jansson.h>

#include "common/address/address.h"
#include "common/err.h"

/*
 * Checks a contact and writes its addresses canonically: the value alone, or the whole URI where the channel has
 * several schemes (push: "apns:TOKEN"). A new reference: to `contact` itself when nothing had to change.
 * EX_DATAERR begins with the field: "addresses.sms: too short …".
 */
int contact_canonical(json_t *contact, json_t **ret_contact, struct err *e);

/* What `addresses` holds for this address. Borrowed from it. */
const char *contact_value(const struct address *a);

/* Calls `each` for every address of a canonical contact, until it returns non-zero; returns that, or 0. */
typedef int contact_each_fn(void *ctx, const struct address *a);
int contact_each_address(const json_t *contact, contact_each_fn *each, void *ctx);

/*
 * The recipient for one address: {"addresses":{CHANNEL:VALUE},"address":URI}, with the other members of `owner`
 * (may be NULL), who has this address.
 */
json_t *contact_of_address(const struct address *a, const json_t *owner);

#endif
