/*
 * What stands of a scope is the latest event of it; among implied yeses an earlier one may count for longer. So the
 * events themselves are read, of one subject, and only where an implied yes is what stands.
 */
#include <string.h>

#include "common/store/consent_chain.h"

#include "common/banned.h"

/* A channel or topic of the ledger covers what is asked about: which of the four scopes it is, -1 for none. */
static int scope_of(const char *on, const char *about, const char *channel, const char *topic)
{
	bool all_channels = strcmp(on, "*") == 0, all_topics = strcmp(about, "*") == 0;

	if ((!all_channels && (!channel || strcmp(on, channel) != 0)) || (!all_topics && (!topic || strcmp(about, topic) != 0)))
		return -1;
	return all_channels * 2 + all_topics;
}

/* One event, the latest first: whatever is no yes closes its scope for those before it. */
static bool is_implied(sqlite3_stmt *q, int scope, bool closed[4])
{
	int64_t state = sql_int(q, 2);

	if (scope < 0 || closed[scope])
		return false;
	if (state != CONSENT_IN)
		closed[scope] = true;
	return state == CONSENT_IN && sql_int(q, 3) == CONSENT_IMPLIED;
}

int consent_each_implied(struct store *s, const char *subject, const char *channel, const char *topic, consent_each_fn *each,
    void *ctx, struct err *e)
{
	static const char sql[] =
	    "SELECT channel, topic, state, strength, CASE WHEN time_ms < recorded_ms THEN time_ms ELSE recorded_ms END AS said_ms,"
	    " basis, jurisdiction FROM consent_event WHERE subject = ? AND " CONSENT_STANDS_SQL
	    " ORDER BY said_ms DESC, seq DESC";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	bool closed[4] = {false};
	int got;

	if (!q)
		return -1;
	sql_bind_text(q, 1, subject);
	while ((got = sql_step(s, q, e)) == 1) {
		const struct consent_event event = {
		    .subject = subject,
		    .state = CONSENT_IN,
		    .strength = CONSENT_IMPLIED,
		    .time_ms = sql_int(q, 4),
		    .basis = sql_text(q, 5),
		    .jurisdiction = sql_text(q, 6),
		};

		if (is_implied(q, scope_of(sql_text(q, 0), sql_text(q, 1), channel, topic), closed) && each(ctx, &event) != 0)
			break;
	}
	sql_done(q);
	return got < 0 ? -1 : 0;
}
