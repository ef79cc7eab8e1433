/* The queues as tables, for a person. */
#include <stdio.h>
#include <string.h>

#include "common/assign/dossier.h"
#include "common/assign/queue_report.h"
#include "common/line/envelope.h"
#include "common/line/when.h"
#include "common/line/words.h"
#include "common/report/table.h"

#include "common/banned.h"

/* To the second: nobody reads milliseconds. */
static void draw_duration(struct table *t, enum terminal_style style, int64_t ms)
{
	char text[WHEN_SIZE];

	when_format_duration(ms - ms % WHEN_SECOND, text);
	table_cell(t, style, "%s", text);
}

static void draw_tally(struct table *table, const struct queue_tally *t)
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
	if (queue_service_level(t) >= 0)
		table_cell(table, TERMINAL_PLAIN, "%d %%", queue_service_level(t));
	else
		table_cell(table, TERMINAL_PLAIN, "%s", "");
	if (t->record.answered)
		draw_duration(table, TERMINAL_PLAIN, t->record.answer_ms / t->record.answered);
	else
		table_cell(table, TERMINAL_PLAIN, "%s", "");
	table_cell(table, t->free || !t->waiting ? TERMINAL_PLAIN : TERMINAL_WAIT, "%lld of %lld", (long long)t->free, (long long)t->agents);
}

static void draw_tallies(const struct queue_report *r, const struct terminal *terminal)
{
	static const struct table_column columns[] = {{"queue", TABLE_LEFT}, {"", TABLE_LEFT}, {"waiting", TABLE_RIGHT}, {"reserved", TABLE_RIGHT},
	    {"assigned", TABLE_RIGHT}, {"longest", TABLE_RIGHT}, {"sla", TABLE_RIGHT}, {"late", TABLE_RIGHT}, {"in time", TABLE_RIGHT},
	    {"answer", TABLE_RIGHT}, {"free", TABLE_RIGHT}};
	struct table t;

	table_init(&t, terminal, columns, COUNT_OF(columns));
	for (size_t i = 0; i < r->tally_count; i++)
		draw_tally(&t, &r->tallies[i]);
	table_print(&t, 0);
	table_clear(&t);
}

static void draw_row(struct table *table, const struct queue_report *r, const struct queue_row *row)
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
	draw_duration(table, queue_is_late(r, t) ? TERMINAL_BAD : TERMINAL_PLAIN, queue_waited(r, t));
	table_cell(table, t->status == TASK_ASSIGNED ? TERMINAL_GOOD : TERMINAL_WAIT, "%s", task_status_name(t->status));
	table_foreign(table, t->agent, 24);
	table_foreign(table, envelope_text(contact, "name", t->who), 24);
	table_foreign(table, envelope_text(json, "reason", ""), 32);
	json_decref(json);
}

int queue_draw(const struct desk *d, struct store *s, const struct queue_question *question, const struct terminal *terminal,
    struct err *e)
{
	static const struct table_column columns[] = {{"queue", TABLE_LEFT}, {"#", TABLE_RIGHT}, {"task", TABLE_LEFT},
	    {"priority", TABLE_LEFT}, {"waited", TABLE_RIGHT}, {"status", TABLE_LEFT}, {"agent", TABLE_LEFT}, {"who", TABLE_LEFT},
	    {"reason", TABLE_LEFT}};
	struct queue_report r = queue_report_of(question);
	int result = queue_report_read(&r, d, s, e);
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
	queue_report_clear(&r);
	return result;
}
