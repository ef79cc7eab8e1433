/*
 * Somebody who said what may have been a STOP has been asked what they meant, and has until a moment to say: an event of
 * the ledger, pending, with `until_ms` and the contact whose address it is. Whoever has not answered by then is out of
 * everything: from that moment on every look at the ledger says so, and the next writer puts the no into it. So nothing
 * has to run at that moment, and no program can miss it.
 *
 * A question that is recorded after its time was over (from a list) opens nothing: what became of it comes with it.
 */
#ifndef MSG_CONSENT_DOUBT_H
#define MSG_CONSENT_DOUBT_H

#include "common/store/consent.h"

struct consent_doubt {
	int64_t asked_ms, due_ms;
};

/* The question that is open to a subject, an address or a contact; the one that is due first. 1, 0, -1. */
int consent_doubt_find(struct store *s, const char *subject, struct consent_doubt *ret_doubt, struct err *e);

/*
 * What is said at `time_ms`, and does not just follow from a purchase, answers a question that was asked before; `subject`
 * may be the contact. In a writing transaction.
 */
int consent_doubt_answer(struct store *s, const char *subject, int64_t time_ms, struct err *e);

/* Whether anybody has let one lapse. 1, 0, -1; asked once a transaction. */
int consent_doubt_any_lapsed(struct store *s, struct err *e);

/* Puts the noes of all that have lapsed into the ledger. In a writing transaction. */
int consent_doubt_settle(struct store *s, struct err *e);

/* The same in a transaction of its own, for whoever reads the events. */
int consent_doubt_catch_up(struct store *s, struct err *e);

/* The no to a question that was recorded after its time was over, unless the ledger has an answer. In a writing transaction. */
int consent_doubt_settle_past(struct store *s, const struct consent_event *question, struct err *e);

/*
 * Before a subject is forgotten (`like`: the number on every channel, or NULL): whoever shares an open question with it
 * can no longer answer it, and is out. In a writing transaction.
 */
int consent_doubt_part(struct store *s, const char *subject, const char *like, struct err *e);

/* Whether what is open follows from the events: 0, 1 (*ret_id: the first that does not, or ""), -1. */
int consent_doubt_verify(struct store *s, char ret_id[27], struct err *e);

#endif
