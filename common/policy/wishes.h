/*
 * What a person wants (msg-optin prefs), where it is decided how they are written to. It stands in a recipient as the
 * member `preferences`, and in those that mean the same: prefer, lang and tz.
 */
#ifndef MSG_WISHES_H
#define MSG_WISHES_H

#include <jansson.h>

#include "common/policy/caps.h"
#include "common/store/store.h"

/*
 * The recipient with what they want, a new reference: the same one when nothing is recorded of them. The wishes of the
 * contact count, else those that are recorded for the one address that is to be written to. `s` may be NULL.
 */
int wishes_apply(struct store *s, json_t *recipient, json_t **ret_recipient, struct err *e);

/* How dear a channel is to them: the dearest has the highest number, those that they have not named have 0. */
size_t wishes_rank(const json_t *recipient, const char *channel);

/* Do they want no second channel while the first may still reach them? */
bool wishes_one_channel(const json_t *recipient);

/*
 * *ret_wanted is false when they have named topics and this one (may be NULL) is not among them. Contact and subject may be
 * NULL.
 */
int wishes_want_topic(struct store *s, const char *contact, const char *subject, const char *topic, bool *ret_wanted, struct err *e);

/* Their hours of rest in minutes after midnight; false: none. */
bool wishes_quiet(const json_t *recipient, unsigned *ret_from, unsigned *ret_to);

/* Does it count how many messages they get? */
bool wishes_count(const json_t *recipient);

/* As caps_ask: offers beyond the frequency that they want wait. */
int wishes_ask_frequency(const json_t *recipient, struct store *s, const struct caps_question *q, struct caps_answer *ret_answer,
    struct err *e);

#endif
