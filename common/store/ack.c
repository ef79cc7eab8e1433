#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/address/address.h"
#include "common/line/envelope.h"
#include "common/line/id.h"
#include "common/line/plan.h"
#include "common/line/when.h"
#include "common/store/ack.h"
#include "common/store/choice.h"
#include "common/store/leg_receipt.h"
#include "common/store/sql.h"
#include "common/store/withdraw.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define SKEW_MS WHEN_MINUTE     /* how far a provider's clock may be behind ours */

const char ack_schema[] =
    "CREATE TABLE ack_expected ("
    " address TEXT NOT NULL,"
    " message TEXT NOT NULL,"
    " recipient TEXT NOT NULL,"
    " leg INTEGER NOT NULL,"
    " time_ms BIGINT NOT NULL,"
    " PRIMARY KEY (address, message, recipient, leg));"
    "CREATE INDEX ack_expected_message ON ack_expected (message);"
    "CREATE INDEX ack_expected_recipient ON ack_expected (recipient);"
    "CREATE INDEX ack_expected_time ON ack_expected (time_ms);";

static void subject_of(const char *uri, char ret_subject[ADDRESS_BYTES])
{
	struct address a;

	if (address_parse(uri, &a, NULL) == 0)
		address_subject(&a, ret_subject);
	else
		snprintf(ret_subject, ADDRESS_BYTES, "%s", uri);
}

int ack_expect(struct store *s, const char *address, const char *message, const char *recipient, unsigned leg, int64_t now_ms,
    struct err *e)
{
	static const char sql[] = "INSERT INTO ack_expected (address, message, recipient, leg, time_ms) VALUES (?, ?, ?, ?, ?)"
	    " ON CONFLICT DO NOTHING";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	char subject[ADDRESS_BYTES];

	if (!q)
		return -1;
	subject_of(address, subject);
	sql_bind_text(q, 1, subject);
	sql_bind_text(q, 2, message);
	sql_bind_text(q, 3, recipient);
	sql_bind_int(q, 4, leg);
	sql_bind_int(q, 5, now_ms);
	return sql_step(s, q, e);
}

/* A leg that an answer may be one to, with its row of the outbox. */
struct expected {
	char *message, *recipient;
	unsigned leg;
	json_t *line, *plan;
	bool named;             /* the answer says that it is meant */
	bool own;               /* it went to the very address that the answer came from */
};

struct expected_list {
	struct expected *items;
	size_t count;
};

static void expected_clear(struct expected *x)
{
	free(x->message);
	free(x->recipient);
	json_decref(x->line);
	json_decref(x->plan);
}

static void list_clear(struct expected_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		expected_clear(&l->items[i]);
	free(l->items);
}

static bool is_named(const struct expected *x, const json_t *inbound, const char *provider_id)
{
	const char *reply = envelope_text(inbound, "in_reply_to", NULL), *thread = envelope_text(inbound, "thread", NULL);

	if (reply && *provider_id && strcmp(reply, provider_id) == 0)
		return true;
	return thread && strcmp(thread, envelope_text(x->line, "thread", "")) == 0;
}

static bool is_parallel(const json_t *plan)
{
	for (unsigned i = 0; i < json_array_size(plan); i++)
		if (plan_is_parallel(plan, i))
			return true;
	return false;
}

/* Of the rows of a message to one recipient, which are several when legs go in parallel, the first one counts. */
static bool list_has(const struct expected_list *l, const struct expected *x)
{
	for (size_t i = is_parallel(x->plan) ? l->count : 0; i-- > 0;)
		if (strcmp(l->items[i].message, x->message) == 0 && strcmp(l->items[i].recipient, x->recipient) == 0)
			return true;
	return false;
}

