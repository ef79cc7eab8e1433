/*
 * A step ends at a question, at a hand-off or at the end. It cannot go round for ever: flow_check has seen to it that
 * every circle has a state that waits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/address/address.h"
#include "common/bot/command.h"
#include "common/bot/flow_value.h"
#include "common/bot/say.h"
#include "common/bot/step.h"
#include "common/buf.h"
#include "common/diag.h"
#include "common/line/envelope.h"
#include "common/line/lang.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define TEXT_BYTES (16u << 10)  /* of what was heard, kept for templates */

void step_init(struct step *s, const struct flow *f, struct conversation *c, const char *base, int64_t now_ms)
{
	*s = (struct step){.flow = f, .c = c, .base = base, .now_ms = now_ms, .out = json_array(), .why = json_array()};
}

void step_clear(struct step *s)
{
	json_decref(s->out);
	json_decref(s->why);
	s->out = s->why = NULL;
}

const struct flow_state *step_state(const struct step *s)
{
	return flow_state(s->flow, s->c->state);
}

bool step_starts_anew(const struct flow *f, const struct conversation *c, const char *text)
{
	const struct flow_state *state = flow_state(f, c->state);

	return c->status == CONVERSATION_ENDED || strcmp(c->flow, f->name) != 0 || !state || state->kind != FLOW_ASK ||
	       answer_matches(f->restart, text, NULL);
}

/* ---- the conversation's data ---- */

/* A member that is an object, made if need be. */
static json_t *object_of(json_t *data, const char *key)
{
	json_t *value = json_object_get(data, key);

	if (!json_is_object(value)) {
		value = json_object();
		json_object_set_new(data, key, value);
	}
	return value;
}

static const char *text_of(const struct step *s, const char *key)
{
	return envelope_text(s->c->data, key, "");
}

static const char *language_in(const json_t *object)
{
	const char *lang = envelope_text(object, "lang", NULL);

	return lang && flow_is_language(lang) ? lang : NULL;
}

/*
 * A variable `lang` that the flow has set, else the contact's language, else what it has been so far, else what the first
 * text seems to be in: one short answer does not change the language.
 */
static void choose_language(struct step *s, const json_t *inbound)
{
	json_t *data = s->c->data;
	const char *lang = language_in(json_object_get(data, "vars"));

	if (!lang)
		lang = language_in(json_object_get(data, "contact"));
	if (!lang && !language_in(data))
		lang = language_in(json_object_get(inbound, "insight"));
	if (!lang && !language_in(data))
		lang = language_in(inbound);
	if (lang)
		json_object_set_new(data, "lang", json_string(lang));
}

void step_hear(struct step *s, const json_t *inbound, const json_t *contact)
{
	json_t *data = s->c->data, *context = json_object_get(inbound, "context");
	const char *subject = envelope_text(inbound, "subject", NULL), *thread = envelope_text(inbound, "thread", NULL);

	json_object_set_new(data, "text", say_clip(envelope_text(inbound, "text", ""), TEXT_BYTES));
	if (json_is_object(context))
		json_object_update(object_of(data, "context"), context);
	if (json_is_object(contact))
		json_object_set(data, "contact", (json_t *)contact);
	if (subject)
		json_object_set_new(data, "subject", say_clip(subject, 200));
	if (thread)
		conversation_set(&s->c->thread, thread);
	choose_language(s, inbound);
}

/* What templates and commands see. */
static json_t *view_of(const struct step *s)
{
	json_t *view = json_copy(s->c->data);

	json_object_set_new(view, "from", json_string(s->c->them));
	json_object_set_new(view, "to", json_string(s->c->us));
	json_object_set_new(view, "thread", json_string(s->c->thread));
	json_object_set_new(view, "flow", json_string(s->flow->name));
	json_object_set_new(view, "state", json_string(s->c->state));
	return view;
}

static int check_size(const struct step *s, struct err *e)
{
	if (json_dumpb(s->c->data, NULL, 0, JSON_COMPACT) > STEP_DATA)
		return err_set(e, EX_DATAERR, "the conversation's data is larger than %u bytes", STEP_DATA);
	return 0;
}

/* ---- why ---- */

static json_t *explain(struct step *s, const char *event)
{
	json_t *entry;

	if (!s->explain)
		return NULL;
	entry = json_pack("{s:s, s:s, s:[], s:[]}", "state", s->c->state, "event", event, "rules", "missing");
	json_array_append_new(s->why, entry);
	return entry;
}

/* The name of where a jump leads. */
static const char *target_name(const struct step *s, size_t to)
{
	return to == FLOW_STAY ? s->c->state : s->flow->states[to].name;
}

