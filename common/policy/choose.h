/*
 * From a waterfall to the legs of one recipient: which of its channels they have an address on, in which order, and
 * which of those may be used.
 */
#ifndef MSG_CHOOSE_H
#define MSG_CHOOSE_H

#include "common/policy/policy.h"
#include "common/policy/content.h"
#include "common/policy/score.h"
#include "common/policy/senders.h"
#include "common/policy/waterfall.h"

struct choose_leg {
	const struct waterfall_leg *leg;
	const char *channel;
	const char *from;               /* sender, or NULL */
	struct address address;
	int64_t held_ms;                /* a cap is used up, or its hours are closed, until then; 0 */
	struct hours_answer hours;      /* with a row: closed, or bypassed */
};

/* What is wanted, for whom. All borrowed. */
struct choose_request {
	const struct waterfall *waterfall;
	const char *rule;               /* that the waterfall is of, for the reasons; NULL: the built-in one */
	const struct waterfall *fallback;       /* what stands behind it, or NULL */
	bool parallel;                  /* all at once */
	const struct score_weights *weights;    /* the best channel first, by score; NULL: in the order of the waterfall */
	const json_t *about;            /* the whole message, for a score */
	bool prefer;                    /* the channels that the recipient prefers stand first, or count more */
	const json_t *from;             /* a sender for all, or by channel; or NULL */
	const struct senders *senders;  /* by destination, or NULL */
	const json_t *recipient;        /* contacts_resolve: with "address", this address alone was asked for */
	enum purpose purpose;
	const char *topic;              /* or NULL */
	const char *message, *text;     /* the message's id and text, for a permit; or NULL */
	const struct gate *gate;        /* or NULL: nobody is asked */
	enum urgency urgency;
	int64_t now_ms, at_ms;          /* at_ms: not before, as the message says */
	struct hours *hours;            /* or NULL */
	const struct windows *windows;  /* or NULL */
	bool templated;                 /* the message names a template of its own */
	const struct policy_ways *ways; /* or NULL: every channel has one */
	struct caps *caps;              /* or NULL */
	struct past *past;              /* kept from one message to the next; or NULL: nothing was sent before */
	const struct content *content;  /* or NULL: the table alone */
	const struct money *cost;       /* the most a leg may cost, or NULL */
};

struct choose_candidate;

/* Where the recipient is, by the number that is written to: most of their addresses have one or none. */
struct choose_place {
	bool there;
	char number[ADDRESS_BYTES];     /* "" for an address without a region */
	struct place place;
};

/* Kept from one recipient to the next, so that its memory is. */
struct choice {
	struct choose_leg *legs;
	size_t count, room;
	bool parallel;                  /* none waits for another */
	bool single;                    /* no second one while the first may still arrive */
	struct choose_place place;      /* of the last leg that asked */
	/* Of the recipient, each or NULL: what they want, their addresses and their id. */
	const json_t *wishes;
	json_t *addresses;
	const char *contact;
	json_t *recipient;              /* whom it is for, with what they want; the caller's, kept with the rest */
	struct choose_candidate *candidates;
	size_t candidate_count, candidate_room;
	struct habit habit;             /* of a score */
	struct content_words words;     /* the text's, once one of its legs has asked */
	unsigned segments;              /* of the text as it is; 0: not counted yet */
	struct refusal refusal; /* when there is no leg: why */
	json_t *why;                    /* policy.h: policy_plan; an array to be filled, or NULL */
};

void choice_clear(struct choice *c);

/* 0, whether or not there is a leg; -1 when the ledger cannot be read. */
int choose(struct choice *c, const struct choose_request *q, struct err *e);

/* The plan of msg(5), as JSON text and as a value: the last leg has no wait. */
void choice_dump(const struct choice *c, struct buf *b);
json_t *choice_plan(const struct choice *c);

#endif
