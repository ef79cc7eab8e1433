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
#include "common/policy/refusal.h"

#include "common/banned.h"

static int64_t expires_ms(const struct job *j)
{
	return envelope_time_ms(j->message, "expires", INT64_MAX);
}

static enum failure failure_of(int code)
{
	return code == EX_NOPERM || code == EX_CONFIG ? FAILURE_AUTH : FAILURE_CONTENT;
}

/* A run with a deadline is over then, whatever its providers do. */
static void set_timeouts(struct job *j, int64_t now)
{
	struct request *r = &j->x.request;
	int64_t left = j->d->o.deadline_ms - now;

	if (account_timeout_ms(j->account))
		r->timeout_ms = account_timeout_ms(j->account);
	if (account_connect_timeout_ms(j->account))
		r->connect_timeout_ms = account_connect_timeout_ms(j->account);
	if (j->d->o.deadline_ms)
		r->until_ms = when_clock_ms() + (left > 0 ? left : 0);
}

int job_build(struct job *j, int64_t now_ms, struct err *ret_why)
{
	const struct provider *p = account_provider(j->account);
	int (*ask)(const struct delivery *, struct request *, struct err *);
	struct delivery delivery;

	if (account_ready(j->account, ret_why) < 0)
		return -1;
	/* A question about what was accepted has no text. */
	if (j->task != JOB_POLL && (job_render(j, ret_why) < 0 || job_fit(j, ret_why) < 0))
		return -1;
	job_name(j);
	request_clear(&j->x.request);
	request_init(&j->x.request);
	job_delivery(j, now_ms, &delivery);
	ask = j->task == JOB_POLL ? p->poll : j->task == JOB_FIND ? p->find : job_edits(j) ? p->edit : p->request;
	if (j->task == JOB_SEND && job_edits(j) && j->fit.parts > 1)
		return err_set(ret_why, EX_DATAERR, "is one message, and this text takes %u", j->fit.parts);
	if (ask(&delivery, &j->x.request, ret_why) < 0)
		return -1;
	set_timeouts(j, now_ms);
	return 0;
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
	if (job_edits(j) && why->code == EX_DATAERR)
		return replace_refuse(j, "cannot-edit", why->text, e);
	return outcome_failure(j, STATUS_FAILED, failure_of(why->code), code, why->text, e);
}

/* Whether the message may go to this address: 1; 0: no, and the job has been dealt with; -1. */
static int ask_consent(struct job *j, int64_t now, struct err *e)
{
	struct gate_answer answer;
	struct err why;

	if (expires_ms(j) <= now)
		return outcome_failure(j, STATUS_EXPIRED, FAILURE_TIMEOUT, "expired", "expired before it could be sent", e);
	if (j->in_doubt) {
		j->d->status = err_worse(j->d->status, EX_UNAVAILABLE);
		return outcome_postpone(j, backoff_retry_ms(&j->d->settings, j->row.attempt + 1), e);
	}
	if (job_aim(j, &why) < 0)
		return outcome_failure(j, STATUS_FAILED, failure_of(why.code), "no-way", why.text, e);
	if (job_render(j, &why) < 0)
		return outcome_failure(j, STATUS_FAILED, FAILURE_CONTENT, "template", why.text, e);
	if (job_ask_gate(j, now, &answer, e) < 0)
		return -1;
	if (!answer.allowed)
		return outcome_failure(j, refusal_status(&answer), answer.failure, answer.code, answer.text, e);
	return 1;
}

/* Whether one message more may arrive now; as above. */
static int ask_rules(struct job *j, int64_t now, struct err *e)
{
	struct caps_answer caps;
	int open;

	if (job_ask_caps(j, now, &caps, e) < 0)
		return -1;
	if (caps.over && caps.hold)
		return outcome_hold(j, caps.free_ms, "cap", caps.text, e);
	if (caps.over)
		return outcome_failure(j, STATUS_BLOCKED, FAILURE_POLICY, "cap", caps.text, e);
	open = job_ask_hours(j, now, e);
	if (open != 1)
		return open;
	return job_ask_window(j, now, e);
}

