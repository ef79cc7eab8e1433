/* Commands as requests: the body on stdin, stdout as the reply. For the engine alone. */
#ifndef MSG_CHILD_H
#define MSG_CHILD_H

#include <poll.h>
#include <sys/types.h>

#include "common/transport/engine.h"

struct child {
	struct exchange *x;
	pid_t pid;
	int in, out;            /* our ends of its stdin and stdout; -1 when closed */
	size_t sent;
	int64_t deadline_ms;
	bool killed;
	struct child *next;
};

/* Starts the command in a process group of its own. NULL: x->reply says why. */
struct child *child_start(struct exchange *x, int64_t now_ms);

/* Fills at most two entries for poll(2); returns how many. */
unsigned child_poll(const struct child *c, struct pollfd *ret_fds);

/* Moves bytes; true when the command has ended and x->reply is complete. */
bool child_step(struct child *c, int64_t now_ms);
void child_free(struct child *c);       /* kills what still runs, reaps it */

#endif
