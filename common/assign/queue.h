/* What waits, what is worked on, and how soon it was answered. */
#ifndef MSG_QUEUE_H
#define MSG_QUEUE_H

#include "common/assign/crew.h"
#include "common/line/line.h"
#include "common/report/terminal.h"

struct queue_question {
	const char *name;       /* of one queue; NULL: all */
	int64_t now_ms;
	int64_t period_ms;      /* how far back the figures of what was answered go */
};

/*
 * To lines or to a table: first a line {"type":"queue",…} for each queue, then one {"type":"task",…} for each task, with its
 * position and how long it has waited. `s` NULL: nothing has come yet. EX_DATAERR: no queue of that name.
 */
int queue_write(const struct desk *d, struct store *s, const struct queue_question *question, struct line_writer *out, struct err *e);
int queue_draw(const struct desk *d, struct store *s, const struct queue_question *question, const struct terminal *terminal,
    struct err *e);

#endif
