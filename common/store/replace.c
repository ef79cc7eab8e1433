#include <stdio.h>
#include <stdlib.h>

#include "common/line/envelope.h"
#include "common/store/replace.h"
#include "common/store/sql.h"

#include "common/banned.h"

#define MOST_REPLACED 1000      /* in a row, of one message: then something is wrong */

const char replace_schema[] =
    "ALTER TABLE outbox ADD COLUMN replaced_by TEXT;"
    "ALTER TABLE outbox ADD COLUMN edits TEXT;";

static void read_replaced(sqlite3_stmt *q, struct replaced *r)
{
	json_t *line = json_loads(sql_text(q, 13), 0, NULL);

	*r = (struct replaced){
	    .row = sql_int(q, 0),
	    .state = sql_int(q, 14) ? OUTBOX_IN_FLIGHT : (enum outbox_state)sql_enum(q, 2, OUTBOX_DONE, OUTBOX_UNKNOWN),
	    .reached = (enum status)sql_enum(q, 3, STATUS_DUPLICATE, STATUS_QUEUED),
	    .leg = (unsigned)sql_int(q, 4),
	    .account = (unsigned)sql_int(q, 5),
	    .parts = (unsigned)sql_int(q, 6),
	    .due_ms = sql_int(q, 7),
	    .plan = json_loads(sql_text(q, 9), 0, NULL),
	    .rows = (unsigned)sql_int(q, 15),
	};
	if (!r->plan)
		r->plan = json_incref(json_object_get(line, "plan"));
	if (sqlite3_column_type(q, 10) == SQLITE_NULL)
		snprintf(r->replaces, sizeof(r->replaces), "%s", envelope_text(line, "replace", ""));
	json_decref(line);
	snprintf(r->message, sizeof(r->message), "%s", sql_text(q, 1));
	snprintf(r->provider_id, sizeof(r->provider_id), "%s", sql_text(q, 8));
	snprintf(r->edits, sizeof(r->edits), "%s", sql_text(q, 10));
	snprintf(r->owner, sizeof(r->owner), "%s", sql_text(q, 11));
}

/* 1, 0, -1; *ret_next is the id of what has taken its place, or "". */
static int find(struct store *s, const char *message, const char *recipient, struct replaced *r, char ret_next[ID_BYTES + 1],
    struct err *e)
{
	static const char sql[] = "SELECT seq, message, state, reached, leg, account, parts, due_ms, provider_id,"
	    " plan, edits, owner, replaced_by, line, " SQL_CARRIED ", count(*) OVER () FROM outbox"
	    " WHERE message = ? AND recipient = ? ORDER BY CASE WHEN state = 2 THEN 0 WHEN state = 5 AND reached >= ?4 THEN 3"
	    " WHEN state < 2 AND reached <> ?3 THEN 2 ELSE 1 END LIMIT 1";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_text(q, 1, message);
	sql_bind_text(q, 2, recipient);
	sql_bind_int(q, 3, STATUS_UNKNOWN);
	sql_bind_int(q, 4, STATUS_FAILED);
	got = sql_step(s, q, e);
	if (got == 1) {
		read_replaced(q, r);
		snprintf(ret_next, ID_BYTES + 1, "%s", sql_text(q, 12));
		sql_done(q);
	}
	return got;
}

int replace_find(struct store *s, const char *message, const char *recipient, struct replaced *ret_replaced, struct err *e)
{
	char id[ID_BYTES + 1], next[ID_BYTES + 1];
	struct replaced r;
	int got, found = 0;

	snprintf(next, sizeof(next), "%s", message);
	for (int i = 0; *next && i < MOST_REPLACED; i++) {
		snprintf(id, sizeof(id), "%s", next);
		got = find(s, id, recipient, &r, next, e);
		/* The latest has been forgotten, or was an edit that failed: what it was before is what it is. */
		if (got == 1 && found && *r.edits && r.state == OUTBOX_DONE && status_bad(r.reached)) {
			json_decref(r.plan);
			break;
		}
		if (got == 0)
			break;
		if (found)
			json_decref(ret_replaced->plan);
		if (got < 0)
			return -1;
		*ret_replaced = r;
		found = 1;
	}
	return found;
}

int replace_put(struct store *s, const struct replaced *old, int64_t row, const char *by, const char *edits, const json_t *plan,
    struct err *e)
{
	static const char was[] = "UPDATE outbox SET replaced_by = ?2 WHERE (message, recipient) ="
	    " (SELECT message, recipient FROM outbox WHERE seq = ?1)";
	static const char is[] = "UPDATE outbox SET edits = ?2, plan = coalesce(?3, plan) WHERE seq = ?1";
	sqlite3_stmt *q = sql_prepare(s, was, e);
	char *legs;
	int result;

	if (!q)
		return -1;
	sql_bind_int(q, 1, old->row);
	sql_bind_text(q, 2, by);
	if (sql_step(s, q, e) < 0 || !(q = sql_prepare(s, is, e)))
		return -1;
	legs = plan ? json_dumps(plan, JSON_COMPACT) : NULL;
	sql_bind_int(q, 1, row);
	sql_bind_text(q, 2, edits);
	sql_bind_text(q, 3, legs);
	result = sql_step(s, q, e);
	free(legs);
	return result;
}

int replace_look(struct store *s, int64_t row, char ret_edits[REPLACE_PROVIDER_ID], struct err *e)
{
	static const char sql[] = "SELECT edits FROM outbox WHERE seq = ? AND edits IS NOT NULL";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_int(q, 1, row);
	got = sql_step(s, q, e);
	if (got == 1) {
		snprintf(ret_edits, REPLACE_PROVIDER_ID, "%s", sql_text(q, 0));
		sql_done(q);
	}
	return got;
}
