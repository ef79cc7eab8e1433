/*
 * What an answer, a failure or the passing of time means for a row: another try, another account, the next leg, or
 * the end. Every path writes the row and, where something happened to a leg, its receipt.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/deliver/job.h"
#include "common/deliver/ways.h"
#include "common/line/envelope.h"
#include "common/line/plan.h"
#include "common/line/when.h"
#include "common/store/choice.h"
#include "common/store/outbox_list.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define CUT_MS 50               /* how much before the end of the run a time-out is its doing */
#define PACED 256               /* how many rows of the outbox a run keeps for itself until their turn comes */

int outcome_receipt(const struct job *j, enum status status, const struct verdict *v, struct err *e)
{
	struct receipt r;

	job_receipt(j, status, &r);
	r.failure = v->failure;
	r.code = v->code;
	r.text = v->text;
	r.segments = v->segments;
	r.amount = v->amount;
	r.currency = v->currency;
	if (v->time_ms)
		r.time_ms = v->time_ms;
	if (status <= STATUS_UNKNOWN && outbox_note(j->d->o.store, j->row.seq, v->failure, v->code, e) < 0)
		return -1;
	job_estimate(j, j->task == JOB_SEND && status >= STATUS_ACCEPTED && !status_bad(status), &r);
	return deliver_tell(j->d, &r, job_has_next(j), e);
}

/* Writes the row as it is and lets the job go. */
static int write_down(struct job *j, const char *owner, int64_t lease_ms, struct err *e)
{
	int result;

	j->row.owner = owner;
	j->row.lease_ms = lease_ms;
	result = digest_settle(j, e) < 0 ? -1 : outbox_update(j->d->o.store, &j->row, e);
	job_let_go(j);
	return result;
}

static void come_back(struct deliver *d, int64_t due_ms)
{
	if (due_ms < d->next_due_ms)
		d->next_due_ms = due_ms;
}

/* -w keeps the row for this process while it is waited for. */
int outcome_put_down(struct job *j, struct err *e)
{
	struct deliver *d = j->d;
	bool waited = d->wait_until_ms && j->row.due_ms != OUTBOX_NEVER && j->row.state < OUTBOX_DONE &&
	    !(status_final(j->row.reached) && !job_has_next(j)) &&
	    !(j->row.state == OUTBOX_HELD && j->row.due_ms > d->wait_until_ms);

	d->left += outbox_tries_again(&j->row);
	if (!waited)
		return write_down(j, NULL, 0, e);
	d->waited++;
	come_back(d, j->row.due_ms);
	return write_down(j, d->owner, d->wait_until_ms, e);
}

int outcome_end(struct job *j, struct err *e)
{
	struct group_state others;

	if (group_look(j, &others, e) < 0 || (!others.open && group_end(j, e) < 0))
		return -1;
	j->row.state = OUTBOX_DONE;
	if (status_bad(j->row.reached) && !others.open && !others.taken && !others.over)
		j->d->status = err_worse(j->d->status, EX_UNDELIVERED);
	return outcome_put_down(j, e);
}

static int start_again(struct job *j)
{
	j->task = JOB_SEND;
	job_push(&j->d->incoming, j);
	return 0;
}

static void forget_attempts(struct job *j)
{
	j->row.attempt = j->row.throttled = j->row.polls = 0;
	j->row.reached = STATUS_QUEUED;
	j->row.accepted_ms = 0;
	xfree_text(&j->row.provider_id);
}

/*
 * The leg in hand is at its end, or its wait is, and it is not its turn to go on: others of its group may still get there,
 * and mind its news; or nothing hangs on it any more.
 */
static int stand_aside(struct job *j, bool minded, struct err *e)
{
	*(minded ? &j->aside : &j->withdrawn) = true;
	if (j->row.reached != STATUS_UNKNOWN)
		return outcome_consider(j, e);
	return job_drops_repetitions(j) ? start_again(j) : doubt_resume(j, e);
}

