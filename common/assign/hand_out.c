#include <stdio.h>
#include <string.h>

#include "common/assign/dossier.h"
#include "common/assign/hand_out.h"
#include "common/assign/notice.h"
#include "common/assign/pick.h"
#include "common/assign/reply.h"
#include "common/diag.h"
#include "common/line/envelope.h"
#include "common/line/words.h"

#include "common/banned.h"

/* ---- agents' contacts ---- */

/* A resolver that is down must not keep tasks from those who can be told without it: it is asked again next time. */
static void meet(struct assign *a, const struct worker *w)
{
	const char *id = notice_contact(w);
	json_t *contact = NULL;
	struct err e;

	if (!id || json_object_get(a->ways, id))
		return;
	if (contacts_find(a->contacts, id, &contact, &e) < 0)
		*a->status = err_worse(*a->status, diag_error(&e));
	else
		json_object_set_new(a->ways, id, contact ? contact : json_null());
}

int hand_out_meet(struct assign *a, struct err *e)
{
	if (crew_load(&a->crew, a->desk, a->store, a->now_ms, e) < 0)
		return -1;
	json_decref(a->addresses);
	a->addresses = json_object();
	for (size_t i = 0; i < a->crew.count; i++) {
		const struct worker *w = &a->crew.workers[i];
		const char *id = notice_contact(w);

		meet(a, w);
		reply_add_addresses(a->addresses, w, id ? hand_out_contact(a, id) : NULL);
	}
	return 0;
}

const json_t *hand_out_contact(const struct assign *a, const char *id)
{
	const json_t *contact = json_object_get(a->ways, id);

	return json_is_object(contact) ? contact : NULL;
}

const char *hand_out_lang(const struct assign *a, const struct worker *w)
{
	const char *lang = json_string_value(json_array_get(json_object_get(w->json, "langs"), 0)), *id = notice_contact(w);

	return lang || !id ? lang : envelope_text(hand_out_contact(a, id), "lang", NULL);
}

/* ---- tasks ---- */

json_t *hand_out_json(const struct task *t)
{
	struct line l = {t->line, strlen(t->line), 1};
	json_t *json = line_parse(&l, NULL);

	if (!json_is_string(json_object_get(json, "priority")))
		json_object_set_new(json, "priority", json_string(urgency_name(URGENCY_NORMAL)));
	return json;
}

void hand_out_touch(struct assign *a, const struct task *t, bool given)
{
	if (given || !json_object_get(a->touched, t->id))
		json_object_set_new(a->touched, t->id, json_boolean(given));
}

static struct pick pick_of(const struct assign *a)
{
	return (struct pick){.desk = a->desk, .crew = &a->crew, .store = a->store, .now_ms = a->now_ms};
}

static const struct desk_step *step_of(const struct assign *a, const struct task *t)
{
	const struct desk_workflow *w = desk_workflow(a->desk, t->workflow);

	/* The file may have changed since: the last step is what such a task would have come to. */
	if (!w)
		w = &a->desk->workflows[a->desk->workflow_count - 1];
	return &w->steps[t->step < w->step_count ? t->step : w->step_count - 1];
}

static bool is_open(const struct assign *a, const struct desk_queue *q)
{
	return desk_opens_ms(a->desk, &q->hours, a->now_ms) == a->now_ms;
}

/* Who is asked for, or helped last, is not there: nobody else would do. Others are waited for, unless told otherwise. */
static int is_skipped(struct assign *a, const struct task *t, const json_t *json, const struct desk_step *step, struct err *e)
{
	struct pick p = pick_of(a);
	int staffed;

	if (!step->skip && !(step->need & DESK_STICKY))
		return 0;
	if (!is_open(a, step->queue))
		return 1;
	staffed = pick_is_staffed(&p, t, json, step, e);
	pick_clear(&p);
	return staffed < 0 ? -1 : !staffed;
}

