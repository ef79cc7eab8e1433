/*
 * The way from a message to its plan: which rules hold, what they set, and what the purpose and the built-in table set
 * where they do not. The choice itself is choose.c's.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/line/envelope.h"
#include "common/line/id.h"
#include "common/line/when.h"
#include "common/policy/choose.h"
#include "common/policy/policy.h"
#include "common/policy/policy_rules.h"
#include "common/policy/wishes.h"
#include "common/sms/sms.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define HURRY_HIGH (5 * WHEN_MINUTE)
#define HURRY_CRITICAL (1 * WHEN_MINUTE)

/* What holds without a policy; msg-policy(5) has this table. */
static const struct {
	const char *waterfall;
	bool prefer;            /* the contact's preferred channels stand first */
	bool hurry;             /* urgent ones wait for a delivery and then go on */
} built_in[PURPOSES] = {
    [PURPOSE_OTP] = {"sms whatsapp voice email", true, false},
    [PURPOSE_TRANSACTIONAL] = {"push whatsapp sms email others", true, true},
    [PURPOSE_SERVICE] = {"chat whatsapp push sms email others", true, true},
    [PURPOSE_MARKETING] = {"email push whatsapp sms others", true, false},
    [PURPOSE_EMERGENCY] = {"push/1m:read sms/2m:read voice/2m:answered whatsapp/2m:read email/5m:read others/5m:read", false, false},
};

static void build_defaults(struct policy *p)
{
	static const int64_t hurry[URGENCIES] = {[URGENCY_HIGH] = HURRY_HIGH, [URGENCY_CRITICAL] = HURRY_CRITICAL};

	for (int purpose = 0; purpose < PURPOSES; purpose++) {
		p->purposes[purpose].prefer = p->purposes[purpose].parallel = -1;
		for (int urgency = 0; urgency < URGENCIES; urgency++)
			waterfall_build(&p->built_in[purpose][urgency], built_in[purpose].waterfall,
			    built_in[purpose].hurry ? hurry[urgency] : 0);
	}
}

int policy_load(const char *path, const struct config *c, struct policy **ret_policy, struct err *e)
{
	struct policy *p;

	if (path && path == c->policy && access(path, R_OK) < 0)
		return config_fail_member(c, yaml_root(c->yaml), "policy", e, "cannot open '%s': %s", err_quote(path), strerror(errno));
	p = xcalloc(1, sizeof(*p));
	p->matches = match_set_new();
	score_weights_init(&p->weights);
	p->choice = xcalloc(1, sizeof(*p->choice));
	p->past = xcalloc(1, sizeof(*p->past));
	p->hours = hours_new();
	build_defaults(p);
	if (path && policy_read(p, path, c, e) < 0) {
		policy_free(p);
		return -1;
	}
	*ret_policy = p;
	return 0;
}

void policy_free(struct policy *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->rule_count; i++)
		free(p->rules[i].name);
	free(p->rules);
	match_set_free(p->matches);
	for (size_t i = 0; i < p->read_count; i++) {
		waterfall_clear(p->read[i]);
		free(p->read[i]);
	}
	free(p->read);
	senders_free(p->senders);
	caps_free(p->caps);
	past_clear(p->past);
	free(p->past);
	content_free(p->content);
	for (size_t i = 0; i < p->cost_count; i++)
		free(p->costs[i]);
	free(p->costs);
	hours_free(p->hours);
	windows_free(p->windows);
	for (size_t i = 0; i < p->weighed_count; i++)
		free(p->weighed[i]);
	free(p->weighed);
	for (int purpose = 0; purpose < PURPOSES; purpose++)
		for (int urgency = 0; urgency < URGENCIES; urgency++)
			waterfall_clear(&p->built_in[purpose][urgency]);
	choice_clear(p->choice);
	free(p->choice);
	requirements_clear(&p->require);
	yaml_unload(p->yaml);
	free(p);
}

void policy_set_ways(struct policy *p, const struct policy_ways *ways)
{
	p->ways = *ways;
}

void policy_set_clock(struct policy *p, int64_t now_ms)
{
	p->clock_ms = now_ms;
	past_forget(p->past);
	p->choice->habit = (struct habit){0};
}

void policy_requirements(const struct policy *p, struct gate *g)
{
	g->require = &p->require;
}

