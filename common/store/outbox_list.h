/* What is in the outbox, for a person who asks: every row on which something is still to be done, and why it waits. */
#ifndef MSG_OUTBOX_LIST_H
#define MSG_OUTBOX_LIST_H

#include "common/store/outbox.h"

struct outbox_waiting {
	struct outbox_row row;          /* the members that a person may want to know */
	const char *why;                /* "class code" of the last trouble (outbox_note), or "" */
	bool carried;                   /* it goes with another's request */
	bool withdrawn;                 /* nothing follows what has left */
};

/* The urgent ones first, then by tenant, in the order in which they are due. `each` returns non-zero to stop. How many, or -1. */
typedef int outbox_waiting_fn(void *ctx, const struct outbox_waiting *w);
int64_t outbox_each_waiting(struct store *s, outbox_waiting_fn *each, void *ctx, struct err *e);

/* Keeps why a row waits: the class of the failure and the provider's code. */
int outbox_note(struct store *s, int64_t row, enum failure failure, const char *code, struct err *e);

#endif
