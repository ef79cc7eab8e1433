/*
 * Windows: channels on which free words may be written only for a time after the person has written, such as WhatsApp
 * and Messenger; outside of it a template that the platform has approved must do. `windows:` of msg-policy(5). What the
 * person has written is known from the conversations in the store.
 */
#ifndef MSG_WINDOWS_H
#define MSG_WINDOWS_H

#include <jansson.h>

#include "common/address/address.h"
#include "common/config/config.h"
#include "common/store/store.h"

struct windows;

/* `given` is the map of the document, NULL for none. EX_CONFIG names file, line and key, and *ret_windows stays. */
int windows_read(const json_t *given, const struct yaml *y, const struct config *c, struct windows **ret_windows, struct err *e);
void windows_free(struct windows *w);

struct window_answer {
	bool closed;
	const char *template;           /* to go as, for the topic; NULL: there is none */
	char text[160];                 /* for a person: "whatsapp has been closed since 2026-12-01T09:00:00.000Z" */
};

/* `w` and `s` may be NULL: without windows nothing is closed, without a store nobody has written. -1: it cannot be read. */
int windows_ask(const struct windows *w, struct store *s, const struct address *a, const char *topic, int64_t now_ms,
    struct window_answer *ret_answer, struct err *e);

#endif
