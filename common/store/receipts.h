/*
 * What became of each message: the receipts as they came (append-only, each recorded once), and beside them one row for
 * each leg with the state that follows from them.
 *
 * A leg is known by its message, its recipient (the address, else the contact) and its number. A receipt that only
 * carries the provider's id finds its leg by it; when the leg is not known yet, it waits under that id until a receipt
 * that names both comes along. The order of arrival does not matter.
 *
 * A receipt is known already when its id is, or when the same provider said the same status of the same provider_id
 * before. A receipt without id and provider_id is known when the leg had that status at that very time.
 */
#ifndef MSG_RECEIPTS_H
#define MSG_RECEIPTS_H

#include <jansson.h>

#include "common/line/id.h"
#include "common/line/words.h"
#include "common/store/store.h"

enum receipt_news {
	RECEIPT_NEW,            /* recorded, and the leg's status moved */
	RECEIPT_OLDER,          /* recorded, the leg was there or further already */
	RECEIPT_KNOWN,          /* recorded before; nothing changed */
};

struct receipt_result {
	enum receipt_news news;
	enum status status;             /* of the leg now */
	char id[ID_BYTES + 1];          /* of the receipt: the line's, that of the known one, or a new one */
	/* What follows from it, to be recorded too: of legs that are not needed any more (ack.h), of messages of the same digest. */
	json_t *receipts;               /* the caller's; or NULL */
};

/*
 * Records a line that envelope_check has passed, in a transaction of the caller's or its own. `now_ms` is its time when
 * it has none. What the person has read or answered there settles the message (ack.h). Errors: EX_DATAERR (neither message
 * nor provider_id), and those of the store.
 */
int receipt_record(struct store *s, const json_t *line, int64_t now_ms, struct receipt_result *ret_result, struct err *e);

/*
 * The furthest status of a message: of one address (NULL: any), of one leg (-1: any). Good news counts more than bad
 * ends. 1: *ret_status, 0: no receipt of it, -1: the store failed.
 */
int receipt_reached(struct store *s, const char *message, const char *address, int leg, enum status *ret_status,
    struct err *e);

#define RECEIPT_ENDED (STATUS_ANSWERED + 1)     /* index of `reached_ms`: an end without delivery */

/* All texts are borrowed for the time of the call and "" when nothing is known. */
struct receipt_leg {
	int64_t row;
	const char *message;            /* "" while only the provider's id is known */
	unsigned leg;
	const char *address, *contact, *channel, *via, *purpose, *topic, *provider_id;
	const char *digest;             /* the message that it went with, as one */
	enum status status;
	int64_t first_ms, last_ms;      /* earliest and latest time of its receipts */
	int64_t reached_ms[RECEIPT_ENDED + 1];  /* when each state was first reached, by enum status; -1: never said */
	const char *error_class, *error_code, *error_text;
	int64_t segments;               /* -1: not known */
	const char *amount, *currency;
};

/* All `each` functions return non-zero to stop. */
typedef int receipt_leg_fn(void *ctx, const struct receipt_leg *leg);

/*
 * The legs that an id means: that of a message, of a receipt, or a provider's; by address and leg. The number found, or
 * -1.
 */
int receipt_find(struct store *s, const char *id, receipt_leg_fn *each, void *ctx, struct err *e);

/* The legs that began at or after `since_ms` and before `until_ms`, oldest first. */
int receipt_each(struct store *s, int64_t since_ms, int64_t until_ms, receipt_leg_fn *each, void *ctx, struct err *e);

struct receipt_event {
	const char *id, *via, *provider_id;
	enum status status;
	int64_t time_ms;
	const char *error_class, *error_code, *error_text;
	int64_t segments;
	const char *amount, *currency;
};

typedef int receipt_event_fn(void *ctx, const struct receipt_event *event);

/* The receipts of a leg by time, those of the same time in the order of progress. */
int receipt_each_event(struct store *s, int64_t row, receipt_event_fn *each, void *ctx, struct err *e);

/* By channel, how many of the latest `count` legs were sent, delivered, and read. */
typedef int receipt_rate_fn(void *ctx, const char *channel, unsigned sent, unsigned delivered, unsigned read);
int receipt_rates(struct store *s, unsigned count, receipt_rate_fn *each, void *ctx, struct err *e);

/* Has anybody read, clicked or answered anything? 1, 0, -1. */
int receipt_any_read(struct store *s, struct err *e);

/* By channel, when a contact read (or clicked) and answered last, 0: never; of legs that were read since `since_ms`. */
typedef int receipt_habit_fn(void *ctx, const char *channel, int64_t read_ms, int64_t answered_ms);
int receipt_habit(struct store *s, const char *contact, int64_t since_ms, receipt_habit_fn *each, void *ctx, struct err *e);

/* Every status that any leg of a channel and account has now: what may be expected of them. In no order. */
typedef int receipt_seen_fn(void *ctx, const char *channel, const char *via, enum status status);
int receipt_each_seen(struct store *s, receipt_seen_fn *each, void *ctx, struct err *e);

#endif