static void begin_step(struct assign *a, struct task *t, const json_t *json, const struct desk_step *step)
{
	int own = urgency_parse(envelope_text(json, "priority", "normal"));

	snprintf(t->queue, sizeof(t->queue), "%s", step->queue->name);
	t->priority = step->priority >= 0 ? step->priority : own < 0 ? URGENCY_NORMAL : own;
	t->objective_ms = step->queue->objective_ms;
	t->counted_ms = desk_opens_ms(a->desk, &step->queue->hours, t->created_ms);
	t->step_due_ms = step->wait_ms ? a->now_ms + step->wait_ms : 0;
	t->due_ms = t->step_due_ms;
}

/* To step `from` or the first behind it that is not passed over; without any nobody will take it. */
static int go_to(struct assign *a, struct task *t, const json_t *json, const struct desk_workflow *w, size_t from, struct err *e)
{
	for (size_t i = from; i < w->step_count; i++) {
		int skipped = is_skipped(a, t, json, &w->steps[i], e);

		if (skipped < 0)
			return -1;
		if (skipped)
			continue;
		t->step = (unsigned)i;
		begin_step(a, t, json, &w->steps[i]);
		return 0;
	}
	if (!t->queue[0])
		snprintf(t->queue, sizeof(t->queue), "%s", w->steps[w->step_count - 1].queue->name);
	t->status = TASK_DECLINED;
	t->due_ms = t->step_due_ms = 0;
	t->ended_ms = a->now_ms;
	return 0;
}

static bool can_be_passed_over(const struct desk_workflow *w)
{
	for (size_t i = 0; i < w->step_count; i++)
		if (!(w->steps[i].need & DESK_SKILLS))
			return true;
	return false;
}

/* Whoever reads this has misspelt it, or has to find somebody: nobody else would ever notice. */
static void note_skill(const struct assign *a, const struct task *t, const char *skill, unsigned level)
{
	unsigned best = 0;

	for (size_t i = 0; i < a->crew.count; i++)
		best = worker_level(&a->crew.workers[i], skill) > best ? worker_level(&a->crew.workers[i], skill) : best;
	if (best == 0)
		diag_note("task '%s' asks for '%s', which no agent can do", err_quote(t->id), err_quote(skill));
	else if (best < level)
		diag_note("task '%s' asks for '%s' at level %u, and no agent is that good", err_quote(t->id), err_quote(skill), level);
}

static void note_what_nobody_can(const struct assign *a, const struct task *t, const json_t *json, const struct desk_workflow *w)
{
	const json_t *skills = json_object_get(json, "skills"), *levels = json_object_get(json, "levels");
	const char *word;
	json_t *value;
	size_t i;

	if (can_be_passed_over(w))
		return;
	json_array_foreach(skills, i, value)
		if (json_is_string(value) && !json_object_get(levels, json_string_value(value)))
			note_skill(a, t, json_string_value(value), 1);
	json_object_foreach((json_t *)levels, word, value)
		note_skill(a, t, word, (unsigned)json_integer_value(value));
}

int hand_out_enter(struct assign *a, struct task *t, struct err *e)
{
	json_t *json = hand_out_json(t);
	const struct desk_workflow *w = desk_workflow_of(a->desk, json, dossier_contact(json));
	int result;

	snprintf(t->workflow, sizeof(t->workflow), "%s", w->name);
	note_what_nobody_can(a, t, json, w);
	result = go_to(a, t, json, w, 0, e);
	json_decref(json);
	if (result < 0 || task_save(a->store, t, e) < 0)
		return -1;
	hand_out_touch(a, t, false);
	return 0;
}

/* ---- what has come due ---- */

static int go_on(struct assign *a, struct task *t, struct err *e)
{
	const struct desk_workflow *w = desk_workflow(a->desk, t->workflow);
	json_t *json = hand_out_json(t);
	int result;

	if (!w) {
		w = desk_workflow_of(a->desk, json, dossier_contact(json));
		snprintf(t->workflow, sizeof(t->workflow), "%s", w->name);
		result = go_to(a, t, json, w, 0, e);
	} else {
		result = go_to(a, t, json, w, (size_t)t->step + 1, e);
	}
	json_decref(json);
	return result;
}

