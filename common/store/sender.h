/*
 * Which processes are sending. Each holds a lock on a byte of `msg.lock` beside the store for as long as it lives, so
 * that the others can tell whose rows nobody works on any more, at once and without trusting process ids.
 */
#ifndef MSG_SENDER_H
#define MSG_SENDER_H

#include "common/line/id.h"
#include "common/store/store.h"

struct sender;

/* Registers this process, in the caller's transaction; `owner` is its name in the outbox. */
int sender_register(struct store *s, const char owner[ID_SIZE], struct sender **ret_sender, struct err *e);

/* A clean end, in the caller's transaction. The lock is held until sender_free. */
int sender_leave(struct store *s, const struct sender *sender, struct err *e);
void sender_free(struct sender *sender);

/* Takes the leases of processes that have died. Cheap when nobody has. */
int sender_reap(struct store *s, const struct sender *self, struct err *e);

/* Is the process of this name still at work? 1, 0 (dead, or gone properly), -1. */
int sender_alive(struct store *s, const struct sender *self, const char *owner, struct err *e);

#endif
