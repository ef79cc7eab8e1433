/*
 * What agents write back on the channel that they were told on: "accept", "decline", "complete" or "done", with a task's
 * id behind it or without; or the button or the number that stands for it.
 */
#ifndef MSG_REPLY_H
#define MSG_REPLY_H

#include "common/assign/crew.h"

enum reply_verb {
	REPLY_NONE,
	REPLY_ACCEPT,
	REPLY_DECLINE,
	REPLY_COMPLETE,
};

/* *ret_task: the id behind the word, within `text`, or "". */
enum reply_verb reply_parse(const char *text, const char **ret_task);

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
};

/* The message that tells an agent what came of it: a new reference. `task` may be "". */
json_t *reply_message(const char *to, const char *from, const char *lang, enum reply_outcome outcome, const char *task);

#endif
