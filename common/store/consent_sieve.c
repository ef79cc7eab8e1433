#include <stdlib.h>
#include <string.h>

#include "common/store/consent.h"
#include "common/store/consent_chain.h"
#include "common/store/consent_sieve.h"
#include "common/store/consent_doubt.h"
#include "common/store/sql.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define FEW 2000                /* questions that are looked up whatever the size of the ledger */
#define ROWS_A_LOOK 16          /* subjects that are read in the time of one look-up */

/* One in 150 of those who never said it is looked up in vain. */
#define BITS_A_SUBJECT 12
#define BITS_SET 4
#define BLOCK_WORDS 8           /* of 64 bits: a cache line */
#define LEAST_BLOCKS 1024

/* FNV-1a, and a last mixing so that every bit counts. */
static uint64_t hash_subject(const char *subject)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (; *subject; subject++)
		hash = (hash ^ (unsigned char)*subject) * UINT64_C(1099511628211);
	hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
	return (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
}

/* A Bloom filter whose bits for one subject stand in one cache line: one miss a question. */
static uint64_t *find_block(const struct consent_sieve *n, uint64_t hash)
{
	return n->bits + ((hash >> 32) * n->blocks >> 32) * BLOCK_WORDS;
}

static void add(struct consent_sieve *n, const char *subject)
{
	uint64_t hash = hash_subject(subject), *block = find_block(n, hash);

	for (int i = 0; i < BITS_SET; i++, hash >>= 9)
		block[hash >> 6 & 7] |= UINT64_C(1) << (hash & 63);
	n->used++;
}

static bool has(const struct consent_sieve *n, const char *subject)
{
	uint64_t hash = hash_subject(subject);
	const uint64_t *block = find_block(n, hash);

	for (int i = 0; i < BITS_SET; i++, hash >>= 9)
		if (!(block[hash >> 6 & 7] >> (hash & 63) & 1))
			return false;
	return true;
}

/* Room for what there is and some to come. */
static void make_room(struct consent_sieve *n, size_t count)
{
	free(n->bits);
	n->used = 0;
	n->room = count + count / 4 + 4096;
	n->blocks = n->room * BITS_A_SUBJECT / (64 * BLOCK_WORDS) + 1;
	if (n->blocks < LEAST_BLOCKS)
		n->blocks = LEAST_BLOCKS;
	n->bits = xcalloc(n->blocks * BLOCK_WORDS, sizeof(*n->bits));
}

void consent_sieve_clear(struct consent_sieve *n)
{
	free(n->bits);
	*n = (struct consent_sieve){0};
}

void consent_sieve_add(struct store *s, const char *subject, bool no)
{
	struct consent_sieve *sieves = sql_consent_sieves(s);

	if (no && sieves[CONSENT_SIEVE_NO].loaded)
		add(&sieves[CONSENT_SIEVE_NO], subject);
	if (sieves[CONSENT_SIEVE_ANY].loaded)
		add(&sieves[CONSENT_SIEVE_ANY], subject);
}

void consent_sieve_missed(struct store *s, enum consent_sieve_kind kind)
{
	sql_consent_sieves(s)[kind].asked++;
}

static int read_head(struct store *s, int64_t *ret_seq, struct err *e)
{
	static const char sql[] = "SELECT MAX(seq) FROM consent_event";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got = q ? sql_step(s, q, e) : -1;

	if (got < 0)
		return -1;
	*ret_seq = got ? sql_int(q, 0) : 0;
	sql_done(q);
	return 0;
}

static int add_rows(struct store *s, struct consent_sieve *n, sqlite3_stmt *q, struct err *e)
{
	int got;

	while ((got = sql_step(s, q, e)) == 1)
		add(n, sql_text(q, 0));
	return got;
}

