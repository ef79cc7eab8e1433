#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/assign/crew.h"
#include "common/closest.h"
#include "common/line/envelope.h"
#include "common/line/when.h"
#include "common/xalloc.h"

#include "common/banned.h"

static struct worker *add_worker(struct crew *c, const char *id)
{
	struct worker *w;

	c->workers = xrealloc(c->workers, (c->count + 1) * sizeof(*c->workers));
	w = &c->workers[c->count++];
	*w = (struct worker){.json = json_object()};
	snprintf(w->row.id, sizeof(w->row.id), "%s", id);
	w->row.own = xstrdup("{}");
	json_object_set_new(w->json, "id", json_string(id));
	return w;
}

/* {"skills":["es"],"levels":{"es":5}}, from a list or a map. */
static void take_skills(struct worker *w, json_t *skills)
{
	json_t *list = json_array(), *levels = json_object(), *value;
	const char *word;
	size_t i;

	json_array_foreach(skills, i, value)
		if (json_is_string(value))
			json_object_set_new(levels, json_string_value(value), json_integer(1));
	if (json_is_object(skills))
		json_object_update(levels, skills);
	json_object_foreach(levels, word, value)
		json_array_append_new(list, json_string(word));
	json_object_set_new(w->json, "skills", list);
	json_object_set_new(w->json, "levels", levels);
}

/* Of a map without `all` it is whatever the channels make together. */
static unsigned total_capacity(const json_t *capacity)
{
	json_int_t sum = 0;
	const char *key;
	json_t *value;

	if (!json_is_object(capacity))
		return capacity ? (unsigned)json_integer_value(capacity) : 1;
	if (json_object_get(capacity, "all"))
		return (unsigned)json_integer_value(json_object_get(capacity, "all"));
	json_object_foreach((json_t *)capacity, key, value)
		sum += json_integer_value(value);
	return (unsigned)sum;
}

static void take_status(struct worker *w, const json_t *own, int64_t now_ms)
{
	const json_t *spell = json_object_get(own, "for");
	int status = agent_status_parse(envelope_text(own, "status", "")), for_now = agent_status_parse(envelope_text(spell, "status", ""));
	int64_t until_ms = json_integer_value(json_object_get(spell, "until_ms"));

	if (status >= 0)
		w->status = (enum agent_status)status;
	if (for_now >= 0 && now_ms < until_ms) {
		w->status = (enum agent_status)for_now;
		w->until_ms = until_ms;
	}
}

/* What `own` has goes before what is there. */
static void take_in(struct worker *w, const json_t *own)
{
	static const char *const members[] = {"name", "langs", "capacity", "attributes"};
	json_t *to = json_object_get(own, "to"), *skills = json_object_get(own, "skills");

	for (size_t i = 0; i < COUNT_OF(members); i++) {
		json_t *value = json_object_get(own, members[i]);

		if (value)
			json_object_set(w->json, members[i], value);
	}
	if (skills)
		take_skills(w, skills);
	if (to) {
		json_decref(w->to);
		w->to = json_incref(to);
	}
	w->capacity = total_capacity(json_object_get(w->json, "capacity"));
}

struct loading {
	struct crew *crew;
	const struct desk *desk;
	int64_t now_ms;
};

static void take_plan(const struct loading *l, const struct desk_agent *plan)
{
	struct worker *w = add_worker(l->crew, plan->id);

	w->plan = plan;
	take_in(w, plan->own);
	take_status(w, plan->own, l->now_ms);
}

static int take_row(void *ctx, const struct agent_row *a)
{
	const struct loading *l = ctx;
	struct worker *w = crew_find(l->crew, a->id);
	json_t *own = json_loads(a->own, 0, NULL);

	/* Of somebody who was in the file once, and has said nothing. */
	if (!w && json_object_size(own) == 0) {
		json_decref(own);
		return 0;
	}
	if (!w)
		w = add_worker(l->crew, a->id);
	task_set(&w->row.own, a->own);
	w->row.misses = a->misses;
	w->row.offered_ms = a->offered_ms;
	take_in(w, own);
	take_status(w, own, l->now_ms);
	json_decref(own);
	return 0;
}

/* A status for some time counts more than what is usual. */
static void look_at_clock(const struct loading *l, struct worker *w)
{
	int64_t begins_ms = w->plan && !w->until_ms ? desk_opens_ms(l->desk, &w->plan->hours, l->now_ms) : l->now_ms;

	w->begins_ms = begins_ms > l->now_ms ? begins_ms : 0;
}

int crew_load(struct crew *c, const struct desk *d, struct store *s, int64_t now_ms, struct err *e)
{
	struct loading l = {c, d, now_ms};

	crew_clear(c);
	for (size_t i = 0; i < d->agent_count; i++)
		take_plan(&l, &d->agents[i]);
	if (agent_each(s, take_row, &l, e) < 0)
		return -1;
	for (size_t i = 0; i < c->count; i++) {
		struct worker *w = &c->workers[i];

		if (!json_object_get(w->json, "capacity")) {
			w->capacity = 1;
			json_object_set_new(w->json, "capacity", json_integer(1));
		}
		look_at_clock(&l, w);
		if (w->row.offered_ms > c->latest_ms)
			c->latest_ms = w->row.offered_ms;
	}
	return crew_count(c, s, e);
}

void crew_clear(struct crew *c)
{
	for (size_t i = 0; i < c->count; i++) {
		agent_row_clear(&c->workers[i].row);
		json_decref(c->workers[i].json);
		json_decref(c->workers[i].to);
	}
	free(c->workers);
	*c = (struct crew){0};
}

/* ---- what they hold ---- */

