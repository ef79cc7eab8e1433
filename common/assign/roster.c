#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/address/address.h"
#include "common/assign/roster.h"
#include "common/line/envelope.h"
#include "common/report/table.h"
#include "common/xalloc.h"

#include "common/banned.h"

/* "es, billing": a list; what stands between commas alone is no word. */
static json_t *split(const char *text)
{
	json_t *list = json_array();

	for (;;) {
		size_t len;

		text += strspn(text, ", ");
		if (!*text)
			return list;
		len = strcspn(text, ",");
		while (len > 0 && text[len - 1] == ' ')
			len--;
		json_array_append_new(list, json_stringn(text, len));
		text += len;
	}
}

static int check_words(const char *option, const char *text, bool lang, struct err *e)
{
	json_t *list = split(text ? text : ""), *word;
	int result = 0;
	size_t i;

	json_array_foreach(list, i, word) {
		json_t *contact = lang ? json_pack("{s:O}", "lang", word) : json_object();

		if (!json_is_string(word) || !id_valid(json_string_value(word)) || envelope_check_contact(contact, NULL) < 0)
			result = err_set(e, EX_USAGE, "--%s: not %s: '%s'", option, lang ? "a language" : "a word", err_quote(text));
		json_decref(contact);
	}
	json_decref(list);
	return result;
}

static bool sets_something(const struct roster_change *c)
{
	return c->status || c->skills || c->langs || c->to || c->capacity >= 0;
}

bool roster_says_something(const struct roster_change *c)
{
	return c->reset || sets_something(c);
}

int roster_check(const char *id, const struct roster_change *change, struct err *e)
{
	struct address a;

	if (!id_valid(id))
		return err_set(e, EX_USAGE, "not an agent's name: '%s'", err_quote(id));
	if (change->status && agent_status_parse(change->status) < 0)
		return err_set(e, EX_USAGE, "--status: not available, busy, away or offline: '%s'", err_quote(change->status));
	if (change->to && (!*change->to || strpbrk(change->to, "\r\n")))
		return err_set(e, EX_USAGE, "--to: not a contact or an address: '%s'", err_quote(change->to));
	if (change->to && address_looks_like(change->to) && address_parse(change->to, &a, e) < 0) {
		e->code = EX_USAGE;
		return err_at(e, "--to: ");
	}
	return check_words("skills", change->skills, false, e) < 0 ? -1 : check_words("langs", change->langs, true, e);
}

static void set_new(struct worker *w, const char *key, json_t *value)
{
	worker_set(w, key, value);
	json_decref(value);
}

static void apply(struct worker *w, const struct roster_change *change)
{
	if (change->reset)
		task_set(&w->row.own, "{}");
	if (change->status)
		set_new(w, "status", json_string(change->status));
	if (change->skills)
		set_new(w, "skills", split(change->skills));
	if (change->langs)
		set_new(w, "langs", split(change->langs));
	if (change->to)
		set_new(w, "to", json_string(change->to));
	if (change->capacity >= 0)
		set_new(w, "capacity", json_integer(change->capacity));
	w->row.misses = 0;
}

static int nobody(const char *id, struct err *e)
{
	return err_set(e, EX_DATAERR, "no agent '%s'", err_quote(id));
}

static bool is_in_file(const struct desk *d, const char *id)
{
	for (size_t i = 0; i < d->agent_count; i++)
		if (strcmp(d->agents[i].id, id) == 0)
			return true;
	return false;
}

int roster_set(const struct desk *d, struct store *s, const char *id, const struct roster_change *change, struct err *e)
{
	struct crew crew = {0};
	struct worker new = {0}, *w;
	int result;

	if (store_begin(s, e) < 0 || crew_load(&crew, d, s, e) < 0) {
		crew_clear(&crew);
		return -1;
	}
	w = crew_find(&crew, id);
	if (!w && sets_something(change)) {
		snprintf(new.row.id, sizeof(new.row.id), "%s", id);
		new.row.own = xstrdup("{}");
		new.json = json_object();
		w = &new;
	}
	if (w) {
		apply(w, change);
		result = worker_save(w, s, e);
	} else {
		result = nobody(id, e);
	}
	agent_row_clear(&new.row);
	json_decref(new.json);
	json_decref(new.to);
	crew_clear(&crew);
	if (result < 0 || store_commit(s, e) < 0)
		return -1;
	return change->reset && !sets_something(change) && !is_in_file(d, id);
}

static int load_some(const struct desk *d, struct store *s, const char *id, struct crew *crew, struct err *e)
{
	if (store_begin_read(s, e) < 0 || crew_load(crew, d, s, e) < 0 || store_commit(s, e) < 0)
		return -1;
	return id && !crew_find(crew, id) ? nobody(id, e) : 0;
}

static bool is_asked_for(const struct worker *w, const char *id)
{
	return !id || strcmp(w->row.id, id) == 0;
}

static int write_worker(const struct worker *w, struct line_writer *out, struct err *e)
{
	json_t *line = json_pack("{s:s, s:s, s:s, s:i, s:i}", "type", "agent", "id", w->row.id, "status", agent_status_name(w->status),
	    "capacity", (int)w->capacity, "tasks", (int)w->load);
	int result;

	json_object_update_missing(line, w->json);
	if (w->to)
		json_object_set(line, "to", w->to);
	result = line_write_json(out, line, e);
	json_decref(line);
	return result;
}

int roster_write(const struct desk *d, struct store *s, const char *id, struct line_writer *out, struct err *e)
{
	struct crew crew = {0};
	int result = load_some(d, s, id, &crew, e);

	for (size_t i = 0; result == 0 && i < crew.count; i++)
		if (is_asked_for(&crew.workers[i], id))
			result = write_worker(&crew.workers[i], out, e);
	crew_clear(&crew);
	return result;
}

static void draw_words(struct table *t, const json_t *list)
{
	struct buf b;
	const json_t *word;
	size_t i;

	buf_init(&b, 4096);
	json_array_foreach(list, i, word)
		buf_addf(&b, "%s%s", i ? ", " : "", json_string_value(word) ? json_string_value(word) : "");
	table_foreign(t, b.data, 40);
	buf_clear(&b);
}

static void draw_worker(struct table *t, const struct worker *w)
{
	enum terminal_style style = w->status == AGENT_AVAILABLE ? TERMINAL_GOOD : TERMINAL_DIM;

	table_foreign(t, w->row.id, 24);
	table_cell(t, style, "%s", agent_status_name(w->status));
	table_cell(t, TERMINAL_PLAIN, "%u/%u", w->load, w->capacity);
	draw_words(t, json_object_get(w->json, "skills"));
	draw_words(t, json_object_get(w->json, "langs"));
}

int roster_draw(const struct desk *d, struct store *s, const char *id, const struct terminal *terminal, struct err *e)
{
	static const struct table_column columns[] = {
	    {"agent", TABLE_LEFT}, {"status", TABLE_LEFT}, {"tasks", TABLE_RIGHT}, {"skills", TABLE_LEFT}, {"langs", TABLE_LEFT}};
	struct crew crew = {0};
	struct table t;
	int result = load_some(d, s, id, &crew, e);

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