static void list_add(struct expected_list *l, sqlite3_stmt *q, const json_t *inbound)
{
	const char *plan = (const char *)sqlite3_column_text(q, 4);
	struct expected x = {.message = xstrdup(sql_text(q, 0)),
	    .recipient = xstrdup(sql_text(q, 1)),
	    .leg = (unsigned)sql_int(q, 2),
	    .line = json_loads(sql_text(q, 3), 0, NULL),
	    .own = sql_int(q, 6) != 0};

	x.plan = plan ? json_loads(plan, 0, NULL) : json_incref(json_object_get(x.line, "plan"));
	x.named = inbound && is_named(&x, inbound, sql_text(q, 5));
	if (list_has(l, &x)) {
		expected_clear(&x);
		return;
	}
	l->items = xrealloc(l->items, (l->count + 1) * sizeof(*l->items));
	l->items[l->count++] = x;
}

/* Who answers: an address, and whose that is, as far as it is known. */
struct asked {
	struct address address;
	char subject[ADDRESS_BYTES];
	char contact[ID_BYTES + 1];     /* or "" */
};

static int any_expected(struct store *s, const char *constant_sql, const char *key, struct err *e)
{
	sqlite3_stmt *q = sql_prepare(s, constant_sql, e);
	int got;

	if (!q)
		return -1;
	if (key)
		sql_bind_text(q, 1, key);
	got = sql_step(s, q, e);
	sql_done(q);
	return got;
}

/* The contacts are asked only where that can matter; when they do not answer, nobody is known. */
static int find_contact(struct store *s, struct contacts *contacts, const json_t *inbound, struct asked *a, struct err *e)
{
	static const char any[] = "SELECT 1 FROM ack_expected LIMIT 1";
	const json_t *said = json_object_get(inbound, "contact");
	const char *id = json_is_object(said) ? envelope_text(said, "id", NULL) : json_string_value(said);
	json_t *found = NULL;
	struct err ignored;
	int got = id || !contacts ? 0 : any_expected(s, any, NULL, e);

	if (got == 1 && contacts_find_address(contacts, a->address.text, &found, &ignored) == 1)
		id = envelope_text(found, "id", NULL);
	snprintf(a->contact, sizeof(a->contact), "%s", id && strlen(id) <= ID_BYTES ? id : "");
	json_decref(found);
	return got < 0 ? -1 : 0;
}

/* 1, 0: it comes from nowhere, -1. */
static int who_answers(struct store *s, struct contacts *contacts, const json_t *inbound, struct asked *ret_asked, struct err *e)
{
	if (address_parse(envelope_text(inbound, "from", ""), &ret_asked->address, NULL) < 0)
		return 0;
	address_subject(&ret_asked->address, ret_asked->subject);
	return find_contact(s, contacts, inbound, ret_asked, e) < 0 ? -1 : 1;
}

/* The latest leg of each message that went to the address, else to the contact: it is that one which was answered. */
static int list_expected(struct store *s, const struct asked *a, const json_t *inbound, int64_t until_ms, struct expected_list *l,
    struct err *e)
{
	static const char sql[] = "SELECT x.message, x.recipient, x.leg, o.line, o.plan,"
	    " CASE WHEN o.leg = x.leg THEN coalesce(o.provider_id, '') ELSE '' END, x.own FROM"
	    " (SELECT message, recipient, coalesce(max(CASE WHEN address = ?1 THEN leg END), max(leg)) AS leg,"
	    " max(CASE WHEN address = ?1 THEN 1 ELSE 0 END) AS own FROM ack_expected"
	    " WHERE (address = ?1 OR recipient = ?3) AND time_ms <= ?2 GROUP BY message, recipient) AS x"
	    " JOIN outbox o ON o.message = x.message AND o.recipient = x.recipient ORDER BY o.leg <> x.leg, o.seq";
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int got;

	if (!q)
		return -1;
	sql_bind_text(q, 1, a->subject);
	sql_bind_int(q, 2, until_ms);
	sql_bind_text(q, 3, *a->contact ? a->contact : NULL);
	while ((got = sql_step(s, q, e)) == 1)
		list_add(l, q, inbound);
	return got;
}

