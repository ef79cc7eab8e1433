/* The ledger's rows and the rules that its state follows from; for consent.c and the files consent_*.c alone. */
#ifndef MSG_CONSENT_CHAIN_H
#define MSG_CONSENT_CHAIN_H

#include "common/address/address.h"
#include "common/store/consent.h"
#include "common/store/sql.h"

/* The hash before the first event. */
#define CONSENT_GENESIS "0000000000000000000000000000000000000000000000000000000000000000"

/* Columns of a ledger query, in the order of enum consent_column. */
#define CONSENT_COLUMNS \
	"seq, format, state, strength, time_ms, recorded_ms, until_ms, erased, id, subject, channel, topic, method, evidence," \
	" source, form, ip, code, jurisdiction, basis, preference, contact, prev, hash, body"
#define CONSENT_VALUES "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?"

enum consent_column {
	COLUMN_SEQ,
	COLUMN_FORMAT,
	COLUMN_STATE,
	COLUMN_STRENGTH,
	COLUMN_TIME,
	COLUMN_RECORDED,
	COLUMN_UNTIL,           /* of a question that lapses; else 0 */
	COLUMN_ERASED,          /* by which event; 0: not */
	COLUMN_NUMBERS,
	COLUMN_ID = COLUMN_NUMBERS,
	COLUMN_SUBJECT,
	COLUMN_CHANNEL,         /* "*" for all, here and in topic */
	COLUMN_TOPIC,
	COLUMN_METHOD,          /* NULL is possible from here, */
	COLUMN_EVIDENCE,
	COLUMN_SOURCE,
	COLUMN_FORM,
	COLUMN_IP,
	COLUMN_CODE,
	COLUMN_JURISDICTION,
	COLUMN_BASIS,
	COLUMN_PREFERENCE,
	COLUMN_CONTACT,         /* to here */
	COLUMN_PREV,
	COLUMN_HASH,
	COLUMN_BODY,            /* of an erased event: the hash of what it said; else NULL */
	COLUMNS,
};

/* What an event's hash is over: version 1 of the store knew six texts and four numbers. */
#define CONSENT_FORMAT 2

struct consent_row {
	int64_t number[COLUMN_NUMBERS];
	const char *text[COLUMNS];      /* by enum consent_column; those of the numbers are NULL */
};

/* Borrowed from the statement until its next step. */
struct consent_row consent_row_read(sqlite3_stmt *q);

/* The hash over what an event says, each column with its length, so that no two rows have the same bytes. */
void consent_row_body(const struct consent_row *row, char ret_hash[CONSENT_HASH]);

/*
 * The hash that the next event carries: over the one before it, the place and the body, so that an event whose words are
 * gone still binds those before it. Of format 1, which had no body, only what is whole can be told.
 */
void consent_row_hash(const struct consent_row *row, char ret_hash[CONSENT_HASH]);

/* What stands for one scope. */
struct consent_standing {
	int64_t state;          /* CONSENT_NONE: nothing was said yet */
	int64_t strength;       /* of a yes */
	int64_t time_ms, seq;
};

/* What consent_look.c keeps: the standing of the contact that was asked about last, who is asked about for each leg. */
struct sql_contact {
	uint64_t transaction;   /* 0: of nobody */
	char subject[ADDRESS_BYTES];
	struct consent_kept {
		char channel[ADDRESS_CHANNEL], topic[96];
		struct consent_standing standing;
	} rows[8];
	size_t count;
};

/* consent_add in a transaction of the caller's, without what time has said (consent_doubt.h). */
int consent_append(struct store *s, struct consent_event *event, struct err *e);

/* EX_DATAERR: a yes that stands against a no and has no proof of its own. Members are filled. */
int consent_check_proof(struct store *s, const struct consent_event *event, struct err *e);

/* CONSENT_OUT, CONSENT_PREFERENCE and CONSENT_ERASE, for SQL. */
#define CONSENT_OUT_SQL "3"
#define CONSENT_PREFERENCE_SQL "4"
#define CONSENT_ERASE_SQL "5"

/*
 * A question that takes nothing back: what somebody meant, or whether they confirm a yes that stands. Whatever else is no
 * preference decides what stands.
 */
bool consent_row_only_asks(const struct consent_row *row);
#define CONSENT_STANDS_SQL "(state <> " CONSENT_PREFERENCE_SQL " AND NOT (state = 1 AND (until_ms > 0 OR strength > 0)))"

/* An event that answers a question: a no, or a yes that was said. The row is `a` for SQL. */
bool consent_answers(enum consent_state state, int64_t strength);
#define CONSENT_ANSWERS_SQL "(a.state = " CONSENT_OUT_SQL " OR (a.state = 2 AND a.strength <> 1))"

/* An event that asks what was meant opens the question (consent_doubt.h). */
int consent_doubt_open(struct store *s, const struct consent_row *row, struct err *e);

/* What stands of a subject's preferences after one more event; and whether all that stands follows: 0, 1 (*ret_id), -1. */
int preference_apply(struct store *s, const struct consent_row *row, struct err *e);
int preference_verify(struct store *s, char ret_id[27], struct err *e);

/*
 * Somebody who was forgotten, and of whom nothing was recorded since: 1 for a no, which goes under this name; EX_DATAERR for
 * all but a yes that proves itself. 0: not forgotten, or back. -1.
 */
int consent_check_forgotten(struct store *s, const struct consent_event *event, char ret_name[FORGET_NAME], struct err *e);

/* The place of the last event; 0 for an empty ledger. */
int consent_last(struct store *s, int64_t *ret_seq, struct err *e);

/* A yes that was recorded before there were strengths was said. */
enum consent_strength consent_worth(int64_t strength);

/* The standing after one more event of the scope; true when it changed. */
bool consent_standing_apply(struct consent_standing *standing, const struct consent_row *row);

#endif
