/* The keys of the ledger, as hexadecimal text: ledger.key (mode 0600) and ledger.pub sign checkpoints. */
#ifndef MSG_CONSENT_KEY_H
#define MSG_CONSENT_KEY_H

#include <sys/types.h>

#include "common/store/consent.h"

/* The public key in hexadecimal: 1, 0 when there is none, -1. */
int consent_key_public(const char *directory, char ret_key[CONSENT_HASH], struct err *e);

/* Fills key and signature over the other members. Without `may_create` a missing key is EX_NOPERM. */
int consent_key_sign(const char *directory, bool may_create, struct consent_checkpoint *c, struct err *e);

/*
 * The key of `directory`/forget.key, whose hashes stand for those who were forgotten: 32 bytes. Without `may_create` a
 * missing one is EX_NOPERM.
 */
#define CONSENT_FORGET_KEY 32
int consent_key_forget(const char *directory, bool may_create, unsigned char *ret_key, struct err *e);

/* A short text into a file, with a line end: durable, and whole or not at all. EX_CANTCREAT. */
int consent_key_write(const char *path, mode_t mode, const char *text, struct err *e);

/* Does the signature fit the members and the key in it? */
bool consent_key_check(const struct consent_checkpoint *c);

#endif
