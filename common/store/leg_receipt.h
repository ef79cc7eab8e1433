/* The receipt of a leg on which nothing was heard from a provider: it was canceled, or somebody answered it. */
#ifndef MSG_LEG_RECEIPT_H
#define MSG_LEG_RECEIPT_H

#include <jansson.h>
#include <stdint.h>

#include "common/line/words.h"

struct leg_receipt {
	const char *id;                 /* of the message */
	const char *recipient;          /* as the outbox has it */
	const json_t *message, *plan;
	unsigned leg;
	enum status status;
	int64_t time_ms;
};

json_t *leg_receipt(const struct leg_receipt *r);       /* a new reference */

#endif
