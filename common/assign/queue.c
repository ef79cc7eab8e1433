#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/assign/dossier.h"
#include "common/assign/queue.h"
#include "common/line/envelope.h"
#include "common/line/when.h"
#include "common/line/words.h"
#include "common/report/table.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define RECORD_MS (24 * WHEN_HOUR)      /* what the share of those answered in time is about */

struct row {
	struct task task;
	int64_t position;       /* of those that wait, from 1; 0 */
};

struct tally {
	char name[ASSIGN_NAME];
	int64_t objective_ms;
	int64_t opens_ms;       /* when it is closed; 0 */
	int64_t waiting, reserved, assigned, late, longest_ms;
	int64_t answered, in_time, lost;
};

struct queue_report {
	const char *name;       /* the only one asked for, or NULL */
	int64_t now_ms;
	struct row *rows;
	size_t row_count;
	struct tally *tallies;
	size_t tally_count;
};

static struct tally *tally_of(struct queue_report *r, const char *name)
{
	struct tally *t;

	for (size_t i = 0; i < r->tally_count; i++)
		if (strcmp(r->tallies[i].name, name) == 0)
			return &r->tallies[i];
	r->tallies = xrealloc(r->tallies, (r->tally_count + 1) * sizeof(*r->tallies));
	t = &r->tallies[r->tally_count++];
	*t = (struct tally){.waiting = 0};
	snprintf(t->name, sizeof(t->name), "%s", name);
	return t;
}

static int64_t waited(const struct queue_report *r, const struct task *t)
{
	return (t->answered_ms ? t->answered_ms : r->now_ms) - t->created_ms;
}

static bool is_late(const struct queue_report *r, const struct task *t)
{
	return t->objective_ms && (t->answered_ms ? t->answered_ms : r->now_ms) - t->counted_ms > t->objective_ms;
}

static int take_task(void *ctx, const struct task *t)
{
	struct queue_report *r = ctx;
	struct tally *tally;
	struct row *row;

	if (r->name && strcmp(r->name, t->queue) != 0)
		return 0;
	tally = tally_of(r, t->queue);
	r->rows = xrealloc(r->rows, (r->row_count + 1) * sizeof(*r->rows));
	row = &r->rows[r->row_count++];
	*row = (struct row){.task = *t};
	row->task.line = xstrdup(t->line);
	row->task.who = xstrdup(t->who);
	if (t->status == TASK_QUEUED)
		row->position = ++tally->waiting;
	else if (t->status == TASK_RESERVED)
		tally->reserved++;
	else
		tally->assigned++;
	if (!t->answered_ms) {
		tally->late += is_late(r, t);
		if (waited(r, t) > tally->longest_ms)
			tally->longest_ms = waited(r, t);
	}
	return 0;
}

static int take_record(void *ctx, const struct task_record *record)
{
	struct queue_report *r = ctx;
	struct tally *tally;

	if (r->name && strcmp(r->name, record->queue) != 0)
		return 0;
	tally = tally_of(r, record->queue);
	tally->answered = record->answered;
	tally->in_time = record->in_time;
	tally->lost = record->lost;
	return 0;
}

static void report_clear(struct queue_report *r)
{
	for (size_t i = 0; i < r->row_count; i++)
		task_clear(&r->rows[i].task);
	free(r->rows);
	free(r->tallies);
}

static void add_queue(struct queue_report *r, const struct desk *d, const struct desk_queue *q)
{
	struct tally *t = tally_of(r, q->name);
	int64_t opens_ms = desk_opens_ms(d, &q->hours, r->now_ms);

	t->objective_ms = q->objective_ms;
	t->opens_ms = opens_ms == r->now_ms ? 0 : opens_ms;
}

/* `s` NULL: nothing has come yet. */
static int report_read(struct queue_report *r, const struct desk *d, struct store *s, struct err *e)
{
	for (size_t i = 0; i < d->queue_count; i++) {
		const struct desk_queue *q = &d->queues[i];

		/* The one that is built in shows only when something is in it, or nothing else is there. */
		if (r->name ? strcmp(r->name, q->name) == 0 : !q->built_in || d->queue_count == 1)
			add_queue(r, d, q);
	}
	if (s && (store_begin_read(s, e) < 0 || task_each_open(s, take_task, r, e) < 0 ||
	    task_each_record(s, r->now_ms - RECORD_MS, take_record, r, e) < 0 || store_commit(s, e) < 0))
		return -1;
	return r->tally_count > 0 ? 0 : err_set(e, EX_DATAERR, "no queue '%s'", err_quote(r->name));
}

/* ---- lines ---- */

static void set_duration(json_t *line, const char *key, int64_t ms)
{
	char text[WHEN_SIZE];

	when_format_duration(ms, text);
	json_object_set_new(line, key, json_string(text));
}

static int write_tally(const struct tally *t, struct line_writer *out, struct err *e)
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
	set_duration(line, "longest", t->longest_ms);
	json_object_set_new(line, "lost", json_integer(t->lost));
	if (t->objective_ms)
		set_duration(line, "sla", t->objective_ms);
	json_object_set_new(line, "late", json_integer(t->late));
	json_object_set_new(line, "answered", json_integer(t->answered));
	json_object_set_new(line, "in_time", json_integer(t->in_time));
	result = line_write_json(out, line, e);
	json_decref(line);
	return result;
}

