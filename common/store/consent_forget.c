/*
 * An event that is forgotten keeps its seq, prev and hash, and the hash of its body: the chain goes on through it and binds
 * what was before it. The hashes give nobody away, because the id that went into them held 80 random bits and is gone.
 * Which events an erasure took is signed for by a digest in it, so that nobody can pass off a removal of their own as one.
 */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/address/address.h"
#include "common/line/when.h"
#include "common/store/consent_chain.h"
#include "common/store/consent_doubt.h"
#include "common/store/consent_key.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define HASH_BYTES 16

const char consent_forget_schema[] =
    "CREATE INDEX consent_event_erased ON consent_event (erased) WHERE erased > 0;"
    "DROP TRIGGER consent_event_update;"
    "CREATE TRIGGER consent_event_update BEFORE UPDATE ON consent_event"
    " WHEN OLD.erased > 0 OR NEW.erased <= NEW.seq OR NEW.seq <> OLD.seq OR NEW.prev <> OLD.prev OR NEW.hash <> OLD.hash"
    " OR NEW.subject <> '' OR NEW.id <> ''"
    " BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END;";

void consent_forget_clear(struct consent_forget *f)
{
	sodium_free(f->key);
	*f = (struct consent_forget){.key = NULL};
}

static int load_key(struct store *s, bool may_create, struct err *e)
{
	struct consent_forget *f = sql_consent_forget(s);
	unsigned char *key;

	if (f->key)
		return 0;
	if (sodium_init() < 0 || !(key = sodium_malloc(CONSENT_FORGET_KEY)))
		return err_set(e, EX_OSERR, "no memory for a key");
	if (consent_key_forget(store_directory(s), may_create, key, e) < 0) {
		sodium_free(key);
		return -1;
	}
	f->key = key;
	return 0;
}

/* 1, 0, -1; asked once a transaction. */
static int find_any(struct store *s, struct err *e)
{
	static const char sql[] = "SELECT 1 FROM consent_state WHERE subject >= '" CONSENT_FORGOTTEN "' AND subject < 'forgotten;' LIMIT 1";
	struct consent_forget *f = sql_consent_forget(s);
	uint64_t now = store_transaction(s);
	sqlite3_stmt *q;
	int got;

	if (f->any || (now && f->asked == now))
		return f->any;
	q = sql_prepare(s, sql, e);
	got = q ? sql_step(s, q, e) : -1;
	if (got < 0)
		return -1;
	sql_done(q);
	f->any = got;
	f->asked = now;
	return got;
}

/* "+15551230001" for every address that is this number, else NULL. */
static const char *number_of(const char *subject)
{
	const char *colon = strchr(subject, ':'), *number = colon ? colon + 1 : subject;

	return *number == '+' && number[1] && strspn(number + 1, "0123456789") == strlen(number + 1) ? number : NULL;
}

static void make_name(struct store *s, const char *subject, char ret_name[FORGET_NAME])
{
	static const char prefix[] = CONSENT_FORGOTTEN;
	const char *number = number_of(subject), *what = number ? number : subject;
	unsigned char hash[HASH_BYTES];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)what, strlen(what), sql_consent_forget(s)->key, CONSENT_FORGET_KEY);
	memcpy(ret_name, prefix, sizeof(prefix) - 1);
	sodium_bin2hex(ret_name + sizeof(prefix) - 1, FORGET_NAME - sizeof(prefix) + 1, hash, sizeof(hash));
}

int consent_forget_name(struct store *s, const char *subject, char ret_name[FORGET_NAME], struct err *e)
{
	int any = find_any(s, e);

	if (any <= 0)
		return any;
	if (load_key(s, false, e) < 0)
		return -1;
	make_name(s, subject, ret_name);
	return 1;
}

static void add_event(crypto_generichash_state *h, int64_t seq, const char *prev, const char *hash)
{
	char text[2 * CONSENT_HASH + 24];
	int len = snprintf(text, sizeof(text), "%" PRId64 " %.64s %.64s\n", seq, prev, hash);

	crypto_generichash_update(h, (const unsigned char *)text, (size_t)len);
}

/* Where the events stand that are to be erased: the ledger is looked through for them once. */
struct places {
	int64_t *items;
	size_t count;
};

static void add_place(struct places *p, int64_t seq)
{
	/* At powers of two. */
	if ((p->count & (p->count - 1)) == 0)
		p->items = xrealloc(p->items, (p->count ? 2 * p->count : 1) * sizeof(*p->items));
	p->items[p->count++] = seq;
}

/* Over the rows of a query for seq, prev and hash; how many. `places` may be NULL. */
static int64_t digest_rows(struct store *s, sqlite3_stmt *q, char ret_digest[CONSENT_HASH], struct places *places, struct err *e)
{
	static const char label[] = "msg consent erasure 1\n";
	crypto_generichash_state h;
	unsigned char digest[32];
	int64_t count = 0;
	int got;

	crypto_generichash_init(&h, NULL, 0, sizeof(digest));
	crypto_generichash_update(&h, (const unsigned char *)label, sizeof(label) - 1);
	while ((got = sql_step(s, q, e)) == 1) {
		add_event(&h, sql_int(q, 0), sql_text(q, 1), sql_text(q, 2));
		if (places)
			add_place(places, sql_int(q, 0));
		count++;
	}
	if (got < 0)
		return -1;
	crypto_generichash_final(&h, digest, sizeof(digest));
	sodium_bin2hex(ret_digest, CONSENT_HASH, digest, sizeof(digest));
	return count;
}

int64_t consent_forget_digest(struct store *s, int64_t erasure, char ret_digest[CONSENT_HASH], struct err *e)
{
	static const char sql[] = "SELECT seq, prev, hash FROM consent_event WHERE erased = ? ORDER BY seq";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q)
		return -1;
	sql_bind_int(q, 1, erasure);
	return digest_rows(s, q, ret_digest, NULL, e);
}

