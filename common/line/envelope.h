/*
 * The shape of a line, as msg(5) gives it: which types there are and what their fields must look like. Fields that
 * are not in the tables are left alone. Addresses are checked where they are resolved (common/address).
 */
#ifndef MSG_ENVELOPE_H
#define MSG_ENVELOPE_H

#include <jansson.h>

#include <stdint.h>

#include "common/err.h"

enum envelope {
	ENVELOPE_MESSAGE,
	ENVELOPE_RECEIPT,
	ENVELOPE_INBOUND,
	ENVELOPE_CONSENT,
	ENVELOPE_TASK,
	ENVELOPE_OTHER,         /* a type that this version does not know: to be passed through */
};

/* The type of an object: a missing `type` means message. -1 (EX_DATAERR) when `type` is not a string. */
int envelope_type(const json_t *value, struct err *e);

/* Checks every known field of a line of that type. Errors are EX_DATAERR and begin with the field: "plan[1].wait: …". */
int envelope_check(const json_t *value, enum envelope type, struct err *e);

/* The same for a contact, wherever one comes from; of `addresses` only the shape. EX_DATAERR "lang: …". */
int envelope_check_contact(const json_t *contact, struct err *e);

/* A string member, or `otherwise` (which may be NULL) when it is absent or null. */
const char *envelope_text(const json_t *value, const char *key, const char *otherwise);

/* A time or duration member in milliseconds, or `otherwise`. The line has been checked. */
int64_t envelope_time_ms(const json_t *value, const char *key, int64_t otherwise);
int64_t envelope_duration_ms(const json_t *value, const char *key, int64_t otherwise);

#endif
