/*
 * Which channel is the best one, where no rule says it: what the message needs (data/needs.tsv) times what each channel
 * gives (data/channels.tsv), as points out of a hundred; and on top of it what is known of the person: what they prefer,
 * where they read and answer, whether they are in the app now, what people use where they live (data/shares.tsv), and
 * how many of the latest messages on a channel arrived and were read.
 */
#ifndef MSG_SCORE_H
#define MSG_SCORE_H

#include <jansson.h>

#include "common/config/yaml.h"
#include "common/line/words.h"
#include "common/policy/habit.h"

/* What is known of the person; each counts so many points at the most. */
enum signal {
	SIGNAL_PREFER,          /* 120, 20 less for each place further down */
	SIGNAL_HABIT,           /* 20: they answered there last, 10: they read there */
	SIGNAL_PRESENCE,        /* 40: in the app now; -30: not, -10: nobody knows; 10 and -10 for other channels */
	SIGNAL_ENABLED,         /* -200: notifications are off */
	SIGNAL_SHARE,           /* from -10 to 10, by country */
	SIGNAL_DELIVERY,        /* from -45 to 5, by what arrived */
	SIGNAL_READING,         /* from -10 to 10, by what was read */
	SIGNAL_OTHERS,          /* -20: not one of the usual channels for the purpose */
	SIGNALS,
};

/* In percent of what is built in. */
struct score_weights {
	unsigned quality[QUALITIES], signal[SIGNALS];
};

void score_weights_init(struct score_weights *w);

/* `weights:` of an object, factors from 0 to 10 by name; what is not there stays. 1: there are none. EX_CONFIG. */
int score_weights_read(const json_t *object, const struct yaml *y, struct score_weights *w, struct err *e);

/* A message for somebody, looked at once for all channels. Borrowed. */
struct score {
	const json_t *message, *recipient;
	const char *region;             /* of their number, "" when not known */
	const struct score_weights *weights;
	const struct habit *habit;      /* or NULL: nothing is known */
	bool prefer;                    /* what the person prefers counts */
	/* Filled by score_begin. */
	int need[QUALITIES], total;
	const json_t *preferred;        /* their channels in order, or NULL */
	const json_t *active, *presence;        /* in the app; in general, a text or a map by channel; or NULL */
	bool mute;                      /* notifications are off */
};

void score_begin(struct score *s, enum purpose purpose, enum urgency urgency);

/* `parts` (may be NULL), an object, gets the points by name, without those of 0. */
int score_channel(const struct score *s, const char *channel, bool others, json_t *parts);

#endif
