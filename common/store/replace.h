/*
 * One message in the place of another. A row that takes a place knows what it is: nothing yet (whether the other has left
 * is still to be seen), a message like any other, in the place of one that never left, or an edit of what was sent. The
 * row whose place was taken knows by whom, so that the first id goes on meaning the latest words.
 */
#ifndef MSG_REPLACE_H
#define MSG_REPLACE_H

#include <jansson.h>

#include "common/line/id.h"
#include "common/store/outbox.h"

#define REPLACE_PROVIDER_ID 128

struct replaced {
	int64_t row;
	char message[ID_BYTES + 1];
	enum outbox_state state;
	enum status reached;
	unsigned leg, account, parts;
	unsigned rows;                          /* more than one: it went, or was to go, by several channels at once */
	int64_t due_ms;
	char provider_id[REPLACE_PROVIDER_ID];  /* of its leg in hand, or "" */
	char edits[REPLACE_PROVIDER_ID];        /* what it edits itself, or "" */
	char replaces[ID_BYTES + 1];            /* what it is to replace itself, when that is still to be done; or "" */
	char owner[ID_SIZE];                    /* who has it in hand, or "" */
	json_t *plan;                           /* the caller's */
};

/*
 * What a message is to this recipient now, whatever has taken its place meanwhile. 1, 0: it is not known, -1.
 * Of several rows the one that has got furthest.
 */
int replace_find(struct store *s, const char *message, const char *recipient, struct replaced *ret_replaced, struct err *e);

/*
 * `row`, the message `by`, takes the place of `old`; `edits` says what it edits, "" nothing, NULL that it has not
 * got its place yet; `plan` (or NULL) by which legs.
 */
int replace_put(struct store *s, const struct replaced *old, int64_t row, const char *by, const char *edits, const json_t *plan,
    struct err *e);

/* What a row is: 1: it has its place (ret_edits "" when it is no edit), 0: not yet, -1. */
int replace_look(struct store *s, int64_t row, char ret_edits[REPLACE_PROVIDER_ID], struct err *e);

#endif
