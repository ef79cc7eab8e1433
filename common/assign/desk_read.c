#include <string.h>

#include "common/assign/desk_read.h"
#include "common/config/contact.h"
#include "common/line/envelope.h"
#include "common/line/id.h"
#include "common/line/words.h"
#include "common/template/template.h"
#include "common/xalloc.h"

#include "common/banned.h"

/* ---- values ---- */

static int read_duration(const struct desk *d, const json_t *object, const char *key, int64_t *ret_ms, struct err *e)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return 0;
	if (!json_is_string(value) || when_parse_duration(json_string_value(value), ret_ms) < 0)
		return yaml_fail_member(d->yaml, object, key, e, "not a duration such as 90s or 2m");
	return 0;
}

static int read_number(const struct desk *d, const json_t *object, const char *key, unsigned min, unsigned max, unsigned *ret_number,
    struct err *e)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < min || json_integer_value(value) > max)
		return yaml_fail_member(d->yaml, object, key, e, "not a whole number from %u to %u", min, max);
	*ret_number = (unsigned)json_integer_value(value);
	return 0;
}

static int read_switch(const struct desk *d, const json_t *object, const char *key, bool *ret_value, struct err *e)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return 0;
	if (!json_is_boolean(value))
		return yaml_fail_member(d->yaml, object, key, e, "not true or false");
	*ret_value = json_is_true(value);
	return 0;
}

/* A list of words, each no longer than an id. */
static int check_words(const struct desk *d, const json_t *object, const char *key, struct err *e)
{
	const json_t *list = json_object_get(object, key), *word;
	size_t i;

	if (list && !json_is_array(list))
		return yaml_fail_member(d->yaml, object, key, e, "not a list of words");
	json_array_foreach(list, i, word)
		if (!json_is_string(word) || !id_valid(json_string_value(word)))
			return yaml_fail_member(d->yaml, object, key, e, "item %zu is not a word", i + 1);
	return 0;
}

static int check_langs(const struct desk *d, const json_t *object, struct err *e)
{
	json_t *list = json_object_get(object, "langs"), *word;
	size_t i;

	if (check_words(d, object, "langs", e) < 0)
		return -1;
	json_array_foreach(list, i, word) {
		json_t *contact = json_pack("{s:O}", "lang", word);
		int result = envelope_check_contact(contact, NULL);

		json_decref(contact);
		if (result < 0)
			return yaml_fail_member(d->yaml, object, "langs", e, "item %zu is not a language such as es or pt-BR", i + 1);
	}
	return 0;
}

/* A member that must be a map, if it is there. */
static int get_map(const struct desk *d, const json_t *object, const char *key, const json_t **ret_map, struct err *e)
{
	*ret_map = json_object_get(object, key);
	if (*ret_map && !json_is_object(*ret_map))
		return yaml_fail_member(d->yaml, object, key, e, "not a map");
	return 0;
}

static int check_name(const struct desk *d, const json_t *object, const char *name, struct err *e)
{
	return id_valid(name) ? 0 : yaml_fail_member(d->yaml, object, name, e, "a name of more than %d bytes", ID_BYTES);
}

/* Conditions on agents: what an agent has is known, so that a slip of the pen is found. */
static int read_agents_condition(struct desk *d, const json_t *object, const struct match **ret_match, struct err *e)
{
	static const char *const members[] = {"id", "name", "skills", "langs", "capacity", "attributes", "task"};
	const json_t *conditions = json_object_get(object, "agents");
	const char *path;
	json_t *value;

	if (!conditions)
		return 0;
	if (!json_is_object(conditions))
		return yaml_fail_member(d->yaml, object, "agents", e, "not a map of conditions");
	json_object_foreach((json_t *)conditions, path, value) {
		size_t len = strcspn(path, "."), i = 0;

		while (i < COUNT_OF(members) && (strlen(members[i]) != len || strncmp(members[i], path, len) != 0))
			i++;
		if (i == COUNT_OF(members))
			return yaml_fail_member(d->yaml, conditions, path, e, "an agent has no such member (your own are attributes.NAME)");
	}
	return match_compile(d->people, conditions, d->yaml, ret_match, e);
}

/* ---- agents ---- */

