#include <stdlib.h>
#include <string.h>

#include "common/deliver/job.h"
#include "common/diag.h"
#include "common/line/envelope.h"
#include "common/line/when.h"
#include "common/store/ack.h"
#include "common/store/bucket.h"
#include "common/store/choice.h"
#include "common/store/dead.h"
#include "common/store/digest.h"
#include "common/store/link.h"
#include "common/store/sent.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define GATHER_MS 20            /* the longest that an answer waits for its commit */
#define GATHER_COUNT 128
#define IN_HAND 256
#define HEAVY_BYTES (64u << 20) /* of requests: with more than that in hand no other is made */
#define IN_HAND_EACH 8          /* of a request at once: who may ask little at once must not decide much in advance */
#define LINK_MS (400 * WHEN_DAY)        /* how long a tracked link leads somewhere */
#define SENT_MS (400 * WHEN_DAY)   /* longer than any cap looks back */
#define SILENCE_MS (7 * WHEN_DAY)       /* an accepted message of which nothing is heard for so long is let go */
#define PURGE_COUNT 2000
#define TAKEN 1024              /* lines in one commit, where they are taken in before there is room to send them */
#define LOOK_MS 50              /* how often -w looks for rows whose time has come */

int deliver_new(const struct deliver_options *o, struct deliver **ret_deliver, struct err *e)
{
	struct deliver *d = xcalloc(1, sizeof(*d));

	d->o = *o;
	job_list_init(&d->incoming);
	job_list_init(&d->ready);
	job_list_init(&d->fetching);
	job_list_init(&d->parked);
	job_list_init(&d->let_go);
	job_list_init(&d->ended);
	job_list_init(&d->resting);
	id_new(d->owner);
	d->next_due_ms = INT64_MAX;
	d->wait_until_ms = o->wait_ms ? when_now_ms() + o->wait_ms : 0;
	gate_init(&d->gate, o->store);
	policy_requirements(o->policy, &d->gate);
	if (o->no_outbox)
		outbox_keep_none(o->store);
	if (delivery_settings_read(o->config, &d->settings, e) < 0 || engine_new(o->jobs, &d->engine, e) < 0) {
		free(d);
		return -1;
	}
	d->breakers = breakers_new(o->store, &d->settings, &d->heard);
	d->fetches = fetches_new(d);
	if (flow_new(o->store, o->config, &o->rate, &d->heard, &d->flow, e) < 0) {
		deliver_free(d);
		return -1;
	}
	*ret_deliver = d;
	return 0;
}

/* Opens a transaction to write. The first one tells the other senders that this one lives, and looks after the dead. */
static int begin(struct deliver *d, struct err *e)
{
	if (store_begin(d->o.store, e) < 0)
		return -1;
	if (d->sender)
		return 0;
	if (sender_register(d->o.store, d->owner, &d->sender, e) < 0 || sender_reap(d->o.store, d->sender, e) < 0)
		return -1;
	return digest_recover(d->o.store, when_now_ms(), e);
}

static void clear_list(struct job_list *l)
{
	struct job *j;

	while ((j = job_pop(l)))
		job_free(j);
}

void deliver_free(struct deliver *d)
{
	if (!d)
		return;
	sender_free(d->sender);
	clear_list(&d->fetching);       /* may wake others */
	clear_list(&d->incoming);
	clear_list(&d->ready);
	clear_list(&d->parked);
	clear_list(&d->let_go);
	clear_list(&d->ended);
	clear_list(&d->resting);
	engine_free(d->engine);
	breakers_free(d->breakers);
	fetches_free(d->fetches);
	flow_free(d->flow);
	free(d);
}

/* Enough that the network has work while a commit waits for the disk; rows in hand are what a crash leaves in doubt. */
static size_t most_in_hand(const struct deliver *d)
{
	size_t jobs = d->o.jobs;

	return jobs * 2 > IN_HAND ? jobs * 2 : jobs * IN_HAND_EACH < IN_HAND ? jobs * IN_HAND_EACH : IN_HAND;
}

static size_t room(const struct deliver *d)
{
	size_t used = d->incoming.count + d->ready.count + d->fetching.count + engine_busy(d->engine);

	return used < most_in_hand(d) ? most_in_hand(d) - used : 0;
}

