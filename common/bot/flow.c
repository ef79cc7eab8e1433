/*
 * Loading: every key of every state is read once and put into the structures of flow.h. Texts and variables stay jansson
 * values of the YAML document; only their templates are checked. flow_check.c looks at the graph afterwards.
 */
#include <stdlib.h>
#include <string.h>

#include "common/bot/flow.h"
#include "common/bot/flow_value.h"
#include "common/line/id.h"
#include "common/line/when.h"
#include "common/line/words.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define RUN_LIMIT_MS (10 * WHEN_SECOND)
#define RUN_LIMIT_MOST (5 * WHEN_MINUTE)

/* ---- states ---- */

/* "yes: confirmed", or "yes: {say: …, set: …, to: confirmed}". */
static int load_rule(const struct flow_loader *l, const struct flow_state *s, const json_t *on, const char *key, struct flow_rule *rule)
{
	static const char *const keys[] = {"say", "set", "to", NULL};
	const json_t *value = json_object_get(on, key);
	struct err why;

	rule->key = key;
	rule->jump.to = FLOW_STAY;
	if ((s->kind == FLOW_ASK || s->kind == FLOW_BRANCH) && answer_compile(key, &rule->answer, &why) < 0)
		return yaml_fail_member(l->f->yaml, on, key, l->e, "%s", why.text);
	if (json_is_string(value))
		return flow_get_state(l, on, key, &rule->jump.to);
	if (!json_is_object(value))
		return yaml_fail_member(l->f->yaml, on, key, l->e, "must be a state's name or a map with to, say, set");
	if (yaml_only(l->f->yaml, value, keys, l->e) < 0 || flow_get_jump(l, value, &rule->jump) < 0)
		return -1;
	if (rule->jump.to == FLOW_STAY && s->kind != FLOW_ASK)
		return yaml_fail_member(l->f->yaml, on, key, l->e, "needs 'to'");
	return 0;
}

static bool is_exit_status(const char *key)
{
	size_t len = strspn(key, "0123456789");

	return len > 0 && len <= 3 && !key[len] && strtoul(key, NULL, 10) <= 255;
}

static int check_key(const struct flow_loader *l, const struct flow_state *s, const json_t *on, const char *key)
{
	if (s->kind == FLOW_RUN && strcmp(key, "ok") != 0 && strcmp(key, "fail") != 0 && !is_exit_status(key))
		return yaml_fail_member(l->f->yaml, on, key, l->e, "after 'run' there is ok, fail, or an exit status");
	if (s->kind == FLOW_HANDOFF && strcmp(key, "completed") != 0 && strcmp(key, "declined") != 0 && strcmp(key, "canceled") != 0)
		return yaml_fail_member(l->f->yaml, on, key, l->e, "after 'handoff' there is completed, declined, canceled");
	return 0;
}

static int load_rules(const struct flow_loader *l, struct flow_state *s)
{
	const json_t *on = flow_get(s->value, "on");
	const char *key;
	json_t *value;

	if (!on)
		return 0;
	if (!json_is_object(on) || json_object_size(on) == 0)
		return yaml_fail_member(l->f->yaml, s->value, "on", l->e, "must be a map of answers");
	s->rules = xcalloc(json_object_size(on), sizeof(*s->rules));
	json_object_foreach((json_t *)on, key, value) {
		if (check_key(l, s, on, key) < 0 || load_rule(l, s, on, key, &s->rules[s->rule_count++]) < 0)
			return -1;
	}
	return 0;
}

static int load_else(const struct flow_loader *l, struct flow_state *s)
{
	static const char *const keys[] = {"say", "set", "to", "tries", NULL};
	const json_t *value = flow_get(s->value, "else"), *tries;

	if (!value)
		return 0;
	if (json_is_string(value))
		return flow_get_state(l, s->value, "else", &s->otherwise.to);
	if (!json_is_object(value))
		return yaml_fail_member(l->f->yaml, s->value, "else", l->e, "must be a state's name or a map with to, say, set, tries");
	if (yaml_only(l->f->yaml, value, keys, l->e) < 0 || flow_get_jump(l, value, &s->otherwise) < 0)
		return -1;
	tries = flow_get(value, "tries");
	if (!tries)
		return 0;
	if (!json_is_integer(tries) || json_integer_value(tries) < 1 || json_integer_value(tries) > 100)
		return yaml_fail_member(l->f->yaml, value, "tries", l->e, "not a number from 1 to 100");
	if (s->otherwise.to == FLOW_STAY || s->kind != FLOW_ASK)
		return yaml_fail_member(l->f->yaml, value, "tries", l->e, "only for a question, and with 'to': where to go after them");
	s->tries = (unsigned)json_integer_value(tries);
	return 0;
}

