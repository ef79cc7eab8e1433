/*
 * A message in the place of another (`replace` on the line). What has not left is taken back, and the new one goes in its
 * stead, at its time unless it has one of its own. What was sent is edited where the channel can. What is in flight must
 * land first. All else is refused: nobody may get both.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/deliver/job.h"
#include "common/line/envelope.h"
#include "common/line/plan.h"
#include "common/store/replace.h"
#include "common/store/withdraw.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define LAND_MS 1000            /* how often to look whether what another process has in flight has landed */

const char *job_replaces(const struct job *j)
{
	return envelope_text(j->message, "replace", NULL);
}

/* It went by the first leg of what is now its plan; the others are sent as ever. */
bool job_edits(const struct job *j)
{
	return j->edits && j->row.leg == 0;
}

bool job_drops_repetitions(const struct job *j)
{
	return job_edits(j) || account_drops_repetitions(j->account);       /* editing twice is editing once */
}

int replace_refuse(struct job *j, const char *code, const char *why, struct err *e)
{
	char text[200];

	snprintf(text, sizeof(text), "'%s' %s", err_quote(job_replaces(j)), why);
	j->withdrawn = true;            /* no other leg: what it is to replace went by this one */
	return outcome_failure(j, STATUS_FAILED, FAILURE_POLICY, code, text, e);
}

/* Has it left, or may it? What is queued in doubt, or amid its parts, has. */
static bool has_left(const struct replaced *old)
{
	return (old->state != OUTBOX_QUEUED && old->state != OUTBOX_HELD) || old->reached == STATUS_UNKNOWN;
}

static int take_back(struct job *j, const struct replaced *old, unsigned *ret_canceled, struct err *e)
{
	struct store *s = j->d->o.store;
	json_t *receipts = json_array(), *receipt;
	int64_t *rows = NULL;
	size_t i, count = 0;
	int result = withdraw_find_message(s, old->message, j->row.recipient, &rows, &count, e);

	*ret_canceled = 0;
	for (i = 0; result >= 0 && i < count; i++) {
		struct withdrawal w;

		result = withdraw(s, rows[i], receipts, &w, e);
		*ret_canceled += result == 1 ? w.canceled : 0;
	}
	free(rows);
	result = result < 0 ? -1 : 0;
	json_array_foreach(receipts, i, receipt) {
		json_object_set_new(receipt, "replaced_by", json_string(j->row.message));
		if (result == 0)
			result = line_write_json(j->d->o.out, receipt, e);
	}
	json_decref(receipts);
	return result;
}

static void set_edit(struct job *j, const char *provider_id, json_t *plan)
{
	struct err ignored;

	j->edits = xstrdup(provider_id);
	xfree_text(&j->row.provider_id);
	j->row.provider_id = xstrdup(provider_id);
	json_decref(j->plan);
	json_decref(j->owners);
	j->plan = json_incref(plan);
	j->owners = NULL;
	j->row.leg = j->row.account = 0;
	j->in_doubt = j->in_doubt || job_find_owners(j, &ignored) < 0;
}

static int say_waiting(struct job *j, enum status status, struct err *e)
{
	struct receipt r;

	job_receipt(j, status, &r);
	return receipt_write(j->d->o.out, &r, e);
}

/* Its legs in parallel, now that it is to be sent: they start with it, or wait as it does. */
static int fork_lanes(struct job *j, bool now, struct err *e)
{
	struct job_list lanes;
	struct job *lane;
	int result;

	job_list_init(&lanes);
	result = group_fork(j, &lanes, e);
	while ((lane = job_pop(&lanes))) {
		if (now) {
			job_push(&j->d->incoming, lane);
			continue;
		}
		if (result == 0)
			result = say_waiting(lane, lane->row.state == OUTBOX_HELD ? STATUS_HELD : STATUS_QUEUED, e);
		job_free(lane);
	}
	return result;
}

/* It takes the place of what never left, and if that was to edit something, so does this one. 1; 0: held; -1. */
static int take_place(struct job *j, const struct replaced *old, bool now, struct err *e)
{
	bool edit = *old->edits, waits = old->state == OUTBOX_HELD && !json_object_get(j->message, "at");
	unsigned canceled;

	if (take_back(j, old, &canceled, e) < 0 ||
	    replace_put(j->d->o.store, old, j->row.seq, j->row.message, old->edits, edit ? old->plan : NULL, e) < 0)
		return -1;
	if (edit)
		set_edit(j, old->edits, old->plan);
	if (!waits || old->due_ms <= when_now_ms())
		return edit || fork_lanes(j, now, e) == 0 ? 1 : -1;
	j->row.state = OUTBOX_HELD;
	j->row.due_ms = old->due_ms;
	j->row.owner = NULL;
	j->row.lease_ms = 0;
	if (say_waiting(j, STATUS_HELD, e) < 0 || outbox_update(j->d->o.store, &j->row, e) < 0 || (!edit && fork_lanes(j, false, e) < 0))
		return -1;
	j->d->counts.held++;
	return outcome_put_down(j, e);
}

