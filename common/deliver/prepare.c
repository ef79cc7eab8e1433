/*
 * From a row that wants something to a request that may leave. Runs inside the transaction of deliver_step: the ledger
 * is read here, at the moment of sending, and the row is in flight in the same commit.
 */
#include <stdio.h>
#include <string.h>

#include "common/deliver/job.h"
#include "common/diag.h"
#include "common/line/envelope.h"
#include "common/line/when.h"

#include "common/banned.h"

static int64_t expires_ms(const struct job *j)
{
	return envelope_time_ms(j->message, "expires", INT64_MAX);
}

static enum failure failure_of(int code)
{
	return code == EX_NOPERM || code == EX_CONFIG ? FAILURE_AUTH : FAILURE_CONTENT;
}

/* Builds the request; a failure is about this leg alone and is put in *ret_why. */
static int build(struct job *j, int64_t now, struct err *ret_why)
{
	const struct provider *p = account_provider(j->account);
	struct delivery delivery;

	if (account_ready(j->account, ret_why) < 0)
		return -1;
	/* A question has no text. */
	if (j->task != JOB_POLL && job_fit(j, ret_why) < 0)
		return -1;
	job_name(j);
	request_clear(&j->x.request);
	request_init(&j->x.request);
	job_delivery(j, now, &delivery);
	if (j->task == JOB_POLL)
		return p->poll(&delivery, &j->x.request, ret_why);
	return p->request(&delivery, &j->x.request, ret_why);
}

/* What is wrong with the account is said to a person once; a receipt of each message may be read by nobody. */
static int not_built(struct job *j, const struct err *why, struct err *e)
{
	bool ours = why->code == EX_NOPERM || why->code == EX_CONFIG;
	const char *code = j->fit.code ? j->fit.code : j->template ? "template" : "request";

	if (ours) {
		j->d->status = err_worse(j->d->status, why->code);
		if (account_tell(j->account))
			diag_error(why);
	}
	if (why->code == EX_NOPERM)
		return outcome_locked_out(j, why->text, e);
	return outcome_failure(j, STATUS_FAILED, failure_of(why->code), code, why->text, e);
}

static int start_leg(struct job *j, bool fresh, struct err *e)
{
	int64_t now = when_now_ms();
	struct gate_answer answer;
	struct caps_answer caps;
	struct err why;

	if (expires_ms(j) <= now)
		return outcome_failure(j, STATUS_EXPIRED, FAILURE_TIMEOUT, "expired", "expired before it could be sent", e);
	if (j->in_doubt) {
		j->d->status = err_worse(j->d->status, EX_UNAVAILABLE);
		return outcome_postpone(j, backoff_retry_ms(j->row.attempt + 1), e);
	}
	if (job_aim(j, &why) < 0)
		return outcome_failure(j, STATUS_FAILED, failure_of(why.code), "no-way", why.text, e);
	if (!j->words.done && render_message(j->d->o.config, j->message, j->recipient, &j->words, &why) < 0)
		return outcome_failure(j, STATUS_FAILED, FAILURE_CONTENT, "template", why.text, e);
	if (job_ask_gate(j, now, &answer, e) < 0)
		return -1;
	if (!answer.allowed)
		return outcome_failure(j, STATUS_BLOCKED, answer.failure, answer.code, answer.text, e);
	if (job_ask_caps(j, now, &caps, e) < 0)
		return -1;
	if (caps.over && caps.hold)
		return outcome_hold(j, caps.free_ms, "cap", caps.text, e);
	if (caps.over)
		return outcome_failure(j, STATUS_BLOCKED, FAILURE_POLICY, "cap", caps.text, e);
	j->task = JOB_SEND;
	if (!fresh) {
		j->row.attempt++;
		if (!j->row.started_ms)
			j->row.started_ms = now;
	}
	if (build(j, now, &why) < 0)
		return not_built(j, &why, e);
	if (job_note_sent(j, now, e) < 0)
		return -1;
	j->row.state = OUTBOX_IN_FLIGHT;
	j->row.due_ms = now;
	j->row.lease_ms = now + LEASE_MS;
	j->row.owner = j->d->owner;
	j->x.resend = account_provider(j->account)->caps & PROVIDER_IDEMPOTENT;
	if (j->x.request.kind == REQUEST_LOCAL)
		j->d->counts.local++;
	if ((!fresh || j->row.parts > 1) && outbox_update(j->d->o.store, &j->row, e) < 0)
		return -1;
	job_push(&j->d->ready, j);
	return 0;
}

