/* Taking messages back: msg-send --cancel, and what nobody needs any more because it was read or answered. */
#ifndef MSG_DELIVER_CANCEL_H
#define MSG_DELIVER_CANCEL_H

#include "common/line/line.h"
#include "common/option.h"
#include "common/store/store.h"

struct cancel {
	struct option_list ids, keys;   /* of messages; dedupe keys */
};

/*
 * Takes back what has not left, commits, and then writes a `canceled` receipt for each leg. What cannot be taken back is
 * said, and makes *ret_status EX_UNDELIVERED.
 */
int cancel_messages(const struct cancel *c, struct store *s, struct line_writer *out, int *ret_status, struct err *e);

#endif
