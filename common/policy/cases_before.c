/* What happened before a case: consent, what was sent, receipts, and what the person has written. */
#include <string.h>

#include "common/config/contact.h"
#include "common/line/envelope.h"
#include "common/line/when.h"
#include "common/policy/cases_work.h"
#include "common/store/conversation.h"
#include "common/store/receipts.h"
#include "common/store/sent.h"

#include "common/banned.h"

/* A list of objects under `key`, or none. */
static int each_object(const struct case_run *r, const char *key, const char *const *known,
    int take(const struct case_run *r, const json_t *object, size_t place, struct err *e), struct err *e)
{
	const json_t *list = json_object_get(r->object, key);

	if (list && !json_is_array(list))
		return yaml_fail_member(r->yaml, r->object, key, e, "not a list");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *object = json_array_get(list, i);

		if (!json_is_object(object) || (known && yaml_only(r->yaml, object, known, e) < 0))
			return json_is_object(object) ? -1 : yaml_fail(r->yaml, object, e, "not a map");
		if (take(r, object, i, e) < 0)
			return -1;
	}
	return 0;
}

/* "contact" of an object, its "address", else the recipient of the case. */
static int subject_of(const struct case_run *r, const json_t *object, char ret_subject[ADDRESS_BYTES], struct err *e)
{
	const char *contact = json_string_value(json_object_get(object, "contact"));
	const char *text = json_string_value(json_object_get(object, "address"));
	struct address a;
	struct err why;

	if (text) {
		if (address_parse(text, &a, &why) < 0)
			return yaml_fail_member(r->yaml, object, "address", e, "%s", why.text);
		address_subject(&a, ret_subject);
		return 0;
	}
	if (!contact)
		contact = envelope_text(r->recipient, "id", NULL);
	text = contact ? NULL : envelope_text(r->recipient, "address", NULL);
	if (text && address_parse(text, &a, &why) == 0)
		address_subject(&a, ret_subject);
	else if (contact && strlen(contact) < ADDRESS_BYTES - 16)
		snprintf(ret_subject, ADDRESS_BYTES, "contact:%s", contact);
	else
		return yaml_fail(r->yaml, object, e, "whose? name a contact or an address");
	return 0;
}

static int add_consent(const struct case_run *r, const json_t *object, size_t place, struct err *e)
{
	const char *state = envelope_text(object, "state", ""), *strength = json_string_value(json_object_get(object, "strength"));
	int parsed = consent_state_parse(state), strong = strength ? consent_strength_parse(strength) : CONSENT_UNSTATED;
	char subject[ADDRESS_BYTES];
	struct consent_event event = {.subject = subject, .channel = envelope_text(object, "channel", NULL),
	    .topic = envelope_text(object, "topic", NULL), .method = "test", .evidence = "test",
	    .basis = envelope_text(object, "basis", NULL)};
	struct err why;

	(void)place;
	if (parsed != CONSENT_IN && parsed != CONSENT_OUT && parsed != CONSENT_PENDING)
		return yaml_fail_member(r->yaml, object, "state", e, "not in, out or pending");
	if (strong < 0)
		return yaml_fail_member(r->yaml, object, "strength", e, "not implied, explicit or double");
	event.state = (enum consent_state)parsed;
	event.strength = parsed == CONSENT_IN ? (enum consent_strength)strong : CONSENT_UNSTATED;
	if (subject_of(r, object, subject, e) < 0 || case_time(r, object, "time", r->now_ms, &event.time_ms, e) < 0)
		return -1;
	return consent_add(r->store, &event, &why) < 0 ? yaml_fail(r->yaml, object, e, "%s", why.text) : 0;
}

struct agreement {
	const struct case_run *run;
	struct err *e;
};

static int agree(void *ctx, const struct address *a)
{
	struct agreement *g = ctx;
	char subject[ADDRESS_BYTES];
	struct consent_event event = {.subject = subject, .state = CONSENT_IN, .strength = CONSENT_DOUBLE, .method = "test",
	    .evidence = "test", .time_ms = g->run->now_ms};

	address_subject(a, subject);
	return consent_add(g->run->store, &event, g->e);
}

