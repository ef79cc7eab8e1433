/*
 * The outbox: one row for each message and recipient, from before the first attempt until nothing more is to be done; and
 * one more, a lane, for each other leg that goes in parallel, which has that leg in hand. The last lane of a group to
 * come to its end, if none has got anywhere, goes on with the next leg.
 *
 *   queued ──claim──> in flight ──taken──> accepted ──final receipt──> done
 *     ^  ^               │  │                 │
 *     │  └──try again────┘  │                 └──its wait is over──> queued (next leg)
 *   held (`at`)             ├──refused──> queued (next leg or account), done when there is none
 *                           └──no answer──> unknown ──found, or a receipt──> accepted, done
 *                                              └──not found, or repetitions are dropped──> queued
 *
 * Queued and held rows also end when they are taken back (withdraw.h); nothing that has left does.
 *
 * A row has one owner: whoever claims it writes a lease. When a lease runs out while the row is in flight, its process
 * died with the request perhaps on its way: the next claim gets it as OUTBOX_IN_FLIGHT and must treat the outcome as
 * unknown. `due_ms` says when a row wants attention next. A queued row whose `reached` is STATUS_UNKNOWN is sent again
 * by the same account, which drops repetitions.
 */
#ifndef MSG_OUTBOX_H
#define MSG_OUTBOX_H

#include "common/line/words.h"
#include "common/store/store.h"

enum outbox_state {
	OUTBOX_QUEUED,
	OUTBOX_HELD,
	OUTBOX_IN_FLIGHT,
	OUTBOX_ACCEPTED,        /* a provider has it; due for a question or for the next leg */
	OUTBOX_UNKNOWN,         /* the request left and no answer came: waits for a receipt, due for a question */
	OUTBOX_DONE,
};

#define OUTBOX_NEVER INT64_MAX

/* What a row says; text members are borrowed. */
struct outbox_row {
	int64_t seq;
	const char *message;            /* its id */
	const char *recipient;          /* contact id or address: with the message what makes the row unique */
	const char *dedupe;             /* or NULL */
	const char *tenant;             /* "" (or NULL, when added): none */
	const char *line;               /* the message as it was read */
	const char *contact;            /* JSON of the recipient, or NULL */
	const char *plan;               /* JSON of the legs, or NULL when the line has it */
	const char *owner;
	enum outbox_state state;
	unsigned lane;                  /* the leg that the row was made for; 0: of the message itself */
	unsigned leg, account, attempt; /* leg from 0, index among the channel's accounts, attempts made on this leg */
	unsigned throttled;             /* attempts of those that met a rate limit: they cost nothing */
	unsigned polls;                 /* questions asked about this leg */
	unsigned part, parts;           /* of a leg that goes as several messages: the one in hand, from 0; 0 parts: not known */
	unsigned priority;              /* 0 before 1 */
	enum status reached;            /* by the leg in hand */
	const char *provider_id;        /* or NULL */
	int64_t created_ms, due_ms, lease_ms;
	int64_t started_ms;             /* this leg's first attempt; 0 before */
	int64_t accepted_ms;            /* 0 before */
};

/*
 * From now on this connection keeps no outbox: what is added is new and what is written is forgotten; nothing is ever
 * due. For messages that are sent once, or not.
 */
void outbox_keep_none(struct store *s);

/* It is queued, or will be asked about: the sender's work with the leg in hand is not done. */
static inline bool outbox_tries_again(const struct outbox_row *row)
{
	return row->due_ms != OUTBOX_NEVER && (row->state == OUTBOX_QUEUED || row->state == OUTBOX_UNKNOWN);
}

/*
 * 1: added, *ret_seq is its number; 0: this id or dedupe key is known for this recipient, *ret_seq is the earlier row
 * and ret_message its message id (ID_BYTES + 1); -1. A row that is done and was made before `known_since_ms` is not
 * known any more, and makes place.
 */
