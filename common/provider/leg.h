/* A leg as one JSON object, for commands and templates; and answers in JSON, read without trust. */
#ifndef MSG_LEG_H
#define MSG_LEG_H

#include "common/provider/provider.h"

/*
 * The message with what has been decided for this leg: `type`, `id` (of the message), `delivery` (of the leg, the same at
 * every attempt), `leg`, `attempt`, `channel`, `address` (URI), `to` (without its scheme), `from`, `text`, `html`,
 * `subject`, `contact`, `purpose` and whatever else the line holds but plan and template. A new reference.
 */
json_t *leg_data(const struct delivery *d);

/* The reply's body as a JSON object, a new reference; NULL when it is none. */
json_t *leg_answer(const struct reply *r);

/* A text or number at a dotted path ("messages.0.id") as text in `ret_text`; false when there is none. */
bool leg_at(const json_t *value, const char *path, char *ret_text, size_t size);

#endif
