#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/assign/pick.h"
#include "common/assign/queue_report.h"
#include "common/line/envelope.h"
#include "common/line/when.h"
#include "common/line/words.h"
#include "common/xalloc.h"

#include "common/banned.h"

struct queue_report queue_report_of(const struct queue_question *question)
{
	return (struct queue_report){.name = question->name, .now_ms = question->now_ms, .period_ms = question->period_ms};
}

static struct queue_tally *tally_of(struct queue_report *r, const char *name)
{
	struct queue_tally *t;

	for (size_t i = 0; i < r->tally_count; i++)
		if (strcmp(r->tallies[i].name, name) == 0)
			return &r->tallies[i];
	r->tallies = xrealloc(r->tallies, (r->tally_count + 1) * sizeof(*r->tallies));
	t = &r->tallies[r->tally_count++];
	*t = (struct queue_tally){.waiting = 0};
	snprintf(t->name, sizeof(t->name), "%s", name);
	return t;
}

int64_t queue_waited(const struct queue_report *r, const struct task *t)
{
	return (t->answered_ms ? t->answered_ms : r->now_ms) - t->created_ms;
}

bool queue_is_late(const struct queue_report *r, const struct task *t)
{
	return t->objective_ms && (t->answered_ms ? t->answered_ms : r->now_ms) - t->counted_ms > t->objective_ms;
}

static int take_task(void *ctx, const struct task *t)
{
	struct queue_report *r = ctx;
	struct queue_tally *tally;
	struct queue_row *row;

	if (r->name && strcmp(r->name, t->queue) != 0)
		return 0;
	tally = tally_of(r, t->queue);
	r->rows = xrealloc(r->rows, (r->row_count + 1) * sizeof(*r->rows));
	row = &r->rows[r->row_count++];
	*row = (struct queue_row){.task = *t};
	row->task.line = xstrdup(t->line);
	row->task.who = xstrdup(t->who);
	if (t->status == TASK_QUEUED)
		row->position = ++tally->waiting;
	else if (t->status == TASK_RESERVED)
		tally->reserved++;
	else
		tally->assigned++;
	if (!t->answered_ms) {
		tally->late += queue_is_late(r, t);
		if (queue_waited(r, t) > tally->longest_ms)
			tally->longest_ms = queue_waited(r, t);
	}
	return 0;
}

static bool is_asked_for(const struct queue_report *r, const char *queue)
{
	return !r->name || strcmp(r->name, queue) == 0;
}

static int take_record(void *ctx, const struct task_record *record)
{
	struct queue_report *r = ctx;

	if (is_asked_for(r, record->name)) {
		struct queue_tally *tally = tally_of(r, record->name);

		tally->record = *record;
		tally->record.name = NULL;
	}
	return 0;
}

static int take_offers(void *ctx, const struct offer_record *record)
{
	struct queue_report *r = ctx;

	if (is_asked_for(r, record->name)) {
		struct queue_tally *tally = tally_of(r, record->name);

		tally->offers = *record;
		tally->offers.name = NULL;
	}
	return 0;
}

/* Who could take something from a queue now. */
static void count_agents(struct queue_report *r, const struct desk *d, const struct crew *crew)
{
	for (size_t i = 0; i < r->tally_count; i++) {
		struct queue_tally *t = &r->tallies[i];
		const struct desk_queue *q = desk_queue(d, t->name);

		for (size_t n = 0; q && n < crew->count; n++) {
			const struct worker *w = &crew->workers[n];

			if (!worker_is_there(w) || !pick_is_of_queue(d, w, q))
				continue;
			t->agents++;
			t->free += w->load < w->capacity;
		}
	}
}

void queue_report_clear(struct queue_report *r)
{
	for (size_t i = 0; i < r->row_count; i++)
		task_clear(&r->rows[i].task);
	free(r->rows);
	free(r->tallies);
}

static void add_queue(struct queue_report *r, const struct desk *d, const struct desk_queue *q)
{
	struct queue_tally *t = tally_of(r, q->name);
	int64_t opens_ms = desk_opens_ms(d, &q->hours, r->now_ms);

	t->objective_ms = q->objective_ms;
	t->opens_ms = opens_ms == r->now_ms ? 0 : opens_ms;
}

static int read_store(struct queue_report *r, const struct desk *d, struct store *s, struct err *e)
{
	int64_t since_ms = r->now_ms - r->period_ms;
	struct crew crew = {0};
	int result = 0;

	if (store_begin_read(s, e) < 0 || task_each_open(s, take_task, r, e) < 0 ||
	    task_each_record(s, TASK_BY_QUEUE, since_ms, take_record, r, e) < 0 ||
	    offer_each_record(s, TASK_BY_QUEUE, since_ms, take_offers, r, e) < 0 || crew_load(&crew, d, s, r->now_ms, e) < 0)
		result = -1;
	if (result == 0)
		count_agents(r, d, &crew);
	crew_clear(&crew);
	return result < 0 ? -1 : store_commit(s, e);
}

