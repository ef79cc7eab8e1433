/* What waits, what is worked on, and how soon it was answered. */
#ifndef MSG_QUEUE_H
#define MSG_QUEUE_H

#include "common/assign/crew.h"
#include "common/line/line.h"
#include "common/report/terminal.h"

/*
 * Of one queue or (name NULL) of all, to lines or to a table: first a line {"type":"queue",…} for each queue, then one
 * {"type":"task",…} for each task, with its position and how long it has waited. EX_DATAERR: no queue of that name.
 */
int queue_write(const struct desk *d, struct store *s, const char *name, int64_t now_ms, struct line_writer *out, struct err *e);
int queue_draw(const struct desk *d, struct store *s, const char *name, int64_t now_ms, const struct terminal *terminal,
    struct err *e);

#endif
