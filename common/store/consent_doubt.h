/*
 * Somebody who said what may have been a STOP has been asked what they meant, and has until `due_ms` to say. Whoever has
 * not by then is out of everything: from that moment on every look at the ledger says so, and the next writer puts the no
 * into it. So nothing has to run at that moment, and no program can miss it.
 */
#ifndef MSG_CONSENT_DOUBT_H
#define MSG_CONSENT_DOUBT_H

#include "common/store/store.h"

struct consent_doubt {
	const char *subject;    /* the address that wrote, for the ledger */
	const char *channel;    /* its channel */
	const char *contact;    /* "contact:ID", whose address it is; or NULL */
	const char *words;      /* what they said */
	int64_t asked_ms, due_ms;
};

/* In a writing transaction. 1 when there is a question to the subject already, which stays as it is; 0, -1. */
int consent_doubt_ask(struct store *s, const struct consent_doubt *d, struct err *e);

/* Whether a question to the subject is open. 1, 0, -1. */
int consent_doubt_is_open(struct store *s, const char *subject, struct err *e);

/* What is said at `time_ms` answers a question that was asked before; `subject` may be the contact. In a writing transaction. */
int consent_doubt_answer(struct store *s, const char *subject, int64_t time_ms, struct err *e);

/* Whether the subject, an address or a contact, has let a question lapse: 1 and since when, 0, -1. */
int consent_doubt_lapsed(struct store *s, const char *subject, int64_t *ret_since_ms, struct err *e);

/* Whether anybody has. 1, 0, -1; asked once a transaction. */
int consent_doubt_any_lapsed(struct store *s, struct err *e);

/* Puts the noes of all that have lapsed into the ledger. In a writing transaction. */
int consent_doubt_settle(struct store *s, struct err *e);

/* The same in a transaction of its own, for whoever reads the events. */
int consent_doubt_catch_up(struct store *s, struct err *e);

/* Nothing is kept of the subject. In a writing transaction. */
int consent_doubt_forget(struct store *s, const char *subject, struct err *e);

#endif