static int write_row(const struct queue_report *r, const struct row *row, struct line_writer *out, struct err *e)
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
	set_duration(line, "waited", waited(r, t));
	if (t->objective_ms)
		json_object_set_new(line, "late", json_boolean(is_late(r, t)));
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

int queue_write(const struct desk *d, struct store *s, const char *name, int64_t now_ms, struct line_writer *out, struct err *e)
{
	struct queue_report r = {.name = name, .now_ms = now_ms};
	int result = report_read(&r, d, s, e);

	for (size_t i = 0; result == 0 && i < r.tally_count; i++)
		result = write_tally(&r.tallies[i], out, e);
	for (size_t i = 0; result == 0 && i < r.row_count; i++)
		result = write_row(&r, &r.rows[i], out, e);
	report_clear(&r);
	return result;
}

/* ---- tables ---- */

/* To the second: nobody reads milliseconds. */
static void draw_duration(struct table *t, enum terminal_style style, int64_t ms)
{
	char text[WHEN_SIZE];

	when_format_duration(ms - ms % WHEN_SECOND, text);
	table_cell(t, style, "%s", text);
}

static void draw_tally(struct table *table, const struct tally *t)
{
	table_foreign(table, t->name, 24);
	table_cell(table, TERMINAL_STOP, "%s", t->opens_ms ? "closed" : "");
	table_cell(table, TERMINAL_PLAIN, "%lld", (long long)t->waiting);
	table_cell(table, TERMINAL_PLAIN, "%lld", (long long)t->reserved);
	table_cell(table, TERMINAL_PLAIN, "%lld", (long long)t->assigned);
	draw_duration(table, TERMINAL_PLAIN, t->longest_ms);
	if (t->objective_ms)
		draw_duration(table, TERMINAL_PLAIN, t->objective_ms);
	else
		table_cell(table, TERMINAL_PLAIN, "%s", "");
	table_cell(table, t->late ? TERMINAL_BAD : TERMINAL_PLAIN, "%lld", (long long)t->late);
	if (t->answered)
		table_cell(table, TERMINAL_PLAIN, "%lld of %lld", (long long)t->in_time, (long long)t->answered);
	else
		table_cell(table, TERMINAL_PLAIN, "%s", "");
}

static void draw_tallies(const struct queue_report *r, const struct terminal *terminal)
{
	static const struct table_column columns[] = {{"queue", TABLE_LEFT}, {"", TABLE_LEFT}, {"waiting", TABLE_RIGHT}, {"reserved", TABLE_RIGHT},
	    {"assigned", TABLE_RIGHT}, {"longest", TABLE_RIGHT}, {"sla", TABLE_RIGHT}, {"late", TABLE_RIGHT}, {"in time", TABLE_RIGHT}};
	struct table t;

	table_init(&t, terminal, columns, COUNT_OF(columns));
	for (size_t i = 0; i < r->tally_count; i++)
		draw_tally(&t, &r->tallies[i]);
	table_print(&t, 0);
	table_clear(&t);
}

static void draw_row(struct table *table, const struct queue_report *r, const struct row *row)
{
	struct line l = {row->task.line, strlen(row->task.line), 1};
	const struct task *t = &row->task;
	json_t *json = line_parse(&l, NULL);
	const json_t *contact = dossier_contact(json);

	table_foreign(table, t->queue, 24);
	if (row->position)
		table_cell(table, TERMINAL_PLAIN, "%lld", (long long)row->position);
	else
		table_cell(table, TERMINAL_PLAIN, "-");
	table_foreign(table, t->id, 26);
	table_cell(table, t->priority > URGENCY_NORMAL ? TERMINAL_BAD : TERMINAL_PLAIN, "%s", urgency_name((enum urgency)t->priority));
	draw_duration(table, is_late(r, t) ? TERMINAL_BAD : TERMINAL_PLAIN, waited(r, t));
	table_cell(table, t->status == TASK_ASSIGNED ? TERMINAL_GOOD : TERMINAL_WAIT, "%s", task_status_name(t->status));
	table_foreign(table, t->agent, 24);
	table_foreign(table, envelope_text(contact, "name", t->who), 24);
	table_foreign(table, envelope_text(json, "reason", ""), 32);
	json_decref(json);
}

int queue_draw(const struct desk *d, struct store *s, const char *name, int64_t now_ms, const struct terminal *terminal,
    struct err *e)
{
	static const struct table_column columns[] = {{"queue", TABLE_LEFT}, {"#", TABLE_RIGHT}, {"task", TABLE_LEFT},
	    {"priority", TABLE_LEFT}, {"waited", TABLE_RIGHT}, {"status", TABLE_LEFT}, {"agent", TABLE_LEFT}, {"who", TABLE_LEFT},
	    {"reason", TABLE_LEFT}};
	struct queue_report r = {.name = name, .now_ms = now_ms};
	int result = report_read(&r, d, s, e);
	struct table t;

	if (result == 0) {
		draw_tallies(&r, terminal);
		table_init(&t, terminal, columns, COUNT_OF(columns));
		for (size_t i = 0; i < r.row_count; i++)
			draw_row(&t, &r, &r.rows[i]);
		if (r.row_count > 0) {
			fputc('\n', terminal->out);
			table_print(&t, 0);
		}
		table_clear(&t);
	}
	report_clear(&r);
	return result;
}