/* Somebody who lets offers lapse is not there, whatever they said: the others should not wait for that each time. */
static int miss(struct assign *a, struct worker *w, struct err *e)
{
	w->row.misses++;
	if (a->desk->misses && w->row.misses >= a->desk->misses && w->status == AGENT_AVAILABLE) {
		diag_note("agent '%s' is taken to be away: %u offers in a row lapsed", err_quote(w->row.id), w->row.misses);
		worker_be(w, AGENT_AWAY, 0);
		hand_out_tell(a, w, REPLY_AWAY, "");
	}
	return worker_save(w, a->store, e);
}

static void leave(struct assign *a, struct task *t)
{
	struct worker *w = crew_find(&a->crew, t->agent);

	if (w)
		worker_leave(w, t->channel);
	t->agent[0] = '\0';
	t->status = TASK_QUEUED;
	t->due_ms = t->step_due_ms;
}

static int lapse(struct assign *a, struct task *t, struct err *e)
{
	struct worker *w = crew_find(&a->crew, t->agent);

	if (offer_end(a->store, t, OFFER_LAPSED, e) < 0 || (w && miss(a, w, e) < 0))
		return -1;
	leave(a, t);
	return 0;
}

/* Over for the person already, and now for the agent too. */
static int end_wrap_up(struct assign *a, struct task *t, struct err *e)
{
	struct worker *w = crew_find(&a->crew, t->agent);

	if (w)
		worker_leave(w, t->channel);
	t->due_ms = 0;
	return task_save(a->store, t, e);
}

static int do_due(struct assign *a, struct task *t, struct err *e)
{
	int result;

	if (t->status == TASK_COMPLETED)
		return end_wrap_up(a, t, e);
	result = t->status == TASK_RESERVED ? lapse(a, t, e) : go_on(a, t, e);

	if (result < 0)
		return -1;
	hand_out_touch(a, t, false);
	return task_save(a->store, t, e);
}

static int do_all_due(struct assign *a, struct err *e)
{
	struct task t;
	int got;

	while ((got = task_due(a->store, a->now_ms, &t, e)) == 1) {
		got = do_due(a, &t, e);
		task_clear(&t);
		if (got < 0)
			break;
	}
	return got;
}

/* ---- handing out ---- */

static int give(struct assign *a, struct task *t, const struct desk_step *step, struct worker *w, struct err *e)
{
	int64_t reserve_ms = step->queue->reserve_ms;

	snprintf(t->agent, sizeof(t->agent), "%s", w->row.id);
	t->status = reserve_ms ? TASK_RESERVED : TASK_ASSIGNED;
	t->due_ms = reserve_ms ? a->now_ms + reserve_ms : 0;
	if (!reserve_ms && !t->answered_ms)
		t->answered_ms = a->now_ms;
	worker_take(w, t->channel);
	crew_note_offer(&a->crew, w, a->now_ms);
	if (offer_add(a->store, t, reserve_ms ? OFFER_OPEN : OFFER_ACCEPTED, a->now_ms, e) < 0 || worker_save(w, a->store, e) < 0)
		return -1;
	hand_out_touch(a, t, true);
	return task_save(a->store, t, e);
}

static int try(struct assign *a, struct pick *p, struct task *t, struct err *e)
{
	const struct desk_step *step = step_of(a, t);
	struct worker *w;
	json_t *json;
	int got;

	if (!is_open(a, step->queue))
		return 0;
	json = hand_out_json(t);
	got = pick_worker(p, t, json, step, &w, e);
	json_decref(json);
	if (got == 1)
		pick_note(p, step->queue, w);
	return got == 1 ? give(a, t, step, w, e) : got;
}

