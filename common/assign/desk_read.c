#include <stdlib.h>
#include <string.h>

#include "common/assign/desk_read.h"
#include "common/config/contact.h"
#include "common/line/envelope.h"
#include "common/line/id.h"
#include "common/line/words.h"
#include "common/template/template.h"
#include "common/xalloc.h"

#include "common/banned.h"

/* ---- agents ---- */

static int check_langs(const struct desk *d, const json_t *object, struct err *e)
{
	json_t *list = json_object_get(object, "langs"), *word;
	size_t i;

	if (desk_check_words(d, object, "langs", e) < 0)
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

/* A number, or a map from channels to numbers. */
static int check_capacity(const struct desk *d, const json_t *own, struct err *e)
{
	const json_t *capacity = json_object_get(own, "capacity");
	unsigned number;
	const char *key;
	json_t *value;

	if (!json_is_object(capacity))
		return desk_read_number(d, own, "capacity", 0, DESK_CAPACITY, &number, e);
	json_object_foreach((json_t *)capacity, key, value)
		if (desk_check_name(d, capacity, key, e) < 0 || desk_read_number(d, capacity, key, 0, DESK_CAPACITY, &number, e) < 0)
			return -1;
	return json_object_size(capacity) > 0 ? 0 : yaml_fail_member(d->yaml, own, "capacity", e, "an empty map");
}

static int read_agent(struct desk *d, const json_t *agents, const char *id, const json_t *own, struct err *e)
{
	static const char *const known[] = {"name", "to", "skills", "langs", "capacity", "status", "attributes", "hours", NULL};
	struct desk_agent *agent = &d->agents[d->agent_count];
	const json_t *skills;
	const json_t *to = json_object_get(own, "to"), *name = json_object_get(own, "name"), *map;
	const json_t *status = json_object_get(own, "status");

	if (json_is_null(own))
		own = NULL;
	else if (!json_is_object(own))
		return yaml_fail_member(d->yaml, agents, id, e, "not a map such as {skills: [billing], capacity: 2}");
	if (desk_check_name(d, agents, id, e) < 0 || (own && yaml_only(d->yaml, own, known, e) < 0))
		return -1;
	if (name && !json_is_string(name))
		return yaml_fail_member(d->yaml, own, "name", e, "not a text");
	if (to && check_to(d, own, to, e) < 0)
		return -1;
	if (status && (!json_is_string(status) || agent_status_parse(json_string_value(status)) < 0))
		return yaml_fail_member(d->yaml, own, "status", e, "not available, busy, away or offline");
	*agent = (struct desk_agent){.id = id, .own = own};
	if (desk_read_skills(d, own, &skills, e) < 0 || check_langs(d, own, e) < 0 ||
	    desk_read_map(d, own, "attributes", "{senior: true}", &map, e) < 0 ||
	    check_capacity(d, own, e) < 0 || desk_read_hours(d, own, &agent->hours, e) < 0)
		return -1;
	d->agent_count++;
	return 0;
}

static int read_agents(struct desk *d, const json_t *root, struct err *e)
{
	const json_t *agents;
	const char *id;
	json_t *own;

	if (desk_read_map(d, root, "agents", "{bo: {skills: [billing]}}", &agents, e) < 0)
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

static int read_queue(struct desk *d, const json_t *queues, const char *name, const json_t *object, struct err *e)
{
	static const char *const known[] = {"agents", "skills", "hours", "reserve", "sla", "share", "share_over", "wrap_up", NULL};
	struct desk_queue *q = &d->queues[d->queue_count++];

	*q = desk_new_queue(name);
	if (desk_check_name(d, queues, name, e) < 0)
		return -1;
	if (json_is_null(object))
		return 0;
	if (!json_is_object(object))
		return yaml_fail_member(d->yaml, queues, name, e, "not a map such as {skills: [billing], sla: 5m}");
	if (yaml_only(d->yaml, object, known, e) < 0 || desk_read_conditions(d, object, &q->agents, e) < 0 ||
	    desk_read_skills(d, object, &q->skills, e) < 0 || desk_read_duration(d, object, "reserve", &q->reserve_ms, e) < 0 ||
	    desk_read_duration(d, object, "sla", &q->objective_ms, e) < 0 ||
	    desk_read_number(d, object, "share", 1, 100, &q->share, e) < 0)
		return -1;
	if (desk_read_duration(d, object, "share_over", &q->share_ms, e) < 0 ||
	    desk_read_duration(d, object, "wrap_up", &q->wrap_up_ms, e) < 0)
		return -1;
	return desk_read_hours(d, object, &q->hours, e);
}

static int read_queues(struct desk *d, const json_t *root, struct err *e)
{
	const json_t *queues;
	const char *name;
	json_t *object;

	if (desk_read_map(d, root, "queues", "{billing: {sla: 5m}}", &queues, e) < 0)
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

	if (desk_read_map(d, root, "context", "{plan: contact.attributes.plan}", &d->context, e) < 0)
		return -1;
	json_object_foreach((json_t *)d->context, key, paths) {
		if (!json_is_string(paths) && !json_is_array(paths))
			return yaml_fail_member(d->yaml, d->context, key, e, "not a path such as contact.attributes.plan, nor a list of paths");
		if (json_is_array(paths) && desk_check_words(d, d->context, key, e) < 0)
			return -1;
	}
	return 0;
}

/* A file of more holidays, which lies beside this one. */
static int read_holidays(struct desk *d, const json_t *root, struct err *e)
{
	const json_t *file = json_object_get(root, "holidays");
	const char *name = yaml_name(d->yaml), *slash = strrchr(name, '/'), *path = json_string_value(file);
	char *whole;
	int result;

	if (!file)
		return 0;
	if (!path || !*path)
		return yaml_fail_member(d->yaml, root, "holidays", e, "not a file");
	whole = *path == '/' || !slash ? xstrdup(path) : xformat("%.*s/%s", (int)(slash - name), name, path);
	if (!d->holidays)
		d->holidays = holidays_new();
	result = holidays_read(d->holidays, whole, e);
	free(whole);
	return result;
}

int desk_read_people(struct desk *d, struct err *e)
{
	static const char *const known[] = {
	    "agents", "queues", "workflows", "sticky", "misses", "keep", "holidays", "notice", "context", NULL};
	const json_t *root = yaml_root(d->yaml);

	if (json_is_null(root))
		return 0;
	if (yaml_only(d->yaml, root, known, e) < 0 || read_agents(d, root, e) < 0 || read_queues(d, root, e) < 0 ||
	    desk_read_duration(d, root, "sticky", &d->sticky_ms, e) < 0 || desk_read_duration(d, root, "keep", &d->keep_ms, e) < 0 ||
	    read_holidays(d, root, e) < 0 || desk_read_number(d, root, "misses", 0, 100, &d->misses, e) < 0)
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

/* `word` may be NULL, of an item that is no text. */
static int read_criterion(const struct desk *d, const json_t *object, const char *word, struct desk_order *ret_order, struct err *e)
{
	static const char *const words[] = {"sticky", "lang", "skills", "level", "load", "idle", NULL};
	struct desk_order o = {.by = DESK_BY_ATTRIBUTE, .reverse = word && *word == '-'};
	const char *plain = !word ? "" : o.reverse ? word + 1 : word;

	if (strncmp(plain, "attributes.", 11) == 0 && plain[11])
		o.attribute = plain + 11;
	for (unsigned i = 0; words[i]; i++)
		if (strcmp(words[i], plain) == 0)
			o.by = (enum desk_criterion)i;
	*ret_order = o;
	if (o.by != DESK_BY_ATTRIBUTE || o.attribute)
		return 0;
	return yaml_fail_member(d->yaml, object, "order", e, "not sticky, lang, skills, level, load, idle or attributes.NAME: '%s'",
	    err_quote(word ? word : ""));
}

static int read_order(const struct desk *d, const json_t *object, struct desk_step *step, struct err *e)
{
	const json_t *order = json_object_get(object, "order"), *word;
	size_t i;

	if (!order)
		return 0;
	if (!json_is_array(order) || json_array_size(order) > DESK_ORDERS)
		return yaml_fail_member(d->yaml, object, "order", e, "not a list of up to %d words such as [level, idle]", DESK_ORDERS);
	step->order_count = json_array_size(order);
	json_array_foreach(order, i, word)
		if (read_criterion(d, object, json_string_value(word), &step->order[i], e) < 0)
			return -1;
	return 0;
}

struct desk_step desk_new_step(void)
{
	return (struct desk_step){.need = DESK_SKILLS, .priority = -1, .order_count = 4,
	    .order = {{.by = DESK_BY_STICKY}, {.by = DESK_BY_LANG}, {.by = DESK_BY_SKILLS}, {.by = DESK_BY_IDLE}}};
}

static int read_step(struct desk *d, const json_t *object, struct desk_step *step, bool last, struct err *e)
{
	static const char *const known[] = {"queue", "agents", "skills", "need", "order", "priority", "wait", "skip", NULL};
	const json_t *queue = json_object_get(object, "queue");

	*step = desk_new_step();
	if (yaml_only(d->yaml, object, known, e) < 0)
		return -1;
	step->queue = desk_queue(d, json_is_string(queue) ? json_string_value(queue) : DESK_DEFAULT);
	if ((queue && !json_is_string(queue)) || !step->queue)
		return yaml_fail_member(d->yaml, object, "queue", e, "no queue of that name%s", desk_queue_hint(d, json_string_value(queue)));
	if (desk_read_conditions(d, object, &step->agents, e) < 0 || desk_read_skills(d, object, &step->skills, e) < 0 ||
	    read_need(d, object, &step->need, e) < 0 || read_order(d, object, step, e) < 0 ||
	    desk_read_priority(d, object, &step->priority, e) < 0 || desk_read_duration(d, object, "wait", &step->wait_ms, e) < 0 ||
	    desk_read_switch(d, object, "skip", &step->skip, e) < 0)
		return -1;
	if (json_object_get(object, "wait") && step->wait_ms < 1)
		return yaml_fail_member(d->yaml, object, "wait", e, "must be longer than nothing");
	if (!last && !step->wait_ms)
		return yaml_fail(d->yaml, object, e, "never ends: 'wait' is missing, and there are steps behind it");
	return 0;
}

/* Conditions on the task, or a list of such of which one must hold. */
static int read_match(struct desk *d, const json_t *object, size_t place, struct err *e)
{
	const json_t *value = json_object_get(object, "match");
	size_t count = json_is_array(value) ? json_array_size(value) : 1;
	const struct match *compiled;

	if (count == 0)
		return yaml_fail_member(d->yaml, object, "match", e, "an empty list: no task would do");
	for (size_t i = 0; i < count; i++) {
		const json_t *one = json_is_array(value) ? json_array_get(value, i) : value;

		if (value && !json_is_object(one))
			return yaml_fail_member(d->yaml, object, "match", e, "not a map of conditions, nor a list of such maps");
		if (match_compile(d->tasks, one, d->yaml, &compiled, e) < 0)
			return -1;
		/* One more, for what none of them matches. */
		d->matched = xrealloc(d->matched, (d->match_count + 2) * sizeof(*d->matched));
		d->matched[d->match_count++] = place;
		d->matched[d->match_count] = place + 1;
	}
	return 0;
}

static int read_name(struct desk *d, const json_t *object, size_t place, const char **ret_name, struct err *e)
{
	const json_t *value = json_object_get(object, "name");
	const char *name = json_string_value(value);

	if (!name || !id_valid(name))
		return yaml_fail(d->yaml, object, e, "needs a name of at most %d bytes", ID_BYTES);
	if (strcmp(name, DESK_DEFAULT) == 0)
		return yaml_fail(d->yaml, value, e, "that is the one that takes what no other does");
	for (size_t i = 0; i < place; i++)
		if (strcmp(d->workflows[i].name, name) == 0)
			return yaml_fail(d->yaml, value, e, "a second workflow of this name");
	*ret_name = name;
	return 0;
}

static int read_workflow(struct desk *d, const json_t *object, size_t place, struct err *e)
{
	static const char *const known[] = {"name", "match", "steps", NULL};
	struct desk_workflow *w = &d->workflows[d->workflow_count++];
	const json_t *steps = json_object_get(object, "steps");

	if (yaml_only(d->yaml, object, known, e) < 0 || read_name(d, object, place, &w->name, e) < 0 ||
	    read_match(d, object, place, e) < 0)
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
