/*
 * Messages that went as one (digest.h). Each has a leg of its own, which names the message that carried it; what becomes
 * of that one becomes of them. The receipts of both may come in any order.
 */
#include "common/line/envelope.h"
#include "common/line/when.h"
#include "common/store/receipts_match.h"
#include "common/store/sql.h"

#include "common/banned.h"

const char receipt_digest_schema[] = "ALTER TABLE receipt_leg ADD COLUMN digest TEXT;"
    "CREATE INDEX receipt_leg_digest ON receipt_leg (digest) WHERE digest IS NOT NULL;";

static void set_text(json_t *line, const char *key, const char *value)
{
	if (value && *value)
		json_object_set_new(line, key, json_string(value));
}

/* What of a leg is the same in its next receipt; of columns LEG. */
#define LEG "message, leg, channel, via, address, contact, purpose, topic, digest"
static json_t *receipt_of(sqlite3_stmt *q, enum status status, int64_t time_ms)
{
	static const char *const keys[] = {"channel", "via", "address", "contact", "purpose", "topic", "digest"};
	char id[ID_SIZE], time[WHEN_SIZE];
	json_t *line;

	id_new(id);
	when_format(time_ms, time);
	line = json_pack("{s:s, s:s, s:s, s:I}", "type", "receipt", "id", id, "message", sql_text(q, 0), "leg", (json_int_t)sql_int(q, 1));
	for (int i = 0; i < (int)COUNT_OF(keys); i++)
		set_text(line, keys[i], sql_text(q, 2 + i));
	set_text(line, "status", status_name(status));
	set_text(line, "time", time);
	return line;
}

static void set_error(json_t *line, const char *class, const char *code, const char *text)
{
	json_t *error;

	if (!class || !*class)
		return;
	error = json_pack("{s:s}", "class", class);
	set_text(error, "code", code);
	set_text(error, "text", text);
	json_object_set_new(line, "error", error);
}

int receipt_digest_news(struct store *s, const char *message, const char *address, const struct receipt_said *n,
    enum status status, json_t *receipts, struct err *e)
{
	static const char sql[] = "SELECT " LEG ", status FROM receipt_leg WHERE digest = ? AND coalesce(address = ?, 1)";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_text(q, 1, message);
	sql_bind_text(q, 2, address);
	while ((got = sql_step(s, q, e)) == 1) {
		enum status was = (enum status)status_parse(sql_text(q, 9));
		json_t *line;

		if (status_advance(was, status) == was)
			continue;
		line = receipt_of(q, status, n->time_ms);
		set_error(line, n->error_class, n->error_code, n->error_text);
		json_array_append_new(receipts, line);
	}
	return got;
}

static int note(struct store *s, int64_t row, const char *digest, struct err *e)
{
	static const char sql[] = "UPDATE receipt_leg SET digest = coalesce(digest, ?2) WHERE id = ?1";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_int(q, 1, row);
	sql_bind_text(q, 2, digest);
	return sql_step(s, q, e);
}

int receipt_digest_join(struct store *s, const struct receipt_said *n, const struct receipt_state *leg, json_t *receipts,
    struct err *e)
{
	static const char sql[] = "SELECT m.message, m.leg, m.channel, m.via, m.address, m.contact, m.purpose, m.topic, m.digest,"
	    " c.status, c.last_ms, c.error_class, c.error_code, c.error_text FROM receipt_leg m"
	    " JOIN receipt_leg c ON c.message = m.digest AND c.address = m.address WHERE m.id = ? ORDER BY c.leg DESC LIMIT 1";
	sqlite3_stmt *q;
	int got;

	if (note(s, leg->row, n->digest, e) < 0 || !(q = sql_prepare(s, sql, e)))
		return -1;
	sql_bind_int(q, 1, leg->row);
	got = sql_step(s, q, e);
	if (got == 1) {
		enum status status = (enum status)status_parse(sql_text(q, 9));

		if (status >= STATUS_ACCEPTED && status_advance(leg->status, status) != leg->status) {
			json_t *line = receipt_of(q, status, sql_int(q, 10));

			set_error(line, sql_text(q, 11), sql_text(q, 12), sql_text(q, 13));
			json_array_append_new(receipts, line);
		}
		sql_done(q);
	}
	return got < 0 ? -1 : 0;
}
