/*
 * Links that were made short so that it shows who follows them: what a code stands for. The redirection itself is done by
 * whoever listens there.
 */
#ifndef MSG_STORE_LINK_H
#define MSG_STORE_LINK_H

#include <jansson.h>

#include "common/store/store.h"

#define LINK_CODE 10            /* letters and digits: 59 bits, so that nobody finds one by trying */

struct link_row {
	const char *message, *channel, *address;
	unsigned leg;
	const char *url;                /* where it leads */
	const char *app, *fallback;     /* as in the message's `link`; or NULL */
};

/* The code of this link, for this recipient, on this leg: the one that it has, or a new one. */
int link_put(struct store *s, const struct link_row *l, int64_t now_ms, char ret_code[LINK_CODE + 1], struct err *e);

/*
 * 1: *ret_link is a new reference, {"type":"link","code","url","app","fallback","message","leg","channel","address",
 * "time"}. 0: there is no such code. -1.
 */
int link_find(struct store *s, const char *code, json_t **ret_link, struct err *e);

/* Forgets, up to `limit`, what was made before. */
int link_purge(struct store *s, int64_t before_ms, unsigned limit, struct err *e);

/* A code at random. */
void link_code(char ret_code[LINK_CODE + 1]);

#endif
