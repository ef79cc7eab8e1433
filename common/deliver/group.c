/*
 * Legs that go in parallel: each is a job and a row of the outbox by itself, a lane, with its own tries and accounts.
 * They meet where one of them has come to an end and asks how the others are: the last one, if none has got anywhere,
 * goes on with the leg behind the group. What lanes know of each other is in the outbox, in the transaction that each
 * answer is settled in; without one (--no-outbox) it is in a few numbers that the jobs share.
 */
#include <stdlib.h>

#include "common/deliver/job.h"
#include "common/line/envelope.h"
#include "common/line/plan.h"
#include "common/line/when.h"
#include "common/xalloc.h"

#include "common/banned.h"

/* Of the lanes of one group, while nothing is kept. */
struct group_count {
	unsigned jobs;
	struct group_state state;
};

static bool is_parallel(const struct job *j)
{
	return plan_is_parallel(j->plan, j->row.leg);
}

struct look {
	const struct job *j;
	int64_t now_ms;
	unsigned begin, end;
	struct group_state *state;
};

/* It has a wait, and that is over: the others need not mind it any more. */
static bool waited_in_vain(const struct look *l, const struct outbox_row *row)
{
	int64_t wait = envelope_duration_ms(json_array_get(l->j->plan, row->leg), "wait", -1);

	return wait >= 0 && row->started_ms && l->now_ms >= row->started_ms + wait;
}

static int look_at(void *ctx, const struct outbox_row *row, struct err *e)
{
	struct look *l = ctx;
	struct group_state *state = l->state;

	(void)e;
	if (row->leg >= l->end)
		state->over = true;
	if (row->leg < l->begin || row->leg >= l->end)
		return 0;
	if (row->reached >= STATUS_ACCEPTED && !status_bad(row->reached)) {
		state->taken = true;
		state->over = state->over || row->reached >= plan_need(l->j->message, json_array_get(l->j->plan, row->leg));
	}
	state->open = state->open || (row->state != OUTBOX_DONE && !waited_in_vain(l, row));
	return 0;
}

int group_look(const struct job *j, struct group_state *ret_state, struct err *e)
{
	struct look l = {j, when_now_ms(), plan_group_begin(j->plan, j->row.leg), plan_group_end(j->plan, j->row.leg), ret_state};

	*ret_state = (struct group_state){false, false, false};
	if (!is_parallel(j))
		return 0;
	if (j->group) {
		*ret_state = j->group->state;
		ret_state->open = j->group->jobs > 1;
	}
	if (j->d->o.no_outbox)
		return 0;
	return outbox_each_lane(j->d->o.store, &j->row, look_at, &l, e);
}

int group_end(const struct job *j, struct err *e)
{
	if (!is_parallel(j) || j->d->o.no_outbox)
		return 0;
	return outbox_end_lanes(j->d->o.store, &j->row, plan_group_begin(j->plan, j->row.leg), plan_group_end(j->plan, j->row.leg), e);
}

void group_leave(struct job *j, bool goes_on)
{
	struct group_count *g = j->group;

	if (!g)
		return;
	g->state.over = g->state.over || goes_on;
	if (j->row.reached >= STATUS_ACCEPTED && !status_bad(j->row.reached))
		g->state.taken = g->state.over = true;
	j->group = NULL;
	if (--g->jobs == 0)
		free(g);
}

static struct job *fork_job(struct job *j, unsigned leg, int64_t seq)
{
	struct job *lane = job_new(j->d, j->message, j->recipient, j->plan, "", 0);
	struct err ignored;

	xfree_text(&lane->row.line);
	lane->row = j->row;
	lane->row.seq = seq;
	lane->row.leg = lane->row.lane = leg;
	lane->row.message = xstrdup(j->row.message);
	lane->row.recipient = xstrdup(j->row.recipient);
	lane->row.line = lane->row.contact = lane->row.plan = lane->row.dedupe = lane->row.tenant = lane->row.provider_id = NULL;
	lane->task = JOB_SEND;
	lane->owners = json_incref(j->owners);
	lane->withdrawn = j->withdrawn;
	lane->in_doubt = j->in_doubt;
	(void)job_aim(lane, &ignored);          /* asked again before it is sent */
	if (j->group) {
		lane->group = j->group;
		j->group->jobs++;
	}
	return lane;
}

int group_fork(struct job *j, struct job_list *lanes, struct err *e)
{
	unsigned end = plan_group_end(j->plan, j->row.leg);

	if (!is_parallel(j))
		return 0;
	if (j->d->o.no_outbox) {
		j->group = xcalloc(1, sizeof(*j->group));
		j->group->jobs = 1;
	}
	for (unsigned leg = j->row.leg + 1; leg < end; leg++) {
		int64_t seq;
		int got = outbox_fork(j->d->o.store, j->row.seq, leg, &seq, e);

		if (got < 0)
			return -1;
		if (got == 1)
			job_push(lanes, fork_job(j, leg, seq));
	}
	return 0;
}
