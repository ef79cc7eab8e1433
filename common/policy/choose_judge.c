/* May this address be used, for this message, now? Each question in turn; the first no is the reason. */
#include <stdio.h>
#include <string.h>

#include "common/line/envelope.h"
#include "common/policy/choose_work.h"
#include "common/policy/wishes.h"
#include "common/sms/sms.h"

#include "common/banned.h"

#define REASON_BYTES 480

void choose_explain(struct choice *c, const struct choose_request *q, const struct choose_candidate *candidate,
    const char *channel, const char *address, int leg, const char *reason)
{
	json_t *entry;

	if (!c->why)
		return;
	entry = json_object();
	json_object_set_new(entry, "channel", json_string(channel));
	if (address)
		json_object_set_new(entry, "address", json_string(address));
	json_object_set_new(entry, "chosen", json_boolean(leg >= 0));
	if (leg >= 0)
		json_object_set_new(entry, "leg", json_integer(leg));
	json_object_set_new(entry, "reason", json_string(reason));
	if (candidate && candidate->parts) {
		json_object_set_new(entry, "score", json_integer(candidate->score));
		json_object_set(entry, "points", candidate->parts);
	}
	if (q->rule)
		json_object_set_new(entry, "rule", json_string(q->rule));
	json_array_append_new(c->why, entry);
}

/* How much a refusal says about why nothing is left: a person's no above all, then what somebody can put right. */
static int weight(const struct gate_answer *a)
{
	switch (a->failure) {
	case FAILURE_OPTED_OUT:
		return 4;
	case FAILURE_POLICY:
	case FAILURE_CONTENT:
		return 3;
	case FAILURE_INVALID_ADDRESS:
		return 2;
	default:
		return 1;
	}
}

static void keep_refusal(struct choice *c, const struct gate_answer *answer, const struct address *address)
{
	if (c->refusal.answer.failure && weight(answer) <= weight(&c->refusal.answer))
		return;
	c->refusal.answer = *answer;
	snprintf(c->refusal.channel, sizeof(c->refusal.channel), "%s", address ? address->channel : "");
	snprintf(c->refusal.address, sizeof(c->refusal.address), "%s", address ? address->text : "");
}

void choose_refuse(struct choice *c, enum failure failure, const char *code, const char *text, const struct address *address)
{
	struct gate_answer a;

	refusal_say(&a, failure, code, text);
	keep_refusal(c, &a, address);
}

/* One candidate address on its way through the questions. */
struct trial {
	struct choice *choice;
	const struct choose_request *q;
	const struct choose_candidate *candidate;
	struct choose_leg *leg;
	char subject[ADDRESS_BYTES], person[ADDRESS_BYTES];
	struct gate_answer answer;      /* `allowed`, and why not */
	char sender[160];               /* how the sender was chosen, or "" */
	char held[240];                 /* why it has to wait, or goes though it should, or "" */
};

/* Each: 0, with the trial's answer; -1 when the store cannot be read. */
typedef int question_fn(struct trial *t, struct err *e);

static void add_reason(char *text, size_t size, const char *more)
{
	size_t len = strlen(text);

	if (*more)
		snprintf(text + len, size - len, "%s%s", len ? "; " : "", more);
}

static int refuse(struct trial *t, const char *code, const char *text)
{
	refusal_say(&t->answer, FAILURE_POLICY, code, text);
	return 0;
}

static int ask_way(struct trial *t, struct err *e)
{
	const struct policy_ways *ways = t->q->ways;
	char text[96];

	(void)e;
	if (!ways || !ways->reachable || ways->reachable(ways->ctx, t->candidate->channel))
		return 0;
	snprintf(text, sizeof(text), "no account serves %s", t->candidate->channel);
	return refuse(t, "no-account", text);
}

