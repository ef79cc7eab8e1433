#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/address/address.h"
#include "common/assign/assign.h"
#include "common/assign/dossier.h"
#include "common/assign/hand_out.h"
#include "common/assign/notice.h"
#include "common/diag.h"
#include "common/line/envelope.h"
#include "common/line/member.h"
#include "common/line/when.h"
#include "common/line/words.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define ARRIVAL_BYTES (4u << 20)        /* of tasks that are held until they are taken in */
#define PURGE 64
#define EVERY_MS WHEN_SECOND             /* that often what has come due is looked at while lines go by */

/* A line that has come and is not in the store yet. */
struct arrival {
	char *id, *line, *who;
	json_t *json;
	int status;             /* enum task_status: queued, or how it ended */
};

int assign_open(struct assign *a, const struct desk *d, struct contacts *c, struct store *s, struct line_writer *out, int *status,
    struct err *e)
{
	*a = (struct assign){.desk = d, .contacts = c, .store = s, .out = out, .status = status};
	a->ways = json_object();
	a->touched = json_object();
	a->silent = json_object();
	a->replies = json_array();
	a->messages = json_array();
	id_new(a->run);
	if (store_begin(s, e) < 0 || sender_register(s, a->run, &a->sender, e) < 0)
		return -1;
	return store_commit(s, e);
}

static void free_arrivals(struct assign *a)
{
	for (size_t i = 0; i < a->arrival_count; i++) {
		free(a->arrivals[i].id);
		free(a->arrivals[i].line);
		free(a->arrivals[i].who);
		json_decref(a->arrivals[i].json);
	}
	free(a->arrivals);
	a->arrivals = NULL;
	a->arrival_count = a->arrival_bytes = 0;
}

int assign_close(struct assign *a, struct err *e)
{
	int result = 0;

	free_arrivals(a);
	crew_clear(&a->crew);
	json_decref(a->ways);
	json_decref(a->touched);
	json_decref(a->silent);
	free(a->positions);
	json_decref(a->addresses);
	json_decref(a->replies);
	json_decref(a->messages);
	if (!a->sender)
		return 0;
	store_rollback(a->store);
	if (store_begin(a->store, e) < 0 || sender_leave(a->store, a->sender, e) < 0 || store_commit(a->store, e) < 0)
		result = -1;
	sender_free(a->sender);
	a->sender = NULL;
	return result;
}

/* ---- lines in ---- */

static struct arrival *add_arrival(struct assign *a, const char *id, int status)
{
	a->arrivals = xrealloc(a->arrivals, (a->arrival_count + 1) * sizeof(*a->arrivals));
	a->arrivals[a->arrival_count] = (struct arrival){.id = xstrdup(id), .status = status};
	return &a->arrivals[a->arrival_count++];
}

int assign_task(struct assign *a, const struct line *l, json_t *task, struct err *e)
{
	const char *id = envelope_text(task, "id", NULL);
	int status = task_status_parse(envelope_text(task, "status", "open"));
	struct arrival *arrival;
	char made[ID_SIZE];
	struct err why;

	if (status == TASK_RESERVED || status == TASK_ASSIGNED || status < 0 || (status > TASK_ASSIGNED && !id))
		return 1;
	if (status > TASK_ASSIGNED) {
		add_arrival(a, id, status);
		return 1;
	}
	if (!id) {
		id_new(made);
		json_object_set_new(task, "id", json_string(made));
		id = made;
	}
	arrival = add_arrival(a, id, TASK_QUEUED);
	arrival->json = json_incref(task);
	arrival->line = xstrndup(l->text, l->len);
	a->arrival_bytes += l->len;
	/* Nobody waits for a resolver that is down: a task without the name is better than none. */
	if (dossier_ask(a->contacts, task, &arrival->who, &why) < 0)
		*a->status = err_worse(*a->status, diag_error(&why));
	return a->arrival_bytes > ARRIVAL_BYTES ? assign_settle(a, e) : 0;
}

/* ---- taking them in ---- */