int outcome_next_leg(struct job *j, struct err *e)
{
	struct group_state others;

	if (group_look(j, &others, e) < 0)
		return -1;
	if (others.open || others.over)
		return stand_aside(j, !others.over, e);
	if (group_end(j, e) < 0)
		return -1;
	group_leave(j, true);
	forget_attempts(j);
	j->row.leg = plan_group_end(j->plan, j->row.leg);
	j->row.account = j->row.part = j->row.parts = 0;
	j->row.started_ms = 0;
	/* In the outbox at once: the others see that it has gone on, and what goes beside the next leg is made after it. */
	j->row.state = OUTBOX_QUEUED;
	j->row.due_ms = when_now_ms();
	j->row.owner = j->d->owner;
	j->row.lease_ms = OUTBOX_NEVER;
	if (outbox_update(j->d->o.store, &j->row, e) < 0 || group_fork(j, &j->d->incoming, e) < 0)
		return -1;
	return start_again(j);
}

/* Whether the next leg can have its turn when this one gives up: 1, 0, -1. */
static int can_go_on(const struct job *j, struct err *e)
{
	struct group_state others;

	if (!job_has_next(j))
		return 0;
	return group_look(j, &others, e) < 0 ? -1 : !others.open && !others.over;
}

/* What goes as several messages goes one after the other. Between them nothing is in flight. */
static int next_part(struct job *j, struct err *e)
{
	forget_attempts(j);
	j->row.part++;
	j->row.state = OUTBOX_QUEUED;
	if (outbox_update(j->d->o.store, &j->row, e) < 0)
		return -1;
	return start_again(j);
}

/*
 * Another account of the channel can take the leg over when this one's trouble is its own, but not amid its parts, nor
 * when this one may have it already.
 */
static bool may_change_account(const struct job *j, enum failure failure)
{
	bool theirs = failure == FAILURE_AUTH || failure == FAILURE_PROVIDER || failure == FAILURE_NETWORK || failure == FAILURE_RATE;

	return theirs && j->row.reached != STATUS_UNKNOWN && job_has_account(j, j->row.account + 1);
}

static int change_account(struct job *j, const struct verdict *v, struct err *e)
{
	/* The leg has not failed as long as somebody else may take it: its receipts must not say so. */
	if (outcome_receipt(j, STATUS_QUEUED, v, e) < 0)
		return -1;
	forget_attempts(j);
	j->row.account++;
	return start_again(j);
}

int outcome_failed(struct job *j, enum status status, const struct verdict *v, struct err *e)
{
	struct deliver *d = j->d;

	if (v->failure == FAILURE_AUTH)
		d->status = err_worse(d->status, EX_NOPERM);
	if (status != STATUS_EXPIRED && may_change_account(j, v->failure))
		return change_account(j, v, e);
	if (outcome_receipt(j, status, v, e) < 0 || job_drop_sent(j, e) < 0)
		return -1;
	j->row.reached = status;
	if (status != STATUS_EXPIRED && job_has_next(j))
		return outcome_next_leg(j, e);
	*(status == STATUS_BLOCKED ? &d->counts.blocked : &d->counts.failed) += 1;
	return outcome_end(j, e);
}

int outcome_failure(struct job *j, enum status status, enum failure failure, const char *code, const char *text, struct err *e)
{
	struct verdict v;

	/* It may have arrived before: that it cannot go again does not mean that it failed. */
	if (j->row.reached == STATUS_UNKNOWN)
		return doubt_hold(j, e);
	verdict_init(&v, status);
	verdict_fail(&v, failure, false, code, text);
	return outcome_failed(j, status, &v, e);
}

/* The wait of the leg in hand is over; a leg without a wait never is. */
bool outcome_wait_is_over(const struct job *j, int64_t now)
{
	int64_t wait = job_wait_ms(j);

	return job_has_next(j) && wait >= 0 && j->row.started_ms && now >= j->row.started_ms + wait;
}

int64_t outcome_not_past_wait(const struct job *j, int64_t due_ms, int64_t now)
{
	int64_t wait = job_wait_ms(j), over = j->row.started_ms + wait;

	if (!job_has_next(j) || wait < 0 || !j->row.started_ms || over >= due_ms)
		return due_ms;
	return over > now ? over : now;
}