static int ask_gate(struct trial *t, struct err *e)
{
	const struct choose_request *q = t->q;
	struct gate_question question = {.subject = t->subject, .channel = t->leg->address.channel, .topic = q->topic,
	    .purpose = q->purpose, .contact = t->choice->contact, .message = q->message,
	    .text = q->text, .now_ms = q->now_ms, .recipient = q->recipient, .address = &t->leg->address, .explain = t->choice->why};

	return q->gate ? gate_ask(q->gate, &question, &t->answer, e) : 0;
}

/* What the person got before, where that matters; NULL when nobody asks. */
static int look_back(struct trial *t, bool matters, const struct past **ret_past, struct err *e)
{
	const struct choose_request *q = t->q;

	*ret_past = NULL;
	if (!matters || !q->past || !q->gate)
		return 0;
	*ret_past = q->past;
	return past_look(q->past, q->gate->store, t->person, q->now_ms, e);
}

static int ask_sender(struct trial *t, struct err *e)
{
	const struct choose_request *q = t->q;
	const json_t *from = json_is_string(q->from) ? q->from : json_object_get(q->from, t->candidate->channel);
	struct senders_question question = {.address = &t->leg->address, .person = t->person,
	    .given = t->candidate->leg->from ? t->candidate->leg->from : json_string_value(from), .explain = t->choice->why};
	struct senders_answer a;

	if (look_back(t, !question.given && senders_keep(q->senders), &question.past, e) < 0)
		return -1;
	senders_choose(q->senders, &question, &a);
	t->leg->from = a.from;
	if (a.refused)
		return refuse(t, "no-sender", a.why);
	if (t->choice->why)
		snprintf(t->sender, sizeof(t->sender), "%s", a.why);
	return 0;
}

static struct money price_of_trial(const struct trial *t)
{
	const struct policy_ways *ways = t->q->ways;
	struct money price = {0};

	if (!ways || !ways->price || !t->leg->address.region[0])
		return price;
	/* Counted once for all legs. */
	if (!t->choice->segments)
		t->choice->segments = sms_segments(t->q->text ? t->q->text : "");
	ways->price(ways->ctx, t->candidate->channel, t->candidate->leg->via, t->leg->address.value, t->choice->segments, &price);
	return price;
}

static int ask_cost(struct trial *t, struct err *e)
{
	const struct money *most = t->q->cost;
	struct money price = {0};
	char text[128], is[MONEY_SIZE], may[MONEY_SIZE];

	(void)e;
	if (most)
		price = price_of_trial(t);
	if (!most || strcmp(price.currency, most->currency) != 0 || price.micros <= most->micros)
		return 0;
	money_format(&price, is);
	money_format(most, may);
	snprintf(text, sizeof(text), "would cost %s, which is more than %s", is, may);
	return refuse(t, "cost", text);
}

/* Once for all legs to the same number. */
static const struct place *place_of(const struct trial *t)
{
	struct choose_place *p = &t->choice->place;
	const struct address *a = &t->leg->address;
	const char *number = *a->region ? a->value : "";

	if (p->there && strcmp(p->number, number) == 0)
		return &p->place;
	hours_place(t->q->hours, t->q->recipient, a, &p->place);
	memcpy(p->number, number, strlen(number) + 1);
	p->there = true;
	return &p->place;
}

static struct hours_question hours_of(const struct trial *t)
{
	const struct choose_request *q = t->q;

	return (struct hours_question){.recipient = q->recipient, .address = &t->leg->address, .channel = t->leg->address.channel,
	    .purpose = q->purpose, .urgency = q->urgency, .now_ms = q->now_ms > q->at_ms ? q->now_ms : q->at_ms,
	    .brief = !t->choice->why};
}

/* What they want themselves, if it keeps the leg longer. */
static int ask_wish(const struct trial *t, const struct caps_question *question, struct caps_answer *a, struct err *e)
{
	struct caps_answer wish;

	if (!t->choice->wishes)
		return 0;
	if (wishes_ask_frequency(t->q->recipient, t->q->gate->store, question, &wish, e) < 0)
		return -1;
	if (wish.over && (!a->over || (a->hold && wish.free_ms > a->free_ms)))
		*a = wish;
	return 0;
}

