/*
 * The ledger beside a stream of lines: messages are screened against it, what people write back goes into it. The
 * functions are handlers of common/line/filter.h, whose ctx is the struct. A batch of lines is one transaction, so that
 * what other programs have committed counts from the next batch on.
 */
#ifndef MSG_OPTIN_STREAM_H
#define MSG_OPTIN_STREAM_H

#include "common/config/contacts.h"
#include "common/line/filter.h"
#include "common/optin/settings.h"
#include "common/policy/gate.h"
#include "common/store/ack.h"

struct optin_stream {
	struct filter *filter;          /* takes the results */
	const char *directory;          /* of the store */
	struct store *store;            /* opened for the first line that needs it; the caller closes it */
	bool writable, looked;          /* the store is; it was opened in this batch, or there was none */
	struct contacts *contacts;      /* or NULL */
	struct gate gate;               /* for optin_stream_screen: what is required; its store is set here */
	const struct optin *optin;      /* for optin_stream_answer, and the words that acknowledge a message */
	const struct ack_words *ack;
};

/* Messages go on without those who may not be reached; each of these is a receipt. */
int optin_stream_screen(void *stream, const struct line *l, json_t *value, enum envelope type, struct err *e);

/*
 * STOP, START and HELP become consents and replies. Whatever somebody writes may answer a message: then receipts follow, and
 * a line that acknowledges one says so (`acknowledges`).
 */
int optin_stream_answer(void *stream, const struct line *l, json_t *value, enum envelope type, struct err *e);

/* The `settle` of both. */
int optin_stream_settle(void *stream, struct err *e);

#endif
