/*
 * How fast an account or a channel may be used, as its owner or the provider has it:
 *
 *   rate: 10/s                                        # messages
 *   rate: {messages: 10/s, segments: 20/s, sender: 1/s, sender_segments: 1/s, address: 1/s, burst: 10}
 *
 * A rate is a number (decimals allowed) in a second, minute, hour or day: 10/s, 0.5/s, 30/m, 1000/h, 5000/d.
 */
#ifndef MSG_RATE_H
#define MSG_RATE_H

#include <jansson.h>
#include <stdint.h>

#include "common/config/config.h"

struct rate {
	int64_t interval_us;    /* of one; 0: no limit */
	unsigned burst;         /* how many at once after a rest, from 1 */
};

struct rates {
	struct rate messages, segments;         /* of all together */
	struct rate sender, sender_segments;    /* of each sender */
	struct rate address;                    /* of each recipient's address */
};

/* "10/s"; the burst is what one second allows, at least 1. -1 when it is none. */
int rate_parse(const char *text, struct rate *ret_rate);

/* `rate:` of an account or a channel over what stands in *rates. EX_CONFIG with file, line and key. */
int rates_read(const struct config *c, const json_t *owner, struct rates *rates, struct err *e);

#endif
