/*
 * Consents from elsewhere, into the ledger: each is recorded, known already or refused, and the report says so. They are
 * committed in groups, in the order of the file, and a group is reported only when it is durable: after a crash the
 * ledger holds at least what the report says, and nothing but a beginning of the file. The same file again goes on.
 */
#ifndef MSG_OPTIN_IMPORT_H
#define MSG_OPTIN_IMPORT_H

#include "common/line/filter.h"
#include "common/optin/reader.h"
#include "common/optin/terms.h"

struct optin_import {
	struct store *store;
	const struct config *config;
	const struct optin_terms *terms;        /* checked: what holds where a line is silent */
	enum optin_format format;
	struct filter *filter;  /* takes the report, what was refused, and the status */
};

/*
 * The files ("-", and none at all: standard input). The report, on the filter's output: {"type":"refused","file","line",
 * "reason"} for each that was refused, and {"type":"import","file","line","recorded","known","refused"} after each group:
 * the sums up to this line; the last one of a file has "done":true. The exit status.
 */
int optin_import_run(struct optin_import *im, char *const *files, size_t count);

#endif
