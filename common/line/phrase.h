/*
 * When a person means, in the words that at(1) has taught: "09:00", "9am tomorrow", "monday 8:30", "in 2h",
 * "now + 3 days", "2026-12-01 09:00 Europe/Madrid", "1 dec noon UTC", or RFC 3339. See msg-send(1) for all of them.
 * Without a zone it is the clock of this machine.
 */
#ifndef MSG_PHRASE_H
#define MSG_PHRASE_H

#include "common/line/zone.h"

struct phrase {
	int64_t ms;
	int32_t offset;         /* of the zone that was meant, seconds east of UTC */
	enum zone_fit fit;      /* what the clock does at that time: skipped, or shown twice (the first one is meant) */
};

/* EX_DATAERR names the phrase and the word that was not understood. A time that has passed is no error here. */
int phrase_parse(const char *text, int64_t now_ms, struct phrase *ret_phrase, struct err *e);

#endif