static void explain_rule(const struct step *s, json_t *entry, const struct flow_rule *rule, bool matched)
{
	if (entry)
		json_array_append_new(json_object_get(entry, "rules"),
		    json_pack("{s:s, s:s, s:b}", "rule", rule->key, "to", target_name(s, rule->jump.to), "matched", matched));
}

static void explain_target(const struct step *s, json_t *entry, const char *by, size_t to)
{
	if (!entry)
		return;
	json_object_set_new(entry, "by", json_string(by));
	json_object_set_new(entry, "to", json_string(target_name(s, to)));
}

/* Where names without a value are noted. */
static json_t *missing_of(const struct step *s)
{
	size_t count = json_array_size(s->why);

	return count ? json_object_get(json_array_get(s->why, count - 1), "missing") : NULL;
}

/* ---- lines ---- */

static int fill(struct step *s, const json_t *value, char **ret_text, struct err *e)
{
	json_t *view = view_of(s);
	int result = say_fill(lang_choose(value, text_of(s, "lang"), s->flow->lang), view, missing_of(s), ret_text, e);

	json_decref(view);
	return result < 0 ? err_at(e, "flow '%s', state '%s': ", s->flow->name, s->c->state) : 0;
}

/* BASE.N where it fits into an id, else a hash of BASE in its place. */
static json_t *next_id(struct step *s)
{
	char id[ID_BYTES + 16], hex[41];
	unsigned char hash[20];
	int len = snprintf(id, sizeof(id), "%s.%u", s->base, ++s->lines);

	if (len > ID_BYTES) {
		crypto_generichash(hash, sizeof(hash), (const unsigned char *)s->base, strlen(s->base), NULL, 0);
		sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
		snprintf(id, sizeof(id), "%s.%u", hex, s->lines);
	}
	return json_string(id);
}

static void set_text(json_t *line, const char *key, const char *text)
{
	if (*text)
		json_object_set_new(line, key, json_string(text));
}

/* Our address as a sender is written in messages: without its scheme. */
static const char *sender(const char *us)
{
	struct address a;
	const char *colon = strchr(us, ':');

	return colon && address_parse(us, &a, NULL) == 0 ? colon + 1 : us;
}

static void add_subject(const struct step *s, json_t *message)
{
	const char *subject = text_of(s, "subject");
	char *reply;

	if (!*subject)
		return;
	reply = xformat("%s%s", strncmp(subject, "Re:", 3) == 0 ? "" : "Re: ", subject);
	set_text(message, "subject", reply);
	free(reply);
}

static bool is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

static int say_one(struct step *s, const json_t *value, struct err *e)
{
	json_t *message;
	char *text;

	if (fill(s, value, &text, e) < 0)
		return -1;
	if (!is_blank(text)) {
		message = json_pack("{s:s, s:o, s:s, s:s, s:s}", "type", "message", "id", next_id(s), "to", s->c->them, "text", text,
		    "purpose", "service");
		set_text(message, "from", sender(s->c->us));
		add_subject(s, message);
		set_text(message, "lang", text_of(s, "lang"));
		set_text(message, "thread", s->c->thread);
		json_array_append_new(s->out, message);
	}
	free(text);
	return 0;
}

static int say(struct step *s, const json_t *value, struct err *e)
{
	size_t i;
	json_t *item;

	if (!value)
		return 0;
	if (!json_is_array(value))
		return say_one(s, value, e);
	json_array_foreach((json_t *)value, i, item)
		if (say_one(s, item, e) < 0)
			return -1;
	return 0;
}

static int hand_off(struct step *s, const struct flow_state *state, struct err *e)
{
	json_t *data = s->c->data, *task, *context, *id = next_id(s);
	char *reason = NULL;

	if (state->reason && fill(s, state->reason, &reason, e) < 0) {
		json_decref(id);
		return -1;
	}
	conversation_set(&s->c->task, json_string_value(id));
	context = json_pack("{s:s, s:s, s:s, s:O*, s:O*, s:s}", "from", s->c->them, "flow", s->flow->name, "state", s->c->state, "vars",
	    json_object_get(data, "vars"), "contact", json_object_get(data, "contact"), "text", text_of(s, "text"));
	set_text(context, "to", s->c->us);
	set_text(context, "lang", text_of(s, "lang"));
	task = json_pack("{s:s, s:o, s:s, s:s, s:o}", "type", "task", "id", id, "thread", s->c->thread, "status", "open", "context",
	    context);
	if (state->skills)
		json_object_set(task, "skills", (json_t *)state->skills);
	if (state->priority)
		set_text(task, "priority", state->priority);
	if (reason)
		set_text(task, "reason", reason);
	free(reason);
	json_array_append_new(s->out, task);
	return 0;
}

