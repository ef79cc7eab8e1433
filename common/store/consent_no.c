#include <stdlib.h>
#include <string.h>

#include "common/store/consent.h"
#include "common/store/consent_no.h"
#include "common/store/sql.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define FEW 2000                /* questions that are looked up whatever the size of the ledger */
#define ROWS_A_LOOK 4           /* that are read in the time of one look-up */

/* FNV-1a; never 0. */
static uint64_t hash_subject(const char *subject)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (; *subject; subject++)
		hash = (hash ^ (unsigned char)*subject) * UINT64_C(1099511628211);
	return hash ? hash : 1;
}

static uint64_t *find_slot(const struct consent_no *n, uint64_t hash)
{
	size_t at = (hash ^ hash >> 32) & (n->slot_count - 1);

	while (n->slots[at] && n->slots[at] != hash)
		at = (at + 1) & (n->slot_count - 1);
	return &n->slots[at];
}

static void grow(struct consent_no *n)
{
	uint64_t *old = n->slots;
	size_t count = n->slot_count;

	n->slot_count = count ? count * 2 : 1024;
	n->slots = xcalloc(n->slot_count, sizeof(*n->slots));
	for (size_t i = 0; i < count; i++)
		if (old[i])
			*find_slot(n, old[i]) = old[i];
	free(old);
}

static void add(struct consent_no *n, const char *subject)
{
	uint64_t hash = hash_subject(subject), *slot;

	if (n->used * 2 >= n->slot_count)
		grow(n);
	slot = find_slot(n, hash);
	n->used += *slot == 0;
	*slot = hash;
}

void consent_no_clear(struct consent_no *n)
{
	free(n->slots);
	*n = (struct consent_no){0};
}

void consent_no_add(struct store *s, const char *subject)
{
	struct consent_no *n = sql_consent_no(s);

	if (n->loaded)
		add(n, subject);
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

static int add_rows(struct store *s, struct consent_no *n, sqlite3_stmt *q, struct err *e)
{
	int got;

	while ((got = sql_step(s, q, e)) == 1)
		add(n, sql_text(q, 0));
	return got;
}

static int load(struct store *s, struct consent_no *n, int64_t head, struct err *e)
{
	static const char sql[] = "SELECT subject FROM consent_state WHERE state = ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_int(q, 1, CONSENT_OUT);
	if (n->slot_count == 0)
		grow(n);
	if (add_rows(s, n, q, e) < 0)
		return -1;
	n->loaded = true;
	n->seq = head;
	return 0;
}

static int follow(struct store *s, struct consent_no *n, int64_t head, struct err *e)
{
	static const char sql[] = "SELECT subject FROM consent_event WHERE seq > ? AND state = ?";
	sqlite3_stmt *q;

	if (head == n->seq)
		return 0;
	q = sql_prepare(s, sql, e);
	if (!q)
		return -1;
	sql_bind_int(q, 1, n->seq);
	sql_bind_int(q, 2, CONSENT_OUT);
	if (add_rows(s, n, q, e) < 0)
		return -1;
	n->seq = head;
	return 0;
}

/* Once a transaction: what it sees does not change, but for this process's own events. */
static int refresh(struct store *s, struct consent_no *n, struct err *e)
{
	int64_t head;

	if (n->transaction == sql_transaction(s) || n->asked < FEW)
		return 0;
	n->transaction = sql_transaction(s);
	if (read_head(s, &head, e) < 0)
		return -1;
	if (n->loaded)
		return follow(s, n, head, e);
	return n->asked >= (uint64_t)head / ROWS_A_LOOK ? load(s, n, head, e) : 0;
}

int consent_may_be_no(struct store *s, const char *subject, bool *ret_may, struct err *e)
{
	struct consent_no *n = sql_consent_no(s);

	*ret_may = true;
	if (sql_transaction(s) == 0)
		return 0;
	if (refresh(s, n, e) < 0)
		return -1;
	n->asked++;
	if (n->loaded)
		*ret_may = *find_slot(n, hash_subject(subject)) != 0;
	return 0;
}
