/* The agents, as lines and as a table. */
#include <string.h>
#include <time.h>

#include "common/assign/roster.h"
#include "common/line/when.h"
#include "common/report/table.h"
#include "common/xalloc.h"

#include "common/banned.h"

static int load_some(const struct desk *d, struct store *s, const char *id, struct crew *crew, int64_t now_ms,
    struct err *e)
{
	if (store_begin_read(s, e) < 0 || crew_load(crew, d, s, now_ms, e) < 0 || store_commit(s, e) < 0)
		return -1;
	return id && !crew_find(crew, id) ? err_set(e, EX_DATAERR, "no agent '%s'", err_quote(id)) : 0;
}

static bool is_asked_for(const struct worker *w, const char *id)
{
	return !id || strcmp(w->row.id, id) == 0;
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

static int write_worker(const struct worker *w, struct line_writer *out, struct err *e)
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
	result = line_write_json(out, line, e);
	json_decref(line);
	return result;
}

int roster_write(const struct desk *d, struct store *s, const char *id, int64_t now_ms, struct line_writer *out, struct err *e)
{
	struct crew crew = {0};
	int result = load_some(d, s, id, &crew, now_ms, e);

	for (size_t i = 0; result == 0 && i < crew.count; i++)
		if (is_asked_for(&crew.workers[i], id))
			result = write_worker(&crew.workers[i], out, e);
	crew_clear(&crew);
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

static void draw_worker(struct table *t, const struct worker *w)
{
	table_foreign(t, w->row.id, 24);
	draw_status(t, w);
	table_cell(t, TERMINAL_PLAIN, "%u/%u", w->load, w->capacity);
	draw_words(t, json_object_get(w->json, "skills"), json_object_get(w->json, "levels"));
	draw_words(t, json_object_get(w->json, "langs"), NULL);
}

int roster_draw(const struct desk *d, struct store *s, const char *id, int64_t now_ms, const struct terminal *terminal,
    struct err *e)
{
	static const struct table_column columns[] = {
	    {"agent", TABLE_LEFT}, {"status", TABLE_LEFT}, {"tasks", TABLE_RIGHT}, {"skills", TABLE_LEFT}, {"langs", TABLE_LEFT}};
	struct crew crew = {0};
	struct table t;
	int result = load_some(d, s, id, &crew, now_ms, e);

	table_init(&t, terminal, columns, COUNT_OF(columns));
	for (size_t i = 0; result == 0 && i < crew.count; i++)
		if (is_asked_for(&crew.workers[i], id))
			draw_worker(&t, &crew.workers[i]);
	if (result == 0 && crew.count > 0)
		table_print(&t, 0);
	table_clear(&t);
	crew_clear(&crew);
	return result;
}
