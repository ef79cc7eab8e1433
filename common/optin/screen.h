/*
 * A message against the gate: which of its recipients, and which legs of its plan, may be reached. What is left of the
 * message and a `blocked` receipt for each recipient who is not are the answer.
 *
 * A recipient without a plan is left out only when the gate refuses every address of theirs; which of the others is
 * taken is decided later, and the gate is asked again then.
 */
#ifndef MSG_OPTIN_SCREEN_H
#define MSG_OPTIN_SCREEN_H

#include <jansson.h>

#include "common/config/contacts.h"
#include "common/policy/gate.h"

enum screened {
	SCREEN_UNCHANGED,
	SCREEN_CHANGED,         /* *ret_message: legs or recipients are gone */
	SCREEN_BLOCKED,         /* nobody is left */
};

/*
 * `contacts` may be NULL. The result, or -1. *ret_message is new and only for SCREEN_CHANGED; receipts are appended to
 * `receipts`, an array.
 */
int optin_screen(const struct gate *g, struct contacts *contacts, const json_t *message, json_t *receipts, json_t **ret_message,
    struct err *e);

#endif
