#include <stdio.h>
#include <stdlib.h>

#include "common/line/plan.h"
#include "common/line/when.h"
#include "common/store/digest.h"
#include "common/store/leg_receipt.h"
#include "common/store/sql.h"
#include "common/store/withdraw.h"
#include "common/xalloc.h"

#include "common/banned.h"

const char withdraw_schema[] =
    "ALTER TABLE outbox ADD COLUMN withdrawn_from INTEGER;"
    "ALTER TABLE outbox ADD COLUMN why TEXT;";

/* A row, as far as it matters here. */
struct entry {
	struct withdrawal *w;
	json_t *message, *plan;
	enum outbox_state state;        /* in the table */
	bool owned;                     /* somebody has it in hand, or is waiting with it */
	int told;                       /* withdrawn_from; `legs` when nothing is */
};

static int find(struct store *s, const char *constant_sql, const char *key, const char *recipient, int64_t **ret_rows,
    size_t *ret_count, struct err *e)
{
	sqlite3_stmt *q = sql_prepare(s, constant_sql, e);
	int64_t *rows = NULL;
	size_t count = 0;
	int got;

	if (!q)
		return -1;
	sql_bind_text(q, 1, key);
	if (recipient)
		sql_bind_text(q, 2, recipient);
	while ((got = sql_step(s, q, e)) == 1) {
		if (count % 16 == 0)
			rows = xrealloc(rows, (count + 16) * sizeof(*rows));
		rows[count++] = sql_int(q, 0);
	}
	if (got < 0) {
		free(rows);
		return -1;
	}
	*ret_rows = rows;
	*ret_count = count;
	return 0;
}

int withdraw_find_message(struct store *s, const char *message, const char *recipient, int64_t **ret_rows, size_t *ret_count,
    struct err *e)
{
	static const char all[] = "SELECT seq FROM outbox WHERE message = ? ORDER BY seq";
	static const char one[] = "SELECT seq FROM outbox WHERE message = ? AND recipient = ? ORDER BY seq";

	return find(s, recipient ? one : all, message, recipient, ret_rows, ret_count, e);
}

int withdraw_find_dedupe(struct store *s, const char *dedupe, int64_t **ret_rows, size_t *ret_count, struct err *e)
{
	static const char sql[] = "SELECT o.seq FROM outbox_dedupe d JOIN outbox k ON k.seq = d.seq"
	    " JOIN outbox o ON o.message = k.message AND o.recipient = k.recipient WHERE d.dedupe = ? ORDER BY o.seq";

	return find(s, sql, dedupe, NULL, ret_rows, ret_count, e);
}

static void read_entry(sqlite3_stmt *q, struct entry *n)
{
	struct withdrawal *w = n->w;
	const char *plan = (const char *)sqlite3_column_text(q, 3);

	snprintf(w->message, sizeof(w->message), "%s", sql_text(q, 0));
	snprintf(w->recipient, sizeof(w->recipient), "%s", sql_text(q, 1));
	n->message = json_loads(sql_text(q, 2), 0, NULL);
	n->plan = plan ? json_loads(plan, 0, NULL) : json_incref(json_object_get(n->message, "plan"));
	n->state = (enum outbox_state)sql_enum(q, 4, OUTBOX_DONE, OUTBOX_UNKNOWN);
	w->state = sql_int(q, 10) ? OUTBOX_IN_FLIGHT : n->state;
	w->reached = (enum status)sql_enum(q, 5, STATUS_DUPLICATE, STATUS_QUEUED);
	w->leg = (unsigned)sql_int(q, 6);
	w->legs = (unsigned)json_array_size(n->plan);
	w->parallel = plan_is_parallel(n->plan, w->leg);
	n->owned = sqlite3_column_type(q, 7) != SQLITE_NULL && sql_int(q, 8) >= when_now_ms();
	n->told = sqlite3_column_type(q, 9) == SQLITE_NULL ? (int)w->legs : (int)sql_int(q, 9);
	/* What is sent again because repetitions are dropped may have arrived. */
	w->left = (w->state != OUTBOX_QUEUED && w->state != OUTBOX_HELD) || w->reached == STATUS_UNKNOWN;
}

