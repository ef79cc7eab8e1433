/*
 * Servers that close a kept connection under a request: whether they have read it cannot be known, so for a while each
 * request to them has a connection of its own. Without this every other message to a server that never says
 * `Connection: close` would end unknown.
 */
#ifndef MSG_WARY_H
#define MSG_WARY_H

#include <stdbool.h>
#include <stdint.h>

#define WARY_HOSTS 8
#define WARY_MS 60000

struct wary {
	struct {
		char *origin;           /* "https://host:port" */
		int64_t until_ms;       /* of when_clock_ms */
	} hosts[WARY_HOSTS];
};

void wary_add(struct wary *w, const char *url, int64_t now_ms);
bool wary_has(const struct wary *w, const char *url, int64_t now_ms);
void wary_clear(struct wary *w);

#endif
