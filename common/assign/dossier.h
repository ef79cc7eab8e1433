/*
 * What goes along with a task, so that whoever takes it sees who writes, and about what: in its `context`, the contact
 * as the resolver knows it now, the last order and issue, the last task about the same person, and what was said.
 */
#ifndef MSG_DOSSIER_H
#define MSG_DOSSIER_H

#include "common/assign/desk.h"
#include "common/config/contacts.h"
#include "common/store/store.h"

/*
 * Asks the contacts, which may take its time: hold no lock. *ret_who is the caller's to free: the contact's id, else the
 * address that writes, else "". 0; -1 with EX_UNAVAILABLE when the resolver fails: the rest is done nevertheless.
 */
int dossier_ask(struct contacts *contacts, json_t *task, char **ret_who, struct err *e);

/* The rest, from the store. */
int dossier_fill(const struct desk *d, struct store *s, const char *who, json_t *task, struct err *e);

/* The contact in a task's context, or NULL. */
const json_t *dossier_contact(const json_t *task);

#endif