/* ---- variables ---- */

static int set_variables(struct step *s, const json_t *set, struct err *e)
{
	const char *name;
	json_t *value, *vars = object_of(s->c->data, "vars");

	json_object_foreach((json_t *)set, name, value) {
		char *text;

		if (!json_is_string(value)) {
			json_object_set(vars, name, value);
			continue;
		}
		if (fill(s, value, &text, e) < 0)
			return -1;
		json_object_set_new(vars, name, json_string(text));
		free(text);
	}
	choose_language(s, NULL);
	return check_size(s, e);
}

/* ---- states ---- */

static int jump(struct step *s, const struct flow_jump *j, struct err *e)
{
	return j->set && set_variables(s, j->set, e) < 0 ? -1 : say(s, j->say, e);
}

static const struct flow_rule *match_text(const struct flow_state *state, const char *text, json_t *captures)
{
	for (size_t i = 0; i < state->rule_count; i++)
		if (answer_matches(state->rules[i].answer, text, captures))
			return &state->rules[i];
	return NULL;
}

/* The rule that the text matches, in the order of the file, or what it stands for if itself it matches none; NULL: none. */
static const struct flow_rule *match(struct step *s, const struct flow_state *state, json_t *why)
{
	json_t *captures = json_object();
	const struct flow_rule *hit = match_text(state, text_of(s, "text"), captures);

	if (!hit && s->choice) {
		hit = match_text(state, s->choice, captures);
		if (hit)
			json_object_set_new(s->c->data, "text", json_string(s->choice));
	}
	for (size_t i = 0; i < state->rule_count; i++)
		explain_rule(s, why, &state->rules[i], &state->rules[i] == hit);
	json_object_set_new(s->c->data, "match", captures);
	return hit;
}

static int take_branch(struct step *s, const struct flow_state *state, size_t *ret_to, struct err *e)
{
	json_t *why = explain(s, "text");
	const struct flow_rule *rule = match(s, state, why);
	const struct flow_jump *j = rule ? &rule->jump : &state->otherwise;

	*ret_to = j->to;
	explain_target(s, why, rule ? rule->key : "else", j->to);
	return jump(s, j, e);
}

/* The rule for an exit status: its number, else ok or fail; or a word. */
static const struct flow_rule *rule_called(const struct step *s, const struct flow_state *state, const char *word, json_t *why)
{
	const struct flow_rule *hit = NULL;

	for (size_t i = 0; i < state->rule_count; i++)
		if (!hit && strcmp(state->rules[i].key, word) == 0)
			hit = &state->rules[i];
	for (size_t i = 0; i < state->rule_count; i++)
		explain_rule(s, why, &state->rules[i], &state->rules[i] == hit);
	return hit;
}

/* Without before_command's locks the command may take its time. -1: it could not be run properly. */
static int call(struct step *s, const struct flow_state *state, struct err *e)
{
	json_t *view = view_of(s), *output, *id = next_id(s);
	struct err why;
	int status = -1;

	json_object_set_new(view, "id", id);
	if (s->before_command)
		s->before_command(s->ctx);
	if (command_run(state->command, s->flow->directory, view, state->limit_ms, &status, &output, &why) < 0) {
		diag_note("flow '%s', state '%s': the command failed: %s", s->flow->name, s->c->state, why.text);
		status = -1;
	} else {
		json_object_update(object_of(s->c->data, "vars"), output);
		json_decref(output);
		choose_language(s, NULL);
	}
	json_decref(view);
	return check_size(s, e) < 0 ? -2 : status;
}

static int take_command(struct step *s, const struct flow_state *state, size_t *ret_to, struct err *e)
{
	json_t *why = explain(s, "command");
	const struct flow_rule *rule = NULL;
	int status = call(s, state, e);
	char word[16];

	if (status == -2)
		return -1;
	snprintf(word, sizeof(word), "%d", status);
	for (size_t i = 0; i < state->rule_count && !rule; i++)
		if (strcmp(state->rules[i].key, word) == 0)
			rule = rule_called(s, state, word, why);
	if (!rule)
		rule = rule_called(s, state, status == 0 ? "ok" : "fail", why);
	if (why)
		json_object_set_new(why, "status", json_integer(status));
	*ret_to = rule ? rule->jump.to : state->to;
	explain_target(s, why, rule ? rule->key : "to", *ret_to);
	return rule ? jump(s, &rule->jump, e) : 0;
}

static int ask(struct step *s, const struct flow_state *state, struct err *e)
{
	s->c->status = CONVERSATION_OPEN;
	s->c->due_ms = state->timeout_ms ? s->now_ms + state->timeout_ms : 0;
	return say(s, state->ask, e);
}