/* The subject (?1), and for a number every address that is it (?2, or NULL); OWNED: and what names it as the owner. */
#define WHOSE " WHERE (subject = ?1 OR subject LIKE ?2)"
#define OWNED " WHERE (subject = ?1 OR subject LIKE ?2 OR contact = ?1)"

static int find_events(struct store *s, const char *subject, const char *like, char ret_digest[CONSENT_HASH],
    struct places *places, struct err *e)
{
	static const char sql[] = "SELECT seq, prev, hash FROM consent_event" OWNED " ORDER BY seq";
	sqlite3_stmt *q = sql_query(s, sql, SQL(sql_t(subject), sql_t(like)), e);

	return q && digest_rows(s, q, ret_digest, places, e) >= 0 ? 0 : -1;
}

/* All of an event but its place in the chain, and the hash of its body, which format 1 did not have. */
static int erase_event(struct store *s, int64_t seq, int64_t erasure, struct err *e)
{
	static const char look[] = "SELECT " CONSENT_COLUMNS " FROM consent_event WHERE seq = ?";
	static const char blank[] =
	    "UPDATE consent_event SET erased = ?, body = ?, format = 0, id = '', subject = '', channel = '', topic = '', state = 0,"
	    " strength = 0, time_ms = 0, recorded_ms = 0, until_ms = 0, method = NULL, evidence = NULL, source = NULL, form = NULL,"
	    " ip = NULL, code = NULL, jurisdiction = NULL, basis = NULL, preference = NULL, contact = NULL WHERE seq = ?";
	sqlite3_stmt *q = sql_query(s, look, SQL(sql_i(seq)), e);
	char body[CONSENT_HASH];
	struct consent_row row;

	if (sql_step(s, q, e) < 0)
		return -1;
	row = consent_row_read(q);
	consent_row_body(&row, body);
	sql_done(q);
	return sql_run(s, blank, SQL(sql_i(erasure), sql_t(row.number[COLUMN_FORMAT] == 1 ? NULL : body), sql_i(seq)), e);
}

static int erase(struct store *s, const char *subject, const char *like, const struct places *places, int64_t erasure,
    struct err *e)
{
	static const char *const beside[] = {"DELETE FROM consent_state" WHOSE, "DELETE FROM consent_permit" WHOSE,
	    "DELETE FROM consent_preference" WHOSE, "DELETE FROM consent_doubt" OWNED, "DELETE FROM consent_code" WHOSE};

	for (size_t i = 0; i < places->count; i++)
		if (erase_event(s, places->items[i], erasure, e) < 0)
			return -1;
	for (size_t i = 0; i < COUNT_OF(beside); i++)
		if (sql_run(s, beside[i], SQL(sql_t(subject), sql_t(like)), e) < 0)
			return -1;
	return consent_forget_elsewhere(s, subject, like, e);
}

/* The event comes first: what it takes the words of is only what stands before it, and what time has said is before it. */
static int forget_places(struct store *s, const char *subject, const char *like, struct places *places,
    struct consent_event *event, struct consent_forgotten *f, struct err *e)
{
	char digest[CONSENT_HASH], evidence[48];
	int64_t seq;

	if (consent_doubt_settle(s, e) < 0 || consent_doubt_part(s, subject, like, e) < 0 ||
	    find_events(s, subject, like, digest, places, e) < 0)
		return -1;
	f->events = (int64_t)places->count;
	snprintf(evidence, sizeof(evidence), "%" PRId64 " event%s", f->events, f->events == 1 ? "" : "s");
	*event = (struct consent_event){.subject = f->subject, .state = CONSENT_ERASE, .method = event->method, .evidence = evidence,
	    .source = digest, .jurisdiction = event->jurisdiction, .basis = event->basis};
	if (consent_append(s, event, e) < 0 || consent_last(s, &seq, e) < 0)
		return -1;
	event->evidence = event->source = NULL;
	return erase(s, subject, like, places, seq, e);
}

static int forget(struct store *s, const char *subject, struct consent_event *event, struct consent_forgotten *f, struct err *e)
{
	const char *number = number_of(subject);
	struct places places = {NULL, 0};
	char like[ADDRESS_BYTES + 2];
	int result;

	snprintf(like, sizeof(like), "%s%s", number ? "%:" : "", number ? number : subject);
	result = forget_places(s, subject, number ? like : NULL, &places, event, f, e);
	free(places.items);
	return result;
}

int consent_forget(struct store *s, const char *subject, struct consent_event *event, struct consent_forgotten *ret_forgotten,
    struct err *e)
{
	int any = find_any(s, e);

	/* What is deleted is overwritten as well. */
	if (any < 0 || load_key(s, any == 0, e) < 0 ||
	    sqlite3_exec(sql_db(s), "PRAGMA secure_delete=ON", NULL, NULL, NULL) != SQLITE_OK)
		return any < 0 || !sql_consent_forget(s)->key ? -1 : sql_fail(s, e, "cannot forget");
	make_name(s, subject, ret_forgotten->subject);
	if (forget(s, subject, event, ret_forgotten, e) < 0)
		return -1;
	sql_consent_forget(s)->any = true;
	return 0;
}

int consent_forget_end(struct store *s, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int busy = 1;

	if (sqlite3_prepare_v2(sql_db(s), "PRAGMA wal_checkpoint(TRUNCATE)", -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
		busy = sqlite3_column_int(q, 0);
	sqlite3_finalize(q);
	return busy ? err_set(e, EX_TEMPFAIL, "others are reading the store: what was forgotten stays in its log until the next write") : 0;
}
