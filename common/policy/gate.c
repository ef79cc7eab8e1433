#include <stdio.h>
#include <string.h>

#include "common/line/id.h"
#include "common/line/when.h"
#include "common/policy/gate.h"
#include "common/policy/implied.h"
#include "common/policy/wishes.h"
#include "common/store/dead.h"

#include "common/banned.h"

void gate_init(struct gate *g, struct store *store)
{
	*g = (struct gate){.store = store};
}

/* What the address and the contact have said, against what is required. */
struct said {
	const struct requirement *rule;         /* NULL: only a no counts */
	struct consent_view view[2];
	char contact[ID_CONTACT];
};

static int look_one(const struct gate *g, const struct gate_question *q, const char *subject, const struct said *said,
    struct consent_view *ret_view, struct err *e)
{
	bool may = true;

	/* Where no consent is needed, only a no counts. */
	if (!said->rule && consent_may_be_no(g->store, subject, &may, e) < 0)
		return -1;
	return may ? consent_view(g->store, subject, q->channel, q->topic, ret_view, e) : 0;
}

static int look(const struct gate *g, const struct gate_question *q, struct said *said, struct err *e)
{
	if (!g->store)
		return 0;
	if (q->subject && look_one(g, q, q->subject, said, &said->view[0], e) < 0)
		return -1;
	if (!q->contact)
		return 0;
	if (!id_contact(q->contact, said->contact))
		return err_set(e, EX_DATAERR, "not a contact's id of 1 to %d bytes: '%s'", ID_BYTES, err_quote(q->contact));
	return look_one(g, q, said->contact, said, &said->view[1], e);
}

static void refuse(struct gate_answer *a, enum failure failure, const char *code)
{
	a->allowed = false;
	a->failure = failure;
	snprintf(a->code, sizeof(a->code), "%s", code);
}

static void answer_out(struct gate_answer *a, const struct gate_question *q, const struct said *said)
{
	bool address = said->view[0].state == CONSENT_OUT;
	char since[WHEN_SIZE];

	when_format(said->view[address ? 0 : 1].since_ms, since);
	refuse(a, FAILURE_OPTED_OUT, "opted-out");
	snprintf(a->text, sizeof(a->text), "%s of %s since %s", address ? "out" : "contact is out", q->channel ? q->channel : "all channels",
	    since);
}

/* "an explicit yes" */
static const char *yes_of(enum consent_strength strength)
{
	static const char *const words[] = {
	    [CONSENT_IMPLIED] = "an implied yes", [CONSENT_EXPLICIT] = "an explicit yes", [CONSENT_DOUBLE] = "a double opt-in"};

	return words[strength];
}

static bool lapsed(const struct requirement *rule, const struct consent_view *view, int64_t now_ms)
{
	return rule->explicit_days > 0 && now_ms - view->since_ms > rule->explicit_days * WHEN_DAY;
}

/* The yes of the two that is worth more, or NULL. */
static const struct consent_view *best_yes(const struct said *said)
{
	const struct consent_view *a = &said->view[0], *b = &said->view[1];

	if (a->state != CONSENT_IN)
		return b->state == CONSENT_IN ? b : NULL;
	return b->state == CONSENT_IN && (b->strength > a->strength || (b->strength == a->strength && b->since_ms > a->since_ms)) ? b : a;
}

/* `name` is the row's that decided. */
static void refuse_for_rule(struct gate_answer *a, const struct gate_question *q, const struct requirement *rule, const char *name,
    const char *code, const char *but)
{
	static const char *const needs[] = {
	    [CONSENT_IMPLIED] = "consent, even if implied", [CONSENT_EXPLICIT] = "consent", [CONSENT_DOUBLE] = "a double opt-in"};

	refuse(a, FAILURE_POLICY, code);
	a->rule = name;
	snprintf(a->text, sizeof(a->text), "%s needs %s, %s (%s)", purpose_name(q->purpose), needs[rule->need], but, name);
}

static void refuse_lapsed(struct gate_answer *a, const struct gate_question *q, const struct requirement *rule, const char *name,
    enum consent_strength strength, int64_t since_ms)
{
	char text[96], since[WHEN_SIZE];

	when_format(since_ms, since);
	snprintf(text, sizeof(text), "and %s of %.10s has lapsed", yes_of(strength), since);
	refuse_for_rule(a, q, rule, name, "consent-lapsed", text);
}

/* What an allowed answer rests on; `row` (may be NULL) says until when it does. */
static void explain_yes(struct gate_answer *a, const struct gate_question *q, const struct requirement *rule,
    enum consent_strength strength, int64_t since_ms, const struct implied_yes *row)
{
	char since[WHEN_SIZE], until[WHEN_SIZE];
	size_t len;

	if (!q->explain)
		return;
	when_format(since_ms, since);
	a->rule = rule->name;
	snprintf(a->text, sizeof(a->text), "%s since %.10s, for %s", yes_of(strength), since, rule->name);
	if (!row || !row->span)
		return;
	len = strlen(a->text);
	when_format(row->until_ms == INT64_MAX ? 0 : row->until_ms, until);
	snprintf(a->text + len, sizeof(a->text) - len, ", until %.10s (%s)", row->until_ms == INT64_MAX ? "taken back" : until,
	    row->span->name);
}

/* How old it may be depends on what it follows from; the address's or the contact's, whichever lasts longer. */
static int answer_implied(const struct gate *g, struct gate_answer *a, const struct gate_question *q, const struct said *said,
    struct err *e)
{
	const char *subjects[] = {q->subject, said->contact};
	struct implied_question asked = {.purpose = q->purpose, .channel = q->channel, .topic = q->topic};
	struct implied_yes yes = {0};
	char place[3];

