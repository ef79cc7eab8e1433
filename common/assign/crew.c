#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/assign/crew.h"
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

/* What `own` has goes before what is there. */
static void take_in(struct worker *w, const json_t *own)
{
	static const char *const members[] = {"name", "skills", "langs", "capacity", "attributes"};
	const char *status = json_string_value(json_object_get(own, "status"));
	json_t *to = json_object_get(own, "to");

	for (size_t i = 0; i < COUNT_OF(members); i++) {
		json_t *value = json_object_get(own, members[i]);

		if (value)
			json_object_set(w->json, members[i], value);
	}
	if (status && agent_status_parse(status) >= 0)
		w->status = (enum agent_status)agent_status_parse(status);
	if (to) {
		json_decref(w->to);
		w->to = json_incref(to);
	}
	w->capacity = (unsigned)json_integer_value(json_object_get(w->json, "capacity"));
}

static int take_row(void *ctx, const struct agent_row *a)
{
	struct worker *w = crew_find(ctx, a->id);
	json_t *own = json_loads(a->own, 0, NULL);

	/* Of somebody who was in the file once, and has said nothing. */
	if (!w && json_object_size(own) == 0) {
		json_decref(own);
		return 0;
	}
	if (!w)
		w = add_worker(ctx, a->id);
	w->stored = true;
	task_set(&w->row.own, a->own);
	w->row.misses = a->misses;
	w->row.offered_ms = a->offered_ms;
	take_in(w, own);
	json_decref(own);
	return 0;
}

static int take_load(void *ctx, const char *agent, int64_t count)
{
	struct worker *w = crew_find(ctx, agent);

	if (w)
		w->load = (unsigned)count;
	return 0;
}

int crew_load(struct crew *c, const struct desk *d, struct store *s, struct err *e)
{
	crew_clear(c);
	for (size_t i = 0; i < d->agent_count; i++)
		take_in(add_worker(c, d->agents[i].id), d->agents[i].own);
	if (agent_each(s, take_row, c, e) < 0 || agent_each_load(s, take_load, c, e) < 0)
		return -1;
	for (size_t i = 0; i < c->count; i++) {
		struct worker *w = &c->workers[i];

		if (!json_object_get(w->json, "capacity")) {
			w->capacity = 1;
			json_object_set_new(w->json, "capacity", json_integer(1));
		}
	}
	return 0;
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

struct worker *crew_find(const struct crew *c, const char *id)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->workers[i].row.id, id) == 0)
			return &c->workers[i];
	return NULL;
}

bool crew_has_room(const struct crew *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->workers[i].status == AGENT_AVAILABLE && c->workers[i].load < c->workers[i].capacity)
			return true;
	return false;
}

void worker_set(struct worker *w, const char *key, const json_t *value)
{
	json_t *own = json_loads(w->row.own, 0, NULL);

	if (!own)
		own = json_object();
	if (value)
		json_object_set(own, key, (json_t *)value);
	else
		json_object_del(own, key);
	free(w->row.own);
	w->row.own = json_dumps(own, JSON_COMPACT);
	take_in(w, own);
	json_decref(own);
}

int worker_save(struct worker *w, struct store *s, struct err *e)
{
	w->stored = true;
	return agent_save(s, &w->row, e);
}