static int forget(struct store *s, const char *message, const char *recipient, struct err *e)
{
	static const char one[] = "DELETE FROM ack_expected WHERE message = ? AND recipient = ?";
	static const char all[] = "DELETE FROM ack_expected WHERE message = ?";
	sqlite3_stmt *q = sql_prepare(s, recipient ? one : all, e);

	if (!q)
		return -1;
	sql_bind_text(q, 1, message);
	if (recipient)
		sql_bind_text(q, 2, recipient);
	return sql_step(s, q, e);
}

/* What has not left is not needed any more: this recipient's, or with `ack: any` everybody's. */
static int settle(struct store *s, const struct expected *x, json_t *receipts, struct err *e)
{
	const char *whose = plan_ack(x->line) == PLAN_ACK_ANY ? NULL : x->recipient;
	int64_t *rows = NULL;
	size_t count = 0;
	struct withdrawal w;
	int result = 0;

	if (withdraw_find_message(s, x->message, whose, &rows, &count, e) < 0)
		return -1;
	for (size_t i = 0; result >= 0 && i < count; i++)
		result = withdraw(s, rows[i], receipts, &w, e);
	free(rows);
	return result < 0 ? -1 : forget(s, x->message, whose, e);
}

static int answered(struct store *s, const struct expected *x, int64_t time_ms, int64_t now_ms, struct ack_result *r, struct err *e)
{
	enum plan_ack ack = plan_ack(x->line);

	json_array_append_new(r->receipts,
	    leg_receipt(&(struct leg_receipt){x->message, x->recipient, x->line, x->plan, x->leg, STATUS_ANSWERED, time_ms}));
	if (ack != PLAN_ACK_NONE)
		json_array_append_new(r->messages, json_string(x->message));
	if (settle(s, x, r->receipts, e) < 0)
		return -1;
	return outbox_progress(s, x->message, x->recipient, x->leg, NULL, STATUS_ANSWERED, now_ms, e);
}

/* Below the answer to a mail stands the mail: the first line that says something is the answer. */
static char *answer_in(const char *text, const char *channel)
{
	text += strspn(text, " \t\r\n");
	return xstrndup(text, strcmp(channel, "email") == 0 ? strcspn(text, "\r\n") : strlen(text));
}

/* "1" may be the number of a button that says ACK. */
static int acknowledges(struct store *s, const struct address *from, const char *text, const struct ack_words *words,
    int64_t now_ms, bool *ret_does, struct err *e)
{
	char *meaning = NULL, *said;
	int got;

	*ret_does = false;
	if (!words || !text)
		return 0;
	said = answer_in(text, from->channel);
	got = choice_find(s, from->text, said, now_ms, &meaning, e);
	if (got >= 0)
		*ret_does = ack_words_match(words, got == 1 ? meaning : said);
	free(meaning);
	free(said);
	return got < 0 ? -1 : 0;
}

static int answer_all(struct store *s, const struct expected_list *l, bool does, int64_t time_ms, int64_t now_ms,
    struct ack_result *r, struct err *e)
{
	bool named = false, own = false;

	for (size_t i = 0; i < l->count; i++) {
		named = named || l->items[i].named;
		own = own || l->items[i].own;
	}
	for (size_t i = 0; i < l->count; i++) {
		const struct expected *x = &l->items[i];

		if (named ? !x->named : own && !x->own)
			continue;
		if (plan_ack(x->line) != PLAN_ACK_NONE && !does)
			continue;
		if (answered(s, x, time_ms, now_ms, r, e) < 0)
			return -1;
	}
	return 0;
}

