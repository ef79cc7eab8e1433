/*
 * What the numbers mean that somebody was asked to reply with, where a channel shows no buttons ("Reply 1 for Yes, 2 for
 * No"): of each address the latest such message, for a week.
 */
#ifndef MSG_CHOICE_H
#define MSG_CHOICE_H

#include <jansson.h>

#include "common/store/store.h"

/* `choices`: what 1, 2, … mean, in that order. Replaces what was known of the address. */
int choice_put(struct store *s, const char *address, const json_t *choices, int64_t now_ms, struct err *e);

/* 1: *ret_meaning is what the answer stands for (the caller frees), 0: it is no such number, or nothing was asked; -1. */
int choice_find(struct store *s, const char *address, const char *answer, int64_t now_ms, char **ret_meaning, struct err *e);

/* Forgets, up to `limit`, what is over. */
int choice_purge(struct store *s, int64_t now_ms, unsigned limit, struct err *e);

#endif
