/*
 * Who has ever said no, in memory. A process that asks about a few addresses looks each one up; one that asks about
 * many reads the noes once, when that has become cheaper than looking, and from then on what the ledger has grown by
 * at the start of each transaction. What it says is a superset, kept in a few bits a no: only "never" is certain.
 *
 * It rests on this: the ledger is append-only, and no state becomes a no without an event.
 */
#ifndef MSG_CONSENT_NO_H
#define MSG_CONSENT_NO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct store;

/* Embedded in the store, all zero at first. */
struct consent_no {
	uint64_t *bits;         /* of a Bloom filter: 190 KB for 100,000 noes */
	size_t blocks, used, room;
	bool loaded, counted;
	size_t noes;            /* when they were counted */
	int64_t seq;            /* of the last event that is in */
	uint64_t asked;         /* how many questions there have been */
	uint64_t transaction;   /* that the rest is true of */
};

void consent_no_clear(struct consent_no *n);

/* An event of this process: it is in before the next question. */
void consent_no_add(struct store *s, const char *subject);

#endif