int hand_out_all(struct assign *a, struct err *e)
{
	int64_t place = -1;
	struct task t;
	int got = do_all_due(a, e);
	struct pick p = pick_of(a);

	while (got == 0 && crew_has_room(&a->crew)) {
		got = task_next(a->store, place, &t, e);
		if (got < 1)
			break;
		place = t.place;
		got = try(a, &p, &t, e);
		task_clear(&t);
	}
	pick_clear(&p);
	return got < 0 ? -1 : 0;
}

/* ---- what agents say ---- */

static int forgive(struct assign *a, const struct task *t, struct err *e)
{
	struct worker *w = crew_find(&a->crew, t->agent);

	if (!w || w->row.misses == 0)
		return 0;
	w->row.misses = 0;
	return worker_save(w, a->store, e);
}

int hand_out_accept(struct assign *a, struct task *t, struct err *e)
{
	if (offer_end(a->store, t, OFFER_ACCEPTED, e) < 0 || forgive(a, t, e) < 0)
		return -1;
	t->status = TASK_ASSIGNED;
	t->due_ms = 0;
	if (!t->answered_ms)
		t->answered_ms = a->now_ms;
	return task_save(a->store, t, e);
}

int hand_out_decline(struct assign *a, struct task *t, struct err *e)
{
	if (offer_end(a->store, t, OFFER_DECLINED, e) < 0 || forgive(a, t, e) < 0)
		return -1;
	leave(a, t);
	return task_save(a->store, t, e);
}

static int find_heir(const struct assign *a, const struct task *t, struct worker **ret_worker, struct err *e)
{
	struct worker *w = crew_find(&a->crew, a->heir);

	if (!w)
		return err_set(e, EX_DATAERR, "no agent '%s'%s", err_quote(a->heir), crew_hint(&a->crew, a->heir));
	if (w->status != AGENT_AVAILABLE)
		return err_set(e, EX_UNDELIVERED, "agent '%s' is %s", err_quote(a->heir), agent_status_name(w->status));
	if (!worker_is_there(w))
		return err_set(e, EX_UNDELIVERED, "agent '%s' is not at work", err_quote(a->heir));
	if (strcmp(t->agent, a->heir) != 0 && !worker_has_room(w, t->channel))
		return err_set(e, EX_UNDELIVERED, "agent '%s' has no room for it", err_quote(a->heir));
	*ret_worker = w;
	return 0;
}

int hand_out_transfer(struct assign *a, struct task *t, struct err *e)
{
	struct worker *w = NULL;

	if (find_heir(a, t, &w, e) < 0)
		return -1;
	if (strcmp(t->agent, a->heir) == 0)
		return 0;       /* said before */
	if (t->status == TASK_RESERVED && offer_end(a->store, t, OFFER_DECLINED, e) < 0)
		return -1;
	if (t->agent[0])
		leave(a, t);
	return give(a, t, step_of(a, t), w, e);
}

int hand_out_end(struct assign *a, struct task *t, enum task_status status, struct err *e)
{
	const struct desk_queue *q = desk_queue(a->desk, t->queue);
	struct worker *w = crew_find(&a->crew, t->agent);
	int64_t wrap_up_ms = status == TASK_COMPLETED && t->status == TASK_ASSIGNED && q ? q->wrap_up_ms : 0;

	if (t->status == TASK_RESERVED && offer_end(a->store, t, status == TASK_COMPLETED ? OFFER_ACCEPTED : OFFER_LAPSED, e) < 0)
		return -1;
	if (status == TASK_COMPLETED && t->agent[0] && !t->answered_ms)
		t->answered_ms = a->now_ms;
	if (w && !wrap_up_ms)
		worker_leave(w, t->channel);
	t->status = status;
	t->step_due_ms = 0;
	t->due_ms = wrap_up_ms ? a->now_ms + wrap_up_ms : 0;
	t->ended_ms = a->now_ms;
	return task_save(a->store, t, e);
}
