/*
 * Answers as msg-receipts records them: an inbound line that answers a message, and somebody who says for the recipient
 * that it is acknowledged. What follows (common/store/ack.h) is recorded and written as receipt lines.
 */
#ifndef MSG_REPORT_ANSWER_H
#define MSG_REPORT_ANSWER_H

#include "common/line/line.h"
#include "common/store/ack.h"

struct answer_log {
	struct store *store;            /* within a writing transaction of the caller */
	struct contacts *contacts;      /* or NULL */
	const struct ack_words *words;
	struct line_writer *out;
};

/* The line, marked with the messages that it acknowledges if there are any, and then the receipts. */
int answer_log_inbound(struct answer_log *a, const struct line *l, json_t *inbound, struct err *e);

/* `contact` is who has acknowledged, or NULL: all recipients. 1, 0: nobody had been sent that message, -1. */
int answer_log_message(struct answer_log *a, const char *message, const char *contact, struct err *e);

/* Records receipts that follow from another and writes them. */
int answer_log_receipts(struct answer_log *a, const json_t *receipts, struct err *e);

#endif