/* A contact's id, an address or a whole contact. */
static int check_to(const struct desk *d, const json_t *own, const json_t *to, struct err *e)
{
	const char *text = json_string_value(to);
	json_t *canonical = NULL;
	struct address a;
	struct err why;
	int result = 0;

	if (json_is_object(to))
		result = contact_canonical((json_t *)to, &canonical, &why);
	else if (!text || !*text)
		result = err_set(&why, EX_CONFIG, "not a contact or an address");
	else if (address_looks_like(text))
		result = address_parse(text, &a, &why);
	json_decref(canonical);
	return result < 0 ? yaml_fail_member(d->yaml, own, "to", e, "%s", why.text) : 0;
}

static int read_agent(struct desk *d, const json_t *agents, const char *id, const json_t *own, struct err *e)
{
	static const char *const known[] = {"name", "to", "skills", "langs", "capacity", "status", "attributes", NULL};
	const json_t *to = json_object_get(own, "to"), *name = json_object_get(own, "name"), *map;
	const json_t *status = json_object_get(own, "status");
	unsigned capacity;

	if (json_is_null(own))
		own = NULL;
	else if (!json_is_object(own))
		return yaml_fail_member(d->yaml, agents, id, e, "not a map such as {skills: [billing], capacity: 2}");
	if (check_name(d, agents, id, e) < 0 || (own && yaml_only(d->yaml, own, known, e) < 0))
		return -1;
	if (name && !json_is_string(name))
		return yaml_fail_member(d->yaml, own, "name", e, "not a text");
	if (to && check_to(d, own, to, e) < 0)
		return -1;
	if (status && (!json_is_string(status) || agent_status_parse(json_string_value(status)) < 0))
		return yaml_fail_member(d->yaml, own, "status", e, "not available, busy, away or offline");
	if (check_words(d, own, "skills", e) < 0 || check_langs(d, own, e) < 0 || get_map(d, own, "attributes", &map, e) < 0 ||
	    read_number(d, own, "capacity", 0, DESK_CAPACITY, &capacity, e) < 0)
		return -1;
	d->agents[d->agent_count++] = (struct desk_agent){id, own};
	return 0;
}

static int read_agents(struct desk *d, const json_t *root, struct err *e)
{
	const json_t *agents;
	const char *id;
	json_t *own;

	if (get_map(d, root, "agents", &agents, e) < 0)
		return -1;
	d->agents = xcalloc(json_object_size(agents) + 1, sizeof(*d->agents));
	json_object_foreach((json_t *)agents, id, own)
		if (read_agent(d, agents, id, own, e) < 0)
			return -1;
	return 0;
}

/* ---- queues ---- */

struct desk_queue desk_new_queue(const char *name)
{
	return (struct desk_queue){.name = name, .reserve_ms = DESK_RESERVE_MS, .share = 100, .share_ms = DESK_SHARE_MS};
}

/* {mon-fri: 09:00-17:00, holidays: closed, in: ES, zone: Europe/Madrid}. */
static int read_hours(struct desk *d, const json_t *object, struct desk_queue *q, struct err *e)
{
	static const char *const known[] = {"daily", "holidays", "in", "zone", NULL};
	const json_t *hours, *in, *zone;

	if (get_map(d, object, "hours", &hours, e) < 0 || (hours && hours_week_read(d->yaml, hours, known, &q->week, e) < 0))
		return -1;
	if (!hours)
		return 0;
	in = json_object_get(hours, "in");
	zone = json_object_get(hours, "zone");
	if (in && !json_is_string(in))
		return yaml_fail_member(d->yaml, hours, "in", e, "not a country or state such as ES or US-FL");
	if (!in && q->week.holidays != HOURS_AS_ANY)
		return yaml_fail_member(d->yaml, hours, "holidays", e, "whose? 'in' is missing: a country or a state");
	q->clock.zone = zone_here();
	if (zone && (!json_is_string(zone) || zone_load(json_string_value(zone), &q->clock.zone, NULL) < 0))
		return yaml_fail_member(d->yaml, hours, "zone", e, "not a time zone such as Europe/Madrid");
	if (!d->holidays)
		d->holidays = holidays_new();
	q->jurisdiction = json_string_value(in);
	q->has_hours = true;
	return 0;
}

