/*
 * Conversations and what was said in them. A conversation lies between two addresses, theirs and ours; of those that
 * have not ended there is one for each such pair. Its turns are the lines themselves, in order: inbound lines, and the
 * message and task lines that answered them.
 *
 * Answers are committed before they are written. A turn is pending until its line got out; so what was lost in between
 * (kill -9, a closed pipe) can be written by whoever finds it, with the same ids.
 */
#ifndef MSG_CONVERSATION_H
#define MSG_CONVERSATION_H

#include <jansson.h>

#include "common/line/id.h"
#include "common/store/store.h"

enum conversation_status {
	CONVERSATION_OPEN,      /* the flow's turn */
	CONVERSATION_HANDED,    /* a person has it, or will take it */
	CONVERSATION_ENDED,
};

const char *conversation_status_name(enum conversation_status s);       /* "open", "handed", "ended" */

struct conversation {
	char id[ID_SIZE];
	char *thread;           /* of the lines: the inbound's own, else the id */
	char *them, *us;        /* canonical addresses; `us` is "" when it is not known */
	char *flow;             /* name, "" without one */
	char *state;            /* of the flow; "" before the first */
	enum conversation_status status;
	char *task;             /* id of the task line of the hand-off, or "" */
	unsigned misses;        /* answers in a row that this state did not understand */
	int64_t due_ms;         /* when waiting ends; 0: never */
	int64_t started_ms, updated_ms;
	int64_t version;        /* 0: not in the store */
	json_t *data;           /* an object, the flow's memory */
};

struct conversation *conversation_new(const char *them, const char *us, const char *flow, int64_t now_ms);
void conversation_free(struct conversation *c);
void conversation_set(char **field, const char *text);  /* replaces thread, state, task */

/* The one between two addresses that has not ended. 1: *ret_conversation, 0: none, -1. The caller frees. */
int conversation_find(struct store *s, const char *them, const char *us, struct conversation **ret_conversation, struct err *e);

/* The latest handed-off one of a thread. 1, 0, -1. */
int conversation_handed(struct store *s, const char *thread, struct conversation **ret_conversation, struct err *e);

/* One of this flow whose waiting ended at or before `now_ms`, the longest due first. 1, 0, -1. */
int conversation_due(struct store *s, const char *flow, int64_t now_ms, struct conversation **ret_conversation, struct err *e);

/*
 * Writes it back, or in for the first time. 0; 1 when somebody else has changed it, or opened another between the same
 * two, since it was read: nothing is written; -1.
 */
int conversation_save(struct store *s, struct conversation *c, struct err *e);

/* Ends all that an address has not ended. */
int conversation_end_all(struct store *s, const char *them, int64_t now_ms, struct err *e);

enum turn_kind {
	TURN_IN,
	TURN_OUT,
	TURN_TASK,
};

struct turn {
	int64_t seq;            /* given by the store */
	enum turn_kind kind;
	const char *id;         /* the line's, or NULL */
	const char *line;       /* the JSON text */
	int64_t time_ms;
	int64_t cause;          /* seq of the turn that it answers; 0: none */
	const char *pending;    /* who is about to write the line, the id of that run (sender.h); NULL: it got out */
};

/* Appends; fills turn->seq. */
int conversation_add_turn(struct store *s, const struct conversation *c, struct turn *turn, struct err *e);

/* Remembers that a line was heard, under a key of the caller's; conversation_heard finds its turn again: 1, 0, -1. */
int conversation_hear(struct store *s, const char *key, int64_t seq, struct err *e);
int conversation_heard(struct store *s, const char *key, int64_t *ret_seq, struct err *e);

/*
 * All that one line did, or nothing of it: saves the conversation (results as conversation_save), appends the turns, of
 * which those that are not TURN_IN get the first one as their cause if it is, and hears the first under the keys.
 */
int conversation_record(struct store *s, struct conversation *c, struct turn *turns, size_t count, const char *const *keys,
    size_t key_count, struct err *e);

/* Is there any at all? 1, 0, -1. */
int conversation_any(struct store *s, struct err *e);

/* When somebody last wrote to us, by what they sent or, if that was before, by when it was heard: 1, 0: never, -1. */
int conversation_last_heard(struct store *s, const char *them, int64_t *ret_ms, struct err *e);

/* For the lists: `each` returns non-zero to stop. Do not write to the store in it. */
typedef int conversation_each_fn(void *ctx, const struct conversation *c);
typedef int turn_each_fn(void *ctx, const struct turn *turn);

/* Those of a status, the latest touched first. */
int conversation_each(struct store *s, enum conversation_status status, conversation_each_fn *each, void *ctx, struct err *e);

/* The history of one, oldest first. */
int conversation_each_turn(struct store *s, const char *id, turn_each_fn *each, void *ctx, struct err *e);

/*
 * Lines that did not get out yet: those that answer turn `cause`, or with 0 all of a flow's. Those of `run` itself are
 * left out: they are in its hands. Whether the other runs are alive is for the caller to find out.
 */
int conversation_each_pending(struct store *s, int64_t cause, const char *flow, const char *run, turn_each_fn *each, void *ctx,
    struct err *e);

/* `run` takes a pending turn over. */
int conversation_adopt(struct store *s, int64_t seq, const char *run, struct err *e);

/* Everything that `run` had pending got out. */
int conversation_written(struct store *s, const char *run, struct err *e);

#endif
