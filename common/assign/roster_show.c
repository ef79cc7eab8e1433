/* The agents, as lines and as a table. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/assign/roster.h"
#include "common/line/when.h"
#include "common/report/table.h"
#include "common/xalloc.h"

#include "common/banned.h"

/* What somebody did in the period. */
struct deed {
	struct task_record tasks;
	struct offer_record offers;
};

struct roster {
	const struct roster_question *question;
	struct crew crew;
	struct deed *deeds;     /* of the crew, in its order; NULL: they were not asked for */
};

static struct deed *deed_of(const struct roster *r, const char *agent)
{
	const struct worker *w = crew_find(&r->crew, agent);

	return w ? &r->deeds[w - r->crew.workers] : NULL;
}

static int take_tasks(void *ctx, const struct task_record *record)
{
	struct deed *deed = deed_of(ctx, record->name);

	if (deed)
		deed->tasks = *record;
	return 0;
}

static int take_offers(void *ctx, const struct offer_record *record)
{
	struct deed *deed = deed_of(ctx, record->name);

	if (deed)
		deed->offers = *record;
	return 0;
}

static int load_deeds(struct roster *r, struct store *s, struct err *e)
{
	int64_t since_ms = r->question->now_ms - r->question->period_ms;

	if (!r->question->period_ms)
		return 0;
	r->deeds = xcalloc(r->crew.count + 1, sizeof(*r->deeds));
	if (task_each_record(s, TASK_BY_AGENT, since_ms, take_tasks, r, e) < 0)
		return -1;
	return offer_each_record(s, TASK_BY_AGENT, since_ms, take_offers, r, e);
}

static int load(struct roster *r, const struct desk *d, struct store *s, struct err *e)
{
	const char *id = r->question->id;

	if (store_begin_read(s, e) < 0 || crew_load(&r->crew, d, s, r->question->now_ms, e) < 0 || load_deeds(r, s, e) < 0 ||
	    store_commit(s, e) < 0)
		return -1;
	if (!id || crew_find(&r->crew, id))
		return 0;
	return err_set(e, EX_DATAERR, "no agent '%s'%s", err_quote(id), crew_hint(&r->crew, id));
}

static void clear(struct roster *r)
{
	free(r->deeds);
	crew_clear(&r->crew);
}

static bool is_asked_for(const struct roster *r, size_t i)
{
	return !r->question->id || strcmp(r->crew.workers[i].row.id, r->question->id) == 0;
}

static const struct deed *deed_at(const struct roster *r, size_t i)
{
	return r->deeds ? &r->deeds[i] : NULL;
}

static void set_time(json_t *line, const char *key, int64_t ms)
{
	char text[WHEN_SIZE];

	if (!ms || ms == INT64_MAX)
		return;
	when_format(ms, text);
	json_object_set_new(line, key, json_string(text));
}

/* Of a list the levels are all the same and say nothing. */
static bool has_levels(const struct worker *w)
{
	const char *skill;
	json_t *level;

	json_object_foreach(json_object_get(w->json, "levels"), skill, level)
		if (json_integer_value(level) != 1)
			return true;
	return false;
}

static void set_deed(json_t *line, const struct deed *deed)
{
	char text[WHEN_SIZE];

	json_object_set_new(line, "accepted", json_integer(deed->offers.accepted));
	json_object_set_new(line, "declined", json_integer(deed->offers.declined));
	json_object_set_new(line, "lapsed", json_integer(deed->offers.lapsed));
	json_object_set_new(line, "completed", json_integer(deed->tasks.completed));
	if (!deed->tasks.completed)
		return;
	when_format_duration(deed->tasks.handle_ms / deed->tasks.completed, text);
	json_object_set_new(line, "handle_time", json_string(text));
}

static int write_worker(const struct worker *w, const struct deed *deed, struct line_writer *out, struct err *e)
{
	json_t *line = json_pack("{s:s, s:s, s:s, s:i}", "type", "agent", "id", w->row.id, "status", agent_status_name(w->status), "tasks",
	    (int)w->load);
	int result;

	json_object_update_missing(line, w->json);
	if (w->to)
		json_object_set(line, "to", w->to);
	if (!has_levels(w))
		json_object_del(line, "levels");
	if (w->wrapping)
		json_object_set_new(line, "wrapping", json_integer(w->wrapping));
	set_time(line, "until", w->until_ms);
	if (w->plan && w->plan->hours.some)
		json_object_set_new(line, "working", json_boolean(!w->begins_ms));
	set_time(line, "begins", w->begins_ms);
	if (deed)
		set_deed(line, deed);
	result = line_write_json(out, line, e);
	json_decref(line);
	return result;
}

