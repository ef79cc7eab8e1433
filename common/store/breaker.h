/*
 * Circuit breakers of accounts, as all senders of a store share them: a row only for an account in trouble.
 */
#ifndef MSG_STORE_BREAKER_H
#define MSG_STORE_BREAKER_H

#include "common/store/store.h"

struct breaker_row {
	const char *account;    /* borrowed */
	unsigned failures;      /* in a row */
	int64_t until_ms;       /* open until then; 0: closed so far */
	int64_t pause_ms;       /* how long it was opened for the last time */
	int64_t probe_ms;       /* somebody tries whether it works again, and is given until then; 0: nobody */
};

typedef int breaker_each_fn(void *ctx, const struct breaker_row *row);
int breaker_each(struct store *s, breaker_each_fn *each, void *ctx, struct err *e);

int breaker_put(struct store *s, const struct breaker_row *row, struct err *e);
int breaker_remove(struct store *s, const char *account, struct err *e);

/* One probe at a time, whichever process makes it: 1: it is the caller's until `until_ms`, 0: another's; -1. */
int breaker_probe(struct store *s, const char *account, int64_t now_ms, int64_t until_ms, struct err *e);

#endif
