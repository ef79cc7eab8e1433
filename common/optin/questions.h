/*
 * What somebody has been asked and has not answered, for the yes that they write: a list, because the ledger cannot be
 * written while it is read.
 */
#ifndef MSG_OPTIN_QUESTIONS_H
#define MSG_OPTIN_QUESTIONS_H

#include "common/address/address.h"
#include "common/line/id.h"
#include "common/store/consent.h"

struct optin_questions {
	const char *channel;    /* that they write on */
	struct {
		char channel[ADDRESS_CHANNEL], topic[ID_BYTES + 1];     /* channel: "*" for all; topic: "" for all */
	} items[32];
	size_t count;
};

/* Those that a yes on `channel`, borrowed, can answer. 0, -1. */
int optin_questions_find(struct store *s, const char *subject, const char *channel, struct optin_questions *ret_questions,
    struct err *e);

/* Is one of them about the topic, NULL: about everything? */
bool optin_questions_about(const struct optin_questions *q, const char *topic);

#endif
