/*
 * What has left for whom, a row a leg: for frequency caps, budgets, and senders that stay the same. It is kept only where
 * the policy needs it. A leg is noted before its request leaves, in the same commit, and taken back when it did not: so
 * what may have arrived counts.
 */
#ifndef MSG_SENT_H
#define MSG_SENT_H

#include "common/line/words.h"
#include "common/store/store.h"

struct sent {
	const char *person;             /* "contact:ana", or the address's subject */
	const char *message;            /* its id */
	unsigned leg;
	const char *channel;
	const char *topic, *from;       /* or NULL */
	enum purpose purpose;
	int64_t time_ms;
	int64_t micros;                 /* the expected cost in millionths, -1: not known */
	const char *currency;           /* or NULL */
};

int sent_add(struct store *s, const struct sent *sent, struct err *e);
int sent_drop(struct store *s, const struct sent *sent, struct err *e);        /* by person, message and leg */

/* Which messages count; several legs of one message are one. */
struct sent_filter {
	const char *person;             /* NULL: everybody's */
	const char *channel, *topic;    /* NULL: any */
	unsigned purposes;              /* bits by enum purpose */
	const char *currency;           /* of a sum */
	const char *but;                /* a message's id that does not count; or NULL */
	int64_t since_ms;               /* exclusive */
};

/* When the nth latest was sent, from 1: 1, *ret_time_ms; 0: there are fewer; -1. */
int sent_nth(struct store *s, const struct sent_filter *f, unsigned nth, int64_t *ret_time_ms, struct err *e);

/* What they have cost together, in millionths of `currency`. */
int sent_sum(struct store *s, const struct sent_filter *f, int64_t *ret_micros, struct err *e);

/* Of one person, in no order; `each` returns non-zero to stop. */
typedef int sent_each_fn(void *ctx, const struct sent *sent);
int sent_each(struct store *s, const char *person, int64_t since_ms, sent_each_fn *each, void *ctx, struct err *e);

/* Forgets, up to `limit`, what is older. */
int sent_purge(struct store *s, int64_t before_ms, unsigned limit, struct err *e);

#endif
