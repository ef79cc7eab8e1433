/*
 * Delivery: messages into the outbox, legs out of it, receipts for what happened. One thread, one event loop, any
 * number of requests side by side.
 *
 * Order is everything: a message is committed as in flight before its request leaves, a result is committed before its
 * receipt is written. Both are grouped: deliver_step commits once for all that has gathered.
 */
#ifndef MSG_DELIVER_H
#define MSG_DELIVER_H

#include <stdio.h>

#include "common/config/contacts.h"
#include "common/line/line.h"
#include "common/policy/policy.h"
#include "common/provider/provider.h"
#include "common/store/store.h"

struct deliver;

struct deliver_options {
	struct store *store;            /* NULL for a preview alone */
	const struct config *config;
	struct contacts *contacts;
	struct policy *policy;
	struct accounts *accounts;
	struct line_writer *out;        /* receipts; written by deliver_step after the commit */
	unsigned jobs;                  /* requests at once */
	int64_t wait_ms;                /* -w: how long to stay for final receipts; 0: not at all */
	int64_t deadline_ms;            /* when everything has ended, what is left is queued; 0: no deadline */
	struct rate rate;               /* -r: of this run; an interval of 0: no limit */
	bool enqueue;                   /* only queue */
	bool no_outbox;                 /* nothing is kept: what cannot be delivered at once has failed */
	bool aloud;                     /* what did not go well is said on stderr too: somebody typed the message */
};

struct deliver_counts {
	uint64_t messages;              /* taken in (recipients) or claimed */
	uint64_t accepted, delivered, queued, held, unknown, failed, blocked, duplicate;
	uint64_t unreachable;           /* attempts that found no provider to talk to */
	uint64_t local;                 /* requests that the sandbox carrier took: nothing left this machine */
};

int deliver_new(const struct deliver_options *o, struct deliver **ret_deliver, struct err *e);
void deliver_free(struct deliver *d);

/*
 * Takes a checked message in, one row for each recipient. EX_DATAERR, EX_CONFIG (no way to a channel): the message is
 * refused as a whole and nothing of it was taken. `l` need not outlive the call; `message` is shared.
 */
int deliver_add(struct deliver *d, const struct line *l, json_t *message, struct err *e);

/* True while it would rather work than take more in: do not call deliver_add. */
bool deliver_full(const struct deliver *d);

/* Claims what is due in the outbox, up to what fits. Returns how many rows, or -1. */
int deliver_claim(struct deliver *d, struct err *e);

/*
 * Goes on: commits, writes receipts, starts requests, waits up to `timeout_ms` (-1: until there is something to do) for
 * answers, or for `watch_fd` to become readable. -1 ends the run.
 */
int deliver_step(struct deliver *d, int64_t timeout_ms, int watch_fd, bool *ret_readable, struct err *e);

/* Nothing is under way, and with `wait_ms` nothing is waited for any more. */
bool deliver_idle(const struct deliver *d);

/* deliver_stop was called, or the deadline has come. */
bool deliver_stopping(const struct deliver *d);

/* From now on nothing new is started; what is under way may end. */
void deliver_stop(struct deliver *d);

/* The end of a run: gives rows back that were kept for waiting, forgets what is long done, takes its leave. */
int deliver_finish(struct deliver *d, struct err *e);

/* After deliver_step has failed: the lines that were taken in and are not in the outbox. Returns how many. */
uint64_t deliver_unsaved(struct deliver *d, void (*each)(void *ctx, const char *line), void *ctx);

const struct deliver_counts *deliver_counts(const struct deliver *d);
int deliver_status(const struct deliver *d);    /* exit status so far */
uint64_t deliver_left(const struct deliver *d); /* rows that are queued for another try */

/* -n: prints, for each recipient and leg, the request that would go out, secrets masked. Stores nothing. */
int deliver_preview(struct deliver *d, json_t *message, FILE *out, struct err *e);

#endif