static int read_queue(struct desk *d, const json_t *queues, const char *name, const json_t *object, struct err *e)
{
	static const char *const known[] = {"agents", "skills", "hours", "reserve", "sla", "share", "share_over", NULL};
	struct desk_queue *q = &d->queues[d->queue_count++];

	*q = desk_new_queue(name);
	if (check_name(d, queues, name, e) < 0)
		return -1;
	if (json_is_null(object))
		return 0;
	if (!json_is_object(object))
		return yaml_fail_member(d->yaml, queues, name, e, "not a map such as {skills: [billing], sla: 5m}");
	if (yaml_only(d->yaml, object, known, e) < 0 || read_agents_condition(d, object, &q->agents, e) < 0 ||
	    check_words(d, object, "skills", e) < 0 || read_duration(d, object, "reserve", &q->reserve_ms, e) < 0 ||
	    read_duration(d, object, "sla", &q->objective_ms, e) < 0 ||
	    read_number(d, object, "share", 1, 100, &q->share, e) < 0)
		return -1;
	q->skills = json_object_get(object, "skills");
	return read_hours(d, object, q, e) < 0 ? -1 : read_duration(d, object, "share_over", &q->share_ms, e);
}

static int read_queues(struct desk *d, const json_t *root, struct err *e)
{
	const json_t *queues;
	const char *name;
	json_t *object;

	if (get_map(d, root, "queues", &queues, e) < 0)
		return -1;
	d->queues = xcalloc(json_object_size(queues) + 1, sizeof(*d->queues));
	json_object_foreach((json_t *)queues, name, object)
		if (read_queue(d, queues, name, object, e) < 0)
			return -1;
	return 0;
}

/* ---- settings ---- */

static int check_template(const struct desk *d, const json_t *object, const char *key, struct err *e)
{
	const char *text = json_string_value(json_object_get(object, key));
	struct err why;

	if (!text)
		return yaml_fail_member(d->yaml, object, key, e, "not a text");
	return template_check(text, &why) < 0 ? yaml_fail_member(d->yaml, object, key, e, "%s", why.text) : 0;
}

static int read_notice(struct desk *d, const json_t *root, struct err *e)
{
	const json_t *notice = json_object_get(root, "notice");
	const char *lang;
	json_t *text;

	d->notice = notice;
	if (!notice)
		return 0;
	if (!json_is_object(notice))
		return check_template(d, root, "notice", e);
	json_object_foreach((json_t *)notice, lang, text)
		if (check_template(d, notice, lang, e) < 0)
			return -1;
	return json_object_size(notice) > 0 ? 0 : yaml_fail_member(d->yaml, root, "notice", e, "empty");
}

/* {"order": [path, path], "plan": path}. */
static int read_context(struct desk *d, const json_t *root, struct err *e)
{
	const char *key;
	json_t *paths;

	if (get_map(d, root, "context", &d->context, e) < 0)
		return -1;
	json_object_foreach((json_t *)d->context, key, paths) {
		if (!json_is_string(paths) && !json_is_array(paths))
			return yaml_fail_member(d->yaml, d->context, key, e, "not a path such as contact.attributes.plan, nor a list of paths");
		if (json_is_array(paths) && check_words(d, d->context, key, e) < 0)
			return -1;
	}
	return 0;
}

int desk_read_people(struct desk *d, struct err *e)
{
	static const char *const known[] = {"agents", "queues", "workflows", "sticky", "misses", "notice", "context", NULL};
	const json_t *root = yaml_root(d->yaml);

	if (json_is_null(root))
		return 0;
	if (yaml_only(d->yaml, root, known, e) < 0 || read_agents(d, root, e) < 0 || read_queues(d, root, e) < 0 ||
	    read_duration(d, root, "sticky", &d->sticky_ms, e) < 0 || read_number(d, root, "misses", 0, 100, &d->misses, e) < 0)
		return -1;
	return read_notice(d, root, e) < 0 ? -1 : read_context(d, root, e);
}

/* ---- workflows ---- */

static int read_need(const struct desk *d, const json_t *object, unsigned *ret_need, struct err *e)
{
	static const char *const words[] = {"skills", "lang", "sticky"};
	const json_t *need = json_object_get(object, "need"), *word;
	size_t i;

	if (!need)
		return 0;
	if (!json_is_array(need))
		return yaml_fail_member(d->yaml, object, "need", e, "not a list of skills, lang and sticky");
	*ret_need = 0;
	json_array_foreach(need, i, word) {
		size_t n = 0;

		while (n < COUNT_OF(words) && (!json_is_string(word) || strcmp(words[n], json_string_value(word)) != 0))
			n++;
		if (n == COUNT_OF(words))
			return yaml_fail_member(d->yaml, object, "need", e, "item %zu is not skills, lang or sticky", i + 1);
		*ret_need |= 1u << n;
	}
	return 0;
}

