/*
 * The loop that every program shares when it is a filter: read each line of the inputs, check it, hand it to the program
 * or pass it on, report what is bad, write the results.
 *
 * Results are written after `settle`, which commits what the program has put into the store: what was printed is durable.
 * It runs before the loop would block for input, after a bounded number of lines, and at the end.
 */
#ifndef MSG_FILTER_H
#define MSG_FILTER_H

#include "common/line/envelope.h"
#include "common/line/line.h"

struct filter {
	/*
	 * One line of a known type. 0: handled (results written to `out`), 1: pass the line on unchanged,
	 * -1: with EX_DATAERR the line is reported and rejected, with any other code the run ends.
	 */
	int (*handle)(void *ctx, const struct line *l, json_t *value, enum envelope type, struct err *e);
	int (*settle)(void *ctx, struct err *e);        /* or NULL */
	int (*written)(void *ctx, struct err *e);       /* after the output that followed a settle got out; or NULL */
	void *ctx;

	const char *rejects;    /* path that bad lines are appended to, or NULL */

	struct line_writer out; /* standard output; set up by filter_init */
	int rejects_fd;
	int status;             /* the worst so far (err_worse); the program may raise it */
};

/* Sets `out` up and opens the rejects file. */
int filter_init(struct filter *f, struct err *e);

/*
 * Reads the files ("-" is standard input; none means standard input) to their end and returns the exit status. With a
 * terminal on standard input and no file it says so and returns EX_USAGE.
 */
int filter_run(struct filter *f, char *const *files, size_t count);

/* For programs with a loop of their own: says where a bad line is and keeps it. `name` is NULL for standard input. */
void filter_reject(struct filter *f, const char *name, const struct line *l, struct err *e);

/* Commits and writes; -1 when the run must end. */
int filter_settle(struct filter *f, struct err *e);

/* Appends bytes of a line that was too long to the rejects file: a line_reader's `spill`. */
void filter_spill(void *filter, const char *data, size_t len);

void filter_clear(struct filter *f);

#endif