/* Before a deadline all that comes is put into the outbox, so that what is left then is there. */
static bool takes_all(const struct deliver *d)
{
	return d->o.deadline_ms && !d->o.no_outbox;
}

bool deliver_full(const struct deliver *d)
{
	if (takes_all(d) || d->o.enqueue)
		return d->stopping || d->incoming.count >= TAKEN;
	return d->stopping || room(d) == 0;
}

bool deliver_has_much(const struct deliver *d)
{
	return takes_all(d) && d->ready.count + engine_busy(d->engine) >= most_in_hand(d);
}

bool deliver_stopping(const struct deliver *d)
{
	return d->stopping;
}

/* A lease can run out on a process that lives: the clock was set, the machine slept, its requests take long. */
static int in_other_hands(struct deliver *d, const struct outbox_row *row, struct err *e)
{
	if (row->state != OUTBOX_IN_FLIGHT || !row->owner)
		return 0;
	return sender_alive(d->o.store, d->sender, row->owner, e);
}

static int take_row(void *ctx, const struct outbox_row *row, struct err *e)
{
	struct deliver *d = ctx;
	struct err why;
	struct job *j;
	int others = in_other_hands(d, row, e);

	if (others != 0)
		return others;
	j = job_of_row(d, row, &why);
	if (!j) {
		/* Somebody has altered it; set it aside where it harms nobody. */
		struct outbox_row aside = *row;

		aside.state = OUTBOX_UNKNOWN;
		aside.due_ms = OUTBOX_NEVER;
		aside.owner = NULL;
		d->status = err_worse(d->status, diag_error(&why));
		return outbox_update(d->o.store, &aside, e);
	}
	if (row->owner && strcmp(row->owner, d->owner) == 0) {
		*(row->lease_ms == LEASE_PACED ? &d->paced : &d->waited) -= 1;
		if (outbox_tries_again(row) && row->lease_ms != LEASE_PACED)
			d->left--;
	} else {
		d->counts.messages++;
	}
	others = digest_take(j, e);
	if (others == 0)
		job_push(&d->incoming, j);
	else
		job_free(j);
	return others < 0 ? -1 : 0;
}

int deliver_claim(struct deliver *d, struct err *e)
{
	int64_t now = when_now_ms();
	int due, got = 0;

	if (d->stopping || room(d) == 0)
		return 0;
	/* Looking costs no lock: somebody who only watches is in nobody's way. */
	due = d->sender ? outbox_any_due(d->o.store, now, e) : 1;
	if (due == 1)
		got = begin(d, e) < 0 ? -1 : outbox_claim(d->o.store, d->owner, false, now, now + LEASE_MS, (unsigned)room(d), take_row, d, e);
	if (due < 0 || got < 0 || (d->sender && sender_reap(d->o.store, d->sender, e) < 0) || store_commit(d->o.store, e) < 0) {
		store_rollback(d->o.store);
		return -1;
	}
	return got;
}

/* There is something to come back to, and room for it. */
static bool waits(const struct deliver *d)
{
	if (d->resting.count)
		return !d->stopping;
	return (d->waited || d->paced) && !d->stopping && room(d) > 0;
}

static void wake_rested(struct deliver *d, int64_t now)
{
	for (size_t i = d->resting.count; i > 0; i--) {
		struct job *j = job_pop(&d->resting);

		job_push(j->row.due_ms <= now ? &d->incoming : &d->resting, j);
	}
}

/* Rows that -w or a rate makes us wait for, and whose time has come. When the next one's comes is not known exactly: look again soon. */
static int claim_waited(struct deliver *d, struct err *e)
{
	int64_t now = when_now_ms();
	unsigned most = (unsigned)room(d);
	int got;

	if (!waits(d) || now < d->next_due_ms)
		return 0;
	d->next_due_ms = now + (d->paced || d->resting.count ? flow_tick_ms(d->flow) : LOOK_MS);
	if (d->o.no_outbox) {
		wake_rested(d, now);
		return 0;
	}
	got = outbox_claim(d->o.store, d->owner, true, now, d->wait_until_ms, most, take_row, d, e);
	if (got == (int)most)
		d->next_due_ms = now;           /* there may be more */
	return got;
}