/* The line with its id and what has been added to its context; as it came when that would be too long. */
static char *complete_line(const struct arrival *arrival)
{
	static const char *const keys[] = {"id", "context"};
	struct line l = {arrival->line, strlen(arrival->line), 1};
	struct member_edit edits[COUNT_OF(keys)];
	char *texts[COUNT_OF(keys)];
	json_t *was = line_parse(&l, NULL);
	size_t count = 0;
	struct buf b;

	buf_init(&b, LINE_BYTES);
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		const json_t *value = json_object_get(arrival->json, keys[i]);

		if (!value || json_equal(value, json_object_get(was, keys[i])))
			continue;
		texts[count] = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		edits[count] = (struct member_edit){keys[i], texts[count], strlen(texts[count])};
		count++;
	}
	member_edit(&b, &l, was, edits, count);
	while (count > 0)
		free(texts[--count]);
	json_decref(was);
	if (!buf_over(&b))
		return buf_steal(&b);
	buf_clear(&b);
	return xstrdup(arrival->line);
}

/* Its own, else that of the address that writes. "all" and "other" are words of a capacity. */
static void find_channel(const json_t *task, struct task *t)
{
	const char *channel = envelope_text(task, "channel", ""), *from = envelope_text(json_object_get(task, "context"), "from", "");
	struct address address;

	if (!*channel && address_parse(from, &address, NULL) == 0)
		channel = address.channel;
	if (strcmp(channel, "all") != 0 && strcmp(channel, "other") != 0)
		snprintf(t->channel, sizeof(t->channel), "%s", channel);
}

static int take_in(struct assign *a, const struct arrival *arrival, struct err *e)
{
	struct task t = {.created_ms = a->now_ms, .priority = URGENCY_NORMAL};
	int result;

	snprintf(t.id, sizeof(t.id), "%s", arrival->id);
	if (dossier_fill(a->desk, a->store, arrival->who, arrival->json, e) < 0)
		return -1;
	find_channel(arrival->json, &t);
	t.line = complete_line(arrival);
	t.who = xstrdup(arrival->who);
	result = hand_out_enter(a, &t, e);
	task_clear(&t);
	return result;
}

/* It ended elsewhere. Whoever was about to do it for nothing is told. */
static int end(struct assign *a, struct task *t, enum task_status status, struct err *e)
{
	const struct worker *w = crew_find(&a->crew, t->agent);

	if (status == TASK_CANCELED && w)
		hand_out_tell(a, w, REPLY_CANCELED, t->id);
	return hand_out_end(a, t, status, e);
}

/* 0, or -1. A task that is known is not added again: its line says how it stands. */
static int arrive(struct assign *a, const struct arrival *arrival, struct err *e)
{
	struct task t;
	int got = task_find(a->store, arrival->id, &t, e);

	if (got < 0)
		return -1;
	if (got == 0)
		return arrival->status == TASK_QUEUED ? take_in(a, arrival, e) : 0;
	if (arrival->status == TASK_QUEUED)
		hand_out_touch(a, &t, false);
	else if (t.status < TASK_COMPLETED)
		got = end(a, &t, (enum task_status)arrival->status, e);
	task_clear(&t);
	return got < 0 ? -1 : 0;
}

/* ---- lines out ---- */

static int put(struct assign *a, const char *line, struct err *e)
{
	if (assign_line_add(a->store, a->run, line, e) < 0)
		return -1;
	a->pending = true;
	return line_write(a->out, line, strlen(line), e);
}

/* A place in a queue that has been counted: what comes behind it is counted from there, not from the beginning again. */
struct position {
	char queue[ASSIGN_NAME];
	int64_t place, before;
};

static struct position *position_of(struct assign *a, const char *queue)
{
	struct position *p;

	for (size_t i = 0; i < a->position_count; i++)
		if (strcmp(a->positions[i].queue, queue) == 0)
			return &a->positions[i];
	a->positions = xrealloc(a->positions, (a->position_count + 1) * sizeof(*a->positions));
	p = &a->positions[a->position_count++];
	*p = (struct position){.place = 0};
	snprintf(p->queue, sizeof(p->queue), "%s", queue);
	return p;
}

static int count_before(struct assign *a, const struct task *t, int64_t *ret_before, struct err *e)
{
	struct position *p = position_of(a, t->queue);
	bool behind = t->place >= p->place;
	int64_t more;

	if (task_position(a->store, t, behind ? p->place : 0, &more, e) < 0)
		return -1;
	*p = (struct position){.place = t->place, .before = (behind ? p->before : 0) + more};
	snprintf(p->queue, sizeof(p->queue), "%s", t->queue);
	*ret_before = p->before;
	return 0;
}

