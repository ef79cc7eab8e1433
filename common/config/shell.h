/*
 * A command of the configuration's, run by /bin/sh -c with nothing pasted into it. Its standard error is ours, and
 * SIGPIPE ends it even where we ignore it.
 */
#ifndef MSG_SHELL_H
#define MSG_SHELL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/buf.h"
#include "common/err.h"

struct shell {
	pid_t pid;              /* 0 when there is none */
	int in;                 /* its standard input, or -1 */
	int out;                /* its standard output */
	bool group;             /* it leads a process group of its own */
};

/*
 * With `talk`, there is a pipe to its standard input and it gets a process group of its own, so that it can be ended
 * together with its children. Without, it reads /dev/null (our input holds messages) and stays in our group, so that it
 * may ask a person at the terminal. EX_OSERR.
 */
int shell_start(struct shell *s, const char *command, bool talk, struct err *e);

/*
 * Adds what is there to `b` (what is over its ceiling is dropped), waiting until `deadline_ms` (of shell_clock). 1: read
 * some, 0: end of output, -1: time is up.
 */
int shell_read(struct shell *s, struct buf *b, int64_t deadline_ms);

/*
 * Closes both pipes, gives it `grace_ms` to end, then kills it. The exit status as the shell counts it: 128 and more for
 * a signal.
 */
int shell_end(struct shell *s, int64_t grace_ms);

/* Milliseconds of a clock that nobody sets. */
int64_t shell_clock(void);

#endif
