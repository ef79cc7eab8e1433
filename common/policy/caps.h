/*
 * Caps: how many messages a person gets in a time, or what all of them may cost. `caps:` of msg-policy(5). What counts is
 * what has really left (common/store/sent.h), of this message's kind, this message itself left out.
 */
#ifndef MSG_CAPS_H
#define MSG_CAPS_H

#include <jansson.h>

#include "common/config/config.h"
#include "common/line/words.h"
#include "common/policy/money.h"
#include "common/policy/past.h"

struct caps;

/* `given` is the list of the document, NULL for none. EX_CONFIG names file, line and key, and *ret_caps stays. */
int caps_read(const json_t *given, const struct yaml *y, const struct config *c, struct caps **ret_caps, struct err *e);
void caps_free(struct caps *c);

/* Does any of them count money, so that a price is worth asking for? */
bool caps_want_price(const struct caps *c);

struct caps_question {
	const char *person;             /* as in sent.h */
	const struct past *past;        /* what they got; NULL: nothing */
	const char *channel;
	const char *topic, *message;    /* or NULL */
	enum purpose purpose;
	struct money price;             /* what it is expected to cost; no currency: not known */
	int64_t now_ms;
};

struct caps_answer {
	bool over;
	bool hold;                      /* it waits until it fits in; else it is blocked */
	int64_t free_ms;                /* when that is */
	char text[160];                 /* for a person: "3/7d is used up until 2026-12-01T09:00:00.000Z" */
};

/* `c` and `s` may be NULL: then nothing is over. -1: the store cannot be read. */
int caps_ask(struct caps *c, struct store *s, const struct caps_question *q, struct caps_answer *ret_answer, struct err *e);

/* Something has left: what is known of budgets goes on from there. */
void caps_note(struct caps *c, const struct sent *sent);

#endif
