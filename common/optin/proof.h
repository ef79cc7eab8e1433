/* Checkpoints as lines, to be kept where nobody who can write the store can reach them, and the ledger held against them. */
#ifndef MSG_OPTIN_PROOF_H
#define MSG_OPTIN_PROOF_H

#include <jansson.h>

#include "common/store/consent.h"

/* {"type":"checkpoint","events","head","time","key","signature"}, a new reference. */
json_t *optin_proof_line(const struct consent_checkpoint *c);

/*
 * Holds the ledger (NULL: none) against every checkpoint line of a file ("-" is standard input); lines of other types are
 * passed over. 0: it contains them all; 1: not, ret_verdict->what says which; -1: EX_DATAERR, EX_USAGE (no such file) or
 * the store's. *ret_count is how many there were.
 */
int optin_proof_file(struct store *s, const char *path, struct consent_verdict *ret_verdict, int64_t *ret_count, struct err *e);

#endif
