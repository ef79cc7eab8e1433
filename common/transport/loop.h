/* The network side of the engine: runs on the engine's own thread and knows nothing of threads. For the engine alone. */
#ifndef MSG_LOOP_H
#define MSG_LOOP_H

#include "common/transport/engine.h"

struct loop;

struct loop *loop_new(unsigned connections);
void loop_free(struct loop *g);         /* what is under way is dropped */

/* Takes a request on; it starts when one of the `connections` places is free. */
void loop_start(struct loop *g, struct exchange *x);

/* Ends what has not started with REPLY_NOT_STARTED. */
void loop_recall(struct loop *g);

/*
 * Waits for events, at most `timeout_ms` (-1: as long as it takes) and until `wake_fd` can be read, and moves what is
 * under way on. Returns the exchanges that have ended, linked by `next`.
 */
struct exchange *loop_step(struct loop *g, int64_t timeout_ms, int wake_fd);

#endif
