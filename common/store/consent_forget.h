/*
 * Those who were forgotten: under which name the ledger still knows them to be out. The name is a keyed hash, so that
 * who has the store without forget.key cannot try out numbers. For the files consent_*.c alone.
 */
#ifndef MSG_CONSENT_FORGET_H
#define MSG_CONSENT_FORGET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct store;

#define FORGET_NAME 64  /* "forgotten:" and 32 hexadecimal digits, its NUL */

/* Embedded in the store, all zero at first. */
struct consent_forget {
	bool any;               /* somebody was; never less again */
	uint64_t asked;         /* in which transaction that was looked for */
	unsigned char *key;     /* or NULL: not needed yet */
};

void consent_forget_clear(struct consent_forget *f);

/*
 * The name that a subject would have: 1; 0 when nobody was ever forgotten; -1: the store fails, or the key is gone
 * (EX_NOPERM): nobody can say then who may be written to.
 */
int consent_forget_name(struct store *s, const char *subject, char ret_name[FORGET_NAME], struct err *e);

/* The same person in the other tables; `like` is the number on every channel, or NULL. In the caller's transaction. */
int consent_forget_elsewhere(struct store *s, const char *subject, const char *like, struct err *e);

/* The digest of the events that an erasure took the words of: their number is the result, -1. */
int64_t consent_forget_digest(struct store *s, int64_t erasure, char ret_digest[65], struct err *e);

#endif