/* Without a word about it the person has agreed to everything: a case about waterfalls need not speak of consent. */
static int before_consent(const struct case_run *r, struct err *e)
{
	static const char *const known[] = {"contact", "address", "channel", "topic", "state", "strength", "basis", "time", NULL};
	const json_t *consent = json_object_get(r->object, "consent");
	const char *word = json_string_value(consent);
	struct agreement agreement = {r, e};

	if (json_is_array(consent))
		return each_object(r, "consent", known, add_consent, e);
	if (word && strcmp(word, "none") == 0)
		return 0;
	if (consent && (!word || strcmp(word, "in") != 0))
		return yaml_fail_member(r->yaml, r->object, "consent", e, "not in, none or a list");
	return contact_each_address(r->recipient, agree, &agreement);
}

static int add_sent(const struct case_run *r, const json_t *object, size_t place, struct err *e)
{
	const char *channel = json_string_value(json_object_get(object, "channel"));
	int purpose = purpose_parse(envelope_text(object, "purpose", "transactional"));
	char person[ADDRESS_BYTES], message[32];
	struct sent sent = {.person = person, .message = message, .channel = channel, .topic = envelope_text(object, "topic", NULL),
	    .from = envelope_text(object, "from", NULL), .micros = -1};
	const char *cost = json_string_value(json_object_get(object, "cost"));
	struct money money;

	if (!channel)
		return yaml_fail(r->yaml, object, e, "channel is missing");
	if (purpose < 0)
		return yaml_fail_member(r->yaml, object, "purpose", e, "not a purpose");
	if (cost && money_parse(cost, &money) < 0)
		return yaml_fail_member(r->yaml, object, "cost", e, "not an amount such as \"0.08 EUR\"");
	snprintf(message, sizeof(message), "sent[%zu]", place);
	sent.purpose = (enum purpose)purpose;
	if (cost) {
		sent.micros = money.micros;
		sent.currency = money.currency;
	}
	if (subject_of(r, object, person, e) < 0 || case_time(r, object, "time", r->now_ms - 1, &sent.time_ms, e) < 0)
		return -1;
	return sent_add(r->store, &sent, e);
}

static int add_receipt(const struct case_run *r, const json_t *object, size_t place, struct err *e)
{
	struct receipt_result done = {0};
	json_t *line = json_copy((json_t *)object);
	char message[32];
	struct err why;
	int result;

	snprintf(message, sizeof(message), "receipts[%zu]", place);
	if (!json_object_get(line, "message"))
		json_object_set_new(line, "message", json_string(message));
	if (!json_object_get(line, "contact") && json_object_get(r->recipient, "id"))
		json_object_set(line, "contact", json_object_get(r->recipient, "id"));
	result = envelope_check(line, ENVELOPE_RECEIPT, &why) < 0 || receipt_record(r->store, line, r->now_ms - 1, &done, &why) < 0;
	json_decref(done.receipts);
	json_decref(line);
	return result ? yaml_fail(r->yaml, object, e, "%s", why.text) : 0;
}

/* The person has written to us, from an address. */
static int add_heard(const struct case_run *r, const json_t *object, size_t place, struct err *e)
{
	const char *from = json_string_value(json_object_get(object, "from"));
	struct conversation *c;
	struct address a;
	struct err why;
	int64_t time_ms;
	struct turn turn = {.kind = TURN_IN, .line = "{}"};
	int result;

	(void)place;
	if (!from || address_parse(from, &a, &why) < 0)
		return yaml_fail(r->yaml, object, e, "from: %s", from ? why.text : "missing");
	if (case_time(r, object, "time", r->now_ms - 1, &time_ms, e) < 0)
		return -1;
	c = conversation_new(a.text, "", "", time_ms);
	turn.time_ms = time_ms;
	result = conversation_save(r->store, c, e) < 0 ? -1 : conversation_add_turn(r->store, c, &turn, e);
	conversation_free(c);
	return result < 0 ? -1 : 0;
}

int case_before(const struct case_run *r, struct err *e)
{
	static const char *const sent[] = {"contact", "address", "channel", "topic", "purpose", "from", "cost", "time", NULL};
	static const char *const heard[] = {"from", "time", NULL};

	if (before_consent(r, e) < 0 || each_object(r, "sent", sent, add_sent, e) < 0 ||
	    each_object(r, "receipts", NULL, add_receipt, e) < 0)
		return -1;
	return each_object(r, "heard", heard, add_heard, e);
}