int roster_write(const struct desk *d, struct store *s, const struct roster_question *question, struct line_writer *out, struct err *e)
{
	struct roster r = {.question = question};
	int result = load(&r, d, s, e);

	for (size_t i = 0; result == 0 && i < r.crew.count; i++)
		if (is_asked_for(&r, i))
			result = write_worker(&r.crew.workers[i], deed_at(&r, i), out, e);
	clear(&r);
	return result;
}

static void draw_words(struct table *t, const json_t *list, const json_t *levels)
{
	struct buf b;
	const json_t *word;
	size_t i;

	buf_init(&b, 4096);
	json_array_foreach(list, i, word) {
		const char *text = json_string_value(word);
		json_int_t level = text ? json_integer_value(json_object_get(levels, text)) : 0;

		buf_addf(&b, "%s%s", i ? ", " : "", text ? text : "");
		if (level > 1)
			buf_addf(&b, " %d", (int)level);
	}
	table_foreign(t, b.data, 40);
	buf_clear(&b);
}

/* "at 18:00", of today; else with the day. By this machine's clock. */
static void format_hour(int64_t ms, char *ret_text, size_t size)
{
	time_t at = (time_t)(ms / 1000), now = time(NULL);
	struct tm then, today;

	localtime_r(&at, &then);
	localtime_r(&now, &today);
	strftime(ret_text, size, then.tm_yday == today.tm_yday && then.tm_year == today.tm_year ? "%H:%M" : "%a %H:%M", &then);
}

/* What somebody wants to know who wonders why this one gets nothing. */
static void draw_status(struct table *t, const struct worker *w)
{
	const char *name = agent_status_name(w->status);
	char hour[32];

	if (w->until_ms) {
		format_hour(w->until_ms, hour, sizeof(hour));
		table_cell(t, worker_is_there(w) ? TERMINAL_GOOD : TERMINAL_DIM, "%s until %s", name, hour);
	} else if (w->begins_ms == INT64_MAX) {
		table_cell(t, TERMINAL_DIM, "%s, never at work", name);
	} else if (w->begins_ms) {
		format_hour(w->begins_ms, hour, sizeof(hour));
		table_cell(t, TERMINAL_DIM, "%s, off until %s", name, hour);
	} else {
		table_cell(t, worker_is_there(w) ? TERMINAL_GOOD : TERMINAL_DIM, "%s%s", name, w->wrapping ? ", in wrap-up" : "");
	}
}

static void draw_deed(struct table *t, const struct deed *deed)
{
	int64_t completed = deed->tasks.completed, average_ms = completed ? deed->tasks.handle_ms / completed : 0;
	char text[WHEN_SIZE];

	when_format_duration(average_ms - average_ms % WHEN_SECOND, text);
	table_cell(t, TERMINAL_PLAIN, "%lld", (long long)deed->offers.accepted);
	table_cell(t, TERMINAL_PLAIN, "%lld", (long long)deed->offers.declined);
	table_cell(t, deed->offers.lapsed ? TERMINAL_WAIT : TERMINAL_PLAIN, "%lld", (long long)deed->offers.lapsed);
	table_cell(t, TERMINAL_PLAIN, "%lld", (long long)completed);
	table_cell(t, TERMINAL_PLAIN, "%s", completed ? text : "");
}

static void draw_worker(struct table *t, const struct worker *w, const struct deed *deed)
{
	table_foreign(t, w->row.id, 24);
	draw_status(t, w);
	table_cell(t, TERMINAL_PLAIN, "%u/%u", w->load, w->capacity);
	draw_words(t, json_object_get(w->json, "skills"), json_object_get(w->json, "levels"));
	draw_words(t, json_object_get(w->json, "langs"), NULL);
	if (deed)
		draw_deed(t, deed);
}

int roster_draw(const struct desk *d, struct store *s, const struct roster_question *question, const struct terminal *terminal,
    struct err *e)
{
	static const struct table_column columns[] = {{"agent", TABLE_LEFT}, {"status", TABLE_LEFT}, {"tasks", TABLE_RIGHT},
	    {"skills", TABLE_LEFT}, {"langs", TABLE_LEFT}, {"accepted", TABLE_RIGHT}, {"declined", TABLE_RIGHT},
	    {"lapsed", TABLE_RIGHT}, {"completed", TABLE_RIGHT}, {"each", TABLE_RIGHT}};
	struct roster r = {.question = question};
	int result = load(&r, d, s, e);
	struct table t;

	table_init(&t, terminal, columns, COUNT_OF(columns) - (r.deeds ? 0 : 5));
	for (size_t i = 0; result == 0 && i < r.crew.count; i++)
		if (is_asked_for(&r, i))
			draw_worker(&t, &r.crew.workers[i], deed_at(&r, i));
	if (result == 0 && r.crew.count > 0)
		table_print(&t, 0);
	table_clear(&t);
	clear(&r);
	return result;
}
