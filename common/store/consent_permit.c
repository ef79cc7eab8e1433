/* Permits: the text is kept as its hash, so that the store holds no body more than it needs. */
#include <sodium.h>
#include <string.h>

#include "common/line/when.h"
#include "common/store/consent.h"
#include "common/store/sql.h"

#include "common/banned.h"

static void hash_text(const char *text, char ret_hash[CONSENT_HASH])
{
	unsigned char hash[32];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)text, strlen(text), NULL, 0);
	sodium_bin2hex(ret_hash, CONSENT_HASH, hash, sizeof(hash));
}

static int forget_expired(struct store *s, struct err *e)
{
	static const char sql[] = "DELETE FROM consent_permit WHERE until_ms < ?";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_int(q, 1, when_now_ms());
	return sql_step(s, q, e);
}

int consent_permit(struct store *s, const char *subject, const char *message, const char *text, int64_t until_ms, struct err *e)
{
	static const char sql[] =
	    "INSERT INTO consent_permit (subject, message, text, until_ms) VALUES (?,?,?,?)"
	    " ON CONFLICT (subject, message) DO UPDATE SET text = excluded.text, until_ms = excluded.until_ms";
	char hash[CONSENT_HASH];
	sqlite3_stmt *q;

	if (forget_expired(s, e) < 0)
		return -1;
	q = sql_prepare(s, sql, e);
	if (!q)
		return -1;
	hash_text(text, hash);
	sql_bind_text(q, 1, subject);
	sql_bind_text(q, 2, message);
	sql_bind_text(q, 3, hash);
	sql_bind_int(q, 4, until_ms);
	return sql_step(s, q, e);
}

int consent_permitted(struct store *s, const char *subject, const char *message, const char *text, int64_t now_ms, struct err *e)
{
	static const char sql[] =
	    "SELECT 1 FROM consent_permit WHERE subject = ? AND message = ? AND text = ? AND until_ms >= ?";
	char hash[CONSENT_HASH];
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	hash_text(text, hash);
	sql_bind_text(q, 1, subject);
	sql_bind_text(q, 2, message);
	sql_bind_text(q, 3, hash);
	sql_bind_int(q, 4, now_ms);
	got = sql_step(s, q, e);
	if (got == 1)
		sql_done(q);
	return got;
}