static int put_task(struct assign *a, const struct task *t, struct err *e)
{
	int64_t before = 0;
	struct buf b;
	int result;

	if (t->status == TASK_QUEUED && count_before(a, t, &before, e) < 0)
		return -1;
	buf_init(&b, LINE_BYTES + 1024);
	notice_task(&b, t, before);
	result = put(a, b.data, e);
	buf_clear(&b);
	return result;
}

/* Without its context where that would be too long. */
static int put_message(struct assign *a, json_t *message, struct err *e)
{
	struct buf b;
	int result;

	buf_init(&b, LINE_BYTES);
	line_dump(&b, message);
	if (buf_over(&b)) {
		json_object_del(message, "context");
		buf_reset(&b);
		line_dump(&b, message);
	}
	result = put(a, b.data, e);
	buf_clear(&b);
	return result;
}

/* Once a run. */
static void note_silence(struct assign *a, const struct worker *w)
{
	if (json_object_get(a->silent, w->row.id))
		return;
	json_object_set_new(a->silent, w->row.id, json_true());
	diag_note("agent '%s' is not told of tasks: no contact of that id, and no address is set", err_quote(w->row.id));
}

static int put_notice(struct assign *a, const struct task *t, struct err *e)
{
	const struct worker *w = crew_find(&a->crew, t->agent);
	json_t *json = hand_out_json(t), *message;
	const char *way = notice_contact(w);
	int result = 0;

	message = notice_message(a->desk, w, way ? hand_out_contact(a, way) : NULL, hand_out_lang(a, w), t, json, a->now_ms);
	json_decref(json);
	if (!message)
		note_silence(a, w);
	else
		result = put_message(a, message, e);
	json_decref(message);
	return result;
}

static int put_messages(struct assign *a, struct err *e)
{
	json_t *message;
	size_t i;

	json_array_foreach(a->messages, i, message)
		if (put_message(a, message, e) < 0)
			return -1;
	json_array_clear(a->messages);
	return 0;
}

static int put_touched(struct assign *a, struct err *e)
{
	const char *id;
	json_t *given;

	json_object_foreach(a->touched, id, given) {
		struct task t;
		int got = task_find(a->store, id, &t, e);

		if (got == 1) {
			got = put_task(a, &t, e);
			if (got == 0 && json_is_true(given) && t.agent[0])
				got = put_notice(a, &t, e);
			task_clear(&t);
		}
		if (got < 0)
			return -1;
	}
	json_object_clear(a->touched);
	return 0;
}

/* What runs that have died were about to write. */
static int recover(struct assign *a, struct err *e)
{
	char *run, *line;
	int64_t seq = 0;
	int got;

	while ((got = assign_line_next(a->store, seq, a->run, &seq, &run, &line, e)) == 1) {
		int alive = sender_alive(a->store, a->sender, run, e);

		if (alive == 0 && assign_line_adopt(a->store, seq, a->run, e) == 0) {
			a->pending = true;
			alive = line_write(a->out, line, strlen(line), e);
		}
		free(run);
		free(line);
		if (alive < 0)
			return -1;
	}
	return got;
}

/* ---- the run ---- */

static int settle(struct assign *a, struct err *e)
{
	if (store_begin(a->store, e) < 0 || crew_load(&a->crew, a->desk, a->store, a->now_ms, e) < 0)
		return -1;
	if (!a->begun && (recover(a, e) < 0 || task_purge(a->store, a->now_ms - a->desk->keep_ms, PURGE, e) < 0))
		return -1;
	for (size_t i = 0; i < a->arrival_count; i++)
		if (arrive(a, &a->arrivals[i], e) < 0)
			return -1;
	a->position_count = 0;
	if (hand_out_replies(a, e) < 0 || hand_out_all(a, e) < 0 || put_touched(a, e) < 0 || put_messages(a, e) < 0)
		return -1;
	return store_commit(a->store, e);
}

