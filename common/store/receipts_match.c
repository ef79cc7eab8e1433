/* Which leg a receipt belongs to. A receipt often says less than an earlier one did, or more. */
#include <stdio.h>
#include <string.h>

#include "common/line/envelope.h"
#include "common/store/receipts_match.h"
#include "common/store/sql.h"

#include "common/banned.h"

static int64_t member_count(const json_t *line, const char *key)
{
	const json_t *value = json_object_get(line, key);

	return json_is_integer(value) ? json_integer_value(value) : -1;
}

void receipt_said(struct receipt_said *n, const json_t *line, int64_t now_ms)
{
	const json_t *error = json_object_get(line, "error"), *cost = json_object_get(line, "cost");

	*n = (struct receipt_said){
	    .id = envelope_text(line, "id", NULL),
	    .message = envelope_text(line, "message", NULL),
	    .address = envelope_text(line, "address", NULL),
	    .contact = envelope_text(line, "contact", NULL),
	    .channel = envelope_text(line, "channel", NULL),
	    .via = envelope_text(line, "via", NULL),
	    .purpose = envelope_text(line, "purpose", NULL),
	    .topic = envelope_text(line, "topic", NULL),
	    .provider_id = envelope_text(line, "provider_id", NULL),
	    .digest = envelope_text(line, "digest", NULL),
	    .error_class = envelope_text(error, "class", NULL),
	    .error_code = envelope_text(error, "code", NULL),
	    .error_text = envelope_text(error, "text", NULL),
	    .amount = envelope_text(cost, "amount", NULL),
	    .currency = envelope_text(cost, "currency", NULL),
	    .leg = member_count(line, "leg"),
	    .segments = member_count(line, "segments"),
	    .time_ms = envelope_time_ms(line, "time", now_ms),
	    .status = (enum status)status_parse(envelope_text(line, "status", "")),
	};
	if (n->address && address_parse(n->address, &n->parsed, NULL) == 0) {
		n->address = n->parsed.text;
		if (!n->channel)
			n->channel = n->parsed.channel;
	}
	if (n->address)
		snprintf(n->who, sizeof(n->who), "%s", n->address);
	else if (n->contact)
		snprintf(n->who, sizeof(n->who), "contact:%s", n->contact);
}

int receipt_match_known(struct store *s, const struct receipt_said *n, const struct receipt_state *leg,
    char ret_id[ID_BYTES + 1], struct err *e)
{
	static const char by_id[] = "SELECT id FROM receipt_event WHERE id = ?";
	static const char by_provider[] =
	    "SELECT id FROM receipt_event WHERE provider_id = ? AND status = ? AND leg = ? AND coalesce(via, ?) = ?";
	static const char by_time[] = "SELECT id FROM receipt_event WHERE leg = ? AND status = ? AND time_ms = ?";
	const char *sql = !leg ? by_id : n->provider_id ? by_provider : by_time;
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	if (!leg) {
		sql_bind_text(q, 1, n->id);
	} else if (n->provider_id) {
		sql_bind_text(q, 1, n->provider_id);
		sql_bind_text(q, 2, status_name(n->status));
		sql_bind_int(q, 3, leg->row);
		sql_bind_text(q, 4, n->via ? n->via : "");
		sql_bind_text(q, 5, n->via ? n->via : "");
	} else {
		sql_bind_int(q, 1, leg->row);
		sql_bind_text(q, 2, status_name(n->status));
		sql_bind_int(q, 3, n->time_ms);
	}
	got = sql_step(s, q, e);
	if (got > 0) {
		snprintf(ret_id, ID_BYTES + 1, "%s", sql_text(q, 0));
		sql_done(q);
	}
	return got;
}

#define LEG_COLUMNS \
	"id, status, first_ms, last_ms, queued_ms, held_ms, unknown_ms, accepted_ms, sent_ms, delivered_ms, read_ms, " \
	"clicked_ms, answered_ms, ended_ms"

static int step_leg(struct store *s, sqlite3_stmt *q, struct receipt_state *ret_leg, struct err *e)
{
	int got = sql_step(s, q, e);

	if (got <= 0)
		return got;
	ret_leg->row = sql_int(q, 0);
	ret_leg->status = (enum status)sql_word(q, 1, status_parse, STATUS_UNKNOWN);
	ret_leg->first_ms = sql_int(q, 2);
	ret_leg->last_ms = sql_int(q, 3);
	for (int i = 0; i <= RECEIPT_ENDED; i++)
		ret_leg->reached_ms[i] = sqlite3_column_type(q, 4 + i) == SQLITE_NULL ? -1 : sql_int(q, 4 + i);
	sql_done(q);
	return 1;
}

