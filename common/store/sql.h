/* SQLite for the modules of this folder alone: prepared statements that are kept, and errors in our terms. */
#ifndef MSG_SQL_H
#define MSG_SQL_H

#include <sqlite3.h>

#include "common/store/consent_forget.h"
#include "common/store/consent_sieve.h"
#include "common/store/store.h"

sqlite3 *sql_db(struct store *s);

/*
 * A prepared statement, kept by the store under the address of its text (a string constant) and reset on every call.
 * NULL with the error filled.
 */
sqlite3_stmt *sql_prepare(struct store *s, const char *constant_text, struct err *e);

/* Binds by position from 1; NULL text binds NULL. Text is borrowed until the statement is reset. */
void sql_bind_text(sqlite3_stmt *q, int at, const char *text);
void sql_bind_int(sqlite3_stmt *q, int at, int64_t value);

/* 1: a row, 0: done (and reset), -1: error (and reset); `q` NULL: the error that sql_query or sql_prepare has filled. */
int sql_step(struct store *s, sqlite3_stmt *q, struct err *e);
void sql_done(sqlite3_stmt *q);         /* resets: ends a query whose rows were not all read */

/* Values for a statement, by position: SQL(sql_t(id), sql_i(now_ms)). */
struct sql_value {
	const char *text;
	int64_t number;
	bool is_text;
};
#define SQL(...) (const struct sql_value[]){__VA_ARGS__}, sizeof((const struct sql_value[]){__VA_ARGS__}) / sizeof(struct sql_value)

struct sql_value sql_t(const char *text);       /* or NULL; borrowed */
struct sql_value sql_i(int64_t number);

/* Prepared and bound; NULL with the error filled. */
sqlite3_stmt *sql_query(struct store *s, const char *constant_text, const struct sql_value *values, size_t count, struct err *e);

/* The same, stepped once: 1, 0, -1. sql_number reads one number: 1, 0: no row, -1. */
int sql_run(struct store *s, const char *constant_text, const struct sql_value *values, size_t count, struct err *e);
int sql_number(struct store *s, const char *constant_text, const struct sql_value *values, size_t count, int64_t *ret_number,
    struct err *e);

/* Ends a query by what the last step returned: 0, or -1 after an error. */
int sql_end(sqlite3_stmt *q, int got);

/* Runs a statement that forgets what is before a time (?1), at most so many rows (?2). */
int sql_purge(struct store *s, const char *constant_text, int64_t before, unsigned limit, struct err *e);

/* A column as text, "" for NULL; good until the next step. */
const char *sql_text(sqlite3_stmt *q, int column);
int64_t sql_int(sqlite3_stmt *q, int column);

/* An enumeration's number, or word; `otherwise` where the column has none from 0 to `last`: a store can be damaged. */
int sql_enum(sqlite3_stmt *q, int column, int last, int otherwise);
int sql_word(sqlite3_stmt *q, int column, int parse(const char *), int otherwise);

/* What preference.c keeps: all zero at first. */
struct sql_preference {
	bool any;               /* somebody has some */
	uint64_t asked;         /* in which transaction that was looked for */
};
struct sql_preference *sql_preference(struct store *s);

/* What consent_forget.c keeps. */
struct consent_forget *sql_consent_forget(struct store *s);

/* What consent_sieve.c keeps: one of each kind. */
struct consent_sieve *sql_consent_sieves(struct store *s);

/* What consent_look.c keeps (consent_chain.h). */
struct sql_contact *sql_contact(struct store *s);

/* What dead.c keeps: whether, in a transaction, any address is dead. */
struct sql_dead {
	uint64_t transaction;   /* 0: not known */
	bool any;
};
struct sql_dead *sql_dead(struct store *s);

/* What consent_doubt.c keeps of a transaction: when the first question lapses, and whom questions are open to. */
#define SQL_DOUBTS 64
struct sql_doubt {
	uint64_t transaction;
	int64_t due_ms;
	uint64_t subjects[2 * SQL_DOUBTS];      /* hashes; fewer are open than fit when `all` */
	size_t count;
	bool all;
};
struct sql_doubt *sql_doubt(struct store *s);

/* What outbox.c keeps: 0, or the next number of a row that is not kept. */
int64_t *sql_unkept(struct store *s);

/* Fills the error for the connection's last failure: disk full, read-only, locked, damaged. */
int sql_fail(struct store *s, struct err *e, const char *what);

/* Whether a row of the outbox goes with another's request (digest.h). */
#define SQL_CARRIED "EXISTS (SELECT 1 FROM digest WHERE digest.seq = outbox.seq AND digest.carrier > 0)"

/* The tables of version 1, one constant a module, and what version 2 adds; store.c runs them in this order. */
extern const char outbox_schema[], sender_schema[], consent_schema[], receipt_schema[], conversation_schema[];
extern const char outbox_lane_schema[];
extern const char outbox_part_schema[];
extern const char outbox_tenant_schema[];
extern const char choice_schema[];
extern const char sent_schema[];
extern const char receipt_habit_schema[];
extern const char receipt_digest_schema[];
extern const char dead_schema[];
extern const char breaker_schema[];
extern const char bucket_schema[];
extern const char consent_proof_schema[];
extern const char consent_doubt_schema[];
extern const char consent_forget_schema[];
extern const char preference_schema[];
extern const char code_schema[];
extern const char assign_schema[];
extern const char conversation_them_schema[];
extern const char digest_schema[];
extern const char withdraw_schema[];
extern const char ack_schema[];
extern const char link_schema[];
extern const char replace_schema[];

#endif