	requirement_place(q->recipient, q->address, place);
	asked.place = place;
	for (size_t i = 0; i < COUNT_OF(subjects); i++)
		if (said->view[i].state == CONSENT_IN && implied_look(g->store, subjects[i], &asked, &yes, e) < 0)
			return -1;
	if (yes.until_ms <= (q->now_ms ? q->now_ms : when_now_ms()))
		refuse_lapsed(a, q, said->rule, yes.span ? yes.span->name : said->rule->name, CONSENT_IMPLIED, yes.since_ms);
	else
		explain_yes(a, q, said->rule, CONSENT_IMPLIED, yes.since_ms, &yes);
	return 0;
}

static int answer_yes(const struct gate *g, struct gate_answer *a, const struct gate_question *q, const struct said *said,
    const struct consent_view *yes, struct err *e)
{
	const struct requirement *rule = said->rule;
	char text[96];

	if (yes->strength < rule->need) {
		snprintf(text, sizeof(text), "and %s is recorded", yes_of(yes->strength));
		refuse_for_rule(a, q, rule, rule->name, "consent-weak", text);
	} else if (yes->strength == CONSENT_IMPLIED) {
		return answer_implied(g, a, q, said, e);
	} else if (lapsed(rule, yes, q->now_ms ? q->now_ms : when_now_ms())) {
		refuse_lapsed(a, q, rule, rule->name, yes->strength, yes->since_ms);
	} else {
		explain_yes(a, q, rule, yes->strength, yes->since_ms, NULL);
	}
	return 0;
}

static int answer_rule(const struct gate *g, struct gate_answer *a, const struct gate_question *q, const struct said *said,
    struct err *e)
{
	const struct consent_view *yes = best_yes(said);
	const char *name = said->rule->name;

	if (said->view[0].doubted || said->view[1].doubted)
		refuse_for_rule(a, q, said->rule, name, "consent-pending", "and they have been asked whether they take it back");
	else if (yes)
		return answer_yes(g, a, q, said, yes, e);
	else if (said->view[0].state == CONSENT_PENDING || said->view[1].state == CONSENT_PENDING)
		refuse_for_rule(a, q, said->rule, name, "consent-pending", "which was asked for and not given yet");
	else
		refuse_for_rule(a, q, said->rule, name, "no-consent", "and none is recorded");
	return 0;
}

/* NULL when it asks for nothing, so that only a no counts. */
static const struct requirement *find_rule(const struct gate *g, const struct gate_question *q)
{
	const struct requirement *rule;

	if (q->only_noes)
		return NULL;
	rule = requirement_find(g->require, q->purpose, q->recipient, q->address, q->channel);
	return rule->need == CONSENT_UNSTATED ? NULL : rule;
}

/* Nobody is there, as far as the provider knows: not even the answer to a STOP would arrive. */
static int ask_the_dead(const struct gate *g, const struct gate_question *q, struct gate_answer *a, struct err *e)
{
	char since[WHEN_SIZE];
	struct dead dead;
	int got;

	if (!a->allowed || !g->store || !q->subject)
		return 0;
	got = dead_look(g->store, q->subject, q->now_ms ? q->now_ms : when_now_ms(), &dead, e);
	if (got == 1) {
		when_format(dead.since_ms, since);
		refuse(a, FAILURE_INVALID_ADDRESS, "dead");
		snprintf(a->text, sizeof(a->text), "the provider has called the address invalid (%s) on %.10s",
		    *dead.code ? dead.code : "no code", since);
	}
	return got < 0 ? -1 : 0;
}

/* Whoever has named topics wants offers about these alone. */
static int ask_topic(const struct gate *g, const struct gate_question *q, struct gate_answer *a, struct err *e)
{
	bool wanted = true;

	if (q->purpose != PURPOSE_MARKETING || q->only_noes || !g->store)
		return 0;
	if (wishes_want_topic(g->store, q->contact, q->subject, q->topic, &wanted, e) < 0)
		return -1;
	if (!wanted) {
		refuse(a, FAILURE_POLICY, "unwanted-topic");
		snprintf(a->text, sizeof(a->text), "they want no offers about %s", q->topic ? err_quote(q->topic) : "what has no topic");
	}
	return 0;
}

int gate_ask(const struct gate *g, const struct gate_question *q, struct gate_answer *ret_answer, struct err *e)
{
	struct gate_answer a = {.allowed = true};
	struct said said = {.rule = find_rule(g, q)};

	if (look(g, q, &said, e) < 0)
		return -1;
	if (said.view[0].state == CONSENT_OUT || said.view[1].state == CONSENT_OUT)
		answer_out(&a, q, &said);
	else if (said.rule && answer_rule(g, &a, q, &said, e) < 0)
		return -1;
	if (a.allowed && ask_topic(g, q, &a, e) < 0)
		return -1;
	if (!a.allowed && g->store && q->subject && q->message && q->text) {
		int permitted = consent_permitted(g->store, q->subject, q->message, q->text, q->now_ms, e);

		if (permitted < 0)
			return -1;
		if (permitted) {
			a = (struct gate_answer){.allowed = true, .code = "permit"};
			snprintf(a.text, sizeof(a.text), "the one answer that an opt-out or a call for help may get");
		}
	}
	if (ask_the_dead(g, q, &a, e) < 0)
		return -1;
	*ret_answer = a;
	return 0;
}
