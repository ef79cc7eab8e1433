/* From one state of a task to the next. For assign.c, which reads and writes lines, alone; all in a transaction. */
#ifndef MSG_HAND_OUT_H
#define MSG_HAND_OUT_H

#include "common/assign/assign.h"
#include "common/assign/reply.h"

/* Looks the agents' contacts up, which may take its time: hold no lock. */
int hand_out_meet(struct assign *a, struct err *e);

/* The contact of that id as hand_out_meet found it, or NULL. */
const json_t *hand_out_contact(const struct assign *a, const char *id);

/* The language of an agent, or NULL. */
const char *hand_out_lang(const struct assign *a, const struct worker *w);

/* What agents have replied; what they are told about it goes to a->messages. */
int hand_out_replies(struct assign *a, struct err *e);

/* An agent is told something that they did not ask. */
void hand_out_tell(struct assign *a, const struct worker *w, enum reply_outcome outcome, const char *what);

/* The task's line as conditions see it: a new reference. */
json_t *hand_out_json(const struct task *t);

/* Its line is to be written; `given`: and somebody is to be told. */
void hand_out_touch(struct assign *a, const struct task *t, bool given);

/* A new task finds its workflow and its first queue. */
int hand_out_enter(struct assign *a, struct task *t, struct err *e);

/* Everything that has come due; then whatever waits goes to whoever has room. */
int hand_out_all(struct assign *a, struct err *e);

int hand_out_accept(struct assign *a, struct task *t, struct err *e);
int hand_out_decline(struct assign *a, struct task *t, struct err *e);
int hand_out_transfer(struct assign *a, struct task *t, struct err *e);        /* to a->heir */
int hand_out_end(struct assign *a, struct task *t, enum task_status status, struct err *e);

#endif