static struct account *account_of(const struct job *j, const struct replaced *old, const json_t *leg)
{
	const char *via = envelope_text(leg, "via", NULL);
	struct account *const *list = accounts_of_channel(j->d->o.accounts, envelope_text(leg, "channel", ""));

	if (via)
		return accounts_find(j->d->o.accounts, via);
	for (unsigned i = 0; list && *list && i < old->account && list[1]; i++)
		list++;
	return list ? *list : NULL;
}

/* The leg that was sent, by the account that sent it, and those behind it that were still to come. */
static json_t *plan_of_edit(const struct replaced *old, const struct account *account, bool others)
{
	json_t *plan = json_array(), *leg = json_copy(json_array_get(old->plan, old->leg));

	json_object_del(leg, "parallel");
	json_object_set_new(leg, "via", json_string(account_name(account)));
	json_array_append_new(plan, leg);
	for (size_t i = plan_group_end(old->plan, old->leg); others && i < json_array_size(old->plan); i++)
		json_array_append(plan, json_array_get(old->plan, i));
	return plan;
}

static bool can_edit(const struct account *a, const char *channel, const char *provider_id)
{
	const struct provider *p = account_provider(a);

	return p->edit && *provider_id && p->can_edit(a, channel, provider_id);
}

static int edit(struct job *j, const struct replaced *old, struct err *e)
{
	const json_t *leg = json_array_get(old->plan, old->leg);
	const char *channel = envelope_text(leg, "channel", "");
	struct account *account = account_of(j, old, leg);
	unsigned canceled;
	json_t *plan;
	char why[128];
	int result;

	if (old->rows > 1)
		return replace_refuse(j, "cannot-edit", "has left, by several channels at once", e);
	if (old->parts > 1)
		return replace_refuse(j, "cannot-edit", "has left, as several messages", e);
	if (!account || !can_edit(account, channel, old->provider_id)) {
		snprintf(why, sizeof(why), "has left, and %s%s%s cannot edit what was sent", channel,
		    account ? " via " : "", account ? account_name(account) : "");
		return replace_refuse(j, "cannot-edit", why, e);
	}
	if (take_back(j, old, &canceled, e) < 0)
		return -1;
	plan = plan_of_edit(old, account, canceled > 0);
	result = replace_put(j->d->o.store, old, j->row.seq, j->row.message, old->provider_id, plan, e);
	set_edit(j, old->provider_id, plan);
	json_decref(plan);
	return result < 0 ? -1 : 1;
}

/* Until it has landed: in this process it will be told; what another has is looked at again. */
static int wait_for(struct job *j, const struct replaced *old, struct err *e)
{
	struct deliver *d = j->d;

	if (strcmp(old->owner, d->owner) != 0)
		return outcome_postpone(j, LAND_MS, e);
	j->row.state = OUTBOX_QUEUED;
	j->row.owner = d->owner;
	j->row.lease_ms = OUTBOX_NEVER;
	if (outbox_update(d->o.store, &j->row, e) < 0)
		return -1;
	j->task = JOB_SEND;
	job_push(&d->parked, j);
	return 0;
}

static int resolve(struct job *j, const char *message, bool now, struct err *e);

/* What is to replace something itself, and has not got so far: this one does it instead. */
static int take_over(struct job *j, const struct replaced *old, bool now, struct err *e)
{
	unsigned canceled;

	if (take_back(j, old, &canceled, e) < 0 || replace_put(j->d->o.store, old, j->row.seq, j->row.message, NULL, NULL, e) < 0)
		return -1;
	return resolve(j, old->replaces, now, e);
}

static int by_state(struct job *j, const struct replaced *old, bool now, struct err *e)
{
	char why[64];

	if (!has_left(old))
		return *old->replaces ? take_over(j, old, now, e) : take_place(j, old, now, e);
	if (!now)
		return 1;               /* what has left can wait */
	if (old->state == OUTBOX_IN_FLIGHT || old->state == OUTBOX_QUEUED)
		return wait_for(j, old, e);
	if (old->reached == STATUS_UNKNOWN)
		return replace_refuse(j, "unknown", "has left, and no answer came", e);
	if (status_bad(old->reached) || old->reached < STATUS_ACCEPTED) {
		snprintf(why, sizeof(why), "has ended: %s", status_name(old->reached));
		return replace_refuse(j, "not-sent", why, e);
	}
	return edit(j, old, e);
}

static int resolve(struct job *j, const char *message, bool now, struct err *e)
{
	struct replaced old;
	int got = replace_find(j->d->o.store, message, j->row.recipient, &old, e);

	if (got < 0)
		return -1;
	if (got == 0)
		return replace_refuse(j, "no-message", "is no message to this recipient that is known here", e);
	got = by_state(j, &old, now, e);
	json_decref(old.plan);
	return got;
}

int replace_resolve(struct job *j, bool now, struct err *e)
{
	char edits[REPLACE_PROVIDER_ID];
	int got;

	if (!job_replaces(j) || j->edits)
		return 1;
	got = replace_look(j->d->o.store, j->row.seq, edits, e);
	if (got < 0)
		return -1;
	if (got == 1) {
		j->edits = *edits ? xstrdup(edits) : NULL;
		return 1;
	}
	return resolve(j, job_replaces(j), now, e);
}
