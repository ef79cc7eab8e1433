#include <stdlib.h>
#include <string.h>

#include "common/assign/desk.h"
#include "common/assign/desk_read.h"
#include "common/closest.h"
#include "common/xalloc.h"

#include "common/banned.h"

static const char *const status_names[] = {"available", "busy", "away", "offline"};

const char *agent_status_name(enum agent_status s)
{
	return status_names[s];
}

int agent_status_parse(const char *word)
{
	for (size_t i = 0; i < COUNT_OF(status_names); i++)
		if (strcmp(word, status_names[i]) == 0)
			return (int)i;
	return -1;
}

static void add_default_queue(struct desk *d)
{
	if (desk_queue(d, DESK_DEFAULT))
		return;
	if (!d->queues)
		d->queues = xcalloc(1, sizeof(*d->queues));
	d->queues[d->queue_count] = desk_new_queue(DESK_DEFAULT);
	d->queues[d->queue_count++].built_in = true;
}

/* Takes what no other does. */
static void add_default_workflow(struct desk *d)
{
	struct desk_workflow *w;

	if (!d->workflows)
		d->workflows = xcalloc(1, sizeof(*d->workflows));
	w = &d->workflows[d->workflow_count++];
	*w = (struct desk_workflow){.name = DESK_DEFAULT, .steps = xcalloc(1, sizeof(*w->steps)), .step_count = 1};
	w->steps[0] = desk_new_step();
	w->steps[0].queue = desk_queue(d, DESK_DEFAULT);
}

static int read_all(struct desk *d, struct err *e)
{
	if (d->yaml && desk_read_people(d, e) < 0)
		return -1;
	add_default_queue(d);
	if (d->yaml && desk_read_workflows(d, e) < 0)
		return -1;
	add_default_workflow(d);
	return 0;
}

int desk_read(struct yaml *yaml_take, struct desk **ret_desk, struct err *e)
{
	struct desk *d = xcalloc(1, sizeof(*d));

	d->yaml = yaml_take;
	d->tasks = match_set_new();
	d->people = match_set_new();
	d->sticky_ms = DESK_STICKY_MS;
	d->keep_ms = DESK_KEEP_MS;
	d->misses = DESK_MISSES;
	if (read_all(d, e) < 0) {
		desk_free(d);
		return -1;
	}
	*ret_desk = d;
	return 0;
}

int desk_load(const char *path, struct desk **ret_desk, struct err *e)
{
	struct yaml *y = NULL;

	return path && yaml_load(path, &y, e) < 0 ? -1 : desk_read(y, ret_desk, e);
}

void desk_free(struct desk *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->workflow_count; i++) {
		for (size_t n = 0; n < d->workflows[i].step_count; n++)
			free(d->workflows[i].steps[n].agents.any);
		free(d->workflows[i].steps);
	}
	for (size_t i = 0; i < d->queue_count; i++)
		free(d->queues[i].agents.any);
	free(d->workflows);
	free(d->matched);
	free(d->queues);
	free(d->agents);
	match_set_free(d->tasks);
	match_set_free(d->people);
	holidays_free(d->holidays);
	yaml_unload(d->yaml);
	free(d);
}

const struct desk_queue *desk_queue(const struct desk *d, const char *name)
{
	for (size_t i = 0; i < d->queue_count; i++)
		if (strcmp(d->queues[i].name, name) == 0)
			return &d->queues[i];
	return NULL;
}

const struct desk_agent *desk_agent(const struct desk *d, const char *id)
{
	for (size_t i = 0; i < d->agent_count; i++)
		if (strcmp(d->agents[i].id, id) == 0)
			return &d->agents[i];
	return NULL;
}

const char *desk_queue_hint(const struct desk *d, const char *name)
{
	const char *guess = NULL;

	for (size_t i = 0; name && i < d->queue_count; i++)
		guess = closest_of(name, guess, d->queues[i].name);
	return closest_hint(guess);
}

int64_t desk_opens_ms(const struct desk *d, const struct desk_hours *h, int64_t now_ms)
{
	int64_t now = now_ms / 1000, open;

	if (!h->some)
		return now_ms;
	open = hours_week_next(&h->week, &h->clock, d->holidays, h->jurisdiction, now);
	if (open == now)
		return now_ms;
	return open == HOURS_NEVER ? INT64_MAX : open * 1000;
}

const struct desk_workflow *desk_workflow(const struct desk *d, const char *name)
{
	for (size_t i = 0; i < d->workflow_count; i++)
		if (strcmp(d->workflows[i].name, name) == 0)
			return &d->workflows[i];
	return NULL;
}

const struct desk_workflow *desk_workflow_of(const struct desk *d, const json_t *task, const json_t *contact)
{
	if (d->workflow_count == 1)
		return &d->workflows[0];
	match_about(d->tasks, task, contact);
	return &d->workflows[d->matched[match_next(d->tasks, 0)]];
}
