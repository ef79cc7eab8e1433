/*
 * Digests: rows of the outbox that are held for the same hours, to be sent as one message when these open. A row joins
 * under a key, which says what may go together. The first of them whose time has come carries the others: they stay held,
 * due never, until the carrier has left, when they end with it; or until it ends without that, when each goes alone.
 */
#ifndef MSG_DIGEST_H
#define MSG_DIGEST_H

#include "common/store/outbox.h"

/* A held row is willing to go with others of its key. */
int digest_join(struct store *s, int64_t seq, const char *key, struct err *e);

/*
 * A held row's time has come: 1, others carry it: it is held again. 0: it is in the caller's hands and carries up to
 * `most` others that are due too, if there are any; -1.
 */
int digest_gather(struct store *s, int64_t seq, int64_t now_ms, unsigned most, struct err *e);

/* The rows that a row carries, in the order of their coming, if they are still held. */
int digest_each(struct store *s, int64_t carrier, outbox_each_fn *each, void *ctx, struct err *e);

/* They go with nobody: due now, each for itself. */
int digest_leave(struct store *s, int64_t seq, int64_t now_ms, struct err *e);

/* What a row carries has ended with it. */
int digest_end(struct store *s, int64_t carrier, struct err *e);

/* The carrier is held itself until then: it and what it carries are as they were before they were gathered. */
int digest_dissolve(struct store *s, int64_t carrier, int64_t due_ms, struct err *e);

/* What is carried by rows that have ended goes alone: such as after somebody has canceled the carrier. */
int digest_recover(struct store *s, int64_t now_ms, struct err *e);

#endif
