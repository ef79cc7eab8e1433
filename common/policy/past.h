/*
 * What has left for the person in hand, looked up once for all that asks: caps and senders. Most people have nothing, and
 * that is quickly known.
 */
#ifndef MSG_PAST_H
#define MSG_PAST_H

#include "common/address/address.h"
#include "common/store/sent.h"

struct past {
	char person[ADDRESS_BYTES];     /* of whom it is, "" for nobody */
	uint64_t transaction;           /* of the store, in which it was so */
	struct sent *rows;              /* the latest first; their texts are owned */
	size_t count, room;
};

/* Of the last year. `s` NULL: nothing. -1: the store cannot be read. */
int past_look(struct past *p, struct store *s, const char *person, int64_t now_ms, struct err *e);
void past_forget(struct past *p);       /* something has left: look again */
void past_clear(struct past *p);

#endif
