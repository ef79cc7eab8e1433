#include <stdlib.h>
#include <string.h>

#include "common/address/address.h"
#include "common/deliver/cancel.h"
#include "common/deliver/job.h"
#include "common/diag.h"
#include "common/line/plan.h"
#include "common/store/ack.h"
#include "common/store/withdraw.h"
#include "common/xalloc.h"

#include "common/banned.h"

struct canceling {
	struct store *store;
	json_t *receipts;
	int status;
};

static const char *shown(const char *recipient)
{
	return address_looks_like(recipient) && diag_verbosity() == 0 ? address_masked(recipient) : recipient;
}

/* Why a row stays as it is. */
static const char *obstacle(const struct withdrawal *w)
{
	if (w->state == OUTBOX_DONE)
		return "has ended";
	if (w->state == OUTBOX_IN_FLIGHT)
		return "is in flight and cannot be called back; if this try fails there is no other";
	return w->reached == STATUS_UNKNOWN ? "has left, and no answer came" : "has left";
}

/* Of the legs that go at the same time another was taken back. */
static bool took_other(const struct withdrawal *all, size_t count, const struct withdrawal *w)
{
	for (size_t i = 0; w->parallel && i < count; i++)
		if (all[i].canceled && strcmp(all[i].message, w->message) == 0 && strcmp(all[i].recipient, w->recipient) == 0)
			return true;
	return false;
}

static void say(struct canceling *c, const struct withdrawal *all, size_t count, const struct withdrawal *w)
{
	const char *state = w->state == OUTBOX_IN_FLIGHT || w->reached == STATUS_UNKNOWN ? NULL : status_name(w->reached);
	struct err why;

	if (w->canceled && w->left) {
		diag_note("'%s' to '%s': leg %u %s; %u after it canceled", err_quote(w->message), err_quote(shown(w->recipient)), w->leg,
		    w->state == OUTBOX_IN_FLIGHT ? "is in flight" : "has left", w->canceled);
	} else if (!w->canceled && took_other(all, count, w)) {
		diag_note("'%s' to '%s': leg %u %s%s%s", err_quote(w->message), err_quote(shown(w->recipient)), w->leg, obstacle(w),
		    state ? ": " : "", state ? state : "");
	} else if (!w->canceled) {
		err_set(&why, EX_UNDELIVERED, "'%s' to '%s': %s%s%s", err_quote(w->message), err_quote(shown(w->recipient)), obstacle(w),
		    state ? ": " : "", state ? state : "");
		c->status = err_worse(c->status, diag_error(&why));
	}
}

static int take_back(struct canceling *c, const int64_t *rows, size_t count, const char *kind, const char *key, struct err *e)
{
	struct withdrawal *all = xcalloc(count + 1, sizeof(*all));
	struct err none;
	size_t got = 0;
	int result = 0;

	for (size_t i = 0; result >= 0 && i < count; i++) {
		result = withdraw(c->store, rows[i], c->receipts, &all[got], e);
		got += result == 1;
	}
	for (size_t i = 0; result >= 0 && i < got; i++)
		say(c, all, got, &all[i]);
	free(all);
	if (result < 0)
		return -1;
	if (count == 0) {
		err_set(&none, EX_UNDELIVERED, "nothing to cancel: no message of %s '%s' is in the outbox", kind, err_quote(key));
		c->status = err_worse(c->status, diag_error(&none));
	}
	return 0;
}

static int find_message(struct store *s, const char *message, int64_t **ret_rows, size_t *ret_count, struct err *e)
{
	return withdraw_find_message(s, message, NULL, ret_rows, ret_count, e);
}

typedef int find_fn(struct store *s, const char *key, int64_t **ret_rows, size_t *ret_count, struct err *e);

static int each_key(struct canceling *c, const struct option_list *keys, find_fn *find, const char *kind, struct err *e)
{
	for (size_t i = 0; i < keys->count; i++) {
		int64_t *rows = NULL;
		size_t count = 0;
		int result = find(c->store, keys->items[i], &rows, &count, e);

		if (result == 0)
			result = take_back(c, rows, count, kind, keys->items[i], e);
		free(rows);
		if (result < 0)
			return -1;
	}
	return 0;
}

static int write_all(struct line_writer *out, const json_t *receipts, struct err *e)
{
	const json_t *receipt;
	size_t i;

	json_array_foreach(receipts, i, receipt)
		if (line_write_json(out, receipt, e) < 0)
			return -1;
	return 0;
}

/* Rows of processes that have died are nobody's: whoever asks who has died is one of the senders for that moment. */
static int reap(struct store *s, struct err *e)
{
	char owner[ID_SIZE];
	struct sender *self = NULL;
	int result;

	id_new(owner);
	if (sender_register(s, owner, &self, e) < 0)
		return -1;
	result = sender_reap(s, self, e) < 0 ? -1 : sender_leave(s, self, e);
	sender_free(self);
	return result;
}

int cancel_messages(const struct cancel *c, struct store *s, struct line_writer *out, int *ret_status, struct err *e)
{
	struct canceling k = {.store = s, .receipts = json_array(), .status = EX_OK};
	int result = -1;

	if (store_begin(s, e) == 0 && reap(s, e) == 0 && each_key(&k, &c->ids, find_message, "id", e) == 0 &&
	    each_key(&k, &c->keys, withdraw_find_dedupe, "dedupe key", e) == 0 && store_commit(s, e) == 0)
		result = write_all(out, k.receipts, e) < 0 ? -1 : line_flush(out, e);
	if (result < 0)
		store_rollback(s);
	json_decref(k.receipts);
	*ret_status = k.status;
	return result;
}

int job_taken_back(struct job *j, struct err *e)
{
	unsigned from;
	int got = j->row.reached == STATUS_UNKNOWN ? 0 : withdraw_look(j->d->o.store, j->row.seq, &from, e);
	struct err ignored;

	if (got != 1)
		return got;
	if (j->row.leg < from && j->row.leg < json_array_size(j->plan)) {
		struct receipt r;

		(void)job_aim(j, &ignored);     /* for its address alone */
		job_receipt(j, STATUS_CANCELED, &r);
		if (receipt_write(j->d->o.out, &r, e) < 0)
			return -1;
	}
	j->row.state = OUTBOX_DONE;
	j->row.reached = STATUS_CANCELED;
	j->row.owner = NULL;
	j->row.lease_ms = 0;
	got = digest_settle(j, e) < 0 || outbox_update(j->d->o.store, &j->row, e) < 0 ? -1 : 1;
	job_free(j);
	return got;
}

/* Alone, and without a question, a message has nothing that an answer would change. */
static bool answer_matters(const struct job *j)
{
	return json_array_size(j->plan) > 1 || plan_ack(j->message) != PLAN_ACK_NONE;
}

int job_expect_answer(const struct job *j, int64_t now_ms, struct err *e)
{
	if (!answer_matters(j))
		return 0;
	return ack_expect(j->d->o.store, j->address.text, j->row.message, j->row.recipient, j->row.leg, now_ms, e);
}

int job_settled(const struct job *j, struct err *e)
{
	json_t *receipts;
	int result;

	if (j->row.reached < STATUS_READ || !answer_matters(j))
		return 0;
	receipts = json_array();
	result = ack_reached(j->d->o.store, j->row.message, j->row.recipient, j->row.leg, j->row.reached, receipts, e);
	if (result == 0)
		result = write_all(j->d->o.out, receipts, e);
	json_decref(receipts);
	return result;
}