int queue_report_read(struct queue_report *r, const struct desk *d, struct store *s, struct err *e)
{
	for (size_t i = 0; i < d->queue_count; i++) {
		const struct desk_queue *q = &d->queues[i];

		/* The one that is built in shows only when something is in it, or nothing else is there. */
		if (r->name ? strcmp(r->name, q->name) == 0 : !q->built_in || d->queue_count == 1)
			add_queue(r, d, q);
	}
	if (s && read_store(r, d, s, e) < 0)
		return -1;
	return r->tally_count > 0 ? 0 : err_set(e, EX_DATAERR, "no queue '%s'%s", err_quote(r->name), desk_queue_hint(d, r->name));
}

/* ---- lines ---- */

static void set_duration(json_t *line, const char *key, int64_t ms)
{
	char text[WHEN_SIZE];

	when_format_duration(ms, text);
	json_object_set_new(line, key, json_string(text));
}

static void set_average(json_t *line, const char *key, int64_t sum_ms, int64_t count)
{
	if (count > 0)
		set_duration(line, key, sum_ms / count);
}

static void set_count(json_t *line, const char *key, int64_t count)
{
	json_object_set_new(line, key, json_integer(count));
}

int queue_service_level(const struct queue_tally *t)
{
	int64_t all = t->record.in_time + t->record.late;

	return all > 0 ? (int)((t->record.in_time * 100 + all / 2) / all) : -1;
}

/* How it did lately. */
static void set_record(json_t *line, const struct queue_tally *t)
{
	set_count(line, "answered", t->record.answered);
	set_average(line, "answer_time", t->record.answer_ms, t->record.answered);
	set_count(line, "in_time", t->record.in_time);
	if (queue_service_level(t) >= 0)
		set_count(line, "service_level", queue_service_level(t));
	set_count(line, "lost", t->record.lost);
	set_count(line, "completed", t->record.completed);
	set_average(line, "handle_time", t->record.handle_ms, t->record.completed);
	set_count(line, "accepted", t->offers.accepted);
	set_count(line, "declined", t->offers.declined);
	set_count(line, "lapsed", t->offers.lapsed);
}

static int write_tally(const struct queue_tally *t, struct line_writer *out, struct err *e)
{
	json_t *line = json_pack("{s:s, s:s, s:I, s:I, s:I}", "type", "queue", "name", t->name, "waiting", (json_int_t)t->waiting, "reserved",
	    (json_int_t)t->reserved, "assigned", (json_int_t)t->assigned);
	char opens[WHEN_SIZE];
	int result;

	json_object_set_new(line, "open", json_boolean(!t->opens_ms));
	if (t->opens_ms && t->opens_ms != INT64_MAX) {
		when_format(t->opens_ms, opens);
		json_object_set_new(line, "opens", json_string(opens));
	}
	set_count(line, "agents", t->agents);
	set_count(line, "free", t->free);
	set_duration(line, "longest", t->longest_ms);
	if (t->objective_ms)
		set_duration(line, "sla", t->objective_ms);
	set_count(line, "late", t->late);
	set_record(line, t);
	result = line_write_json(out, line, e);
	json_decref(line);
	return result;
}

static int write_row(const struct queue_report *r, const struct queue_row *row, struct line_writer *out, struct err *e)
{
	struct line l = {row->task.line, strlen(row->task.line), 1};
	const struct task *t = &row->task;
	json_t *json = line_parse(&l, NULL), *line;
	const char *thread = envelope_text(json, "thread", NULL);
	int result;

	line = json_pack("{s:s, s:s, s:s, s:s, s:s}", "type", "task", "id", t->id, "status", task_status_name(t->status), "queue", t->queue,
	    "priority", urgency_name((enum urgency)t->priority));
	if (row->position)
		json_object_set_new(line, "position", json_integer(row->position));
	set_duration(line, "waited", queue_waited(r, t));
	if (t->objective_ms)
		json_object_set_new(line, "late", json_boolean(queue_is_late(r, t)));
	if (t->agent[0])
		json_object_set_new(line, "agent", json_string(t->agent));
	if (thread)
		json_object_set_new(line, "thread", json_string(thread));
	if (json_is_string(json_object_get(json, "reason")))
		json_object_set(line, "reason", json_object_get(json, "reason"));
	result = line_write_json(out, line, e);
	json_decref(line);
	json_decref(json);
	return result;
}

int queue_write(const struct desk *d, struct store *s, const struct queue_question *question, struct line_writer *out, struct err *e)
{
	struct queue_report r = queue_report_of(question);
	int result = queue_report_read(&r, d, s, e);

	for (size_t i = 0; result == 0 && i < r.tally_count; i++)
		result = write_tally(&r.tallies[i], out, e);
	for (size_t i = 0; result == 0 && i < r.row_count; i++)
		result = write_row(&r, &r.rows[i], out, e);
	queue_report_clear(&r);
	return result;
}