static void on_done(struct exchange *x)
{
	struct job *j = x->owner;
	struct deliver *d = j->d;

	if (x->reply.error == REPLY_NOT_STARTED) {
		job_push(&d->ready, j);         /* deliver_finish queues it again */
		return;
	}
	if (d->ended.count == 0)
		d->first_ended_ms = when_clock_ms();
	job_push(&d->ended, j);
}

/* There is always a job among those that are ready, under way or ended when it is: it ends by itself. */
static bool is_heavy(const struct deliver *d)
{
	return d->weight >= HEAVY_BYTES;
}

static bool want_settle(const struct deliver *d)
{
	bool hungry = !is_heavy(d) && d->ready.count + engine_busy(d->engine) < most_in_hand(d) / 2;

	if (d->incoming.count && hungry && !d->stopping)
		return true;
	return d->ended.count && (d->ended.count >= GATHER_COUNT || engine_busy(d->engine) + d->ready.count == 0 ||
	    when_clock_ms() - d->first_ended_ms >= GATHER_MS);
}

static int settle(struct deliver *d, struct err *e)
{
	struct job *j;

	if (begin(d, e) < 0)
		return -1;
	if (store_others_wrote(d->o.store))
		d->heard = d->commits + 1;
	if (claim_waited(d, e) < 0)
		return -1;
	while ((j = job_pop(&d->ended))) {
		job_unweigh(j);
		if (outcome_answer(j, e) < 0)
			return -1;
	}
	/* Something has landed: perhaps what these wait for. */
	for (size_t parked = d->parked.count; parked > 0; parked--)
		job_push(&d->incoming, job_pop(&d->parked));
	while (!d->stopping && !is_heavy(d) && (j = job_pop(&d->incoming)))
		if (prepare(j, e) < 0)
			return -1;
	if (flow_save(d->flow, e) < 0 || store_commit(d->o.store, e) < 0)
		return -1;
	d->commits++;
	clear_list(&d->let_go);
	return line_flush(d->o.out, e);
}

static void start_ready(struct deliver *d)
{
	while (d->ready.count && !d->stopping) {
		struct job *j = job_pop(&d->ready);

		j->x.done = on_done;
		engine_start(d->engine, &j->x);
	}
}

static int64_t earlier(int64_t timeout_ms, int64_t at_ms, int64_t now)
{
	int64_t left = at_ms > now ? at_ms - now : 0;

	return timeout_ms < 0 || left < timeout_ms ? left : timeout_ms;
}

int deliver_step(struct deliver *d, int64_t timeout_ms, int watch_fd, bool *ret_readable, struct err *e)
{
	int64_t now = when_now_ms();

	if (d->o.store && !store_writing(d->o.store) && store_commit(d->o.store, e) < 0)
		return -1;
	if (d->o.deadline_ms && now >= d->o.deadline_ms)
		deliver_stop(d);
	if (want_settle(d) || (waits(d) && now >= d->next_due_ms)) {
		if (settle(d, e) < 0) {
			store_rollback(d->o.store);
			return -1;
		}
		*ret_readable = false;
		if (deliver_idle(d))
			return 0;
	} else if (d->o.out->buf.len && line_flush(d->o.out, e) < 0) {
		return -1;
	}
	start_ready(d);
	now = when_now_ms();
	if (d->ended.count)
		timeout_ms = earlier(timeout_ms, d->first_ended_ms + GATHER_MS, when_clock_ms());
	if (waits(d))
		timeout_ms = earlier(timeout_ms, d->next_due_ms, now);
	if (d->waited)
		timeout_ms = earlier(timeout_ms, d->wait_until_ms, now);
	if (d->o.deadline_ms)
		timeout_ms = earlier(timeout_ms, d->o.deadline_ms, now);
	if (want_settle(d))
		timeout_ms = 0;
	return engine_step(d->engine, timeout_ms, watch_fd, ret_readable, e);
}

bool deliver_idle(const struct deliver *d)
{
	if (d->ended.count || engine_busy(d->engine))
		return false;
	if (d->stopping)
		return true;
	if (d->incoming.count || d->ready.count || d->resting.count)
		return false;
	return !d->paced && (!d->waited || when_now_ms() >= d->wait_until_ms);
}

void deliver_stop(struct deliver *d)
{
	if (!d->stopping)
		engine_recall(d->engine);
	d->stopping = true;
}

