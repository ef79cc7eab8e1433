/*
 * What agents write back on the channel that they were told on: "accept", "decline", "complete" or "done", with a task's
 * id behind it or without, or the button or the number that stands for it; and "available", "busy", "away", "offline",
 * with a duration behind it or without.
 */
#ifndef MSG_REPLY_H
#define MSG_REPLY_H

#include "common/assign/crew.h"

enum reply_verb {
	REPLY_NONE,
	REPLY_ACCEPT,
	REPLY_DECLINE,
	REPLY_COMPLETE,
	REPLY_STATUS,
};

struct reply {
	enum reply_verb verb;
	const char *what;       /* the task's id behind the word, or "", within the text; of REPLY_STATUS, a static word */
	int64_t for_ms;         /* of REPLY_STATUS: how long; 0: for good */
};

void reply_parse(const char *text, struct reply *ret_reply);

/* Adds {ADDRESS: AGENT} for every address that an agent is reached on; `contact` is the one that notice_contact names, or NULL. */
void reply_add_addresses(json_t *addresses, const struct worker *w, const json_t *contact);

/* Who writes from this address, or NULL. */
const char *reply_agent(const json_t *addresses, const char *from);

enum reply_outcome {
	REPLY_ACCEPTED,
	REPLY_DECLINED,
	REPLY_COMPLETED,
	REPLY_LOST,             /* it is not theirs (any longer) */
	REPLY_NOTHING,          /* they have no such task */
	REPLY_NOTED,            /* their status is what they say */
	REPLY_AWAY,             /* they are taken to be away */
	REPLY_CANCELED,         /* what they have is no longer needed */
};

/*
 * The message that tells an agent so: a new reference. `to` is stolen; `what` is the task's id, of REPLY_NOTED the status,
 * or ""; `more` is put behind it in brackets, or is NULL. Addresses and names in it are what the agent is to see.
 */
json_t *reply_message(json_t *to, const char *from, const char *lang, enum reply_outcome outcome, const char *what,
    const char *more);

#endif
