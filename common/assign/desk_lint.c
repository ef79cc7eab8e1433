/* What is no mistake and yet cannot be meant: msg-route check says it. */
#include <string.h>

#include "common/assign/desk.h"

#include "common/banned.h"

static const json_t *list_of(const struct desk *d, const char *key)
{
	return json_object_get(yaml_root(d->yaml), key);
}

/* Conditions, or the place in a list of such: of anything else there is one. */
static const json_t *alternative(const json_t *match, size_t i)
{
	return json_is_array(match) ? json_array_get(match, i) : i == 0 ? match : NULL;
}

static size_t count_alternatives(const json_t *match)
{
	return json_is_array(match) ? json_array_size(match) : 1;
}

/* Each of the later one's alternatives is covered by one of the earlier one's. */
static bool covers(const json_t *earlier, const json_t *later)
{
	for (size_t i = 0; i < count_alternatives(later); i++) {
		size_t n = 0;

		while (n < count_alternatives(earlier) && !match_covers(alternative(earlier, n), alternative(later, i)))
			n++;
		if (n == count_alternatives(earlier))
			return false;
	}
	return true;
}

/* A workflow that takes whatever a later one matches leaves it nothing. */
static void lint_workflow(const struct desk *d, size_t place, desk_finding_fn *found, void *ctx)
{
	const json_t *workflows = list_of(d, "workflows"), *later = json_array_get(workflows, place);
	struct err e;

	for (size_t i = 0; i < place; i++) {
		const json_t *earlier = json_array_get(workflows, i);

		if (!covers(json_object_get(earlier, "match"), json_object_get(later, "match")))
			continue;
		yaml_fail(d->yaml, later, &e, "never reached: workflow '%s' takes whatever it matches", err_quote(d->workflows[i].name));
		found(ctx, &e);
		return;
	}
}

static unsigned level_of(const json_t *skills, const char *skill)
{
	const json_t *own;
	size_t i;

	json_array_foreach(skills, i, own)
		if (json_is_string(own) && strcmp(json_string_value(own), skill) == 0)
			return 1;
	return (unsigned)json_integer_value(json_object_get(skills, skill));
}

static unsigned best_level(const struct desk *d, const char *skill)
{
	unsigned best = 0;

	for (size_t i = 0; i < d->agent_count; i++) {
		unsigned level = level_of(json_object_get(d->agents[i].own, "skills"), skill);

		best = level > best ? level : best;
	}
	return best;
}

static void lint_skill(const struct desk *d, const json_t *skills, const char *skill, const json_t *value, desk_finding_fn *found,
    void *ctx)
{
	unsigned level = json_is_integer(value) ? (unsigned)json_integer_value(value) : 1, best = best_level(d, skill);
	struct err e;

	if (best >= level)
		return;
	if (best > 0)
		yaml_fail_member(d->yaml, skills, skill, &e, "nobody in this file is that good: %u at most", best);
	else if (json_is_object(skills))
		yaml_fail_member(d->yaml, skills, skill, &e, "nobody in this file can do that");
	else
		yaml_fail(d->yaml, value, &e, "nobody in this file can do that: '%s'", err_quote(skill));
	found(ctx, &e);
}

static void lint_skills(const struct desk *d, const json_t *skills, desk_finding_fn *found, void *ctx)
{
	const char *word;
	json_t *value;
	size_t i;

	json_array_foreach(skills, i, value)
		lint_skill(d, skills, json_string_value(value), value, found, ctx);
	json_object_foreach((json_t *)skills, word, value)
		lint_skill(d, skills, word, value, found, ctx);
}

void desk_lint(const struct desk *d, desk_finding_fn *found, void *ctx)
{
	if (!d->yaml)
		return;
	for (size_t i = 1; i < json_array_size(list_of(d, "workflows")); i++)
		lint_workflow(d, i, found, ctx);
	for (size_t i = 0; i < d->queue_count && d->agent_count > 0; i++)
		lint_skills(d, d->queues[i].skills, found, ctx);
	for (size_t i = 0; i < d->workflow_count && d->agent_count > 0; i++)
		for (size_t n = 0; n < d->workflows[i].step_count; n++)
			lint_skills(d, d->workflows[i].steps[n].skills, found, ctx);
}
