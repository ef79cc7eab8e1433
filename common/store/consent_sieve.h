/*
 * Who may have said anything, and who no, in memory. A process that asks about a few addresses looks each one up; one that
 * asks about many in vain reads the subjects once, when that has become cheaper than looking, and from then on what the
 * ledger has grown by at the start of each transaction. What a sieve says is a superset, kept in a few bits a subject: only
 * "never" is certain.
 *
 * It rests on this: the ledger is append-only, and no state comes to be without an event.
 */
#ifndef MSG_CONSENT_SIEVE_H
#define MSG_CONSENT_SIEVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct store;

enum consent_sieve_kind {
	CONSENT_SIEVE_NO,       /* has ever said no */
	CONSENT_SIEVE_ANY,      /* has ever said anything */
	CONSENT_SIEVES,
};

/* Embedded in the store, all zero at first. */
struct consent_sieve {
	uint64_t *bits;         /* of a Bloom filter: 190 KB for 100,000 subjects */
	size_t blocks, used, room;
	bool loaded, counted;
	size_t count;           /* of subjects, when they were counted */
	int64_t seq;            /* of the last event that is in */
	uint64_t asked;         /* how many questions it could have saved */
	uint64_t transaction;   /* that the rest is true of */
};

void consent_sieve_clear(struct consent_sieve *sieve);

/* An event of this process: it is in before the next question. */
void consent_sieve_add(struct store *s, const char *subject, bool no);

/*
 * false is certain: there is no such state of the subject. Within a transaction; outside of one it is always true. 0, or -1
 * when the store fails.
 */
int consent_sieve_may(struct store *s, enum consent_sieve_kind kind, const char *subject, bool *ret_may, struct err *e);

/* A question that was looked up in vain. */
void consent_sieve_missed(struct store *s, enum consent_sieve_kind kind);

#endif
