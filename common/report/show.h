/* Everything that is known of a message, a provider's id or a receipt. */
#ifndef MSG_SHOW_H
#define MSG_SHOW_H

#include "common/line/line.h"
#include "common/report/terminal.h"
#include "common/store/receipts.h"

/* Each: how many legs the id means (0: nobody knows it), or -1. */
int show_draw(struct store *s, const char *id, const struct terminal *terminal, int64_t now_ms, struct err *e);

/* As the receipt lines they were recorded from, in order of time within each leg. */
int show_lines(struct store *s, const char *id, struct line_writer *out, struct err *e);

#endif
