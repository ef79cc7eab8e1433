/*
 * How people want to be written to: what stands after the preference events of the ledger (consent.h), each of which
 * changes the members that it names (common/line/preference.h) and takes back those that are null.
 */
#ifndef MSG_STORE_PREFERENCE_H
#define MSG_STORE_PREFERENCE_H

#include <jansson.h>

#include "common/store/store.h"

/* What stands for a subject, a new reference: 1; 0: nothing; -1. Costs next to nothing while nobody has any. */
int preference_look(struct store *s, const char *subject, json_t **ret_preferences, struct err *e);

#endif