static int find_exact(struct store *s, const struct receipt_said *n, const char *who, struct receipt_state *ret_leg, struct err *e)
{
	static const char sql[] = "SELECT " LEG_COLUMNS " FROM receipt_leg WHERE message = ? AND who = ? AND leg = ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, n->message);
	sql_bind_text(q, 2, who);
	sql_bind_int(q, 3, n->leg < 0 ? 0 : n->leg);
	return step_leg(s, q, ret_leg, e);
}

/* The recipient is known, the leg's number is not: the last leg of that channel. */
static int find_last_leg(struct store *s, const struct receipt_said *n, struct receipt_state *ret_leg, struct err *e)
{
	static const char sql[] = "SELECT " LEG_COLUMNS " FROM receipt_leg WHERE message = ? AND who = ?"
	    " AND (channel IS NULL OR coalesce(?, channel) = channel)"
	    " ORDER BY CASE WHEN provider_id = ? THEN 0 ELSE 1 END, leg DESC LIMIT 1";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, n->message);
	sql_bind_text(q, 2, n->who);
	sql_bind_text(q, 3, n->channel);
	sql_bind_text(q, 4, n->provider_id);
	return step_leg(s, q, ret_leg, e);
}

/* The receipt does not say the address: any leg of the message that it does not contradict. */
static int find_by_hints(struct store *s, const struct receipt_said *n, struct receipt_state *ret_leg, struct err *e)
{
	static const char sql[] = "SELECT " LEG_COLUMNS " FROM receipt_leg WHERE message = ?"
	    " AND coalesce(?, leg) = leg"
	    " AND (contact IS NULL OR coalesce(?, contact) = contact)"
	    " AND (channel IS NULL OR coalesce(?, channel) = channel)"
	    " ORDER BY CASE WHEN provider_id = ? THEN 0 ELSE 1 END, leg DESC, id LIMIT 1";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, n->message);
	if (n->leg < 0)
		sql_bind_text(q, 2, NULL);
	else
		sql_bind_int(q, 2, n->leg);
	sql_bind_text(q, 3, n->contact);
	sql_bind_text(q, 4, n->channel);
	sql_bind_text(q, 5, n->provider_id);
	return step_leg(s, q, ret_leg, e);
}

static int find_by_provider(struct store *s, const struct receipt_said *n, struct receipt_state *ret_leg, struct err *e)
{
	static const char sql[] = "SELECT " LEG_COLUMNS " FROM receipt_leg WHERE id = ("
	    "SELECT v.leg FROM receipt_event v JOIN receipt_leg l ON l.id = v.leg WHERE v.provider_id = ?"
	    " AND (v.via IS NULL OR coalesce(?, v.via) = v.via)"
	    " AND (l.address IS NULL OR coalesce(?, l.address) = l.address)"
	    " ORDER BY v.leg DESC LIMIT 1)";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, n->provider_id);
	sql_bind_text(q, 2, n->via);
	sql_bind_text(q, 3, n->address);
	return step_leg(s, q, ret_leg, e);
}

int receipt_match_leg(struct store *s, const struct receipt_said *n, struct receipt_state *ret_leg, struct err *e)
{
	char contact[ID_BYTES + 16];
	int got;

	if (!n->message)
		return find_by_provider(s, n, ret_leg, e);
	if (!n->address)
		return find_by_hints(s, n, ret_leg, e);
	got = n->leg < 0 ? find_last_leg(s, n, ret_leg, e) : find_exact(s, n, n->who, ret_leg, e);
	if (got != 0)
		return got;
	/* An earlier receipt may have known less of the recipient. */
	ret_leg->fills_who = true;
	if (n->contact) {
		snprintf(contact, sizeof(contact), "contact:%s", n->contact);
		got = find_exact(s, n, contact, ret_leg, e);
	}
	return got != 0 ? got : find_exact(s, n, "", ret_leg, e);
}

int receipt_match_lone(struct store *s, const struct receipt_said *n, struct receipt_state *ret_lone, struct err *e)
{
	static const char sql[] = "SELECT " LEG_COLUMNS " FROM receipt_leg WHERE message IS NULL AND provider_id = ?"
	    " AND (via IS NULL OR coalesce(?, via) = via) AND (address IS NULL OR coalesce(?, address) = address) LIMIT 1";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, n->provider_id);
	sql_bind_text(q, 2, n->via);
	sql_bind_text(q, 3, n->address);
	return step_leg(s, q, ret_lone, e);
}
