/* What is in the outbox and why each message waits: for a person as a table, for programs as JSON lines. */
#ifndef MSG_OUTBOX_VIEW_H
#define MSG_OUTBOX_VIEW_H

#include "common/line/line.h"
#include "common/report/terminal.h"
#include "common/store/store.h"

struct outbox_view {
	struct store *store;    /* NULL: there is none yet */
	int64_t now_ms;
	bool whole;             /* addresses as they are; else masked */
};

int outbox_view_lines(const struct outbox_view *q, struct line_writer *out, struct err *e);
int outbox_view_draw(const struct outbox_view *q, const struct terminal *terminal, struct err *e);

#endif