/* Through states that do not wait, to one that does. */
static int enter(struct step *s, size_t to, struct err *e)
{
	for (;;) {
		const struct flow_state *state = &s->flow->states[to];
		int result = 0;

		conversation_set(&s->c->state, state->name);
		s->c->misses = 0;
		s->c->due_ms = 0;
		s->c->updated_ms = s->now_ms;
		if ((state->set && set_variables(s, state->set, e) < 0) || say(s, state->say, e) < 0)
			return -1;
		switch (state->kind) {
		case FLOW_ASK:
			return ask(s, state, e);
		case FLOW_HANDOFF:
			s->c->status = CONVERSATION_HANDED;
			return hand_off(s, state, e);
		case FLOW_END:
			s->c->status = CONVERSATION_ENDED;
			return 0;
		case FLOW_BRANCH:
			result = take_branch(s, state, &to, e);
			break;
		case FLOW_RUN:
			result = take_command(s, state, &to, e);
			break;
		case FLOW_GO:
			to = state->to;
			break;
		}
		if (result < 0)
			return -1;
	}
}

int step_open(struct step *s, struct err *e)
{
	s->c->status = CONVERSATION_OPEN;
	json_object_set_new(s->c->data, "answer", json_string(""));
	if (s->flow->vars && set_variables(s, s->flow->vars, e) < 0)
		return -1;
	return check_size(s, e) < 0 ? -1 : enter(s, s->flow->start, e);
}

/*
 * Nothing matched. With `tries`, `else` says its text and asks again until they are used up, and then leads on without a
 * word of its own.
 */
static int miss(struct step *s, const struct flow_state *state, json_t *why, struct err *e)
{
	struct flow_jump j = state->otherwise;

	if (state->tries && s->c->misses < state->tries)
		j = (struct flow_jump){j.say, NULL, FLOW_STAY};
	else if (state->tries)
		j.say = NULL;
	s->c->misses++;
	explain_target(s, why, "else", j.to);
	if (jump(s, &j, e) < 0)
		return -1;
	return j.to == FLOW_STAY ? ask(s, state, e) : enter(s, j.to, e);
}

int step_answer(struct step *s, struct err *e)
{
	const struct flow_state *state = step_state(s);
	json_t *why = explain(s, "answer");
	const struct flow_rule *rule;
	char *answer;

	s->c->updated_ms = s->now_ms;
	rule = match(s, state, why);
	answer = answer_trim(text_of(s, "text"));
	json_object_set_new(s->c->data, "answer", json_string(answer));
	if ((rule || state->to != FLOW_STAY) && state->save)
		json_object_set_new(object_of(s->c->data, "vars"), state->save, json_string(answer));
	free(answer);
	choose_language(s, NULL);
	if (check_size(s, e) < 0)
		return -1;
	if (!rule && state->to == FLOW_STAY)
		return miss(s, state, why, e);
	explain_target(s, why, rule ? rule->key : "to", rule ? rule->jump.to : state->to);
	if (!rule)
		return enter(s, state->to, e);
	s->c->misses = 0;
	if (jump(s, &rule->jump, e) < 0)
		return -1;
	return rule->jump.to == FLOW_STAY ? ask(s, state, e) : enter(s, rule->jump.to, e);
}

int step_timeout(struct step *s, struct err *e)
{
	const struct flow_state *state = step_state(s);
	json_t *why = explain(s, "timeout");

	explain_target(s, why, "timeout", state->timeout.to);
	s->c->due_ms = 0;
	s->c->updated_ms = s->now_ms;
	if (jump(s, &state->timeout, e) < 0)
		return -1;
	return state->timeout.to == FLOW_STAY ? 0 : enter(s, state->timeout.to, e);
}

int step_return(struct step *s, const char *how, struct err *e)
{
	const struct flow_state *state = step_state(s);
	json_t *why = explain(s, "return");
	const struct flow_rule *rule = rule_called(s, state, how, why);

	s->c->updated_ms = s->now_ms;
	conversation_set(&s->c->task, "");
	if (!rule && state->to == FLOW_STAY) {
		explain_target(s, why, "end", FLOW_STAY);
		s->c->status = CONVERSATION_ENDED;
		return 0;
	}
	s->c->status = CONVERSATION_OPEN;
	explain_target(s, why, rule ? rule->key : "to", rule ? rule->jump.to : state->to);
	if (!rule)
		return enter(s, state->to, e);
	return jump(s, &rule->jump, e) < 0 ? -1 : enter(s, rule->jump.to, e);
}
