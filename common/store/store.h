/*
 * The store: one SQLite file in WAL mode, `msg.db` in the state directory. What a user relies on is committed with an
 * fsync before it is acknowledged. The modules beside this one hold all SQL; each gives functions named after what
 * they mean. Any number of processes may have the store open.
 */
#ifndef MSG_STORE_H
#define MSG_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct store;

enum store_mode {
	STORE_WRITE,            /* created with its directory (mode 0700) when missing */
	STORE_READ,             /* must be there: EX_UNAVAILABLE with the code STORE_ABSENT otherwise */
};

/*
 * Opens and, for STORE_WRITE, migrates. Errors: EX_CANTCREAT (cannot be created, read-only, from a newer version,
 * not ours), EX_UNAVAILABLE (STORE_READ and there is none yet).
 */
int store_open(const char *directory, enum store_mode mode, struct store **ret_store, struct err *e);

/* To read, where a store that is not there yet is no error, because nothing was recorded: *ret_store is then NULL. */
int store_open_existing(const char *directory, struct store **ret_store, struct err *e);

/* An earlier version wrote it: tables may be missing until somebody opens it with STORE_WRITE. */
bool store_outdated(struct store *s);
const char *store_directory(const struct store *s);
void store_close(struct store *s);      /* rolls an open transaction back */

/*
 * Transactions do not nest: store_begin inside one does nothing and store_commit outside one does nothing, so that a
 * loop can group lines. A reading transaction sees the store as it was at its first read; keep it short.
 * All: 0, or -1 with EX_CANTCREAT (disk full, read-only) or EX_TEMPFAIL (locked by another process for 10 s).
 */
int store_begin(struct store *s, struct err *e);        /* to write: takes the write lock */
int store_begin_read(struct store *s, struct err *e);
int store_commit(struct store *s, struct err *e);
void store_rollback(struct store *s);
bool store_writing(const struct store *s);

/*
 * Whether another process (or connection) may have written since the transaction before this one. False is certain;
 * without a transaction it is always true.
 */
bool store_others_wrote(struct store *s);

/* The number of the transaction that is open, from 1; 0 outside of one. No two have the same. */
uint64_t store_transaction(const struct store *s);

#endif