int outbox_add(struct store *s, const struct outbox_row *row, int64_t known_since_ms, int64_t *ret_seq, char *ret_message,
    struct err *e);

typedef int outbox_each_fn(void *ctx, const struct outbox_row *row, struct err *e);

/*
 * A lane beside a row of the outbox: the same in every respect, but with another leg. 1: *ret_seq is its number; 0: it has
 * that already; -1.
 */
int outbox_fork(struct store *s, int64_t seq, unsigned leg, int64_t *ret_seq, struct err *e);

/* The other rows of the message to this recipient: number, lane, leg, state, reached and started_ms of each. 0, -1. */
int outbox_each_lane(struct store *s, const struct outbox_row *row, outbox_each_fn *each, void *ctx, struct err *e);

/* The others of these legs that only wait for news are done. */
int outbox_end_lanes(struct store *s, const struct outbox_row *row, unsigned begin, unsigned end, struct err *e);

/*
 * What news from outside has made of a row meanwhile: `reached` and `provider_id` (128 bytes, "" without) as the store
 * has them. 0, -1.
 */
int outbox_look(struct store *s, int64_t seq, enum status *ret_reached, char ret_provider_id[128], struct err *e);

/* Whether another row than `seq` has this id of a provider (a scan: for the rare case). 1, 0, -1. */
int outbox_knows(struct store *s, const char *provider_id, int64_t seq, struct err *e);

/* Writes everything that changes while a row is worked on: state, leg, … accepted_ms, owner, lease. */
int outbox_update(struct store *s, const struct outbox_row *row, struct err *e);

/*
 * Claims up to `limit` due rows for `owner`, most urgent first, of each tenant as many: rows whose lease has run out or that `owner` holds
 * already and has put down. `each` gets the row as it was before the claim; afterwards it is in flight with the new
 * lease, or, where only a question is to be asked (accepted, unknown), as it was with a lease that never ends. When
 * `each` returns 1 the row stays its owner's, who is given the lease.
 * With `mine`, only rows that `owner` holds. Returns how many, or -1.
 */
int outbox_claim(struct store *s, const char *owner, bool mine, int64_t now_ms, int64_t lease_ms, unsigned limit,
    outbox_each_fn *each, void *ctx, struct err *e);

/* 1 when there is something that outbox_claim would give to a newcomer, 0, -1. Reads only. */
int outbox_any_due(struct store *s, int64_t now_ms, struct err *e);

/* Gives back what `owner` still holds and has not in flight, so that others may work on it at once (a scan). */
int outbox_release(struct store *s, const char *owner, struct err *e);

/*
 * News about a leg from outside (a receipt that was recorded): what the leg has reached is noted and the row is due now,
 * so that the next msg-send to look ends it, sends its next leg, or settles what was unknown. News of an earlier leg
 * ends the row when the person has read it there. `recipient` is the contact's id, else the address; it may be NULL
 * when the message has one recipient; `provider_id` too: of a leg that goes as several messages, only news of the last is
 * news of the leg. No such row is no error.
 */
int outbox_progress(struct store *s, const char *message, const char *recipient, unsigned leg, const char *provider_id,
    enum status status, int64_t now_ms, struct err *e);

/* One row, if it is in that state. What `each` returns; 0: there is none; -1. */
int outbox_get(struct store *s, int64_t seq, enum outbox_state state, outbox_each_fn *each, void *ctx, struct err *e);

/* How many rows are in each state; done ones are not counted. */
int outbox_count(struct store *s, int64_t ret_counts[OUTBOX_DONE], struct err *e);

/*
 * Forgets, among the `limit` oldest rows, those done whose message came before `done_ms` and those accepted of which
 * nothing final has been heard since `accepted_ms`. Their ids may then be used again.
 */
int outbox_purge(struct store *s, int64_t done_ms, int64_t accepted_ms, unsigned limit, struct err *e);

#endif
