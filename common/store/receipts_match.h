/*
 * For receipts.c alone: what a receipt says, and which leg it says it of.
 */
#ifndef MSG_RECEIPTS_MATCH_H
#define MSG_RECEIPTS_MATCH_H

#include <jansson.h>

#include "common/address/address.h"
#include "common/store/receipts.h"

/* A line's members; NULL or -1 when missing. */
struct receipt_said {
	const char *id, *message, *address, *contact, *channel, *via, *purpose, *topic, *provider_id, *digest;
	const char *error_class, *error_code, *error_text, *amount, *currency;
	int64_t leg, segments, time_ms;
	enum status status;
	char who[ADDRESS_BYTES];
	struct address parsed;
};

/* A row of receipt_leg, as far as recording needs it. */
struct receipt_state {
	int64_t row;                    /* 0: not there yet */
	bool fills_who;                 /* found without its recipient, which is known now */
	enum status status;
	int64_t first_ms, last_ms;
	int64_t reached_ms[RECEIPT_ENDED + 1];
};

void receipt_said(struct receipt_said *ret_said, const json_t *line, int64_t now_ms);

/* 1: *ret_state, 0: this receipt is the first of its leg, -1: the store failed. */
int receipt_match_leg(struct store *s, const struct receipt_said *n, struct receipt_state *ret_state, struct err *e);

/* A leg that waited under the provider's id alone. 1, 0, -1 as above. */
int receipt_match_lone(struct store *s, const struct receipt_said *n, struct receipt_state *ret_state, struct err *e);

/*
 * Has it been recorded before? By its id when `state` is NULL, else by what it says of that leg. 1: the known one's id in
 * ret_id; 0, -1.
 */
int receipt_match_known(struct store *s, const struct receipt_said *n, const struct receipt_state *state,
    char ret_id[ID_BYTES + 1], struct err *e);

/*
 * Digests (receipts_digest.c). A leg has news, those that went with its message have it too; a receipt says that a leg went
 * with another message, of which there may be news already. Receipts that follow are appended to `receipts`.
 */
int receipt_digest_news(struct store *s, const char *message, const char *address, const struct receipt_said *n,
    enum status status, json_t *receipts, struct err *e);
int receipt_digest_join(struct store *s, const struct receipt_said *n, const struct receipt_state *leg, json_t *receipts,
    struct err *e);

#endif
