/*
 * Codes and tokens that confirm a double opt-in, until they are used or their time is over: one for each question that is
 * open. They are kept as their hashes. A code that fits on a thumb is guessed soon: after CODE_TRIES wrong ones the
 * question is closed.
 */
#ifndef MSG_CODE_H
#define MSG_CODE_H

#include "common/address/address.h"
#include "common/line/id.h"
#include "common/store/store.h"

#define CODE_TRIES 5
#define CODE_SHORT 12   /* a code of fewer characters names nobody: the address has to be given with it */

struct code_question {
	char subject[ADDRESS_BYTES], channel[ADDRESS_CHANNEL], topic[ID_BYTES + 1];     /* topic: "" for all */
};

/* Replaces the one of the same question. In the caller's transaction or its own. */
int code_put(struct store *s, const struct code_question *q, const char *code, int64_t until_ms, struct err *e);

/*
 * Takes the question that a code answers; `subject` may be NULL for a long one. 1; 0: there is none, it is too late, or the
 * code is another, which counts as a try; -1. In the caller's writing transaction.
 */
int code_take(struct store *s, const char *subject, const char *code, int64_t now_ms, struct code_question *ret_question,
    struct err *e);

/* Whoever says no has answered: no code of theirs counts any more. */
int code_close(struct store *s, const char *subject, struct err *e);

#endif
