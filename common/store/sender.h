/*
 * Which processes are sending. Each holds a lock on a byte of `msg.lock` beside the store for as long as it lives, so
 * that the others can tell whose rows nobody works on any more, at once and without trusting process ids.
 */
#ifndef MSG_SENDER_H
#define MSG_SENDER_H

#include "common/line/id.h"
#include "common/store/store.h"

struct sender;

/* Registers this process; `owner` is its name in the outbox. */
int sender_register(struct store *s, const char owner[ID_SIZE], struct sender **ret_sender, struct err *e);
void sender_leave(struct store *s, struct sender *sender);      /* a clean end; frees */

/* Takes the leases of processes that have died. Cheap when nobody has. */
int sender_reap(struct store *s, const struct sender *self, struct err *e);

#endif