/* 1, 0, -1; the caller clears. */
static int load(struct store *s, int64_t row, struct entry *n, struct err *e)
{
	static const char sql[] = "SELECT message, recipient, line, plan, state, reached, leg, owner, lease_ms, withdrawn_from,"
	    " " SQL_CARRIED " FROM outbox WHERE seq = ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_int(q, 1, row);
	got = sql_step(s, q, e);
	if (got == 1) {
		read_entry(q, n);
		sql_done(q);
	}
	return got;
}

static unsigned cancel_legs(const struct entry *n, unsigned first, unsigned end, json_t *receipts)
{
	unsigned count = 0;

	for (unsigned leg = first; (int)leg < n->told && leg < end; leg++, count++)
		json_array_append_new(receipts,
		    leg_receipt(&(struct leg_receipt){n->w->message, n->w->recipient, n->message, n->plan, leg, STATUS_CANCELED, when_now_ms()}));
	return count;
}

/* Of what comes behind a group one lane tells: not this one, when another has, or has got there. 1, 0, -1. */
static int others_tell(struct store *s, int64_t row, const struct entry *n, unsigned behind, struct err *e)
{
	static const char sql[] = "SELECT 1 FROM outbox WHERE message = ? AND recipient = ? AND seq <> ?"
	    " AND (withdrawn_from IS NOT NULL OR leg >= ?) LIMIT 1";
	sqlite3_stmt *q;
	int got;

	if (!n->w->parallel)
		return 0;
	q = sql_prepare(s, sql, e);
	if (!q)
		return -1;
	sql_bind_text(q, 1, n->w->message);
	sql_bind_text(q, 2, n->w->recipient);
	sql_bind_int(q, 3, row);
	sql_bind_int(q, 4, behind);
	got = sql_step(s, q, e);
	sql_done(q);
	return got;
}

/* Who waits with a row gets it back to end it, now: else the wait would be for nothing. */
static int write_entry(struct store *s, int64_t row, const struct entry *n, unsigned first, struct err *e)
{
	static const char sql[] = "UPDATE outbox SET withdrawn_from = ?2, state = ?3, reached = ?4,"
	    " due_ms = CASE WHEN ?5 THEN min(due_ms, ?6) ELSE due_ms END WHERE seq = ?1";
	bool over = !n->w->left && !n->owned;
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_int(q, 1, row);
	sql_bind_int(q, 2, (int)first < n->told ? (int)first : n->told);
	sql_bind_int(q, 3, over ? OUTBOX_DONE : n->state);
	sql_bind_int(q, 4, over ? STATUS_CANCELED : n->w->reached);
	sql_bind_int(q, 5, !n->w->left && n->owned);
	sql_bind_int(q, 6, when_now_ms());
	return sql_step(s, q, e);
}

int withdraw(struct store *s, int64_t row, json_t *receipts, struct withdrawal *w, struct err *e)
{
	struct entry n = {.w = w};
	unsigned behind;
	int got, told;

	*w = (struct withdrawal){.canceled = 0};
	got = load(s, row, &n, e);
	if (got == 1 && n.state != OUTBOX_DONE) {
		behind = plan_group_end(n.plan, w->leg);
		told = others_tell(s, row, &n, behind, e);
		w->canceled = w->left ? 0 : cancel_legs(&n, w->leg, w->leg + 1, receipts);
		if (told == 0)
			w->canceled += cancel_legs(&n, behind, w->legs, receipts);
		if (told < 0 || (w->state == OUTBOX_HELD && digest_leave(s, row, when_now_ms(), e) < 0) ||
		    write_entry(s, row, &n, w->left ? behind : w->leg, e) < 0)
			got = -1;
	}
	json_decref(n.message);
	json_decref(n.plan);
	return got;
}

int withdraw_look(struct store *s, int64_t row, unsigned *ret_leg, struct err *e)
{
	static const char sql[] = "SELECT withdrawn_from FROM outbox WHERE seq = ? AND withdrawn_from IS NOT NULL";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_int(q, 1, row);
	got = sql_step(s, q, e);
	if (got == 1) {
		*ret_leg = (unsigned)sql_int(q, 0);
		sql_done(q);
	}
	return got;
}