int ack_is_expected(struct store *s, struct contacts *contacts, const json_t *inbound, struct err *e)
{
	static const char of_address[] = "SELECT 1 FROM ack_expected WHERE address = ? LIMIT 1";
	static const char of_contact[] = "SELECT 1 FROM ack_expected WHERE recipient = ? LIMIT 1";
	struct asked a;
	int got = who_answers(s, contacts, inbound, &a, e);

	if (got == 1)
		got = any_expected(s, of_address, a.subject, e);
	else
		return got;
	return got == 0 && *a.contact ? any_expected(s, of_contact, a.contact, e) : got;
}

int ack_answer(struct store *s, struct contacts *contacts, const json_t *inbound, const struct ack_words *words, int64_t now_ms,
    struct ack_result *r, struct err *e)
{
	int64_t time_ms = envelope_time_ms(inbound, "time", now_ms);
	struct expected_list l = {NULL, 0};
	struct asked a;
	bool does;
	int result = who_answers(s, contacts, inbound, &a, e);

	if (result != 1)
		return result;
	result = list_expected(s, &a, inbound, time_ms + SKEW_MS, &l, e);
	if (result == 0 && l.count > 0)
		result = acknowledges(s, &a.address, envelope_text(inbound, "text", NULL), words, now_ms, &does, e);
	if (result == 0 && l.count > 0)
		result = answer_all(s, &l, does, time_ms, now_ms, r, e);
	list_clear(&l);
	return result;
}

int ack_reached(struct store *s, const char *message, const char *recipient, unsigned leg, enum status status, json_t *receipts,
    struct err *e)
{
	static const char sql[] = "SELECT message, recipient, ?3, line, plan, '', 1 FROM outbox"
	    " WHERE message = ?1 AND recipient = coalesce(?2, recipient)";
	struct expected_list l = {NULL, 0};
	sqlite3_stmt *q;
	int result = 0;

	if (status < STATUS_READ || status_bad(status))
		return 0;
	q = sql_prepare(s, sql, e);
	if (!q)
		return -1;
	sql_bind_text(q, 1, message);
	sql_bind_text(q, 2, recipient);
	sql_bind_int(q, 3, leg);
	while ((result = sql_step(s, q, e)) == 1)
		list_add(&l, q, NULL);
	/* More than one: it is not known whose leg that was. */
	if (result == 0 && l.count == 1 && status >= plan_need(l.items[0].line, json_array_get(l.items[0].plan, leg)))
		result = settle(s, &l.items[0], receipts, e);
	list_clear(&l);
	return result;
}

int ack_message(struct store *s, const char *message, const char *contact, int64_t now_ms, struct ack_result *r, struct err *e)
{
	/* Of what has not left it is the leg before that the person has seen; of a lane that has not, nothing. */
	static const char sql[] = "SELECT message, recipient, CASE WHEN attempt > 0 THEN leg ELSE leg - 1 END, line, plan, '', 1"
	    " FROM outbox WHERE message = ?1 AND recipient = coalesce(?2, recipient) AND (attempt > 0 OR leg > lane) ORDER BY attempt = 0, seq";
	struct expected_list l = {NULL, 0};
	sqlite3_stmt *q = sql_prepare(s, sql, e);
	int result;

	if (!q)
		return -1;
	sql_bind_text(q, 1, message);
	sql_bind_text(q, 2, contact);
	while ((result = sql_step(s, q, e)) == 1)
		list_add(&l, q, NULL);
	for (size_t i = 0; result == 0 && i < l.count; i++)
		result = answered(s, &l.items[i], now_ms, now_ms, r, e);
	if (result == 0)
		result = l.count > 0;
	list_clear(&l);
	return result;
}

int ack_purge(struct store *s, int64_t before_ms, unsigned limit, struct err *e)
{
	static const char sql[] = "DELETE FROM ack_expected WHERE (address, message, recipient, leg) IN"
	    " (SELECT address, message, recipient, leg FROM ack_expected WHERE time_ms < ? ORDER BY time_ms LIMIT ?)";

	return sql_purge(s, sql, before_ms, limit, e);
}
