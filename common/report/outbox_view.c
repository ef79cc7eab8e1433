#include <stdio.h>
#include <string.h>

#include "common/address/address.h"
#include "common/line/envelope.h"
#include "common/line/plan.h"
#include "common/line/when.h"
#include "common/report/outbox_view.h"
#include "common/report/report.h"
#include "common/report/table.h"
#include "common/store/outbox_list.h"

#include "common/banned.h"

#define MOST_ROWS 200           /* of a table; programs get them all */

static const char *const states[] = {
    [OUTBOX_QUEUED] = "queued",
    [OUTBOX_HELD] = "held",
    [OUTBOX_IN_FLIGHT] = "in-flight",
    [OUTBOX_ACCEPTED] = "accepted",
    [OUTBOX_UNKNOWN] = "unknown",
};

/* One row as it is told. */
struct told {
	const struct outbox_waiting *w;
	json_t *message, *plan;
	unsigned legs;
	int64_t due_ms;
	const char *channel, *why;
	char to[ADDRESS_BYTES];
	char class[24], code[96];       /* of the last trouble, or "" */
};

static void split_trouble(const char *why, struct told *t)
{
	size_t len = strcspn(why, " ");

	snprintf(t->class, sizeof(t->class), "%.*s", (int)len, why);
	snprintf(t->code, sizeof(t->code), "%s", why + len + (why[len] == ' '));
}

/* Which word of msg-send(1) says what it waits for. */
static const char *why_of(const struct told *t)
{
	const struct outbox_row *r = &t->w->row;

	switch (r->state) {
	case OUTBOX_HELD:
		if (t->w->carried)
			return "answer";
		return strcmp(t->class, "policy") != 0 ? "at" : strcmp(t->code, "cap") == 0 ? "cap" : "hours";
	case OUTBOX_IN_FLIGHT:
		return "answer";
	case OUTBOX_UNKNOWN:
		return "unknown";
	case OUTBOX_ACCEPTED:
		return plan_group_end(t->plan, r->leg) < t->legs && !t->w->withdrawn ? "turn" : "receipt";
	default:
		break;
	}
	if (strcmp(t->code, "breaker-open") == 0)
		return "breaker";
	/* A lease that outlives its process: who has it in hand lets it go as fast as the rates allow. */
	if (strcmp(t->class, "rate") == 0 || r->lease_ms >= OUTBOX_NEVER - 1)
		return "rate";
	if (r->reached == STATUS_UNKNOWN)
		return "unknown";
	return *t->class && r->attempt > 0 ? "retry" : "ready";
}

/* Of a leg that has its turn one wants to know when that is, not when the one before it is asked about. */
static int64_t due_of(const struct told *t)
{
	const struct outbox_row *r = &t->w->row;
	int64_t wait = envelope_duration_ms(json_array_get(t->plan, r->leg), "wait", -1);

	if (strcmp(t->why, "turn") != 0)
		return r->due_ms;
	return wait < 0 || !r->started_ms ? OUTBOX_NEVER : r->started_ms + wait;
}

static void tell(const struct outbox_view *q, const struct outbox_waiting *w, struct told *t)
{
	const json_t *leg;
	struct address a;

	*t = (struct told){.w = w, .message = json_loads(w->row.line, 0, NULL)};
	t->plan = w->row.plan ? json_loads(w->row.plan, 0, NULL) : json_incref(json_object_get(t->message, "plan"));
	t->legs = (unsigned)json_array_size(t->plan);
	leg = json_array_get(t->plan, w->row.leg);
	t->channel = envelope_text(leg, "channel", "");
	if (address_of_channel(t->channel, envelope_text(leg, "address", ""), &a, NULL) == 0)
		snprintf(t->to, sizeof(t->to), "%s", q->whole ? a.text : address_masked(a.text));
	split_trouble(w->why, t);
	t->why = why_of(t);
	t->due_ms = due_of(t);
}

static void told_clear(struct told *t)
{
	json_decref(t->message);
	json_decref(t->plan);
}

static void set_time(json_t *line, const char *key, int64_t ms)
{
	char text[WHEN_SIZE];

	when_format(ms, text);
	json_object_set_new(line, key, json_string(text));
}

struct writing {
	const struct outbox_view *view;
	struct line_writer *out;
	struct err *e;
	int result;
};

