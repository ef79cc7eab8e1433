#include <stdio.h>

#include "common/store/outbox_list.h"
#include "common/store/sql.h"

#include "common/banned.h"

static void read_waiting(sqlite3_stmt *q, struct outbox_waiting *w)
{
	*w = (struct outbox_waiting){
	    .row = {.seq = sql_int(q, 0),
	        .message = sql_text(q, 1),
	        .recipient = sql_text(q, 2),
	        .line = sql_text(q, 3),
	        .plan = (const char *)sqlite3_column_text(q, 4),
	        .state = (enum outbox_state)sql_enum(q, 5, OUTBOX_DONE, OUTBOX_UNKNOWN),
	        .leg = (unsigned)sql_int(q, 6),
	        .attempt = (unsigned)sql_int(q, 7),
	        .priority = (unsigned)sql_int(q, 8),
	        .reached = (enum status)sql_enum(q, 9, STATUS_DUPLICATE, STATUS_QUEUED),
	        .created_ms = sql_int(q, 10),
	        .due_ms = sql_int(q, 11),
	        .started_ms = sql_int(q, 12),
	        .accepted_ms = sql_int(q, 13),
	        .lease_ms = sql_int(q, 16)},
	    .carried = sql_int(q, 17),
	    .why = sql_text(q, 14),
	    .withdrawn = sqlite3_column_type(q, 15) != SQLITE_NULL,
	};
}

int64_t outbox_each_waiting(struct store *s, outbox_waiting_fn *each, void *ctx, struct err *e)
{
	/* What was taken back while somebody waits with it is as good as gone. The order is the index's: nothing is sorted. */
	static const char sql[] = "SELECT seq, message, recipient, line, plan, state, leg, attempt, priority, reached, created_ms,"
	    " due_ms, started_ms, accepted_ms, why, withdrawn_from, coalesce(lease_ms, 0), " SQL_CARRIED
	    " FROM outbox WHERE state < 5"
	    " AND NOT (state < 2 AND coalesce(withdrawn_from <= leg, 0)) ORDER BY priority, tenant, due_ms";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int64_t count = 0;
	int got;

	if (!q)
		return -1;
	while ((got = sql_step(s, q, e)) == 1) {
		struct outbox_waiting w;

		read_waiting(q, &w);
		count++;
		if (each(ctx, &w) != 0) {
			sql_done(q);
			return count;
		}
	}
	return got < 0 ? -1 : count;
}

int outbox_note(struct store *s, int64_t row, enum failure failure, const char *code, struct err *e)
{
	static const char sql[] = "UPDATE outbox SET why = ?2 WHERE seq = ?1";
	const char *class = failure_name(failure);
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	char why[128] = "";

	if (!q)
		return -1;
	if (class)
		snprintf(why, sizeof(why), "%s%s%s", class, code && *code ? " " : "", code ? code : "");
	sql_bind_int(q, 1, row);
	sql_bind_text(q, 2, class ? why : NULL);
	return sql_step(s, q, e);
}
