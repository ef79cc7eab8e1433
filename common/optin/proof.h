/* Checkpoints as lines, to be kept where nobody who can write the store can reach them, and the ledger held against them. */
#ifndef MSG_OPTIN_PROOF_H
#define MSG_OPTIN_PROOF_H

#include <stdio.h>

#include "common/line/line.h"
#include "common/store/consent.h"

/* Signs the ledger as it is and writes {"type":"checkpoint","events","head","time","key","signature"}. */
int optin_proof_sign(struct store *s, const char *directory, struct line_writer *out, struct err *e);

struct optin_proof {
	bool altered;
	struct consent_verdict verdict;
	int64_t kept;           /* how many checkpoints kept elsewhere it was held against, -1: none were named */
};

/*
 * The ledger against itself and its own checkpoints (NULL: there is no store in `directory`, and there must never have
 * been a checkpoint), then against every checkpoint line of the file `against` ("-" is standard input, NULL: none);
 * lines of other types are passed over. -1: EX_DATAERR, EX_USAGE (no such file) or the store's.
 */
int optin_prove(struct store *s, const char *directory, const char *against, struct optin_proof *ret_proof, struct err *e);

/* A line for a person. */
void optin_proof_print(const struct optin_proof *p, FILE *out);

#endif
