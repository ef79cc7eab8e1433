/* The ledger's rows and the rules that its state follows from; for consent.c and consent_chain.c alone. */
#ifndef MSG_CONSENT_CHAIN_H
#define MSG_CONSENT_CHAIN_H

#include "common/store/consent.h"
#include "common/store/sql.h"

/* The hash before the first event. */
#define CONSENT_GENESIS "0000000000000000000000000000000000000000000000000000000000000000"

/* Columns of a ledger query, in the order of consent_row_read. */
#define CONSENT_COLUMNS "seq, id, subject, channel, topic, state, method, evidence, time_ms, recorded_ms, prev, hash"

struct consent_row {
	int64_t seq;
	const char *id, *subject, *channel, *topic;     /* channel and topic: "*" for all */
	int64_t state;
	const char *method, *evidence;                  /* or NULL */
	int64_t time_ms, recorded_ms;
	const char *prev, *hash;
};

/* Borrowed from the statement until its next step. */
struct consent_row consent_row_read(sqlite3_stmt *q);

/* The hash over every column but `hash`, each with its length, so that no two rows have the same bytes. */
void consent_row_hash(const struct consent_row *row, char ret_hash[CONSENT_HASH]);

/* What stands for one scope. */
struct consent_standing {
	int64_t state;          /* CONSENT_NONE: nothing was said yet */
	int64_t time_ms, seq;
};

/* The standing after one more event of the scope; true when it changed. */
bool consent_standing_apply(struct consent_standing *standing, const struct consent_row *row);

#endif
