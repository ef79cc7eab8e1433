/*
 * For how long a yes counts that nobody has said: one that follows from a purchase lasts longer than one from an inquiry.
 * The rows of data/implied.tsv, by the place of the person and by what the event names as its basis.
 */
#ifndef MSG_IMPLIED_H
#define MSG_IMPLIED_H

#include <stdbool.h>

#include "common/line/words.h"
#include "common/store/consent.h"

struct implied_span {
	enum purpose purpose;
	const char *place;      /* ISO 3166 */
	const char *basis;      /* "purchase", "inquiry", …; "*": whatever has no row, and none */
	int days, months;       /* by the calendar; both 0: no end */
	const char *name;       /* "implied/CA/inquiry" */
	const char *source;     /* the law */
};

/* The row that holds, or NULL where the law of the place sets no term. `basis` may be NULL; case does not matter. */
const struct implied_span *implied_span_find(enum purpose purpose, const char *place, const char *basis);

/* Does any row know it? Others count for the shortest time. */
bool implied_basis_known(const char *basis);

/* The first moment at which a yes of `since_ms` counts no more; INT64_MAX for no end. `span` may be NULL. */
int64_t implied_span_end(const struct implied_span *span, int64_t since_ms);

struct implied_question {
	enum purpose purpose;
	const char *place;              /* "": nobody knows; the jurisdiction of the event says then */
	const char *channel, *topic;    /* or NULL */
};

struct implied_yes {
	int64_t since_ms, until_ms;
	const struct implied_span *span;        /* or NULL */
};

/*
 * Of all that implies a yes of the subject, what lasts longest: the purchase of last year outlives the inquiry of this
 * one. To be asked where an implied yes stands (consent_view). *best is kept when it lasts longer; all zero at first.
 */
int implied_look(struct store *s, const char *subject, const struct implied_question *q, struct implied_yes *best, struct err *e);

#endif