int assign_settle_at(struct assign *a, int64_t now_ms, struct err *e)
{
	if (a->begun && a->arrival_count == 0 && json_array_size(a->replies) == 0 && now_ms < a->now_ms + EVERY_MS)
		return 0;
	a->now_ms = now_ms;
	if (hand_out_meet(a, e) < 0 || settle(a, e) < 0)
		return -1;
	a->begun = true;
	free_arrivals(a);
	json_array_clear(a->replies);
	return 0;
}

int assign_settle(void *assign, struct err *e)
{
	struct assign *a = assign;

	/* A filter settles before it reads anything: wait, so that a task that is on its way is dealt with once. */
	if (!a->awake && a->arrival_count == 0 && json_array_size(a->replies) == 0) {
		a->awake = true;
		return 0;
	}
	return assign_settle_at(a, when_now_ms(), e);
}

int assign_written(void *assign, struct err *e)
{
	struct assign *a = assign;

	if (!a->pending)
		return 0;
	a->pending = false;
	if (store_begin(a->store, e) < 0 || assign_line_written(a->store, a->run, e) < 0)
		return -1;
	return store_commit(a->store, e);
}

/* ---- what agents say ---- */

static int not_theirs(const struct task *t, const char *agent, struct err *e)
{
	if (t->status > TASK_ASSIGNED)
		return err_set(e, EX_UNDELIVERED, "task '%s' is %s", err_quote(t->id), task_status_name(t->status));
	if (!t->agent[0])
		return err_set(e, EX_UNDELIVERED, "task '%s' is nobody's: it waits in queue '%s'", err_quote(t->id), err_quote(t->queue));
	return err_set(e, EX_UNDELIVERED, "task '%s' is not %s's but %s's", err_quote(t->id), err_quote(agent), err_quote(t->agent));
}

typedef int say_fn(struct assign *a, struct task *t, struct err *e);

/* From reading to writing under the lock: nobody else can be given it meanwhile. */
static int say(struct assign *a, const char *id, const char *agent, enum task_status done, say_fn *what, struct err *e)
{
	struct task t;
	int result;

	if (store_begin(a->store, e) < 0 || crew_load(&a->crew, a->desk, a->store, a->now_ms, e) < 0)
		return -1;
	result = task_find(a->store, id, &t, e);
	if (result == 0)
		result = err_set(e, EX_DATAERR, "no task '%s'", err_quote(id));
	if (result < 0)
		return -1;
	if (!a->heir && t.status == done && (!agent || strcmp(agent, t.agent) == 0))
		result = 0;     /* said before */
	else if (t.status > TASK_ASSIGNED || (!t.agent[0] && !a->heir) || (agent && strcmp(agent, t.agent) != 0))
		result = not_theirs(&t, agent, e);
	else
		result = what(a, &t, e);
	if (result == 0)
		result = put_task(a, &t, e);
	if (result == 0 && json_is_true(json_object_get(a->touched, id)))
		result = put_notice(a, &t, e);
	task_clear(&t);
	json_object_clear(a->touched);
	return result < 0 ? -1 : store_commit(a->store, e);
}

static int end_completed(struct assign *a, struct task *t, struct err *e)
{
	return hand_out_end(a, t, TASK_COMPLETED, e);
}

int assign_accept(struct assign *a, const char *id, const char *agent, int64_t now_ms, struct err *e)
{
	a->now_ms = now_ms;
	return say(a, id, agent, TASK_ASSIGNED, hand_out_accept, e);
}

int assign_decline(struct assign *a, const char *id, const char *agent, int64_t now_ms, struct err *e)
{
	a->now_ms = now_ms;
	return say(a, id, agent, TASK_QUEUED, hand_out_decline, e);
}

int assign_complete(struct assign *a, const char *id, const char *agent, int64_t now_ms, struct err *e)
{
	a->now_ms = now_ms;
	return say(a, id, agent, TASK_COMPLETED, end_completed, e);
}

int assign_transfer(struct assign *a, const char *id, const char *agent, int64_t now_ms, struct err *e)
{
	a->now_ms = now_ms;
	/* Where the heir is told; asking for that may take its time. */
	if (hand_out_meet(a, e) < 0)
		return -1;
	return say(a, id, agent, TASK_ASSIGNED, hand_out_transfer, e);
}