bool policy_counts(const struct policy *p)
{
	return p->caps || senders_keep(p->senders);
}

bool policy_counts_purpose(const struct policy *p, enum purpose purpose)
{
	return policy_counts(p) || hours_count(p->hours, purpose);
}

size_t policy_rule_count(const struct policy *p)
{
	return p->rule_count;
}

/* What `over` sets replaces what `s` has. */
static void override(struct settings *s, const struct settings *over)
{
	if (over->waterfall) {
		s->waterfall = over->waterfall;
		s->rule = over->rule;
	}
	if (over->fallback)
		s->fallback = over->fallback;
	if (over->from)
		s->from = over->from;
	if (over->weights)
		s->weights = over->weights;
	if (over->cost)
		s->cost = over->cost;
	if (over->prefer >= 0)
		s->prefer = over->prefer;
	if (over->parallel >= 0)
		s->parallel = over->parallel;
}

static void settle(const struct policy *p, const json_t *message, const json_t *recipient, struct choose_request *q)
{
	struct settings s = p->purposes[q->purpose];

	if (p->rule_count > 0)
		match_about(p->matches, message, recipient);
	for (size_t i = match_next(p->matches, 0); i < p->rule_count; i = match_next(p->matches, i + 1)) {
		override(&s, &p->rules[i].settings);
		if (!p->rules[i].goes_on)
			break;
	}
	q->about = message;
	/* An emergency goes the way that was thought out for it, whatever the person likes. */
	if (!s.waterfall && q->purpose != PURPOSE_EMERGENCY)
		q->weights = s.weights ? s.weights : &p->weights;
	q->prefer = q->weights ? s.prefer != 0 : s.prefer == 1;
	q->waterfall = s.waterfall ? s.waterfall : &p->built_in[q->purpose][q->urgency];
	q->rule = s.rule;
	q->from = s.from;
	q->fallback = s.fallback ? s.fallback : p->fallback;
	q->parallel = s.parallel == 1;
	q->cost = s.cost;
}

static enum purpose purpose_of(const json_t *message)
{
	int purpose = purpose_parse(envelope_text(message, "purpose", "transactional"));

	return purpose < 0 ? PURPOSE_TRANSACTIONAL : (enum purpose)purpose;
}

static enum urgency urgency_of(const json_t *message)
{
	int urgency = urgency_parse(envelope_text(message, "urgency", "normal"));

	return urgency < 0 ? URGENCY_NORMAL : (enum urgency)urgency;
}

/* What they want counts like what the contacts say; the plan borrows from it. */
static int apply_wishes(const struct policy *p, const json_t *recipient, const struct gate *gate, struct err *e)
{
	json_decref(p->choice->recipient);
	p->choice->recipient = NULL;
	return wishes_apply(gate ? gate->store : NULL, (json_t *)recipient, &p->choice->recipient, e);
}

static int decide(const struct policy *p, const json_t *message, const json_t *recipient, const struct gate *gate, struct err *e)
{
	struct choose_request q = {
	    .purpose = purpose_of(message),
	    .topic = envelope_text(message, "topic", NULL),
	    .message = envelope_text(message, "id", NULL),
	    .text = envelope_text(message, "text", NULL),
	    .senders = p->senders,
	    .gate = gate,
	    .urgency = urgency_of(message),
	    .now_ms = p->clock_ms ? p->clock_ms : gate ? when_now_ms() : 0,
	    .at_ms = envelope_time_ms(message, "at", 0),
	    .caps = p->caps,
	    .past = p->past,
	    .content = p->content,
	    .hours = p->hours,
	    .windows = p->windows,
	    .templated = json_is_object(json_object_get(message, "template")),
	    .ways = &p->ways,
	};

	if (apply_wishes(p, recipient, gate, e) < 0)
		return -1;
	q.recipient = p->choice->recipient;
	settle(p, message, q.recipient, &q);
	return choose(p->choice, &q, e);
}

