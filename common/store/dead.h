/*
 * Addresses that a provider has called invalid or unregistered: nothing is sent there until the time is over or the
 * person agrees anew (consent_add), in words and since then, which proves that somebody is there.
 */
#ifndef MSG_DEAD_H
#define MSG_DEAD_H

#include "common/store/store.h"

struct dead {
	int64_t since_ms;
	char code[48];          /* the provider's, such as "21211"; or "" */
};

/* `subject` as address_subject has it. A later word of a provider replaces an earlier one. */
int dead_add(struct store *s, const char *subject, const char *code, int64_t now_ms, int64_t until_ms, struct err *e);

/* 1: it is dead now, 0: nothing is known against it, -1. Costs next to nothing while no address is dead. */
int dead_look(struct store *s, const char *subject, int64_t now_ms, struct dead *ret_dead, struct err *e);

/* It lives. No such address is no error. */
int dead_revive(struct store *s, const char *subject, struct err *e);

/* Forgets, up to `limit`, those whose time is over. */
int dead_purge(struct store *s, int64_t now_ms, unsigned limit, struct err *e);

#endif