static int read_priority(const struct desk *d, const json_t *object, int *ret_priority, struct err *e)
{
	const json_t *value = json_object_get(object, "priority");

	if (!value)
		return 0;
	*ret_priority = json_is_string(value) ? urgency_parse(json_string_value(value)) : -1;
	return *ret_priority < 0 ? yaml_fail_member(d->yaml, object, "priority", e, "not low, normal, high or critical") : 0;
}

static int read_step(struct desk *d, const json_t *object, struct desk_step *step, bool last, struct err *e)
{
	static const char *const known[] = {"queue", "agents", "need", "priority", "wait", "skip", NULL};
	const json_t *queue = json_object_get(object, "queue");

	*step = (struct desk_step){.need = DESK_SKILLS, .priority = -1};
	if (yaml_only(d->yaml, object, known, e) < 0)
		return -1;
	step->queue = desk_queue(d, json_is_string(queue) ? json_string_value(queue) : DESK_DEFAULT);
	if ((queue && !json_is_string(queue)) || !step->queue)
		return yaml_fail_member(d->yaml, object, "queue", e, "no queue of that name");
	if (read_agents_condition(d, object, &step->agents, e) < 0 || read_need(d, object, &step->need, e) < 0 ||
	    read_priority(d, object, &step->priority, e) < 0 || read_duration(d, object, "wait", &step->wait_ms, e) < 0 ||
	    read_switch(d, object, "skip", &step->skip, e) < 0)
		return -1;
	if (json_object_get(object, "wait") && step->wait_ms < 1)
		return yaml_fail_member(d->yaml, object, "wait", e, "must be longer than nothing");
	if (!last && !step->wait_ms)
		return yaml_fail(d->yaml, object, e, "never ends: 'wait' is missing, and there are steps behind it");
	return 0;
}

static int read_workflow(struct desk *d, const json_t *object, size_t place, struct err *e)
{
	static const char *const known[] = {"name", "match", "steps", NULL};
	struct desk_workflow *w = &d->workflows[d->workflow_count++];
	const json_t *name, *steps = json_object_get(object, "steps"), *match = json_object_get(object, "match");
	const struct match *compiled;

	if (yaml_only(d->yaml, object, known, e) < 0)
		return -1;
	name = json_object_get(object, "name");
	if (!json_is_string(name) || !id_valid(json_string_value(name)))
		return yaml_fail(d->yaml, object, e, "needs a name of at most %d bytes", ID_BYTES);
	if (strcmp(json_string_value(name), DESK_DEFAULT) == 0)
		return yaml_fail(d->yaml, name, e, "that is the one that takes what no other does");
	for (size_t i = 0; i < place; i++)
		if (strcmp(d->workflows[i].name, json_string_value(name)) == 0)
			return yaml_fail(d->yaml, name, e, "a second workflow of this name");
	w->name = json_string_value(name);
	if (match && !json_is_object(match))
		return yaml_fail_member(d->yaml, object, "match", e, "not a map of fields");
	if (match_compile(d->tasks, match, d->yaml, &compiled, e) < 0)
		return -1;
	if (!steps)
		return yaml_fail(d->yaml, object, e, "needs steps such as [{queue: billing, wait: 2m}]");
	if (!json_is_array(steps) || json_array_size(steps) == 0)
		return yaml_fail_member(d->yaml, object, "steps", e, "not a list of steps such as {queue: billing, wait: 2m}");
	w->steps = xcalloc(json_array_size(steps), sizeof(*w->steps));
	w->step_count = json_array_size(steps);
	for (size_t i = 0; i < w->step_count; i++)
		if (read_step(d, json_array_get(steps, i), &w->steps[i], i + 1 == w->step_count, e) < 0)
			return -1;
	return 0;
}

int desk_read_workflows(struct desk *d, struct err *e)
{
	const json_t *root = yaml_root(d->yaml), *list = json_object_get(root, "workflows");

	if (list && !json_is_array(list))
		return yaml_fail_member(d->yaml, root, "workflows", e, "not a list of workflows");
	d->workflows = xcalloc(json_array_size(list) + 1, sizeof(*d->workflows));
	for (size_t i = 0; i < json_array_size(list); i++)
		if (read_workflow(d, json_array_get(list, i), i, e) < 0)
			return -1;
	return 0;
}
