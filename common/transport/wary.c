#include <stdlib.h>
#include <string.h>

#include "common/transport/wary.h"
#include "common/xalloc.h"

#include "common/banned.h"

static size_t origin_length(const char *url)
{
	const char *host = strstr(url, "://");

	return host ? (size_t)(host + 3 - url) + strcspn(host + 3, "/?#") : strlen(url);
}

static bool is_of(const char *origin, const char *url)
{
	size_t len = origin_length(url);

	return origin && strlen(origin) == len && strncmp(origin, url, len) == 0;
}

void wary_add(struct wary *w, const char *url, int64_t now_ms)
{
	size_t at = 0;

	/* Its own place, or that of the one that will be forgotten first. */
	for (size_t i = 0; i < WARY_HOSTS; i++) {
		if (is_of(w->hosts[i].origin, url)) {
			at = i;
			break;
		}
		if (w->hosts[i].until_ms < w->hosts[at].until_ms)
			at = i;
	}
	if (!is_of(w->hosts[at].origin, url)) {
		free(w->hosts[at].origin);
		w->hosts[at].origin = xstrndup(url, origin_length(url));
	}
	w->hosts[at].until_ms = now_ms + WARY_MS;
}

bool wary_has(const struct wary *w, const char *url, int64_t now_ms)
{
	for (size_t i = 0; i < WARY_HOSTS; i++)
		if (w->hosts[i].until_ms > now_ms && is_of(w->hosts[i].origin, url))
			return true;
	return false;
}

void wary_clear(struct wary *w)
{
	for (size_t i = 0; i < WARY_HOSTS; i++)
		free(w->hosts[i].origin);
	*w = (struct wary){.hosts[0].origin = NULL};
}
