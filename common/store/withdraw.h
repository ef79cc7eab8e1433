/*
 * Taking back what has not left. A leg that has not been started is canceled, for good: its receipt says so, and nothing
 * starts it any more. What a provider may have, or is about to be handed, is not touched; but nothing follows it.
 *
 * `withdrawn_from` of a row is the first leg that has its `canceled` receipt. Whoever has the row in hand asks for it
 * before starting anything.
 */
#ifndef MSG_WITHDRAW_H
#define MSG_WITHDRAW_H

#include <jansson.h>

#include "common/line/id.h"
#include "common/store/outbox.h"

/*
 * The numbers of the rows of a message, to one recipient or (NULL) to all, or of a dedupe key, whatever their state. The
 * caller frees the list.
 */
int withdraw_find_message(struct store *s, const char *message, const char *recipient, int64_t **ret_rows, size_t *ret_count, struct err *e);
int withdraw_find_dedupe(struct store *s, const char *dedupe, int64_t **ret_rows, size_t *ret_count, struct err *e);

struct withdrawal {
	char message[ID_BYTES + 1];
	char recipient[256];            /* for a person's eyes; cut if need be */
	enum outbox_state state;        /* as it was */
	enum status reached;            /* by its leg in hand */
	unsigned leg, legs;             /* the leg in hand, and how many there are */
	bool left;                      /* the leg in hand has left, or may have */
	bool parallel;                  /* others go at the same time */
	unsigned canceled;              /* legs that were taken back now */
};

/*
 * Takes back the row's legs that have not left (of legs in parallel each row has its own, and one those behind them), in the caller's writing transaction, and appends a `canceled` receipt for
 * each to `receipts`. 1: *ret_withdrawal (with `canceled` 0 when there was nothing to take back), 0: no such row, -1.
 */
int withdraw(struct store *s, int64_t row, json_t *receipts, struct withdrawal *ret_withdrawal, struct err *e);

/* The first leg that is withdrawn; 1: *ret_leg, 0: none is, -1. */
int withdraw_look(struct store *s, int64_t row, unsigned *ret_leg, struct err *e);

#endif
