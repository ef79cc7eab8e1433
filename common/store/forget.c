/*
 * What the other tables know of somebody who is forgotten: conversations, tasks, messages that have left, receipts,
 * choices, links, what was counted. A message that still waits stays until it has been refused, which is what becomes of it.
 */
#include <stdio.h>
#include <string.h>

#include "common/address/address.h"
#include "common/store/consent_chain.h"
#include "common/store/outbox.h"

#include "common/banned.h"

/* Whose a row is, by a column: three texts are bound, of which the last two may be NULL. */
#define WHOSE(column) " (" column " = ? OR LOWER(" column ") = ? OR " column " LIKE ?)"

struct whose {
	const char *exact;      /* an id of a contact has a case */
	const char *lower;      /* a mail address has none */
	const char *like;       /* a number, on every channel */
};

static const char *const deletions[] = {
    "DELETE FROM turn WHERE conversation IN (SELECT id FROM conversation WHERE" WHOSE("them") ")",
    "DELETE FROM conversation WHERE" WHOSE("them"),
    "DELETE FROM offer WHERE task IN (SELECT id FROM task WHERE" WHOSE("who") ")",
    "DELETE FROM task WHERE" WHOSE("who"),
    "DELETE FROM link WHERE" WHOSE("address"),
    "DELETE FROM choice WHERE" WHOSE("address"),
    "DELETE FROM sent WHERE" WHOSE("person"),
    "DELETE FROM ack_expected WHERE" WHOSE("address"),
    "DELETE FROM dead_address WHERE" WHOSE("subject"),
};

/*
 * Messages to them, and to others by an address of theirs, that have ended or that a provider has (OUTBOX_DONE,
 * OUTBOX_ACCEPTED): what would come next is refused. Two more texts are bound, for where it stands in the line.
 */
#define ENDED \
	" state IN (3, 5) AND (" WHOSE("recipient") " OR line LIKE ? ESCAPE '!' OR line LIKE ? ESCAPE '!'" \
	" OR plan LIKE ? ESCAPE '!' OR plan LIKE ? ESCAPE '!')"
static const char *const ended[] = {
    "DELETE FROM outbox_dedupe WHERE seq IN (SELECT seq FROM outbox WHERE" ENDED ")",
    "DELETE FROM outbox WHERE" ENDED,
};

/* What happened to a message is still counted, under no name. */
#define NAMELESS "UPDATE receipt_leg SET who = '" CONSENT_FORGOTTEN "' || id, address = NULL, contact = NULL, error_text = NULL WHERE"
static const char receipts[] = NAMELESS WHOSE("who"), receipts_of_contact[] = NAMELESS " contact = ?";

static sqlite3_stmt *prepare(struct store *s, const char *sql, const struct whose *w, struct err *e)
{
	sqlite3_stmt *q = sql_prepare(s, sql, e);

	if (q) {
		sql_bind_text(q, 1, w->exact);
		sql_bind_text(q, 2, w->lower);
		sql_bind_text(q, 3, w->like);
	}
	return q;
}

static int run(struct store *s, const char *sql, const struct whose *w, struct err *e)
{
	sqlite3_stmt *q = prepare(s, sql, w, e);

	return q ? sql_step(s, q, e) : -1;
}

/* `before` and the value, as a line quotes it, anywhere. */
static void make_pattern(char before, const char *value, char ret_pattern[2 * ADDRESS_BYTES])
{
	size_t len = (size_t)snprintf(ret_pattern, 2 * ADDRESS_BYTES, "%%%c", before);

	for (; *value && len + 5 < 2 * ADDRESS_BYTES; value++) {
		if (strchr("%_!", *value))
			ret_pattern[len++] = '!';
		ret_pattern[len++] = *value;
	}
	memcpy(ret_pattern + len, "\"%", 3);
}

/* `value` is NULL for a contact, whose id may be a word of any text. */
static int forget_ended(struct store *s, const struct whose *w, const char *value, struct err *e)
{
	char quoted[2 * ADDRESS_BYTES], scheme[2 * ADDRESS_BYTES];

	if (value) {
		make_pattern('"', value, quoted);
		make_pattern(':', value, scheme);
	}
	for (size_t i = 0; i < COUNT_OF(ended); i++) {
		sqlite3_stmt *q = prepare(s, ended[i], w, e);

		if (!q)
			return -1;
		for (int at = 4; at < 8; at++)
			sql_bind_text(q, at, !value ? NULL : at % 2 ? scheme : quoted);
		if (sql_step(s, q, e) < 0)
			return -1;
	}
	return 0;
}

static int forget_receipts(struct store *s, const struct whose *w, const char *id, struct err *e)
{
	sqlite3_stmt *q;

	if (run(s, receipts, w, e) < 0)
		return -1;
	if (!id)
		return 0;
	q = sql_prepare(s, receipts_of_contact, e);
	if (!q)
		return -1;
	sql_bind_text(q, 1, id);
	return sql_step(s, q, e);
}

int consent_forget_elsewhere(struct store *s, const char *subject, const char *like, struct err *e)
{
	static const char contact[] = "contact:";
	const char *id = strncmp(subject, contact, sizeof(contact) - 1) == 0 ? subject + sizeof(contact) - 1 : NULL;
	const char *colon = strchr(subject, ':');
	const struct whose w = {subject, id ? NULL : subject, like}, recipient = {id ? id : subject, w.lower, like};

	for (size_t i = 0; i < COUNT_OF(deletions); i++)
		if (run(s, deletions[i], &w, e) < 0)
			return -1;
	if (forget_ended(s, &recipient, !id && colon ? colon + 1 : NULL, e) < 0)
		return -1;
	return forget_receipts(s, &w, id, e);
}
