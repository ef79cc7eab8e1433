#include <stdlib.h>
#include <string.h>

#include "common/policy/policy_rules.h"
#include "common/policy/senders.h"
#include "common/xalloc.h"

#include "common/banned.h"

struct reader {
	struct policy *policy;
	const struct config *config;
	const struct yaml *yaml;
};

static int read_channels(struct reader *r, const json_t *object, const char *key, const struct waterfall **ret_waterfall,
    struct err *e)
{
	const json_t *list = json_object_get(object, key);
	struct policy *p = r->policy;
	struct waterfall w;

	if (!list)
		return 0;
	if (!json_is_array(list))
		return yaml_fail_member(r->yaml, object, key, e, "not a list of channels");
	if (waterfall_read(&w, list, r->yaml, r->config, e) < 0)
		return -1;
	p->read = xrealloc(p->read, (p->read_count + 1) * sizeof(struct waterfall *));
	p->read[p->read_count] = xcalloc(1, sizeof(w));
	*p->read[p->read_count] = w;
	*ret_waterfall = p->read[p->read_count++];
	return 0;
}

static bool is_sender(const json_t *value)
{
	const char *text = json_string_value(value);

	for (const char *p = text; p && *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	return text && *text;
}

static int read_from(struct reader *r, const json_t *object, const json_t **ret_from, struct err *e)
{
	const json_t *from = json_object_get(object, "from");
	const char *channel;
	json_t *sender;

	if (!from)
		return 0;
	if (!json_is_object(from) && !is_sender(from))
		return yaml_fail_member(r->yaml, object, "from", e, "not a sender, nor a map of senders by channel");
	json_object_foreach((json_t *)from, channel, sender) {
		if (!address_channel_known(channel) && !json_object_get(r->config->channels, channel))
			return yaml_fail_member(r->yaml, from, channel, e, "unknown channel");
		if (!is_sender(sender))
			return yaml_fail_member(r->yaml, from, channel, e, "not a sender");
	}
	*ret_from = from;
	return 0;
}

static int read_switch(struct reader *r, const json_t *object, const char *key, int *ret_value, struct err *e)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return 0;
	if (!json_is_boolean(value))
		return yaml_fail_member(r->yaml, object, key, e, "not true or false");
	*ret_value = json_is_true(value);
	return 0;
}

static int read_cost(struct reader *r, const json_t *object, const struct money **ret_cost, struct err *e)
{
	const char *text = json_string_value(json_object_get(object, "cost"));
	struct policy *p = r->policy;
	struct money cost;

	if (!json_object_get(object, "cost"))
		return 0;
	if (!text || money_parse(text, &cost) < 0)
		return yaml_fail_member(r->yaml, object, "cost", e, "not an amount such as \"0.08 EUR\"");
	p->costs = xrealloc(p->costs, (p->cost_count + 1) * sizeof(struct money *));
	p->costs[p->cost_count] = xcalloc(1, sizeof(cost));
	*p->costs[p->cost_count] = cost;
	*ret_cost = p->costs[p->cost_count++];
	return 0;
}

static int read_weights(struct reader *r, const json_t *object, const struct score_weights **ret_weights, struct err *e)
{
	struct policy *p = r->policy;
	struct score_weights w = p->weights;
	int got = score_weights_read(object, r->yaml, &w, e);

	if (got != 0)
		return got < 0 ? -1 : 0;
	p->weighed = xrealloc(p->weighed, (p->weighed_count + 1) * sizeof(struct score_weights *));
	p->weighed[p->weighed_count] = xcalloc(1, sizeof(w));
	*p->weighed[p->weighed_count] = w;
	*ret_weights = p->weighed[p->weighed_count++];
	return 0;
}

static int read_settings(struct reader *r, const json_t *object, struct settings *s, struct err *e)
{
	s->prefer = s->parallel = -1;
	if (read_channels(r, object, "channels", &s->waterfall, e) < 0 ||
	    read_channels(r, object, "fallback", &s->fallback, e) < 0 || read_from(r, object, &s->from, e) < 0 ||
	    read_cost(r, object, &s->cost, e) < 0 || read_weights(r, object, &s->weights, e) < 0)
		return -1;
	return read_switch(r, object, "prefer", &s->prefer, e) < 0 ? -1 : read_switch(r, object, "parallel", &s->parallel, e);
}

static int read_purpose(struct reader *r, const json_t *purposes, const char *name, const json_t *object, struct err *e)
{
	static const char *const known[] = {"require", "channels", "fallback", "parallel", "prefer", "from", "cost", "weights", NULL};
	int purpose = purpose_parse(name);

	if (purpose < 0)
		return yaml_fail_member(r->yaml, purposes, name, e, "not otp, transactional, service, marketing or emergency");
	if (!json_is_object(object))
		return yaml_fail_member(r->yaml, purposes, name, e, "not a map");
	if (yaml_only(r->yaml, object, known, e) < 0 || read_settings(r, object, &r->policy->purposes[purpose], e) < 0)
		return -1;
	if (r->policy->purposes[purpose].waterfall)
		r->policy->purposes[purpose].rule = purpose_name((enum purpose)purpose);
	return requirements_read(&r->policy->require, (enum purpose)purpose, object, r->yaml, r->config, e);
}

