/*
 * What the store tells about people and channels: where somebody read or answered, and how much of the latest that went
 * over a channel arrived and was read.
 */
#ifndef MSG_HABIT_H
#define MSG_HABIT_H

#include <jansson.h>

#include "common/address/address.h"
#include "common/store/store.h"

#define HABIT_CHANNELS 32

struct habit_channel {
	char channel[ADDRESS_CHANNEL];
	int64_t read_ms, answered_ms;   /* of the person, 0: never */
	unsigned sent, delivered, read; /* of everybody, among the latest */
	bool reads;                     /* somebody has read something there: the channel tells */
};

struct habit {
	struct habit_channel list[HABIT_CHANNELS];
	size_t count;
	bool counted;           /* `sent`, `delivered` and `read` are there */
	bool read, heard;       /* somebody has read something; somebody has written to us */
	int64_t looked_ms;      /* when that was looked up; by when_clock_ms */
};

/*
 * Looks up the recipient; what is about everybody only once. `s` NULL: nothing is known. -1: the store cannot be read.
 */
int habit_look(struct habit *h, struct store *s, const json_t *recipient, int64_t now_ms, struct err *e);

/* NULL: nothing is known of it. */
const struct habit_channel *habit_find(const struct habit *h, const char *channel);

#endif