/* Of all subjects the events are as many at the least, and known already. */
static int count(struct store *s, enum consent_sieve_kind kind, int64_t head, size_t *ret_count, struct err *e)
{
	static const char sql[] = "SELECT COUNT(*) FROM consent_state WHERE state = " CONSENT_OUT_SQL;
	sqlite3_stmt *q;

	*ret_count = (size_t)head;
	if (kind == CONSENT_SIEVE_ANY)
		return 0;
	q = sql_prepare(s, sql, e);
	if (!q || sql_step(s, q, e) < 0)
		return -1;
	*ret_count = (size_t)sql_int(q, 0);
	sql_done(q);
	return 0;
}

static int load(struct store *s, enum consent_sieve_kind kind, int64_t head, struct err *e)
{
	static const char *const sql[] = {
	    [CONSENT_SIEVE_NO] = "SELECT subject FROM consent_state WHERE state = " CONSENT_OUT_SQL,
	    [CONSENT_SIEVE_ANY] = "SELECT subject FROM consent_state",
	};
	struct consent_sieve *n = &sql_consent_sieves(s)[kind];
	sqlite3_stmt *q = sql_prepare(s, sql[kind], e);

	if (!q)
		return -1;
	make_room(n, n->count);
	if (add_rows(s, n, q, e) < 0)
		return -1;
	n->loaded = true;
	n->seq = head;
	return 0;
}

static int follow(struct store *s, enum consent_sieve_kind kind, int64_t head, struct err *e)
{
	static const char *const sql[] = {
	    [CONSENT_SIEVE_NO] = "SELECT subject FROM consent_event WHERE seq > ?"
	                         " AND state IN (" CONSENT_OUT_SQL "," CONSENT_ERASE_SQL ")",
	    [CONSENT_SIEVE_ANY] = "SELECT subject FROM consent_event WHERE seq > ?",
	};
	struct consent_sieve *n = &sql_consent_sieves(s)[kind];
	sqlite3_stmt *q;

	if (head == n->seq)
		return 0;
	q = sql_prepare(s, sql[kind], e);
	if (!q)
		return -1;
	sql_bind_int(q, 1, n->seq);
	if (add_rows(s, n, q, e) < 0)
		return -1;
	n->seq = head;
	return 0;
}

/* Once a transaction: what it sees does not change, but for this process's own events. */
static int refresh(struct store *s, enum consent_sieve_kind kind, struct err *e)
{
	struct consent_sieve *n = &sql_consent_sieves(s)[kind];
	int64_t head;

	if (n->transaction == store_transaction(s) || n->asked < FEW)
		return 0;
	n->transaction = store_transaction(s);
	if (read_head(s, &head, e) < 0)
		return -1;
	if (n->loaded && n->used <= n->room)
		return follow(s, kind, head, e);
	n->counted = n->counted && !n->loaded;
	n->loaded = false;
	if (!n->counted && count(s, kind, head, &n->count, e) < 0)
		return -1;
	n->counted = true;
	return n->asked >= n->count / ROWS_A_LOOK ? load(s, kind, head, e) : 0;
}

int consent_sieve_may(struct store *s, enum consent_sieve_kind kind, const char *subject, bool *ret_may, struct err *e)
{
	const struct consent_sieve *n = &sql_consent_sieves(s)[kind];
	char name[FORGET_NAME];
	int forgotten;

	*ret_may = true;
	if (store_transaction(s) == 0)
		return 0;
	if (refresh(s, kind, e) < 0)
		return -1;
	if (!n->loaded || has(n, subject))
		return 0;
	forgotten = consent_forget_name(s, subject, name, e);
	if (forgotten < 0)
		return -1;
	*ret_may = forgotten && has(n, name);
	return 0;
}

int consent_may_be_no(struct store *s, const char *subject, bool *ret_may, struct err *e)
{
	int lapsed = store_transaction(s) ? consent_doubt_any_lapsed(s, e) : 0;

	*ret_may = true;
	if (lapsed)
		return lapsed < 0 ? -1 : 0;
	/* Nearly nobody has said no: each question is one that it could have saved. */
	consent_sieve_missed(s, CONSENT_SIEVE_NO);
	return consent_sieve_may(s, CONSENT_SIEVE_NO, subject, ret_may, e);
}