static int write_one(void *ctx, const struct outbox_waiting *w)
{
	struct writing *writing = ctx;
	struct told t;
	json_t *line;

	tell(writing->view, w, &t);
	line = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i}", "type", "outbox", "message", w->row.message, "state",
	    states[w->row.state], "why", t.why, "channel", t.channel, "leg", (int)w->row.leg, "legs", (int)t.legs, "attempts",
	    (int)w->row.attempt);
	if (*t.to)
		json_object_set_new(line, "to", json_string(t.to));
	if (!address_looks_like(w->row.recipient))
		json_object_set_new(line, "contact", json_string(w->row.recipient));
	set_time(line, "since", w->row.created_ms);
	if (t.due_ms != OUTBOX_NEVER)
		set_time(line, "due", t.due_ms);
	if (*t.class && w->row.state != OUTBOX_ACCEPTED)
		json_object_set_new(line, "error", json_pack("{s:s, s:s*}", "class", t.class, "code", *t.code ? t.code : NULL));
	writing->result = line_write_json(writing->out, line, writing->e);
	json_decref(line);
	told_clear(&t);
	return writing->result;
}

int outbox_view_lines(const struct outbox_view *q, struct line_writer *out, struct err *e)
{
	struct writing w = {.view = q, .out = out, .e = e};

	if (q->store && outbox_each_waiting(q->store, write_one, &w, e) < 0)
		return -1;
	return w.result < 0 ? -1 : line_flush(out, e);
}

struct drawing {
	const struct outbox_view *view;
	struct table table;
	int64_t rows;
};

static void time_cell(struct table *t, int64_t ms, int64_t now_ms)
{
	char span[REPORT_SPAN];

	if (ms == OUTBOX_NEVER) {
		table_cell(t, TERMINAL_DIM, "-");
		return;
	}
	if (ms > now_ms - WHEN_SECOND && ms <= now_ms) {
		table_cell(t, TERMINAL_PLAIN, "now");
		return;
	}
	report_span(ms > now_ms ? ms - now_ms : now_ms - ms, span);
	table_cell(t, TERMINAL_PLAIN, ms > now_ms ? "in %s" : "%s ago", span);
}

static void why_cell(struct table *t, const struct told *told)
{
	const struct outbox_row *r = &told->w->row;
	bool trouble = strcmp(told->why, "retry") == 0 || strcmp(told->why, "rate") == 0 || strcmp(told->why, "breaker") == 0;
	char text[160];

	if (strcmp(told->why, "turn") == 0)
		snprintf(text, sizeof(text), "turn of leg %u of %u", r->leg + 2, told->legs);
	else if (trouble && strcmp(told->why, told->class) != 0)
		snprintf(text, sizeof(text), "%s: %s %s", told->why, told->class, told->code);
	else
		snprintf(text, sizeof(text), "%s %s", told->why, trouble ? told->code : "");
	table_foreign(t, text, 40);
}

static enum terminal_style style_of(enum outbox_state state)
{
	return state == OUTBOX_UNKNOWN ? TERMINAL_BAD : state == OUTBOX_ACCEPTED ? TERMINAL_GOOD : TERMINAL_WAIT;
}

static int draw_one(void *ctx, const struct outbox_waiting *w)
{
	struct drawing *d = ctx;
	struct told t;

	if (d->rows++ >= MOST_ROWS)
		return 0;
	tell(d->view, w, &t);
	table_foreign(&d->table, w->row.message, 26);
	table_foreign(&d->table, address_looks_like(w->row.recipient) ? t.to : w->row.recipient, 28);
	table_foreign(&d->table, t.channel, 12);
	table_cell(&d->table, style_of(w->row.state), "%s", states[w->row.state]);
	time_cell(&d->table, w->row.created_ms, d->view->now_ms);
	time_cell(&d->table, t.due_ms, d->view->now_ms);
	why_cell(&d->table, &t);
	told_clear(&t);
	return 0;
}

int outbox_view_draw(const struct outbox_view *q, const struct terminal *terminal, struct err *e)
{
	static const struct table_column columns[] = {{"message", TABLE_LEFT}, {"to", TABLE_LEFT}, {"channel", TABLE_LEFT},
	    {"state", TABLE_LEFT}, {"since", TABLE_RIGHT}, {"due", TABLE_RIGHT}, {"why", TABLE_LEFT}};
	struct drawing d = {.view = q};
	int result = 0;

	table_init(&d.table, terminal, columns, COUNT_OF(columns));
	if (q->store && outbox_each_waiting(q->store, draw_one, &d, e) < 0)
		result = -1;
	else if (d.rows == 0)
		fputs("nothing waits\n", terminal->out);
	else
		table_print(&d.table, 1);
	if (result == 0 && d.rows > MOST_ROWS)
		fprintf(terminal->out, "\n %lld more\n", (long long)(d.rows - MOST_ROWS));
	table_clear(&d.table);
	return result;
}
