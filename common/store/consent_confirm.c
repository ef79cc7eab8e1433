/* Who has said yes where more is needed is asked once to confirm it; the yes stands meanwhile. */
#include <string.h>

#include "common/store/consent_chain.h"

#include "common/banned.h"

int consent_each_confirmation(struct store *s, const char *subject, consent_each_fn *each, void *ctx, struct err *e)
{
	/* Whatever is said later about the same answers it. */
	static const char sql[] =
	    "SELECT q.channel, q.topic, q.strength, q.time_ms FROM consent_event q"
	    " WHERE q.subject = ? AND q.state = 1 AND q.strength > 0 AND NOT EXISTS (SELECT 1 FROM consent_event a"
	    " WHERE a.subject = q.subject AND a.channel = q.channel AND a.topic = q.topic AND a.seq > q.seq"
	    " AND a.state IN (2, " CONSENT_OUT_SQL ")) ORDER BY q.seq";
	sqlite3_stmt *q = sql_query(s, sql, SQL(sql_t(subject)), e);
	int got;

	while ((got = sql_step(s, q, e)) == 1) {
		const char *channel = sql_text(q, 0), *topic = sql_text(q, 1);
		const struct consent_event event = {
		    .subject = subject,
		    .channel = strcmp(channel, "*") == 0 ? NULL : channel,
		    .topic = strcmp(topic, "*") == 0 ? NULL : topic,
		    .state = CONSENT_PENDING,
		    .strength = (enum consent_strength)sql_int(q, 2),
		    .time_ms = sql_int(q, 3),
		};

		if (each(ctx, &event) != 0)
			break;
	}
	return sql_end(q, got);
}