/* Whether it may go now; as above. With an edit nothing more arrives. */
static int ask_turn(struct job *j, int64_t now, struct err *e)
{
	int open = job_edits(j) ? 1 : ask_rules(j, now, e), closed;
	int64_t until;

	if (open != 1)
		return open;
	/* Before the breaker: what it lets through as a trial must leave at once. */
	open = fetch_media(j, e);
	if (open != 1)
		return open;
	closed = breakers_ask(j->d->breakers, account_name(j->account), now, &until, e);
	if (closed < 0)
		return -1;
	if (closed == 0)
		return outcome_shut(j, until, FAILURE_PROVIDER, "breaker-open", "has failed too often", e);
	closed = flow_paused(j->d->flow, j->account, now, &until, e);
	if (closed < 0)
		return -1;
	return closed ? outcome_shut(j, until, FAILURE_RATE, "throttled", "has asked for patience", e) : 1;
}

/* The last question, since what it allows has been counted; as above. */
static int ask_pace(struct job *j, int64_t now, struct err *e)
{
	const struct flow_leg leg = {
	    .account = j->account,
	    .channel = j->address.channel,
	    .sender = job_sender(j),
	    .address = j->address.text,
	    .tenant = envelope_text(j->message, "account", ""),
	    .segments = j->fit.segments ? j->fit.segments : 1,
	    .urgent = j->row.priority == 0,
	    .again = j->inserted == 0 && j->row.due_ms > j->row.created_ms,
	};
	int64_t due;
	int got = flow_ask(j->d->flow, &leg, now, &due, e);

	return got == 0 ? outcome_paced(j, due, e) : got;
}

static int start_leg(struct job *j, bool fresh, struct err *e)
{
	int64_t now = when_now_ms();
	struct err why;
	int may = fresh ? 0 : job_taken_back(j, e);

	if (may != 0)
		return may < 0 ? -1 : 0;
	if (digest_write(j, now, e) < 0)
		return -1;
	may = replace_resolve(j, true, e);
	if (may == 1)
		may = ask_consent(j, now, e);
	if (may == 1)
		may = ask_turn(j, now, e);
	if (may != 1)
		return may;
	j->task = JOB_SEND;
	j->row.attempt++;
	if (!j->row.started_ms)
		j->row.started_ms = now;
	if (job_build(j, now, &why) < 0)
		return j->member_count > 0 ? digest_part(j, e) : not_built(j, &why, e);
	may = ask_pace(j, now, e);
	if (may != 1)
		return may;
	if ((!job_edits(j) && job_note_sent(j, now, e) < 0) || job_expect_answer(j, now, e) < 0)
		return -1;
	j->row.state = OUTBOX_IN_FLIGHT;
	j->row.due_ms = now;
	j->row.lease_ms = now + LEASE_MS;
	j->row.owner = j->d->owner;
	j->x.resend = job_drops_repetitions(j);
	if (j->x.request.kind == REQUEST_LOCAL)
		j->d->counts.local++;
	if ((!fresh || j->row.parts > 1) && outbox_update(j->d->o.store, &j->row, e) < 0)
		return -1;
	job_ready(j);
	return 0;
}

static int start_poll(struct job *j, struct err *e)
{
	struct err why;

	j->task = JOB_POLL;
	j->row.polls++;
	if (job_aim(j, &why) < 0 || job_build(j, when_now_ms(), &why) < 0) {
		j->row.polls = JOB_POLLS;       /* it cannot be asked: do not try again */
		return outcome_consider(j, e);
	}
	j->x.resend = true;
	job_ready(j);
	return 0;
}

static int write_simple(struct job *j, enum status status, const char *code, const char *text, struct err *e)
{
	struct receipt r;

	job_receipt(j, status, &r);
	r.code = code;
	r.text = text;
	r.failure = code ? FAILURE_POLICY : FAILURE_NONE;
	return deliver_tell(j->d, &r, false, e);
}

/* What a row that is new to the outbox does next. */
static int enter(struct job *j, struct err *e)
{
	struct deliver *d = j->d;
	bool held = j->row.state == OUTBOX_HELD;
	int got;

	if (j->row.state == OUTBOX_IN_FLIGHT) {
		j->row.attempt = 0;     /* the row counts the one that begins now */
		return start_leg(j, true, e);
	}
	if (job_replaces(j)) {
		if (!held && !j->row.owner && !d->o.enqueue)
			return start_leg(j, false, e);
		got = replace_resolve(j, false, e);
		if (got != 1)
			return got;
	}
	if (j->row.owner) {
		d->paced++;
		d->next_due_ms = j->row.due_ms;
		job_let_go(j);
		return 0;
	}
	if (d->o.no_outbox)
		return outcome_failure(j, STATUS_FAILED, FAILURE_POLICY, "no-outbox", "nothing can be held without an outbox", e);
	*(held ? &d->counts.held : &d->counts.queued) += 1;
	if (held && job_read_hours(j, e) < 0)
		return -1;
	got = write_simple(j, held ? STATUS_HELD : STATUS_QUEUED, j->hours.row ? "quiet-hours" : NULL, j->hours.text, e);
	job_let_go(j);
	return got;
}