static void add_tasks(struct worker *w, const char *channel, int count)
{
	json_t *tasks = json_object_get(w->json, "tasks");
	const char *const keys[] = {channel, "all"};

	w->load = (unsigned)((int)w->load + count);
	for (size_t i = *channel ? 0 : 1; i < COUNT_OF(keys); i++)
		json_object_set_new(tasks, keys[i], json_integer(json_integer_value(json_object_get(tasks, keys[i])) + count));
}

void worker_take(struct worker *w, const char *channel)
{
	add_tasks(w, channel, 1);
}

void worker_leave(struct worker *w, const char *channel)
{
	if (w->load > 0)
		add_tasks(w, channel, -1);
}

static int take_load(void *ctx, const char *agent, const char *channel, bool wrapping, int64_t count)
{
	struct worker *w = crew_find(ctx, agent);

	if (w) {
		add_tasks(w, channel, (int)count);
		w->wrapping += wrapping ? (unsigned)count : 0;
	}
	return 0;
}

/* None of a channel is a number too: {tasks.voice: 0} is a condition. */
static void clear_tasks(struct worker *w)
{
	json_t *tasks = json_pack("{s:i, s:i}", "all", 0, "voice", 0), *value;
	const char *channel;

	json_object_foreach(json_object_get(w->json, "capacity"), channel, value)
		if (strcmp(channel, "other") != 0)
			json_object_set_new(tasks, channel, json_integer(0));
	json_object_set_new(w->json, "tasks", tasks);
	w->load = w->wrapping = 0;
}

int crew_count(struct crew *c, struct store *s, struct err *e)
{
	for (size_t i = 0; i < c->count; i++)
		clear_tasks(&c->workers[i]);
	return agent_each_load(s, take_load, c, e);
}

/* How many they hold of the channels that their capacity does not name. */
static json_int_t count_others(const json_t *tasks, const json_t *capacity, unsigned load)
{
	json_int_t count = (json_int_t)load;
	const char *channel;
	json_t *value;

	json_object_foreach((json_t *)tasks, channel, value)
		if (strcmp(channel, "all") != 0 && json_object_get(capacity, channel))
			count -= json_integer_value(value);
	return count;
}

bool worker_has_room(const struct worker *w, const char *channel)
{
	const json_t *capacity, *tasks, *own;

	if (w->load >= w->capacity)
		return false;
	capacity = json_object_get(w->json, "capacity");
	if (!json_is_object(capacity))
		return true;
	tasks = json_object_get(w->json, "tasks");
	own = json_object_get(capacity, channel);
	if (own)
		return json_integer_value(json_object_get(tasks, channel)) < json_integer_value(own);
	return count_others(tasks, capacity, w->load) < json_integer_value(json_object_get(capacity, "other"));
}

/* ---- who there is ---- */

struct worker *crew_find(const struct crew *c, const char *id)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->workers[i].row.id, id) == 0)
			return &c->workers[i];
	return NULL;
}

const char *crew_hint(const struct crew *c, const char *id)
{
	const char *guess = NULL;

	for (size_t i = 0; i < c->count; i++)
		guess = closest_of(id, guess, c->workers[i].row.id);
	return closest_hint(guess);
}

bool worker_is_there(const struct worker *w)
{
	return w->status == AGENT_AVAILABLE && !w->begins_ms;
}

bool crew_has_room(const struct crew *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (worker_is_there(&c->workers[i]) && c->workers[i].load < c->workers[i].capacity)
			return true;
	return false;
}

unsigned worker_level(const struct worker *w, const char *skill)
{
	return (unsigned)json_integer_value(json_object_get(json_object_get(w->json, "levels"), skill));
}

size_t worker_count_skills(const struct worker *w, const json_t *skills)
{
	json_t *value;
	const char *word;
	size_t i, count = 0;

	json_array_foreach(skills, i, value)
		count += json_is_string(value) && worker_level(w, json_string_value(value)) > 0;
	json_object_foreach((json_t *)skills, word, value)
		count += worker_level(w, word) >= (unsigned)json_integer_value(value);
	return count;
}

bool worker_has_skills(const struct worker *w, const json_t *skills)
{
	size_t count = json_is_object(skills) ? json_object_size(skills) : json_array_size(skills);

	return worker_count_skills(w, skills) == count;
}

void crew_note_offer(struct crew *c, struct worker *w, int64_t now_ms)
{
	c->latest_ms = now_ms > c->latest_ms ? now_ms : c->latest_ms + 1;
	w->row.offered_ms = c->latest_ms;
}

/* ---- what they say ---- */

static void set_own(struct worker *w, json_t *own)
{
	free(w->row.own);
	w->row.own = json_dumps(own, JSON_COMPACT);
	take_in(w, own);
	json_decref(own);
}

static json_t *own_of(const struct worker *w)
{
	json_t *own = json_loads(w->row.own, 0, NULL);

	return own ? own : json_object();
}

void worker_set(struct worker *w, const char *key, const json_t *value)
{
	json_t *own = own_of(w);

	json_object_set(own, key, (json_t *)value);
	set_own(w, own);
}

void worker_be(struct worker *w, enum agent_status status, int64_t until_ms)
{
	json_t *own = own_of(w);

	if (until_ms) {
		json_object_set_new(own, "for",
		    json_pack("{s:s, s:I}", "status", agent_status_name(status), "until_ms", (json_int_t)until_ms));
		w->begins_ms = 0;
	} else {
		json_object_set_new(own, "status", json_string(agent_status_name(status)));
		json_object_del(own, "for");
	}
	set_own(w, own);
	w->status = status;
	w->until_ms = until_ms;
	w->row.misses = 0;
}

int worker_save(struct worker *w, struct store *s, struct err *e)
{
	return agent_save(s, &w->row, e);
}
