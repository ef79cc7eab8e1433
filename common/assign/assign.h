/*
 * Tasks go to people. Each finds its workflow, waits in the queues of that workflow's steps, and is offered to the agent
 * it suits best; an offer that lapses or is declined goes to the next one.
 *
 * There is no daemon: what has come due since the last run is done at the beginning of the next one. A run holds the
 * store's write lock while it hands out, and what it is about to write is in the store before that.
 */
#ifndef MSG_ASSIGN_H
#define MSG_ASSIGN_H

#include "common/assign/crew.h"
#include "common/config/contacts.h"
#include "common/line/line.h"
#include "common/store/sender.h"

struct arrival;
struct position;

struct assign {
	const struct desk *desk;
	struct contacts *contacts;
	struct store *store;
	struct line_writer *out;
	int *status;            /* raised (err_worse) by what does not end the run */
	struct sender *sender;
	char run[ID_SIZE];
	struct crew crew;
	json_t *ways;           /* contacts of agents: {"bo":{…}}; null for one that nobody knows */
	json_t *addresses;      /* {"slack:@bo":"bo"}: agents by where they are reached; NULL until they are known */
	json_t *replies;        /* of agents, that have come and are not dealt with yet */
	json_t *messages;       /* to agents about them */
	json_t *silent;         /* {"bo":true}: agents who cannot be told, which has been said */
	json_t *touched;        /* {TASK: true when it has been given to somebody new}: their lines are to be written */
	struct arrival *arrivals;
	size_t arrival_count, arrival_bytes;
	bool awake;             /* false: the first assign_settle without a task does nothing yet */
	bool begun;             /* what was due has been looked at */
	struct position *positions;     /* counted so far in this hand-out */
	size_t position_count;
	bool pending;
	int64_t now_ms;         /* of the hand-out that is going on */
	const char *heir;       /* of assign_transfer: who is to get it */
};

/* All pointers are borrowed. */
int assign_open(struct assign *a, const struct desk *d, struct contacts *c, struct store *s, struct line_writer *out, int *status,
    struct err *e);
int assign_close(struct assign *a, struct err *e);

/* A task line, as filter.h has it. It is taken in with assign_settle; what ends a task is passed on. */
int assign_task(struct assign *a, const struct line *l, json_t *task, struct err *e);

/* An inbound line: 1, unless an agent says what becomes of a task. */
int assign_inbound(struct assign *a, json_t *inbound, struct err *e);

/* Hands out, at a time of the caller's (tests) or now. Both as filter.h has it. */
int assign_settle_at(struct assign *a, int64_t now_ms, struct err *e);
int assign_settle(void *assign, struct err *e);
int assign_written(void *assign, struct err *e);

/*
 * What an agent says about a task. `agent` NULL: whoever has it. The task's line is written. 0; -1 with EX_DATAERR (no
 * such task), EX_UNDELIVERED (it is not theirs, or no longer).
 */
int assign_accept(struct assign *a, const char *id, const char *agent, int64_t now_ms, struct err *e);
int assign_decline(struct assign *a, const char *id, const char *agent, int64_t now_ms, struct err *e);
int assign_complete(struct assign *a, const char *id, const char *agent, int64_t now_ms, struct err *e);

/*
 * a->heir gets it, whatever it asks for, if they are there and have room (else EX_UNDELIVERED), and is told. It may wait,
 * too.
 */
int assign_transfer(struct assign *a, const char *id, const char *agent, int64_t now_ms, struct err *e);

#endif
