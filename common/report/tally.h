/*
 * The numbers of a report: legs counted in groups (by channel, provider, purpose, topic, day), with rates over those
 * legs alone that could have shown the state.
 *
 * Delivery: of the legs that were tried. Legs still under way count as not delivered, unless their channel and provider
 * have never reported a delivery while taking messages; then they count nowhere. Reading: of the delivered legs whose
 * channel and provider have ever reported that something was read. Times run from the provider's acceptance.
 */
#ifndef MSG_TALLY_H
#define MSG_TALLY_H

#include "common/store/receipts.h"

enum tally_by {
	TALLY_ALL,
	TALLY_CHANNEL,
	TALLY_VIA,
	TALLY_PURPOSE,
	TALLY_TOPIC,
	TALLY_DAY,              /* in local time */
	TALLY_KINDS,
};

const char *tally_name(enum tally_by by);
int tally_parse(const char *word);      /* -1 */

enum tally_outcome {
	TALLY_WAITING,          /* queued, held */
	TALLY_UNDER_WAY,        /* unknown, accepted, sent */
	TALLY_DELIVERED,        /* and not known to be read */
	TALLY_READ,             /* read, clicked, answered */
	TALLY_FAILED,           /* failed, undelivered */
	TALLY_EXPIRED,
	TALLY_BLOCKED,
	TALLY_CANCELED,
	TALLY_DUPLICATE,        /* not among the legs */
	TALLY_OUTCOMES,
};

struct tally_rate {
	int64_t count, of;      /* `of` is 0 when there is nothing to say */
};

struct tally_times {
	int64_t *ms;
	size_t count;
};

struct tally_failure {
	char *class, *code;
	int64_t count;
};

struct tally_cost {
	char currency[4];
	int64_t whole, nano;    /* nano: billionths, of the same sign */
};

struct tally_group {
	char *key;              /* "" when the receipts did not say */
	int64_t legs, segments;
	int64_t outcomes[TALLY_OUTCOMES];
	struct tally_rate delivery, reading;
	struct tally_times to_delivered, to_read;
	struct tally_failure *failures; /* the most frequent first */
	size_t failure_count;
	struct tally_cost *costs;
	size_t cost_count;
};

struct tally;

/* `by` has the sections wanted, in order; TALLY_ALL is always kept. */
struct tally *tally_new(const enum tally_by *by, size_t count);
void tally_free(struct tally *t);

/* Counts everything in the store that began in that time. */
int tally_count(struct tally *t, struct store *s, int64_t since_ms, int64_t until_ms, struct err *e);

const struct tally_group *tally_all(const struct tally *t);
int64_t tally_first_ms(const struct tally *t);          /* of the earliest leg counted */
bool tally_store_empty(const struct tally *t);          /* there is no receipt of any time */

/* The groups of a section: most legs first, days in order. */
const struct tally_group *tally_groups(const struct tally *t, enum tally_by by, size_t *ret_count);

/* A time that `percent` of the sorted times do not exceed (nearest rank); -1 without any. */
int64_t tally_percentile(const struct tally_times *times, unsigned percent);

#define TALLY_MONEY 32
void tally_format_cost(const struct tally_cost *c, char ret_amount[TALLY_MONEY]);      /* "12.345", at least two decimals */

#endif