static int load_timeout(const struct flow_loader *l, struct flow_state *s)
{
	static const char *const keys[] = {"after", "say", "set", "to", NULL};
	const json_t *value = flow_get(s->value, "timeout");

	if (!value)
		return 0;
	if (yaml_only(l->f->yaml, value, keys, l->e) < 0 || flow_get_jump(l, value, &s->timeout) < 0 ||
	    flow_get_duration(l, value, "after", WHEN_SECOND, 366 * WHEN_DAY, &s->timeout_ms) < 0)
		return -1;
	if (!s->timeout_ms)
		return yaml_fail(l->f->yaml, value, l->e, "needs 'after'");
	if (s->timeout.to == FLOW_STAY && !s->timeout.say)
		return yaml_fail(l->f->yaml, value, l->e, "needs 'to' or 'say'");
	return 0;
}

/* "run: ./slots.sh", or "run: {command: ./slots.sh, limit: 30s}". */
static int load_run(const struct flow_loader *l, struct flow_state *s)
{
	static const char *const keys[] = {"command", "limit", NULL};
	const json_t *value = flow_get(s->value, "run");

	s->limit_ms = RUN_LIMIT_MS;
	if (!json_is_object(value))
		return flow_get_text(l, s->value, "run", &s->command);
	if (yaml_only(l->f->yaml, value, keys, l->e) < 0 || flow_get_text(l, value, "command", &s->command) < 0 ||
	    flow_get_duration(l, value, "limit", 1, RUN_LIMIT_MOST, &s->limit_ms) < 0)
		return -1;
	return s->command ? 0 : yaml_fail(l->f->yaml, value, l->e, "needs 'command'");
}

static int check_skills(const struct flow_loader *l, const json_t *skills)
{
	size_t i;
	json_t *skill;

	if (!skills)
		return 0;
	if (!json_is_array(skills))
		return yaml_fail(l->f->yaml, skills, l->e, "must be a list of words");
	json_array_foreach((json_t *)skills, i, skill)
		if (!json_is_string(skill) || !id_valid(json_string_value(skill)))
			return yaml_fail(l->f->yaml, skill, l->e, "not a word");
	return 0;
}

/* "handoff: true", or "handoff: {skills: [billing], priority: high, reason: …}". */
static int load_handoff(const struct flow_loader *l, struct flow_state *s)
{
	static const char *const keys[] = {"skills", "priority", "reason", NULL};
	const json_t *value = flow_get(s->value, "handoff");

	if (json_is_true(value))
		return 0;
	if (!json_is_object(value))
		return yaml_fail_member(l->f->yaml, s->value, "handoff", l->e, "must be true or a map with skills, priority, reason");
	if (yaml_only(l->f->yaml, value, keys, l->e) < 0 || flow_get_say(l, value, "reason", &s->reason) < 0 ||
	    flow_get_text(l, value, "priority", &s->priority) < 0)
		return -1;
	if (json_is_array(s->reason))
		return yaml_fail(l->f->yaml, s->reason, l->e, "one text, not a list");
	if (s->priority && urgency_parse(s->priority) < 0)
		return yaml_fail_member(l->f->yaml, value, "priority", l->e, "not one of low, normal, high, critical");
	s->skills = flow_get(value, "skills");
	return check_skills(l, s->skills);
}

static int load_end(const struct flow_loader *l, struct flow_state *s)
{
	const json_t *end = flow_get(s->value, "end");

	if (!json_is_true(end))
		return yaml_fail_member(l->f->yaml, s->value, "end", l->e, "is true or left out");
	return 0;
}

static const struct {
	const char *key;
	enum flow_kind kind;
	const char *allowed;    /* of the keys that not every state may have */
} kinds[] = {
    {"ask", FLOW_ASK, " save on else timeout to "},
    {"run", FLOW_RUN, " on to "},
    {"handoff", FLOW_HANDOFF, " on to "},
    {"end", FLOW_END, " "},
    {"on", FLOW_BRANCH, " on else "},
    {"to", FLOW_GO, " to "},
};