/* Tries again after a while, but not past the leg's wait; after_ms 0: now. */
int outcome_postpone(struct job *j, int64_t after_ms, struct err *e)
{
	int64_t now = when_now_ms();

	if (after_ms == 0) {
		if (!outcome_wait_is_over(j, now))
			return start_again(j);
		if (j->row.reached == STATUS_UNKNOWN)
			return outcome_next_leg(j, e);
		return outcome_failure(j, STATUS_FAILED, FAILURE_TIMEOUT, "wait-over", "not taken by the provider within the leg's wait", e);
	}
	j->row.state = OUTBOX_QUEUED;
	j->row.due_ms = outcome_not_past_wait(j, now + after_ms, now);
	return outcome_put_down(j, e);
}

static bool exhausted(const struct job *j, enum failure failure)
{
	return j->d->o.no_outbox || j->row.attempt - j->row.throttled >= j->d->settings.attempts[failure];
}

static int try_again(struct job *j, const struct verdict *v, struct err *e)
{
	int64_t after = v->retry_after_ms > 0 ? v->retry_after_ms : backoff_retry_ms(&j->d->settings, j->row.attempt);
	bool throttled = v->failure == FAILURE_RATE && !j->d->o.no_outbox;

	if (throttled && v->retry_after_ms > 0 && flow_pause(j->d->flow, j->account, when_now_ms() + v->retry_after_ms, e) < 0)
		return -1;
	if (may_change_account(j, v->failure))
		return change_account(j, v, e);
	if (throttled) {
		j->row.throttled++;     /* costs no attempt */
	} else if (exhausted(j, v->failure)) {
		return j->row.reached == STATUS_UNKNOWN ? doubt_hold(j, e) : outcome_failed(j, STATUS_FAILED, v, e);
	}
	j->d->counts.queued++;
	if (outcome_receipt(j, STATUS_QUEUED, v, e) < 0)
		return -1;
	return outcome_postpone(j, after, e);
}

/*
 * Nothing may go to the account for a while. The channel's next account takes over; else the leg waits, unless it is
 * urgent or that would take long and there is another leg.
 */
int outcome_shut(struct job *j, int64_t until_ms, enum failure failure, const char *code, const char *text, struct err *e)
{
	int64_t now = when_now_ms(), after = until_ms > now ? until_ms - now : 1;
	bool urgent = urgency_parse(envelope_text(j->message, "urgency", "normal")) >= URGENCY_HIGH;
	char line[200], until[WHEN_SIZE];
	struct verdict v;
	int elsewhere = 0;

	if (j->row.reached != STATUS_UNKNOWN && job_has_account(j, j->row.account + 1)) {
		forget_attempts(j);
		j->row.account++;
		return start_again(j);
	}
	when_format(until_ms, until);
	snprintf(line, sizeof(line), "%s %s: not tried before %s", account_name(j->account), text, until);
	verdict_init(&v, STATUS_FAILED);
	verdict_fail(&v, failure, true, code, line);
	if (j->row.reached != STATUS_UNKNOWN && (urgent || after > j->d->settings.retry_longest_ms))
		elsewhere = can_go_on(j, e);
	if (elsewhere < 0)
		return -1;
	if (elsewhere || j->d->o.no_outbox)
		return outcome_failed(j, STATUS_FAILED, &v, e);
	if (j->row.reached != STATUS_UNKNOWN && j->row.part == 0)
		j->row.account = 0;     /* whichever is back first: the channel's order stands */
	j->d->counts.queued++;
	if (outcome_receipt(j, STATUS_QUEUED, &v, e) < 0)
		return -1;
	return outcome_postpone(j, after, e);
}

/* Its turn comes later. The run stays for its own messages; of what was in the outbox it leaves some to whoever comes. */
int outcome_paced(struct job *j, int64_t due_ms, struct err *e)
{
	struct deliver *d = j->d;

	j->row.attempt--;
	if (j->row.attempt == 0)
		j->row.started_ms = 0;
	j->row.state = OUTBOX_QUEUED;
	j->row.due_ms = due_ms;
	if (d->o.no_outbox) {
		j->task = JOB_SEND;
		come_back(d, due_ms);
		job_push(&d->resting, j);
		return 0;
	}
	if (!j->inserted && d->paced >= PACED)
		return write_down(j, NULL, 0, e);
	d->paced++;
	come_back(d, due_ms);
	return write_down(j, d->owner, LEASE_PACED, e);
}

