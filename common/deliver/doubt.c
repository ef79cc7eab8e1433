/*
 * The unknown outcome: a request left and no answer came, because of a time-out, a broken connection, or because the
 * process that waited died. It is neither a success nor a failure.
 *
 * Where repetitions are dropped (an idempotency key), the leg is tried again by the same account. Else it is what
 * `on_unknown` says: ask the provider whether it has the leg, and send it again only when it has not; send it again; or
 * leave it until a receipt tells. Where nobody can be asked, one-time codes and emergencies are sent again and all else
 * is left.
 */
#include "common/deliver/job.h"
#include "common/line/envelope.h"
#include "common/line/when.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define FIND_SURE 3             /* questions until "not here" is believed: what was taken may take a while to show */
#define FIND_MOST 8             /* questions that get no answer */

static enum on_unknown policy(const struct job *j)
{
	const char *own = envelope_text(j->message, "on_unknown", NULL);
	int said = own ? on_unknown_parse(own) : -1;

	if (said < 0)
		said = account_on_unknown(j->account);
	if (said < 0)
		said = j->d->settings.on_unknown[job_purpose(j)];
	return said < 0 ? ON_UNKNOWN_ASK : (enum on_unknown)said;
}

int doubt_hold(struct job *j, struct err *e)
{
	j->row.state = OUTBOX_UNKNOWN;
	/* It may have arrived: only a wait that passes without news lets the next leg go. */
	j->row.due_ms = outcome_not_past_wait(j, OUTBOX_NEVER, when_now_ms());
	if (j->d->o.no_outbox)
		j->d->status = err_worse(j->d->status, EX_UNDELIVERED);
	else if (j->row.due_ms == OUTBOX_NEVER)
		j->d->status = err_worse(j->d->status, EX_TEMPFAIL);
	return outcome_put_down(j, e);
}

static int again(struct job *j, int64_t after_ms, struct err *e)
{
	if (j->row.attempt - j->row.throttled >= j->d->settings.attempts[FAILURE_TIMEOUT])
		return doubt_hold(j, e);
	return outcome_postpone(j, after_ms, e);
}

static int again_later(struct job *j, struct err *e)
{
	return again(j, backoff_retry_ms(&j->d->settings, j->row.attempt), e);
}

static int cannot_ask(struct job *j, struct err *e)
{
	enum purpose purpose = job_purpose(j);

	return purpose == PURPOSE_OTP || purpose == PURPOSE_EMERGENCY ? again_later(j, e) : doubt_hold(j, e);
}

static int ask_later(struct job *j, struct err *e)
{
	const struct delivery_settings *s = &j->d->settings;
	int64_t now = when_now_ms(), pause = s->retry_first_ms;

	for (unsigned i = 0; i < j->row.polls && pause < s->retry_longest_ms; i++)
		pause *= 3;
	if (pause > s->retry_longest_ms)
		pause = s->retry_longest_ms;
	j->row.state = OUTBOX_UNKNOWN;
	j->row.due_ms = outcome_not_past_wait(j, now + pause, now);
	return outcome_put_down(j, e);
}

int doubt(struct job *j, const struct verdict *v, struct err *e)
{
	bool dead = j->task == JOB_RESUME, news;
	enum on_unknown said;

	if (outcome_refresh(j, &news, e) < 0)
		return -1;
	if (news)
		return outcome_consider(j, e);
	if (outcome_receipt(j, STATUS_UNKNOWN, v, e) < 0)
		return -1;
	j->d->counts.unknown++;
	j->row.reached = STATUS_UNKNOWN;
	j->row.accepted_ms = j->row.due_ms;     /* when it left: where to look for it */
	j->row.polls = 0;
	if (j->d->o.no_outbox)
		return doubt_hold(j, e);
	said = policy(j);
	if (job_drops_repetitions(j))
		return dead ? again(j, 0, e) : again_later(j, e);
	if (said == ON_UNKNOWN_RESEND)
		return again_later(j, e);
	if (said == ON_UNKNOWN_HOLD)
		return doubt_hold(j, e);
	return account_provider(j->account)->find ? ask_later(j, e) : cannot_ask(j, e);
}

int doubt_died(struct job *j, struct err *e)
{
	struct verdict v;

	verdict_init(&v, STATUS_UNKNOWN);
	verdict_fail(&v, FAILURE_TIMEOUT, false, "no-answer", "the sender ended before an answer came");
	v.status = STATUS_UNKNOWN;
	return doubt(j, &v, e);
}

int doubt_resume(struct job *j, struct err *e)
{
	struct err why;

	if (outcome_wait_is_over(j, when_now_ms()))
		return outcome_next_leg(j, e);
	if (!account_provider(j->account)->find)
		return doubt_hold(j, e);        /* the configuration has changed meanwhile */
	j->task = JOB_FIND;
	j->row.polls++;
	if (job_build(j, when_now_ms(), &why) < 0)
		return why.code == EX_NOPERM && j->row.polls < FIND_MOST ? ask_later(j, e) : cannot_ask(j, e);
	j->x.resend = true;
	job_ready(j);
	return 0;
}

/* A message of the same words to the same person, which is another's, must not be taken for this one. */
static bool known(void *ctx, const char *provider_id)
{
	const struct job *j = ctx;
	struct err ignored;

	return outbox_knows(j->d->o.store, provider_id, j->row.seq, &ignored) != 0;
}

static int not_found(struct job *j, struct err *e)
{
	struct verdict v;

	if (j->row.polls < FIND_SURE)
		return ask_later(j, e);
	verdict_init(&v, STATUS_QUEUED);
	verdict_fail(&v, FAILURE_TIMEOUT, true, "not-found", "the provider knows nothing of it: it is sent again");
	if (outcome_receipt(j, STATUS_QUEUED, &v, e) < 0)
		return -1;
	j->row.reached = STATUS_QUEUED;
	if (j->row.attempt - j->row.throttled >= j->d->settings.attempts[FAILURE_TIMEOUT])
		return outcome_failed(j, STATUS_FAILED, &v, e);
	return outcome_postpone(j, 0, e);
}

static int found(struct job *j, struct verdict *v, struct err *e)
{
	j->task = JOB_SEND;
	if (breakers_heard(j->d->breakers, account_name(j->account), v, when_now_ms(), e) < 0)
		return -1;
	if (status_bad(v->status))
		return learn(j, v, e) < 0 ? -1 : outcome_failed(j, v->status, v, e);
	return outcome_took(j, v, e);
}

int doubt_answer(struct job *j, const struct delivery *d, struct err *e)
{
	struct delivery question = *d;
	enum provider_found got;
	struct verdict v;
	bool news;

	question.known = known;
	question.known_ctx = j;
	verdict_init(&v, STATUS_UNKNOWN);
	got = account_provider(j->account)->found(&question, &j->x.reply, &v);
	reply_clear(&j->x.reply);
	reply_init(&j->x.reply);
	if (outcome_refresh(j, &news, e) < 0)
		return -1;
	if (news)
		return outcome_consider(j, e);
	switch (got) {
	case PROVIDER_FOUND_YES:
		return found(j, &v, e);
	case PROVIDER_FOUND_NO:
		return not_found(j, e);
	default:
		return j->row.polls < FIND_MOST ? ask_later(j, e) : cannot_ask(j, e);
	}
}
