#include <stdlib.h>
#include <string.h>

#include "common/store/consent_chain.h"
#include "common/store/preference.h"
#include "common/xalloc.h"

#include "common/banned.h"

const char preference_schema[] =
    "CREATE TABLE consent_preference ("
    " subject TEXT PRIMARY KEY,"
    " value TEXT NOT NULL,"             /* JSON */
    " seq BIGINT NOT NULL) WITHOUT ROWID;";

/* 1, 0, -1; asked once a transaction. */
static int find_any(struct store *s, struct err *e)
{
	static const char sql[] = "SELECT 1 FROM consent_preference LIMIT 1";
	struct sql_preference *p = sql_preference(s);
	uint64_t now = store_transaction(s);
	sqlite3_stmt *q;
	int got;

	if (p->any || (now && p->asked == now))
		return p->any;
	q = sql_prepare(s, sql, e);
	got = q ? sql_step(s, q, e) : -1;
	if (got < 0)
		return -1;
	sql_done(q);
	p->any = got;
	p->asked = now;
	return got;
}

int preference_look(struct store *s, const char *subject, json_t **ret_preferences, struct err *e)
{
	static const char sql[] = "SELECT value FROM consent_preference WHERE subject = ?";
	int got = find_any(s, e);
	sqlite3_stmt *q;

	if (got <= 0)
		return got;
	q = sql_prepare(s, sql, e);
	if (!q)
		return -1;
	sql_bind_text(q, 1, subject);
	got = sql_step(s, q, e);
	if (got > 0) {
		*ret_preferences = json_loads(sql_text(q, 0), 0, NULL);
		sql_done(q);
		return *ret_preferences ? 1 : err_set(e, EX_CANTCREAT, "what is recorded of preferences is damaged");
	}
	return got;
}

/* The members of `change` over those of `value`; a new reference. */
static json_t *merge(json_t *value, const json_t *change)
{
	json_t *merged = value ? json_copy(value) : json_object(), *member;
	const char *key;

	json_object_foreach((json_t *)change, key, member) {
		if (json_is_null(member))
			json_object_del(merged, key);
		else
			json_object_set(merged, key, member);
	}
	return merged;
}

static char *merge_text(const char *value, const char *change)
{
	json_t *before = value ? json_loads(value, 0, NULL) : NULL, *said = json_loads(change, 0, NULL);
	json_t *merged = merge(before, said);
	char *text = json_dumps(merged, JSON_COMPACT | JSON_SORT_KEYS);

	json_decref(before);
	json_decref(said);
	json_decref(merged);
	return text;
}

int preference_apply(struct store *s, const struct consent_row *row, struct err *e)
{
	static const char look[] = "SELECT value FROM consent_preference WHERE subject = ?";
	static const char put[] =
	    "INSERT INTO consent_preference (subject, value, seq) VALUES (?,?,?)"
	    " ON CONFLICT (subject) DO UPDATE SET value = excluded.value, seq = excluded.seq";
	sqlite3_stmt *q = sql_prepare(s, look, e);
	char *text;
	int got;

	if (!q)
		return -1;
	sql_bind_text(q, 1, row->text[COLUMN_SUBJECT]);
	got = sql_step(s, q, e);
	if (got < 0)
		return -1;
	text = merge_text(got ? sql_text(q, 0) : NULL, row->text[COLUMN_PREFERENCE]);
	sql_done(q);
	q = sql_prepare(s, put, e);
	if (q) {
		sql_bind_text(q, 1, row->text[COLUMN_SUBJECT]);
		sql_bind_text(q, 2, text);
		sql_bind_int(q, 3, row->number[COLUMN_SEQ]);
		got = sql_step(s, q, e);
	}
	free(text);
	sql_preference(s)->any = true;
	return q && got >= 0 ? 0 : -1;
}

/* What the events of one subject come to, while they are read. */
struct folding {
	char *subject, *value;
	char id[27];
	int64_t seq, found;
};

static void folding_clear(struct folding *f)
{
	free(f->subject);
	free(f->value);
	f->subject = f->value = NULL;
}

/* 1: what stands is what the events come to, or there was no subject yet; 0; -1. */
static int is_as_folded(struct store *s, struct folding *f, struct err *e)
{
	static const char sql[] = "SELECT 1 FROM consent_preference WHERE subject = ? AND value = ? AND seq = ?";
	sqlite3_stmt *q;
	int got;

	if (!f->subject)
		return 1;
	q = sql_prepare(s, sql, e);
	if (!q)
		return -1;
	sql_bind_text(q, 1, f->subject);
	sql_bind_text(q, 2, f->value);
	sql_bind_int(q, 3, f->seq);
	got = sql_step(s, q, e);
	sql_done(q);
	f->found += got > 0;
	return got;
}

static void fold(struct folding *f, const struct consent_row *row)
{
	char *merged = merge_text(f->value, row->text[COLUMN_PREFERENCE] ? row->text[COLUMN_PREFERENCE] : "{}");

	if (!f->subject)
		f->subject = xstrdup(row->text[COLUMN_SUBJECT]);
	free(f->value);
	f->value = merged;
	f->seq = row->number[COLUMN_SEQ];
	memcpy(f->id, row->text[COLUMN_ID], strnlen(row->text[COLUMN_ID], sizeof(f->id) - 1) + 1);
}

static int count_rows(struct store *s, int64_t *ret_count, struct err *e)
{
	static const char sql[] = "SELECT COUNT(*) FROM consent_preference";
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (!q || sql_step(s, q, e) < 0)
		return -1;
	*ret_count = sql_int(q, 0);
	sql_done(q);
	return 0;
}

int preference_verify(struct store *s, char ret_id[27], struct err *e)
{
	static const char sql[] =
	    "SELECT " CONSENT_COLUMNS " FROM consent_event WHERE erased = 0 AND state = " CONSENT_PREFERENCE_SQL " ORDER BY subject, seq";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	struct folding f = {.found = 0};
	int got = -1, good = 1;
	int64_t count;

	while (good == 1 && q && (got = sql_step(s, q, e)) == 1) {
		struct consent_row row = consent_row_read(q);

		if (f.subject && strcmp(f.subject, row.text[COLUMN_SUBJECT]) != 0) {
			good = is_as_folded(s, &f, e);
			folding_clear(&f);
		}
		if (good == 1)
			fold(&f, &row);
	}
	if (good == 1 && got == 0)
		good = is_as_folded(s, &f, e);
	if (q)
		sql_done(q);
	folding_clear(&f);
	if (got < 0 || good < 0 || count_rows(s, &count, e) < 0)
		return -1;
	memcpy(ret_id, good ? "" : f.id, good ? 1 : sizeof(f.id));
	return good == 0 || count != f.found;
}
