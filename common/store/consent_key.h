/* The key that signs checkpoints: `directory`/ledger.key (mode 0600) and ledger.pub, hexadecimal text. */
#ifndef MSG_CONSENT_KEY_H
#define MSG_CONSENT_KEY_H

#include "common/store/consent.h"

/* The public key in hexadecimal: 1, 0 when there is none, -1. */
int consent_key_public(const char *directory, char ret_key[CONSENT_HASH], struct err *e);

/* Fills key and signature over the other members. Without `may_create` a missing key is EX_NOPERM. */
int consent_key_sign(const char *directory, bool may_create, struct consent_checkpoint *c, struct err *e);

/* Does the signature fit the members and the key in it? */
bool consent_key_check(const struct consent_checkpoint *c);

#endif
