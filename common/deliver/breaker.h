/*
 * A circuit breaker for each account. Closed: everything goes. After so many failures in a row that are the provider's
 * own (no connection, no answer, 5xx) it opens: nothing goes there, the channel's next account takes over. After a pause
 * one message may try (half-open); when it gets through, the breaker closes, else the next pause is twice as long.
 *
 * All senders of a store share its state; each looks again when others have written.
 */
#ifndef MSG_DELIVER_BREAKER_H
#define MSG_DELIVER_BREAKER_H

#include "common/deliver/settings.h"
#include "common/provider/provider.h"
#include "common/store/store.h"

struct breakers;

/* `heard` changes when others have written to the store. */
struct breakers *breakers_new(struct store *s, const struct delivery_settings *settings, const uint64_t *heard);
void breakers_free(struct breakers *b);

/*
 * Within a transaction to write. 1: something may be sent through the account now; 0: not before *ret_until_ms; -1.
 * With 1 from a breaker that is half open, the caller is the one that tries: breakers_heard must follow.
 */
int breakers_ask(struct breakers *b, const char *account, int64_t now_ms, int64_t *ret_until_ms, struct err *e);

/* What came of an attempt: whether the failure (FAILURE_NONE: it went well) tells against the provider as a whole. */
int breakers_heard(struct breakers *b, const char *account, const struct verdict *v, int64_t now_ms, struct err *e);

#endif
