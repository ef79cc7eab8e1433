/*
 * The engine carries out requests (request.h) side by side: HTTP and SMTP over libcurl's multi interface with
 * connections kept and HTTP/2 where it is offered, commands as child processes. All of it happens on one thread of the
 * engine's own, so that the network goes on while the caller parses and commits; an exchange belongs to that thread
 * from engine_start until its `done`, and `done` is called on the caller's.
 *
 * Redirects are never followed; a request that libcurl would send a second time on its own (a kept connection died
 * under it) is stopped unless `resend` allows it, so that nothing leaves twice unnoticed.
 */
#ifndef MSG_ENGINE_H
#define MSG_ENGINE_H

#include "common/err.h"
#include "common/transport/request.h"

struct engine;

/* One request under way; embedded in the caller's own structure, which must stay where it is until `done`. */
struct exchange {
	struct request request;
	struct reply reply;
	bool resend;                            /* the receiver drops repetitions */
	void (*done)(struct exchange *x);       /* called by engine_step only */
	void *owner;                            /* the caller's */
	struct exchange *next;                  /* the engine's */
};

/* `connections`: kept open and used at once at the most. The thread starts with the first request that needs it. */
int engine_new(unsigned connections, struct engine **ret_engine, struct err *e);
void engine_free(struct engine *g);     /* what is under way is dropped without `done` */

/*
 * Hands a request over at the next engine_step; `done` comes from a later one, also when it fails at once. More than
 * `connections` may be handed over: the rest waits its turn, so that the network never waits for the caller.
 */
void engine_start(struct engine *g, struct exchange *x);

/* Calls back what has not left yet: it ends with REPLY_NOT_STARTED. */
void engine_recall(struct engine *g);

/*
 * Waits until something has ended, `timeout_ms` (-1: for ever) passes, a signal comes or `watch_fd` (-1: none) can be
 * read; then calls `done` of all that ended. *ret_readable tells about watch_fd.
 */
int engine_step(struct engine *g, int64_t timeout_ms, int watch_fd, bool *ret_readable, struct err *e);

/* Requests under way. */
unsigned engine_busy(const struct engine *g);

#endif