/* What a row in hand goes back to when it is not worked on after all. */
static enum outbox_state state_of_dropped(const struct job *j)
{
	if (j->task == JOB_RESUME)
		return j->claimed;
	if (j->task == JOB_FIND)
		return OUTBOX_UNKNOWN;
	return j->task == JOB_POLL ? OUTBOX_ACCEPTED : OUTBOX_QUEUED;
}

/* Rows committed as in flight that never left are plainly queued again; lines not yet in the outbox are put there. */
static int requeue(struct deliver *d, struct job_list *list, bool committed, struct err *e)
{
	struct job *j;

	d->o.enqueue = true;
	while ((j = job_pop(list))) {
		if (d->o.no_outbox) {
			if (outcome_failure(j, STATUS_EXPIRED, FAILURE_TIMEOUT, "stopped", "the run ended before it was sent", e) < 0)
				return -1;
			continue;
		}
		d->left++;
		if (j->task == JOB_INSERT) {
			if (prepare(j, e) < 0)
				return -1;
			continue;
		}
		if (committed && j->task == JOB_SEND)
			j->row.attempt--;
		j->row.state = state_of_dropped(j);
		j->row.owner = NULL;
		j->row.lease_ms = 0;
		if (outbox_update(d->o.store, &j->row, e) < 0)
			return -1;
		job_free(j);
	}
	return 0;
}

/* A little of it at every run, so that no run has much to do. */
static int forget_old(struct deliver *d, int64_t now, struct err *e)
{
	struct store *s = d->o.store;

	if (outbox_purge(s, now - d->settings.dedupe_window_ms, now - SILENCE_MS, PURGE_COUNT, e) < 0)
		return -1;
	if (dead_purge(s, now, PURGE_COUNT, e) < 0 || bucket_purge(s, now * 1000, PURGE_COUNT, e) < 0)
		return -1;
	if (choice_purge(s, now, PURGE_COUNT, e) < 0 || ack_purge(s, now - SILENCE_MS, PURGE_COUNT, e) < 0)
		return -1;
	if (link_purge(s, now - LINK_MS, PURGE_COUNT, e) < 0)
		return -1;
	return sent_purge(s, now - SENT_MS, PURGE_COUNT, e);
}

int deliver_finish(struct deliver *d, struct err *e)
{
	int64_t now = when_now_ms();

	if (!d->sender && d->incoming.count + d->ready.count == 0)
		return line_flush(d->o.out, e);         /* nothing was ever written */
	fetch_give_up(d);
	if (begin(d, e) < 0 || requeue(d, &d->incoming, false, e) < 0 || requeue(d, &d->ready, true, e) < 0 ||
	    requeue(d, &d->parked, false, e) < 0 || requeue(d, &d->resting, false, e) < 0 ||
	    forget_old(d, now, e) < 0 || sender_leave(d->o.store, d->sender, e) < 0)
		return -1;
	d->left += d->paced;
	if (d->waited || d->paced) {
		d->status = err_worse(d->status, EX_TEMPFAIL);
		if (outbox_release(d->o.store, d->owner, e) < 0)
			return -1;
	}
	if (store_commit(d->o.store, e) < 0)
		return -1;
	return line_flush(d->o.out, e);
}

const struct deliver_counts *deliver_counts(const struct deliver *d)
{
	return &d->counts;
}

int deliver_status(const struct deliver *d)
{
	int status = d->status;

	if (d->left)
		status = err_worse(status, d->counts.unreachable && !d->spoke ? EX_UNAVAILABLE : EX_TEMPFAIL);
	return status;
}

uint64_t deliver_left(const struct deliver *d)
{
	return d->left;
}

uint64_t deliver_unsaved(struct deliver *d, void (*each)(void *ctx, const char *line), void *ctx)
{
	struct job_list *lists[] = {&d->let_go, &d->incoming, &d->ready, &d->fetching, &d->parked};
	uint64_t count = 0;

	for (size_t i = 0; i < COUNT_OF(lists); i++)
		for (struct job *j = lists[i]->first; j; j = j->next) {
			if (j->task != JOB_INSERT && j->inserted != d->commits + 1)
				continue;
			each(ctx, j->row.line);
			count++;
		}
	return count;
}