static int read_purposes(struct reader *r, const json_t *root, struct err *e)
{
	const json_t *purposes = json_object_get(root, "purposes");
	const char *name;
	json_t *object;

	if (purposes && !json_is_object(purposes))
		return yaml_fail_member(r->yaml, root, "purposes", e, "not a map of purposes");
	json_object_foreach((json_t *)purposes, name, object)
		if (read_purpose(r, purposes, name, object, e) < 0)
			return -1;
	return 0;
}

static int read_name(struct reader *r, const json_t *object, struct rule *rule, size_t place, struct err *e)
{
	const json_t *name = json_object_get(object, "name");

	if (name && !is_sender(name))
		return yaml_fail_member(r->yaml, object, "name", e, "not a name");
	rule->name = name ? xstrdup(json_string_value(name)) : xformat("rules[%zu]", place);
	for (size_t i = 0; name && i < place; i++)
		if (strcmp(r->policy->rules[i].name, rule->name) == 0)
			return yaml_fail(r->yaml, name, e, "a second rule of this name");
	return 0;
}

static bool sets_something(const struct settings *s)
{
	return s->waterfall || s->fallback || s->from || s->cost || s->weights || s->prefer >= 0 || s->parallel >= 0;
}

static int read_rule(struct reader *r, const json_t *object, size_t place, struct err *e)
{
	static const char *const known[] = {"name", "match", "channels", "fallback", "parallel", "prefer", "from", "cost",
	    "weights", "continue", NULL};
	struct rule *rule = &r->policy->rules[r->policy->rule_count++];
	const json_t *match = json_object_get(object, "match");
	const struct match *compiled;
	int goes_on = 0;

	rule->json = object;
	if (yaml_only(r->yaml, object, known, e) < 0 || read_name(r, object, rule, place, e) < 0)
		return -1;
	if (match && !json_is_object(match))
		return yaml_fail_member(r->yaml, object, "match", e, "not a map of fields");
	if (match_compile(r->policy->matches, match, r->yaml, &compiled, e) < 0 ||
	    read_settings(r, object, &rule->settings, e) < 0 || read_switch(r, object, "continue", &goes_on, e) < 0)
		return -1;
	if (!sets_something(&rule->settings))
		return yaml_fail(r->yaml, object, e, "sets nothing: channels, fallback, parallel, prefer, from, cost and weights are missing");
	if (rule->settings.waterfall)
		rule->settings.rule = rule->name;
	rule->goes_on = goes_on;
	return 0;
}

static int read_rules(struct reader *r, const json_t *root, struct err *e)
{
	const json_t *rules = json_object_get(root, "rules");

	if (!rules)
		return 0;
	if (!json_is_array(rules))
		return yaml_fail_member(r->yaml, root, "rules", e, "not a list of rules");
	r->policy->rules = xcalloc(json_array_size(rules) + 1, sizeof(struct rule));
	for (size_t i = 0; i < json_array_size(rules); i++)
		if (read_rule(r, json_array_get(rules, i), i, e) < 0)
			return -1;
	return 0;
}

int policy_read(struct policy *p, const char *path, const struct config *c, struct err *e)
{
	static const char *const known[] = {"purposes", "rules", "fallback", "senders", "caps", "content", "hours", "windows", "weights", NULL};
	struct reader r = {p, c, NULL};
	const json_t *root;

	if (yaml_load(path, &p->yaml, e) < 0)
		return -1;
	r.yaml = p->yaml;
	root = yaml_root(p->yaml);
	if (json_is_null(root))
		return 0;
	if (yaml_only(p->yaml, root, known, e) < 0 || read_channels(&r, root, "fallback", &p->fallback, e) < 0 ||
	    score_weights_read(root, p->yaml, &p->weights, e) < 0 ||
	    senders_read(json_object_get(root, "senders"), p->yaml, c, &p->senders, e) < 0 ||
	    caps_read(json_object_get(root, "caps"), p->yaml, c, &p->caps, e) < 0 ||
	    content_read(json_object_get(root, "content"), p->yaml, c, &p->content, e) < 0 ||
	    hours_read(p->hours, json_object_get(root, "hours"), p->yaml, e) < 0 ||
	    windows_read(json_object_get(root, "windows"), p->yaml, c, &p->windows, e) < 0 || read_purposes(&r, root, e) < 0)
		return -1;
	return read_rules(&r, root, e);
}