/* Not now, but at that time, when everything is asked anew. No attempt was made. */
int outcome_hold(struct job *j, int64_t until_ms, const char *code, const char *text, struct err *e)
{
	struct verdict v;

	if (j->d->o.no_outbox)
		return outcome_failure(j, STATUS_FAILED, FAILURE_POLICY, code, text, e);
	verdict_init(&v, STATUS_HELD);
	v.failure = FAILURE_POLICY;
	verdict_code(&v, code);
	verdict_text(&v, text);
	j->d->counts.held++;
	if (outcome_receipt(j, STATUS_HELD, &v, e) < 0)
		return -1;
	j->row.attempt = 0;
	j->row.started_ms = 0;
	j->row.state = OUTBOX_HELD;
	j->row.due_ms = until_ms;
	return outcome_put_down(j, e);
}

int outcome_retry(struct job *j, const struct verdict *v, struct err *e)
{
	return try_again(j, v, e);
}

/* A secret of the account cannot be read, which somebody mends here: another account or leg, else it waits. */
int outcome_locked_out(struct job *j, const char *text, struct err *e)
{
	int elsewhere = can_go_on(j, e);
	struct verdict v;

	if (elsewhere < 0)
		return -1;
	verdict_init(&v, STATUS_FAILED);
	verdict_fail(&v, FAILURE_AUTH, true, "secret", text);
	if (elsewhere)
		return outcome_failed(j, STATUS_FAILED, &v, e);
	j->row.throttled++;             /* costs no attempt */
	return try_again(j, &v, e);
}

static bool can_ask(const struct job *j)
{
	const struct provider *p = account_provider(j->account);
	enum status last = ways_reads(j->address.channel) ? STATUS_READ : STATUS_DELIVERED;

	return p->poll && j->row.polls < JOB_POLLS && j->row.reached < last && j->row.provider_id;
}

int outcome_refresh(struct job *j, bool *ret_news, struct err *e)
{
	enum status reached;
	char provider_id[128];

	*ret_news = false;
	/* Receipts are recorded by other processes: where none has written since, there is none. */
	if (j->d->heard <= j->since)
		return 0;
	if (outbox_look(j->d->o.store, j->row.seq, &reached, provider_id, e) < 0)
		return -1;
	*ret_news = reached >= STATUS_ACCEPTED && status_advance(j->row.reached, reached) != j->row.reached;
	if (!*ret_news)
		return 0;
	j->row.reached = reached;
	if (*provider_id && !j->row.provider_id)
		j->row.provider_id = xstrdup(provider_id);
	if (!j->row.accepted_ms)
		j->row.accepted_ms = when_now_ms();
	return 0;
}

/* What an accepted leg wants: its end, the next leg, a question later, or only to be remembered. */
int outcome_consider(struct job *j, struct err *e)
{
	int64_t now = when_now_ms();
	bool due = j->task == JOB_RESUME && now >= j->row.due_ms, news = false;

	if (status_bad(j->row.reached))
		return job_has_next(j) ? outcome_next_leg(j, e) : outcome_end(j, e);
	if (j->row.part + 1 < j->row.parts && j->row.reached >= STATUS_ACCEPTED)
		return next_part(j, e);
	if (j->row.reached >= job_need(j) && (job_has_next(j) || j->aside || !can_ask(j)))
		return job_settled(j, e) < 0 ? -1 : outcome_end(j, e);
	if (outcome_wait_is_over(j, now))
		return outcome_next_leg(j, e);
	if (!job_has_next(j) && !j->aside && !can_ask(j))
		return outcome_end(j, e);
	if (can_ask(j) && due) {
		j->task = JOB_POLL;
		job_push(&j->d->incoming, j);
		return 0;
	}
	if (outcome_refresh(j, &news, e) < 0)
		return -1;
	if (news)
		return outcome_consider(j, e);
	j->row.state = OUTBOX_ACCEPTED;
	j->row.due_ms = !can_ask(j) ? OUTBOX_NEVER : now + (j->ask_after_ms ? j->ask_after_ms : backoff_poll_ms(j->row.polls));
	j->row.due_ms = outcome_not_past_wait(j, j->row.due_ms, now);
	return outcome_put_down(j, e);
}