/* The caps of the law, if it keeps the leg longer than those of the policy. */
static int ask_law(const struct trial *t, const struct caps_question *question, struct caps_answer *a, struct err *e)
{
	struct hours_question hours;
	struct caps_answer law;

	if (!t->q->hours || !hours_count(t->q->hours, t->q->purpose) || (a->over && !a->hold))
		return 0;
	hours = hours_of(t);
	hours.place = place_of(t);
	if (hours_ask_caps(t->q->hours, t->q->gate->store, &hours, question, &law, e) < 0)
		return -1;
	if (law.over && (!a->over || law.free_ms > a->free_ms))
		*a = law;
	return 0;
}

static int ask_caps(struct trial *t, struct err *e)
{
	const struct choose_request *q = t->q;
	struct caps_question question = {.person = t->person, .channel = t->leg->address.channel, .topic = q->topic,
	    .message = q->message, .purpose = q->purpose, .now_ms = q->now_ms};
	struct caps_answer a;

	if (!q->gate)
		return 0;
	if (caps_want_price(q->caps))
		question.price = price_of_trial(t);
	if (look_back(t, q->caps || (t->choice->wishes && wishes_count(q->recipient)), &question.past, e) < 0)
		return -1;
	if (caps_ask(q->caps, q->gate->store, &question, &a, e) < 0 || ask_law(t, &question, &a, e) < 0 ||
	    ask_wish(t, &question, &a, e) < 0)
		return -1;
	if (a.over && !a.hold)
		return refuse(t, "cap", a.text);
	if (a.over) {
		t->leg->held_ms = a.free_ms;
		snprintf(t->held, sizeof(t->held), "held: %s", a.text);
	}
	return 0;
}

/* The words of a template are seen when they are there: by msg-send. */
static int ask_content(struct trial *t, struct err *e)
{
	const struct choose_request *q = t->q;
	struct content_question question = {.purpose = q->purpose, .channel = t->leg->address.channel, .topic = q->topic,
	    .from = t->leg->from, .text = q->text, .judge = !t->choice->why};
	struct content_answer a;
	char text[sizeof(a.text) + 8];

	(void)e;
	if (!q->about || !q->text || !*q->text || q->templated || !content_concern(q->content, q->purpose))
		return 0;
	question.words = &t->choice->words;
	question.country = policy_country(q->recipient, &t->leg->address);
	question.lang = envelope_text(q->about, "lang", envelope_text(q->recipient, "lang", NULL));
	question.subject = envelope_text(q->about, "subject", NULL);
	if (!question.from)
		question.from = envelope_text(q->about, "from", NULL);
	content_review(q->content, &question, &a);
	if (a.refused) {
		refusal_say(&t->answer, FAILURE_CONTENT, a.code, a.text);
	} else if (*a.text && (a.words || a.subject)) {
		snprintf(text, sizeof(text), "adds %s", a.text);
		add_reason(t->sender, sizeof(t->sender), text);
	}
	content_answer_clear(&a);
	return 0;
}

/* What a template of the message's own is to its provider msg-send finds out. */
static int ask_window(struct trial *t, struct err *e)
{
	const struct choose_request *q = t->q;
	struct window_answer a;
	char text[sizeof(a.text) + 128];

	if (!q->gate)
		return 0;
	if (windows_ask(q->windows, q->gate->store, &t->leg->address, q->topic, q->now_ms, &a, e) < 0)
		return -1;
	if (!a.closed || q->templated)
		return 0;
	if (!a.template) {
		snprintf(text, sizeof(text), "%s, and no template is named for it", a.text);
		return refuse(t, "window", text);
	}
	snprintf(text, sizeof(text), "as template '%s': %s", err_quote(a.template), a.text);
	add_reason(t->held, sizeof(t->held), text);
	return 0;
}