static int start_poll(struct job *j, struct err *e)
{
	struct err why;

	j->task = JOB_POLL;
	j->row.polls++;
	if (job_aim(j, &why) < 0 || build(j, when_now_ms(), &why) < 0) {
		j->row.polls = JOB_POLLS;       /* it cannot be asked: do not try again */
		return outcome_consider(j, e);
	}
	j->x.resend = true;
	job_push(&j->d->ready, j);
	return 0;
}

static int write_simple(struct job *j, enum status status, const char *code, const char *text, struct err *e)
{
	struct receipt r;

	job_receipt(j, status, &r);
	r.code = code;
	r.text = text;
	return receipt_write(j->d->o.out, &r, e);
}

/* A message new to the outbox. Rows that start now are written as in flight: one write instead of two. */
static int insert(struct job *j, struct err *e)
{
	struct deliver *d = j->d;
	int64_t now = when_now_ms(), at = envelope_time_ms(j->message, "at", 0), seq;
	char earlier[ID_BYTES + 1];
	bool held = at > now;
	int got;

	j->row.state = held ? OUTBOX_HELD : d->o.enqueue ? OUTBOX_QUEUED : OUTBOX_IN_FLIGHT;
	j->row.created_ms = now;
	j->row.due_ms = held ? at : now;
	if (j->row.state == OUTBOX_IN_FLIGHT) {
		j->row.attempt = 1;
		j->row.started_ms = now;
		j->row.lease_ms = now + LEASE_MS;
		j->row.owner = d->owner;
	}
	got = outbox_add(d->o.store, &j->row, &seq, earlier, e);
	if (got < 0)
		return -1;
	j->row.seq = seq;
	if (got == 0) {
		d->counts.duplicate++;
		got = write_simple(j, STATUS_DUPLICATE, NULL, NULL, e);
		job_free(j);
		return got;
	}
	j->inserted = d->commits + 1;
	if (j->row.state == OUTBOX_IN_FLIGHT)
		return start_leg(j, true, e);
	*(held ? &d->counts.held : &d->counts.queued) += 1;
	got = write_simple(j, held ? STATUS_HELD : STATUS_QUEUED, NULL, NULL, e);
	job_free(j);
	return got;
}

/* A row from the outbox: what it waited for has come, or its process has died. */
static int resume(struct job *j, struct err *e)
{
	const struct provider *p;
	struct err why;

	if (job_aim(j, &why) < 0)
		return outcome_failure(j, STATUS_FAILED, failure_of(why.code), "no-way", why.text, e);
	p = account_provider(j->account);
	switch (j->claimed) {
	case OUTBOX_IN_FLIGHT:
		if (p->caps & PROVIDER_IDEMPOTENT)
			return start_leg(j, false, e);
		return outcome_unknown(j, "the sender ended before an answer came", e);
	case OUTBOX_ACCEPTED:
		return outcome_consider(j, e);
	default:
		return outcome_postpone(j, 0, e);
	}
}

int prepare(struct job *j, struct err *e)
{
	switch (j->task) {
	case JOB_INSERT:
		return insert(j, e);
	case JOB_SEND:
		return start_leg(j, false, e);
	case JOB_POLL:
		return start_poll(j, e);
	case JOB_RESUME:
		return resume(j, e);
	}
	return 0;
}
