/*
 * Senders by destination: `senders:` of msg-policy(5). For each channel a list of entries: where to, and a sender or a
 * pool of them. The longest prefix counts, then the country, then what has neither. From a pool the recipient gets, in
 * this order, the sender they know, a number of their area, a number of their country, and else one by the recipient's
 * name, which spreads all of them evenly and stays the same.
 *
 * A name in place of a number (sender_id.h) is only used where its country allows it.
 */
#ifndef MSG_SENDERS_H
#define MSG_SENDERS_H

#include <jansson.h>

#include "common/address/address.h"
#include "common/config/config.h"
#include "common/policy/past.h"

struct senders;

/* `given` is the map of the document, NULL for none. EX_CONFIG names file, line and key, and *ret_senders stays. */
int senders_read(const json_t *given, const struct yaml *y, const struct config *c, struct senders **ret_senders, struct err *e);
void senders_free(struct senders *s);

struct senders_question {
	const struct address *address;
	const char *person;             /* for whom the sender stays the same: "contact:ana", or the address's subject */
	const char *given;              /* by the leg or the rule, or NULL */
	const struct past *past;        /* of the person; or NULL: nothing was sent before */
	bool explain;                   /* say why, even if nothing is wrong */
};

struct senders_answer {
	const char *from;               /* borrowed; NULL: whatever the message or the channel says */
	bool refused;                   /* there are senders for this destination, and none may be used there */
	char why[160];                  /* for a person; "" when there is nothing to say */
};

/* `s` may be NULL. */
void senders_choose(const struct senders *s, const struct senders_question *q, struct senders_answer *ret_answer);

/* Does the pool of some channel have more than one sender, so that it matters which one was used last? */
bool senders_keep(const struct senders *s);

#endif