/* The first key of `kinds` that the state has; the others must be allowed beside it. */
static int load_kind(const struct flow_loader *l, struct flow_state *s)
{
	static const char *const some[] = {"ask", "run", "handoff", "end", "save", "on", "else", "timeout", "to"};
	size_t kind = 0;

	while (kind < COUNT_OF(kinds) && !flow_get(s->value, kinds[kind].key))
		kind++;
	if (kind == COUNT_OF(kinds))
		return yaml_fail(l->f->yaml, s->value, l->e, "leads nowhere: needs one of ask, on, run, handoff, to, end");
	s->kind = kinds[kind].kind;
	for (size_t i = 0; i < COUNT_OF(some); i++) {
		const char *at = strstr(kinds[kind].allowed, some[i]);
		size_t len = strlen(some[i]);

		while (at && (at[-1] != ' ' || at[len] != ' '))
			at = strstr(at + 1, some[i]);
		if (flow_get(s->value, some[i]) && !at && strcmp(some[i], kinds[kind].key) != 0)
			return yaml_fail_member(l->f->yaml, s->value, some[i], l->e, "does not go with '%s'", kinds[kind].key);
	}
	return 0;
}

static int check_ways(const struct flow_loader *l, const struct flow_state *s)
{
	bool on = s->rule_count > 0, to = s->to != FLOW_STAY, otherwise = flow_get(s->value, "else") != NULL;
	bool ok = to, fail = to;

	for (size_t i = 0; i < s->rule_count; i++) {
		ok = ok || strcmp(s->rules[i].key, "ok") == 0;
		fail = fail || strcmp(s->rules[i].key, "fail") == 0;
	}
	if (s->kind == FLOW_ASK && to && (on || otherwise))
		return yaml_fail_member(l->f->yaml, s->value, "to", l->e, "any answer leads there: does not go with 'on' and 'else'");
	if (s->kind == FLOW_ASK && !to && !on)
		return yaml_fail(l->f->yaml, s->value, l->e, "asks and has neither 'on' nor 'to'");
	if (s->kind == FLOW_BRANCH && s->otherwise.to == FLOW_STAY)
		return yaml_fail(l->f->yaml, s->value, l->e, "'on' without 'ask' needs an 'else' that leads on");
	if (s->kind == FLOW_RUN && !(ok && fail))
		return yaml_fail(l->f->yaml, s->value, l->e, "needs 'on' with both ok and fail, or 'to'");
	return 0;
}

static int load_state(const struct flow_loader *l, struct flow_state *s)
{
	static const char *const keys[] = {"say", "ask", "set", "save", "on", "else", "timeout", "run", "handoff", "to", "end", NULL};
	const json_t *v = s->value;

	s->to = s->otherwise.to = s->timeout.to = FLOW_STAY;
	if (!json_is_object(v))
		return yaml_fail_member(l->f->yaml, json_object_get(yaml_root(l->f->yaml), "states"), s->name, l->e, "must be a map");
	if (yaml_only(l->f->yaml, v, keys, l->e) < 0 || load_kind(l, s) < 0 || flow_get_say(l, v, "say", &s->say) < 0 ||
	    flow_get_say(l, v, "ask", &s->ask) < 0 || flow_get_set(l, v, "set", &s->set) < 0 || flow_get_text(l, v, "save", &s->save) < 0 ||
	    flow_get_state(l, v, "to", &s->to) < 0 || load_rules(l, s) < 0 || load_else(l, s) < 0 || load_timeout(l, s) < 0)
		return -1;
	if (s->save && !flow_is_variable(s->save))
		return yaml_fail_member(l->f->yaml, v, "save", l->e, "not a variable's name (letters, digits and _)");
	if ((s->kind == FLOW_RUN && load_run(l, s) < 0) || (s->kind == FLOW_HANDOFF && load_handoff(l, s) < 0) ||
	    (s->kind == FLOW_END && load_end(l, s) < 0))
		return -1;
	return check_ways(l, s);
}

/* ---- the file ---- */

