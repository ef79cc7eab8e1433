/*
 * The consent ledger: append-only events, each carrying the BLAKE2b-256 hash of the one before it; checkpoints signed
 * with Ed25519. Beside it stands the state that follows from the events, so that a question is one indexed look-up.
 *
 * A subject is an address in its canonical form (address_subject) or "contact:ID". A channel or topic of NULL or "*"
 * means all. A no is lifted only by a later yes whose scope is equal or narrower: a yes to everything does not lift
 * the no to one topic.
 */
#ifndef MSG_CONSENT_H
#define MSG_CONSENT_H

#include "common/store/store.h"

enum consent_state {
	CONSENT_NONE,           /* nothing known */
	CONSENT_PENDING,        /* asked, not answered */
	CONSENT_IN,
	CONSENT_OUT,
};

const char *consent_state_name(enum consent_state s);   /* "none", "pending", "in", "out" */

struct consent_event {
	char id[27];            /* filled when empty */
	const char *subject;
	const char *channel;    /* NULL: all */
	const char *topic;      /* NULL: all */
	enum consent_state state;
	const char *method;     /* "keyword", "web", "import", "cli", … or NULL */
	const char *evidence;   /* the words used, a form's URL, … or NULL */
	int64_t time_ms;        /* when the person said it */
};

/* Appends. In a transaction of the caller's or its own. */
int consent_add(struct store *s, struct consent_event *event, struct err *e);

/*
 * What stands for a subject on a channel and topic now. *ret_since_ms (may be NULL) is when that was said.
 * 0, or -1 when the store fails.
 */
int consent_look(struct store *s, const char *subject, const char *channel, const char *topic,
    enum consent_state *ret_state, int64_t *ret_since_ms, struct err *e);

/* Every event of a subject (NULL: all), oldest first. `each` returns non-zero to stop. */
typedef int consent_each_fn(void *ctx, const struct consent_event *event);
int consent_each(struct store *s, const char *subject, consent_each_fn *each, void *ctx, struct err *e);

/*
 * The one confirmation that the law allows after a STOP (and the answer to HELP): a permit for exactly one message to a
 * subject, bound to the message's id and text, valid until `until_ms`. consent_permit_take uses it up: 1 when it
 * fits, 0 when there is none. No line can make one.
 */
int consent_permit(struct store *s, const char *subject, const char *message, const char *text, int64_t until_ms, struct err *e);
int consent_permit_take(struct store *s, const char *subject, const char *message, const char *text, int64_t now_ms, struct err *e);

/*
 * Walks the chain. 0: whole; 1: altered, *ret_at is the id of the first event that does not fit; -1: cannot read.
 * *ret_count is the number of events read. Checkpoints are checked against the store's public key.
 */
int consent_verify(struct store *s, char ret_at[27], int64_t *ret_count, struct err *e);

/* Signs the head of the chain with the key in `directory`/ledger.key (made when missing, mode 0600). */
int consent_checkpoint(struct store *s, const char *directory, struct err *e);

#endif
