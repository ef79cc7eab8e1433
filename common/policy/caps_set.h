/* What caps are made of, for those who make them. */
#ifndef MSG_CAPS_SET_H
#define MSG_CAPS_SET_H

#include "common/policy/caps.h"

struct cap {
	const char *limit;              /* as written: "3/7d", "50 EUR/30d" */
	const char *name;               /* or NULL */
	unsigned count;                 /* 0: money counts */
	struct money money;
	int64_t window_ms;
	bool all;                       /* everybody together, else each person */
	bool per_channel, per_topic;
	unsigned purposes;              /* bits by enum purpose */
	const json_t *channels, *topics;        /* a text or a list that it is for, or NULL */
	bool hold;
	/* Of a budget of all: what is spent, looked up a moment ago. */
	int64_t spent_micros, spent_ms;
};

struct caps {
	struct cap *list;
	size_t count;
};

#endif