static int load_states(struct flow_loader *l)
{
	struct flow *f = l->f;
	const json_t *root = yaml_root(f->yaml), *states = flow_get(root, "states");
	const char *name;
	json_t *value;
	size_t i = 0;

	if (!json_is_object(states) || json_object_size(states) == 0)
		return yaml_fail(f->yaml, states ? states : root, l->e, "needs 'states', a map of them");
	if (json_object_size(states) > FLOW_STATES)
		return yaml_fail(f->yaml, states, l->e, "more than %d states", FLOW_STATES);
	f->count = json_object_size(states);
	f->states = xcalloc(f->count, sizeof(*f->states));
	l->names = xcalloc(f->count + 1, sizeof(*l->names));
	json_object_foreach((json_t *)states, name, value) {
		if (!id_valid(name))
			return yaml_fail_member(f->yaml, states, name, l->e, "not a name of 1 to %d bytes", ID_BYTES);
		l->names[i] = f->states[i].name = name;
		f->states[i++].value = value;
	}
	for (i = 0; i < f->count; i++)
		if (load_state(l, &f->states[i]) < 0)
			return -1;
	return 0;
}

static int load_restart(const struct flow_loader *l, const json_t *root)
{
	const char *words = "restart";
	struct err why;

	if (flow_get_text(l, root, "restart", &words) < 0)
		return -1;
	if (*words == '/' || answer_compile(words, &l->f->restart, &why) < 0)
		return yaml_fail_member(l->f->yaml, root, "restart", l->e, "not words such as 'restart|start over'");
	l->f->restart_word = words;
	return 0;
}

static int load_root(struct flow_loader *l)
{
	static const char *const keys[] = {"name", "start", "lang", "vars", "restart", "states", NULL};
	const json_t *root = yaml_root(l->f->yaml);
	struct flow *f = l->f;
	const char *name = NULL;

	if (yaml_only(f->yaml, root, keys, l->e) < 0 || flow_get_text(l, root, "name", &name) < 0 ||
	    flow_get_text(l, root, "lang", &f->lang) < 0 || flow_get_set(l, root, "vars", &f->vars) < 0 || load_restart(l, root) < 0)
		return -1;
	if (name) {
		if (!id_valid(name))
			return yaml_fail_member(f->yaml, root, "name", l->e, "not a name of 1 to %d bytes", ID_BYTES);
		free(f->name);
		f->name = xstrdup(name);
	}
	if (f->lang && !flow_is_language(f->lang))
		return yaml_fail_member(f->yaml, root, "lang", l->e, "not a language such as en or pt-BR");
	if (load_states(l) < 0)
		return -1;
	f->start = FLOW_STAY;
	if (flow_get_state(l, root, "start", &f->start) < 0)
		return -1;
	if (f->start == FLOW_STAY)
		return yaml_fail(f->yaml, root, l->e, "needs 'start', the first state's name");
	return flow_check(f, l->e);
}

/* "examples/flow-support.yaml" is "flow-support" in "examples". */
static void name_after(struct flow *f, const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
	size_t len = dot && dot > base ? (size_t)(dot - base) : strlen(base);

	f->directory = slash ? xstrndup(path, slash == path ? 1 : (size_t)(slash - path)) : xstrdup(".");
	f->name = xstrndup(base, len > ID_BYTES ? ID_BYTES : len);
}

/* Takes `y`. */
static int load_flow(const char *path, struct yaml *y, struct flow **ret_flow, struct err *e)
{
	struct flow_loader l = {.f = xcalloc(1, sizeof(struct flow)), .e = e};
	int result;

	l.f->yaml = y;
	name_after(l.f, path);
	result = load_root(&l);
	free(l.names);
	if (result < 0)
		flow_free(l.f);
	else
		*ret_flow = l.f;
	return result;
}

int flow_load(const char *path, struct flow **ret_flow, struct err *e)
{
	struct yaml *y;

	return yaml_load(path, &y, e) < 0 ? -1 : load_flow(path, y, ret_flow, e);
}

int flow_parse(const char *path, const char *text, size_t len, struct flow **ret_flow, struct err *e)
{
	struct yaml *y;

	return yaml_parse(path, text, len, &y, e) < 0 ? -1 : load_flow(path, y, ret_flow, e);
}

void flow_free(struct flow *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->count; i++) {
		for (size_t k = 0; k < f->states[i].rule_count; k++)
			answer_free(f->states[i].rules[k].answer);
		free(f->states[i].rules);
	}
	free(f->states);
	answer_free(f->restart);
	yaml_unload(f->yaml);
	free(f->name);
	free(f->directory);
	free(f);
}

const struct flow_state *flow_state(const struct flow *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->states[i].name, name) == 0)
			return &f->states[i];
	return NULL;
}
