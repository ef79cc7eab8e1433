#include <stdio.h>
#include <string.h>

#include "common/line/id.h"
#include "common/line/when.h"
#include "common/policy/gate.h"

#include "common/banned.h"

void gate_init(struct gate *g, struct store *store)
{
	*g = (struct gate){.store = store};
	g->require[PURPOSE_MARKETING] = CONSENT_IN;
}

/* What the address and the contact have said. */
struct said {
	enum consent_state state[2];
	int64_t since_ms[2];
};

static int look_one(const struct gate *g, const struct gate_question *q, const char *subject, enum consent_state *ret_state,
    int64_t *ret_since_ms, struct err *e)
{
	bool may = true;

	/* Where no consent is needed, only a no counts. */
	if (g->require[q->purpose] == CONSENT_NONE && consent_may_be_no(g->store, subject, &may, e) < 0)
		return -1;
	return may ? consent_look(g->store, subject, q->channel, q->topic, ret_state, ret_since_ms, e) : 0;
}

static int look(const struct gate *g, const struct gate_question *q, struct said *said, struct err *e)
{
	static const char scheme[] = "contact:";
	char contact[sizeof(scheme) + ID_BYTES];
	size_t len;

	*said = (struct said){{CONSENT_NONE, CONSENT_NONE}, {0, 0}};
	if (!g->store)
		return 0;
	if (q->subject && look_one(g, q, q->subject, &said->state[0], &said->since_ms[0], e) < 0)
		return -1;
	if (!q->contact)
		return 0;
	len = strlen(q->contact);
	if (len > ID_BYTES)
		return err_set(e, EX_DATAERR, "not a contact's id of 1 to %d bytes: '%s'", ID_BYTES, err_quote(q->contact));
	memcpy(contact, scheme, sizeof(scheme) - 1);
	memcpy(contact + sizeof(scheme) - 1, q->contact, len + 1);
	return look_one(g, q, contact, &said->state[1], &said->since_ms[1], e);
}

static void refuse(struct gate_answer *a, enum failure failure, const char *code)
{
	a->allowed = false;
	a->failure = failure;
	snprintf(a->code, sizeof(a->code), "%s", code);
}

static void answer_out(struct gate_answer *a, const struct gate_question *q, const struct said *said)
{
	bool address = said->state[0] == CONSENT_OUT;
	char since[WHEN_SIZE];

	when_format(said->since_ms[address ? 0 : 1], since);
	refuse(a, FAILURE_OPTED_OUT, "opted-out");
	snprintf(a->text, sizeof(a->text), "%s of %s since %s", address ? "out" : "contact is out", q->channel ? q->channel : "all channels",
	    since);
}

static void answer_without_consent(struct gate_answer *a, const struct gate_question *q, const struct said *said)
{
	const char *purpose = purpose_name(q->purpose);

	if (said->state[0] == CONSENT_PENDING || said->state[1] == CONSENT_PENDING) {
		refuse(a, FAILURE_POLICY, "consent-pending");
		snprintf(a->text, sizeof(a->text), "%s needs consent, which was asked for and not given yet", purpose);
	} else {
		refuse(a, FAILURE_POLICY, "no-consent");
		snprintf(a->text, sizeof(a->text), "%s needs consent, and none is recorded", purpose);
	}
}

static bool enough(enum consent_state required, const struct said *said)
{
	return required == CONSENT_NONE || said->state[0] == CONSENT_IN || said->state[1] == CONSENT_IN ||
	    (required == CONSENT_PENDING && (said->state[0] == CONSENT_PENDING || said->state[1] == CONSENT_PENDING));
}

int gate_ask(const struct gate *g, const struct gate_question *q, struct gate_answer *ret_answer, struct err *e)
{
	struct gate_answer a = {.allowed = true};
	struct said said;

	if (look(g, q, &said, e) < 0)
		return -1;
	if (said.state[0] == CONSENT_OUT || said.state[1] == CONSENT_OUT)
		answer_out(&a, q, &said);
	else if (!enough(g->require[q->purpose], &said))
		answer_without_consent(&a, q, &said);
	if (!a.allowed && g->store && q->subject && q->message && q->text) {
		int permitted = consent_permitted(g->store, q->subject, q->message, q->text, q->now_ms, e);

		if (permitted < 0)
			return -1;
		if (permitted) {
			a = (struct gate_answer){.allowed = true, .code = "permit"};
			snprintf(a.text, sizeof(a.text), "the one answer that an opt-out or a call for help may get");
		}
	}
	*ret_answer = a;
	return 0;
}
