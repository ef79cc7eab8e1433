/* A run of delivery from its beginning to its end: over lines, over one message, over what is due in the outbox. */
#ifndef MSG_RUN_H
#define MSG_RUN_H

#include <stdio.h>

#include "common/deliver/deliver.h"
#include "common/line/filter.h"

struct run {
	struct deliver *deliver;
	struct filter *filter;  /* output, rejects, status */
	FILE *preview;          /* print requests here instead of sending; or NULL */
};

/*
 * While they run, SIGINT, SIGTERM and SIGHUP let what is under way end and queue the rest.
 * All: 0, or -1 when the run broke off; bad lines are reported as they come and show in the filter's status.
 */
int run_lines(const struct run *r, int fd, struct err *e);
int run_message(const struct run *r, json_t *message, struct err *e);
int run_outbox(const struct run *r, bool watch, struct err *e);

/* After deliver_finish has failed: what was taken in and is not in the outbox goes to the rejects. */
void run_keep_unsaved(struct deliver *d, struct filter *f);

/* A run over lines could not begin: with --rejects they go there, so that a pipe loses nothing. */
void run_give_back(struct filter *f, int fd);

/* --deadline: a duration from now, or a time as --at has it. NULL: *ret_ms is 0. EX_USAGE. */
int run_deadline(const char *text, int64_t *ret_ms, struct err *e);

#endif