/* Which rows let it through: for a person who asks. */
static void name_rows(struct trial *t, const struct hours_question *question)
{
	const char *rows[4];
	size_t count = hours_rows(t->q->hours, question, rows, COUNT_OF(rows));
	char text[160] = "";

	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len, "%s%s", i ? ", " : "in the hours of ", rows[i]);
	}
	add_reason(t->held, sizeof(t->held), text);
}

/* When the caps let it through, or it was to go: is it open then? */
static int ask_hours(struct trial *t, struct err *e)
{
	struct hours_question question;
	struct hours_answer *a = &t->leg->hours;
	char text[sizeof(a->text) + 32];

	(void)e;
	if (!t->q->hours || !t->q->gate || (!t->choice->wishes && !hours_concern(t->q->hours, t->q->purpose)))
		return 0;
	question = hours_of(t);
	question.place = place_of(t);
	if (t->leg->held_ms > question.now_ms)
		question.now_ms = t->leg->held_ms;
	hours_ask(t->q->hours, &question, a);
	if (a->verdict == HOURS_SHUT)
		return refuse(t, "quiet-hours", a->text);
	if (a->verdict == HOURS_HELD)
		t->leg->held_ms = a->opens_ms;
	if (a->row && t->choice->why) {
		snprintf(text, sizeof(text), "%s%s%s", a->bypass ? a->bypass : "held", a->bypass ? " goes in " : ": ", a->text);
		add_reason(t->held, sizeof(t->held), text);
	} else if (t->choice->why) {
		name_rows(t, &question);
	}
	return 0;
}

static void reason_chosen(const struct trial *t, char *ret_text, size_t size)
{
	const struct choose_candidate *candidate = t->candidate;
	const struct choose_request *q = t->q;
	bool named = candidate->leg->channel[0];

	if (json_object_get(q->recipient, "address"))
		snprintf(ret_text, size, "the address asked for");
	else if (candidate->fallback)
		snprintf(ret_text, size, "the fallback");
	else if (candidate->preferred)
		snprintf(ret_text, size, "preferred by the contact");
	else if (q->rule)
		snprintf(ret_text, size, "%s of '%s'", named ? "in the waterfall" : "one of the others", q->rule);
	else
		snprintf(ret_text, size, "%s for %s", named ? "built-in" : "one of the others", purpose_name(q->purpose));
	add_reason(ret_text, size, t->answer.text);
	add_reason(ret_text, size, t->sender);
	add_reason(ret_text, size, t->held);
}

static void name_person(struct trial *t)
{
	address_subject(&t->leg->address, t->subject);
	policy_person(t->choice->contact, &t->leg->address, t->person);
}

int choose_judge(struct choice *c, const struct choose_request *q, const struct choose_candidate *candidate,
    struct choose_leg *leg, struct err *e)
{
	static question_fn *const questions[] = {ask_way, ask_gate, ask_cost, ask_sender, ask_content, ask_window, ask_caps, ask_hours};
	struct trial t;
	char reason[REASON_BYTES];

	/* Not all of it: its texts are long, and this is done for every leg. */
	t.choice = c;
	t.q = q;
	t.candidate = candidate;
	t.leg = leg;
	t.answer = (struct gate_answer){.allowed = true};
	t.sender[0] = t.held[0] = '\0';
	leg->leg = candidate->leg;
	leg->channel = candidate->channel;
	leg->from = NULL;
	leg->held_ms = 0;
	leg->hours.row = NULL;
	name_person(&t);
	for (size_t i = 0; i < COUNT_OF(questions); i++) {
		if (questions[i](&t, e) < 0)
			return -1;
		if (!t.answer.allowed) {
			choose_explain(c, q, candidate, candidate->channel, leg->address.text, -1, t.answer.text);
			keep_refusal(c, &t.answer, &leg->address);
			return 0;
		}
	}
	if (c->why) {
		reason_chosen(&t, reason, sizeof(reason));
		choose_explain(c, q, candidate, candidate->channel, leg->address.text, (int)c->count, reason);
	}
	c->count++;
	return 0;
}
