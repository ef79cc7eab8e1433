/*
 * A flow at work on lines: each inbound line is answered from its conversation in the store, once, however often it
 * comes. Lines that answer go to `out` and are in the store before they are written.
 */
#ifndef MSG_TALK_H
#define MSG_TALK_H

#include "common/bot/flow.h"
#include "common/config/contacts.h"
#include "common/line/line.h"
#include "common/store/conversation.h"
#include "common/store/sender.h"

struct talk {
	const struct flow *flow;
	struct contacts *contacts;
	struct store *store;
	struct line_writer *out;
	int *status;            /* raised (err_worse) by what does not end the run */
	struct sender *sender;
	char run[ID_SIZE];      /* its name: whose answers are pending */
	bool pending;           /* some are */
	int64_t began_ms;       /* of the transaction */
	bool failed;            /* a commit in between did: nothing may be written any more */
	struct err failure;
};

/* Registers the run, so that others can tell whether what it has pending is lost. */
int talk_open(struct talk *t, const struct flow *f, struct contacts *c, struct store *s, struct line_writer *out, int *status,
    struct err *e);
int talk_close(struct talk *t, struct err *e);  /* before the store; also of one that was never opened */

/*
 * What a filter does with a line: 0 (handled), 1 (pass it on), -1, as filter.h has it.
 *
 * inbound: passed on when it acknowledges a message; else answered, or, while a person has the conversation, passed on
 * with its `thread`. task: passed on, and when it says completed, declined or canceled its conversation comes back to the
 * flow. consent: passed on; a no to everything on an address ends its conversations.
 */
int talk_inbound(struct talk *t, const struct line *l, json_t *inbound, struct err *e);
int talk_task(struct talk *t, const struct line *l, json_t *task, struct err *e);
int talk_consent(struct talk *t, json_t *consent, struct err *e);

/* A conversation comes back to the flow. 1: done, 0: no conversation of that thread is handed off, -1. */
int talk_return(struct talk *t, const char *thread, const char *how, struct err *e);

/* One conversation that has waited long enough. 1: one was dealt with, 0: there is none, -1. */
int talk_due(struct talk *t, int64_t now_ms, struct err *e);

/* What earlier runs had decided to say and were stopped before they wrote it. */
int talk_recover(struct talk *t, struct err *e);

/* For filter.h. */
int talk_settle(void *talk, struct err *e);
int talk_written(void *talk, struct err *e);

#endif