int outcome_took(struct job *j, const struct verdict *v, struct err *e)
{
	j->row.reached = v->status;
	j->row.accepted_ms = when_now_ms();
	j->ask_after_ms = v->retry_after_ms > 0 ? v->retry_after_ms : 0;
	if (*v->provider_id) {
		xfree_text(&j->row.provider_id);
		j->row.provider_id = xstrdup(v->provider_id);
	}
	if (outcome_receipt(j, v->status, v, e) < 0)
		return -1;
	if (j->row.part + 1 < j->row.parts)
		return outcome_consider(j, e);
	if (j->fit.choices && choice_put(j->d->o.store, j->address.text, j->fit.choices, when_now_ms(), e) < 0)
		return -1;
	j->d->counts.accepted++;
	if (v->status >= STATUS_DELIVERED)
		j->d->counts.delivered++;
	return outcome_consider(j, e);
}

/* News about an accepted leg. After progress it is asked once more at once: there may be more to hear. */
static int heard(struct job *j, const struct verdict *v, struct err *e)
{
	enum status before = j->row.reached, now = status_advance(before, v->status);

	j->ask_after_ms = v->retry_after_ms > 0 ? v->retry_after_ms : 0;
	if (now == before || v->status == STATUS_UNKNOWN) {
		j->task = JOB_SEND;
		return outcome_consider(j, e);
	}
	if (before < STATUS_DELIVERED && now >= STATUS_DELIVERED && !status_bad(now))
		j->d->counts.delivered++;
	j->row.reached = now;
	if (status_bad(now) && !job_has_next(j))
		j->d->counts.failed++;
	if (outcome_receipt(j, now, v, e) < 0 || (status_bad(now) && learn(j, v, e) < 0))
		return -1;
	j->task = JOB_RESUME;
	j->row.due_ms = 0;
	return outcome_consider(j, e);
}

static int sent(struct job *j, const struct verdict *v, struct err *e)
{
	int64_t now = when_now_ms();
	/* What a deadline cuts short says nothing of the provider. */
	bool late = j->x.request.until_ms && when_clock_ms() + CUT_MS >= j->x.request.until_ms;
	bool cut = late && (v->failure == FAILURE_TIMEOUT || v->failure == FAILURE_NETWORK);

	if (!cut && breakers_heard(j->d->breakers, account_name(j->account), v, now, e) < 0)
		return -1;
	if (v->retry)
		return try_again(j, v, e);
	if (status_bad(v->status))
		return learn(j, v, e) < 0 ? -1 : outcome_failed(j, v->status, v, e);
	if (v->status == STATUS_UNKNOWN)
		return doubt(j, v, e);
	return outcome_took(j, v, e);
}

static void count_contact(struct job *j)
{
	if (j->x.reply.error == REPLY_NO_CONNECTION)
		j->d->counts.unreachable++;
	else
		j->d->spoke = true;
}

int outcome_answer(struct job *j, struct err *e)
{
	const struct provider *p = account_provider(j->account);
	struct delivery delivery;
	struct verdict v;
	int result;

	count_contact(j);
	job_delivery(j, when_now_ms(), &delivery);
	verdict_init(&v, STATUS_UNKNOWN);
	if (j->task == JOB_FIND) {
		result = doubt_answer(j, &delivery, e);
	} else {
		(j->task == JOB_POLL ? p->polled : p->response)(&delivery, &j->x.reply, &v);
		reply_clear(&j->x.reply);
		reply_init(&j->x.reply);
		result = j->task == JOB_POLL ? heard(j, &v, e) : sent(j, &v, e);
	}
	return result;
}
