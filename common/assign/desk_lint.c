/* What is no mistake and yet cannot be meant: msg-route check says it. */
#include "common/assign/desk.h"

#include "common/banned.h"

static const json_t *list_of(const struct desk *d, const char *key)
{
	return json_object_get(yaml_root(d->yaml), key);
}

/* A workflow that takes whatever a later one matches leaves it nothing. */
static void lint_workflow(const struct desk *d, size_t place, desk_finding_fn *found, void *ctx)
{
	const json_t *workflows = list_of(d, "workflows"), *later = json_array_get(workflows, place);
	struct err e;

	for (size_t i = 0; i < place; i++) {
		const json_t *earlier = json_array_get(workflows, i);

		if (!match_covers(json_object_get(earlier, "match"), json_object_get(later, "match")))
			continue;
		yaml_fail(d->yaml, later, &e, "never reached: workflow '%s' takes whatever it matches", err_quote(d->workflows[i].name));
		found(ctx, &e);
		return;
	}
}

static bool has_skill(const struct desk *d, const json_t *skill)
{
	for (size_t i = 0; i < d->agent_count; i++) {
		const json_t *own, *skills = json_object_get(d->agents[i].own, "skills");
		size_t n;

		json_array_foreach(skills, n, own)
			if (json_equal(own, skill))
				return true;
	}
	return false;
}

static void lint_queue(const struct desk *d, const struct desk_queue *q, desk_finding_fn *found, void *ctx)
{
	const json_t *skill;
	struct err e;
	size_t i;

	json_array_foreach(q->skills, i, skill)
		if (!has_skill(d, skill)) {
			yaml_fail(d->yaml, skill, &e, "nobody in this file can do that: '%s'", err_quote(json_string_value(skill)));
			found(ctx, &e);
		}
}

void desk_lint(const struct desk *d, desk_finding_fn *found, void *ctx)
{
	if (!d->yaml)
		return;
	for (size_t i = 1; i < json_array_size(list_of(d, "workflows")); i++)
		lint_workflow(d, i, found, ctx);
	for (size_t i = 0; i < d->queue_count && d->agent_count > 0; i++)
		lint_queue(d, &d->queues[i], found, ctx);
}