/* The lanes beside it are in the same commit. What replaces another message has none before it has found its place. */
static int enter_all(struct job *j, struct err *e)
{
	struct job_list lanes;
	struct job *lane;
	int result;

	job_list_init(&lanes);
	result = job_replaces(j) ? 0 : group_fork(j, &lanes, e);
	if (result == 0)
		result = enter(j, e);
	else
		job_let_go(j);
	while ((lane = job_pop(&lanes))) {
		if (result == 0)
			result = enter(lane, e);
		else
			job_free(lane);
	}
	return result;
}

/* A message new to the outbox. Rows that start now are written as in flight: one write instead of two. */
static int insert(struct job *j, struct err *e)
{
	struct deliver *d = j->d;
	int64_t now = when_now_ms(), at = envelope_time_ms(j->message, "at", 0), seq;
	char earlier[ID_BYTES + 1];
	bool held = at > now, later = !held && !d->o.enqueue && deliver_has_much(d);
	int got;

	j->row.state = held ? OUTBOX_HELD : d->o.enqueue || later || job_replaces(j) ? OUTBOX_QUEUED : OUTBOX_IN_FLIGHT;
	j->row.created_ms = now;
	j->row.due_ms = held ? at : now;
	if (j->row.state == OUTBOX_IN_FLIGHT) {
		j->row.attempt = 1;
		j->row.started_ms = now;
		j->row.lease_ms = now + LEASE_MS;
		j->row.owner = d->owner;
	}
	if (later) {
		j->row.lease_ms = LEASE_PACED;
		j->row.owner = d->owner;
	}
	j->inserted = d->commits + 1;
	got = outbox_add(d->o.store, &j->row, now - d->settings.dedupe_window_ms, &seq, earlier, e);
	if (got < 0) {
		job_let_go(j);
		return -1;
	}
	j->row.seq = seq;
	if (got == 0) {
		d->counts.duplicate++;
		got = write_simple(j, STATUS_DUPLICATE, NULL, NULL, e);
		job_let_go(j);
		return got;
	}
	return enter_all(j, e);
}

/*
 * Queued for the accounts of a configuration, and this run has none: the sandbox, which sends nothing, must not take it
 * from them. It stays as it is.
 */
static bool is_astray(const struct job *j)
{
	return j->row.account == 0 && !json_object_get(job_leg(j), "via") && strcmp(account_name(j->account), PROVIDER_SANDBOX) == 0;
}

static int leave_alone(struct job *j, struct err *e)
{
	struct err why;

	err_set(&why, EX_CONFIG, "what is queued is for the accounts of another configuration: say which with -c");
	j->d->status = err_worse(j->d->status, EX_CONFIG);
	if (account_tell(j->account))
		diag_error(&why);
	j->row.state = j->claimed;
	j->row.due_ms = when_now_ms() + WHEN_MINUTE;
	return outcome_put_down(j, e);
}

/* A row from the outbox: what it waited for has come, or its process has died. */
static int resume(struct job *j, struct err *e)
{
	struct err why;

	if (job_aim(j, &why) < 0)
		return outcome_failure(j, STATUS_FAILED, failure_of(why.code), "no-way", why.text, e);
	if (is_astray(j))
		return leave_alone(j, e);
	switch (j->claimed) {
	case OUTBOX_IN_FLIGHT:
		/* An attempt is counted in the commit that comes before its request. Without one nothing has left. */
		return j->row.attempt == 0 ? outcome_postpone(j, 0, e) : doubt_died(j, e);
	case OUTBOX_ACCEPTED:
		return outcome_consider(j, e);
	case OUTBOX_UNKNOWN:
		return doubt_resume(j, e);
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
	case JOB_FIND:
		return resume(j, e);
	}
	return 0;
}