int policy_plan(const struct policy *p, const json_t *message, const json_t *recipient, const struct gate *gate,
    json_t **ret_plan, json_t **ret_why, struct gate_answer *ret_answer, struct err *e)
{
	json_t *why = ret_why ? json_array() : NULL;
	int result;

	p->choice->why = why;
	result = decide(p, message, recipient, gate, e);
	p->choice->why = NULL;
	if (result < 0) {
		json_decref(why);
		return -1;
	}
	if (ret_why)
		*ret_why = why;
	*ret_plan = p->choice->count > 0 ? choice_plan(p->choice) : NULL;
	if (!*ret_plan && ret_answer)
		*ret_answer = p->choice->refusal.answer;
	return *ret_plan ? 0 : 1;
}

int policy_plan_text(const struct policy *p, const json_t *message, const json_t *recipient, const struct gate *gate,
    struct buf *plan, struct refusal *ret_refusal, struct err *e)
{
	if (decide(p, message, recipient, gate, e) < 0)
		return -1;
	if (p->choice->count == 0) {
		*ret_refusal = p->choice->refusal;
		return 1;
	}
	choice_dump(p->choice, plan);
	return 0;
}

int64_t policy_held_ms(const struct policy *p)
{
	return p->choice->count > 0 ? p->choice->legs[0].held_ms : 0;
}

const struct content *policy_content(const struct policy *p)
{
	return p->content;
}

const char *policy_country(const json_t *recipient, const struct address *a)
{
	return a->region[0] ? a->region : envelope_text(json_object_get(recipient, "attributes"), "country", "");
}

void policy_person(const char *contact, const struct address *a, char ret_person[ADDRESS_BYTES])
{
	if (!contact || !id_contact(contact, ret_person))
		address_subject(a, ret_person);
}

struct money policy_price(const struct policy *p, const struct policy_leg *leg)
{
	struct money price = {0};

	if (p->ways.price && leg->address->region[0])
		p->ways.price(p->ways.ctx, leg->address->channel, leg->via, leg->address->value,
		    sms_segments(leg->text ? leg->text : ""), &price);
	return price;
}

static struct hours_question hours_of(const struct policy_leg *leg)
{
	return (struct hours_question){.recipient = leg->recipient, .address = leg->address, .channel = leg->address->channel,
	    .purpose = purpose_of(leg->message), .urgency = urgency_of(leg->message), .now_ms = leg->now_ms};
}

/* A no counts more than a later time. */
static void keep_later(struct caps_answer *a, const struct caps_answer *other)
{
	if (other->over && (!a->over || (a->hold && other->free_ms > a->free_ms)))
		*a = *other;
}

int policy_caps(const struct policy *p, struct store *s, const struct policy_leg *leg, struct caps_answer *ret_answer,
    struct err *e)
{
	char person[ADDRESS_BYTES];
	struct caps_answer law;
	struct hours_question hours;
	struct caps_question q = {.person = person, .channel = leg->address->channel, .message = leg->id,
	    .topic = envelope_text(leg->message, "topic", NULL), .purpose = purpose_of(leg->message), .now_ms = leg->now_ms};

	policy_person(leg->contact, leg->address, person);
	if (caps_want_price(p->caps))
		q.price = policy_price(p, leg);
	hours = hours_of(leg);
	if (p->caps || wishes_count(leg->recipient)) {
		if (past_look(p->past, s, person, leg->now_ms, e) < 0)
			return -1;
		q.past = p->past;
	}
	if (caps_ask(p->caps, s, &q, ret_answer, e) < 0 || hours_ask_caps(p->hours, s, &hours, &q, &law, e) < 0)
		return -1;
	keep_later(ret_answer, &law);
	if (wishes_ask_frequency(leg->recipient, s, &q, &law, e) < 0)
		return -1;
	keep_later(ret_answer, &law);
	return 0;
}

void policy_note_sent(const struct policy *p, const struct sent *sent)
{
	past_forget(p->past);
	if (sent)
		caps_note(p->caps, sent);
}

int policy_window(const struct policy *p, struct store *s, const struct address *a, const char *topic, int64_t now_ms,
    struct window_answer *ret_answer, struct err *e)
{
	return windows_ask(p->windows, s, a, topic, now_ms, ret_answer, e);
}

bool policy_digests(const struct policy *p, enum purpose purpose)
{
	return hours_digest(p->hours, purpose);
}

void policy_ask_hours(const struct policy *p, const struct policy_leg *leg, struct hours_answer *ret_answer)
{
	struct hours_question q = hours_of(leg);

	hours_ask(p->hours, &q, ret_answer);
}
