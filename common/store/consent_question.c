/* What somebody has been asked and has not answered: for a yes, or for the confirmation of one that stands meanwhile. */
#include <string.h>

#include "common/store/consent_chain.h"

#include "common/banned.h"

int consent_each_question(struct store *s, const char *subject, consent_each_fn *each, void *ctx, struct err *e)
{
	/* A purchase is no answer. */
	static const char sql[] =
	    "SELECT q.channel, q.topic, q.strength, q.time_ms FROM consent_event q"
	    " WHERE q.subject = ? AND q.state = 1 AND q.until_ms = 0 AND NOT EXISTS (SELECT 1 FROM consent_event a"
	    " WHERE a.subject = q.subject AND a.channel = q.channel AND a.topic = q.topic AND " CONSENT_ANSWERS_SQL
	    " AND (a.time_ms > q.time_ms OR (a.time_ms = q.time_ms AND a.seq > q.seq))) ORDER BY q.seq";
	sqlite3_stmt *q = sql_query(s, sql, SQL(sql_t(subject)), e);
	int got;

	while ((got = sql_step(s, q, e)) == 1) {
		const char *channel = sql_text(q, 0), *topic = sql_text(q, 1);
		const struct consent_event event = {
		    .subject = subject,
		    .channel = strcmp(channel, "*") == 0 ? NULL : channel,
		    .topic = strcmp(topic, "*") == 0 ? NULL : topic,
		    .state = CONSENT_PENDING,
		    .strength = (enum consent_strength)sql_enum(q, 2, CONSENT_DOUBLE, CONSENT_UNSTATED),
		    .time_ms = sql_int(q, 3),
		};

		if (each(ctx, &event) != 0)
			break;
	}
	return sql_end(q, got);
}
