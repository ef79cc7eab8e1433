/*
 * Answers and acknowledgements. When somebody has answered, acknowledged or read a message on one channel, its legs on all
 * others that have not left are canceled (withdraw.h). A message with `ack` is only settled by a word that acknowledges, or
 * by being read; any other is settled by whatever its recipient answers.
 *
 * An inbound line does not say what it answers. So each address is kept with the legs that went to it, of messages that an
 * answer changes something for; an answer is one to all of them that had left when it was written, unless it names one: by
 * `in_reply_to`, the provider's id, or by the thread. Where nothing went to the address, it is one to what went to others of
 * the same contact, if the line or the contacts say who that is.
 */
#ifndef MSG_ACK_H
#define MSG_ACK_H

#include <jansson.h>

#include "common/config/contacts.h"
#include "common/line/words.h"
#include "common/store/store.h"

/* The words that acknowledge: ACK, OK, YES, thumbs up, and those of the configuration's `ack: {keywords: […]}`. */
struct ack_words;
int ack_words_load(const struct config *c, struct ack_words **ret_words, struct err *e);        /* EX_CONFIG */
void ack_words_free(struct ack_words *w);
bool ack_words_match(const struct ack_words *w, const char *text);

/* A leg is about to leave for an address, and an answer from there will matter. In a writing transaction, as all below. */
int ack_expect(struct store *s, const char *address, const char *message, const char *recipient, unsigned leg, int64_t now_ms,
    struct err *e);

struct ack_result {
	json_t *receipts;       /* a list, appended to: `answered`, and `canceled` for the legs that it took back */
	json_t *messages;       /* a list, appended to: ids of the messages that asked for it and are acknowledged */
};

/* Could what the inbound line says settle something? Also in a reading transaction. 1, 0, -1. */
int ack_is_expected(struct store *s, struct contacts *contacts, const json_t *inbound, struct err *e);

/* An inbound line that was checked. `words` NULL: it acknowledges nothing, whatever it says. `contacts` may be NULL. */
int ack_answer(struct store *s, struct contacts *contacts, const json_t *inbound, const struct ack_words *words, int64_t now_ms,
    struct ack_result *r, struct err *e);

/*
 * Somebody says for the recipient `contact` (NULL: for all of them) that the message is acknowledged. 1; 0: there is no
 * such message that has been sent; -1.
 */
int ack_message(struct store *s, const char *message, const char *contact, int64_t now_ms, struct ack_result *r, struct err *e);

/*
 * A leg has reached a status: where that is what the message waited for, and it was read at least, what has not left is
 * taken back and appended to `receipts`. `recipient` may be NULL as in outbox_progress.
 */
int ack_reached(struct store *s, const char *message, const char *recipient, unsigned leg, enum status status, json_t *receipts,
    struct err *e);

/* Forgets what nobody has answered. */
int ack_purge(struct store *s, int64_t before_ms, unsigned limit, struct err *e);

#endif
