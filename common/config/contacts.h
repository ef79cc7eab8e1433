/*
 * Who an id means. Contacts come from YAML, JSON lines or CSV files, or from a `cmd:` resolver: a co-process that is
 * started at the first question, gets an id a line and answers a contact a line ({} for nobody).
 *
 * A contact is a JSON object of the shape in msg(5): id, name, addresses, tz, lang, prefer, attributes, groups. Its
 * addresses are canonical. Contacts that are handed out are shared: copy one before changing it.
 */
#ifndef MSG_CONTACTS_H
#define MSG_CONTACTS_H

#include "common/config/config.h"

struct contacts;

/* Reads all files that the configuration names; no contacts at all is fine. EX_CONFIG names file and line. */
int contacts_open(const struct config *c, struct contacts **ret_contacts, struct err *e);
void contacts_free(struct contacts *c);

/* 1 and a new reference, 0: nobody of that id, -1: the resolver failed (EX_UNAVAILABLE). */
int contacts_find(struct contacts *c, const char *id, json_t **ret_contact, struct err *e);

/* Who has this address (canonical text), for inbound lines: 1, 0, -1 as above. A resolver is asked with the address. */
int contacts_find_address(struct contacts *c, const char *address, json_t **ret_contact, struct err *e);

/*
 * Everybody that a message's `to` means: ids and groups ("@oncall") looked up, addresses and inline contacts as they
 * are, arrays flattened, nobody twice. *ret_recipients is a new array of contact objects; an address that nobody
 * known has becomes {"addresses":{CHANNEL:VALUE}} with "address" set to its canonical URI, and so does an address
 * somebody has, with that contact's members: "address" means that only this address was asked for. A text is looked
 * for among the ids of the files before it is taken for an address. An address that several contacts have is the first
 * one's. Who is there as a whole contact is not there with one address as well.
 * EX_DATAERR: unknown contact, unknown group, bad address. EX_UNAVAILABLE: resolver.
 */
int contacts_resolve(struct contacts *c, const json_t *to, json_t **ret_recipients, struct err *e);

#endif
