/* A leg as one JSON object, for commands and templates; and answers in JSON, read without trust. */
#ifndef MSG_LEG_H
#define MSG_LEG_H

#include "common/provider/provider.h"

/*
 * The message with what has been decided for this leg: `type`, `id` (of the message), `delivery` (of the leg, the same at
 * every attempt), `leg`, `attempt`, `channel`, `address` (URI), `to` (without its scheme), `from`, `text`, `html`,
 * `subject`, `contact`, `purpose`, `template` (the provider's, if there is one) and whatever else the line holds but plan. A new reference.
 */
json_t *leg_data(const struct delivery *d);

/* Takes any template: for providers that only hand it on. */
int leg_template(const json_t *template, struct err *e);

/* The reply's body as a JSON object, a new reference; NULL when it is none. */
json_t *leg_answer(const struct reply *r);

/* A text or number at a dotted path ("messages.0.id") as text in `ret_text`; false when there is none. */
bool leg_at(const json_t *value, const char *path, char *ret_text, size_t size);

#endif
