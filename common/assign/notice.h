/* What is said about a task: the task line itself, and the message that an agent gets about it. */
#ifndef MSG_NOTICE_H
#define MSG_NOTICE_H

#include "common/assign/crew.h"
#include "common/buf.h"

/* Appends the task's line, as it came but for status, agent, queue, context and the like. `before`: how many wait before it. */
void notice_task(struct buf *b, const struct task *t, int64_t before);

/* The id of the contact that an agent is reached as; NULL when it is an address or a contact of its own. */
const char *notice_contact(const struct worker *w);

/*
 * The message to the agent who has been given the task, a new reference; NULL when there is no way to this agent.
 * `contact` is the one that notice_contact names, `lang` the agent's language; either may be NULL.
 */
json_t *notice_message(const struct desk *d, const struct worker *w, const json_t *contact, const char *lang, const struct task *t,
    const json_t *json, int64_t now_ms);

#endif
