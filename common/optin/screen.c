#include <stdio.h>
#include <string.h>

#include "common/address/address.h"
#include "common/line/envelope.h"
#include "common/line/id.h"
#include "common/line/when.h"
#include "common/optin/screen.h"
#include "common/policy/refusal.h"

#include "common/banned.h"

struct screen {
	const struct gate *gate;
	struct contacts *contacts;
	const json_t *message;
	json_t *receipts;
	const json_t *person;   /* who is asked about, as far as is known; or NULL */
	json_t *owner;          /* of a plan: the same, looked up */
	enum purpose purpose;
	const char *topic;
	char id[ID_BYTES + 1];  /* the message's, or one made for its receipts; "" so far */
	int64_t now_ms;
};

/* The first refusal that a recipient met, for the receipt. */
struct objection {
	bool allowed;           /* by at least one address */
	bool asked;
	struct gate_answer answer;
	char address[ADDRESS_BYTES], channel[ADDRESS_CHANNEL];
};

static int ask(struct screen *s, const struct address *address, const char *contact, struct gate_answer *ret_answer, struct err *e)
{
	char subject[ADDRESS_BYTES];
	struct gate_question q = {.contact = contact, .topic = s->topic, .purpose = s->purpose, .recipient = s->person,
	    .address = address, .now_ms = s->now_ms};

	if (address) {
		address_subject(address, subject);
		q.subject = subject;
		q.channel = address->channel;
		q.text = envelope_text(s->message, "text", NULL);
		q.message = *s->id ? s->id : NULL;
	}
	return gate_ask(s->gate, &q, ret_answer, e);
}

/* One way to a recipient: notes that it is open, or how the first one was refused. */
static int ask_way(struct screen *s, const struct address *address, const char *contact, struct objection *r, struct err *e)
{
	struct gate_answer answer;

	if (ask(s, address, contact, &answer, e) < 0)
		return -1;
	if (answer.allowed) {
		r->allowed = true;
	} else if (!r->asked) {
		r->answer = answer;
		snprintf(r->address, sizeof(r->address), "%s", address ? address->text : "");
		snprintf(r->channel, sizeof(r->channel), "%s", address ? address->channel : "");
	}
	r->asked = true;
	return 0;
}

static void set_text(json_t *line, const char *key, const char *value)
{
	if (value && *value)
		json_object_set_new(line, key, json_string(value));
}

static const char *message_id(struct screen *s)
{
	if (!*s->id)
		id_new(s->id);
	return s->id;
}

static void add_receipt(struct screen *s, const struct objection *r, const char *contact)
{
	json_t *receipt = json_object();
	char id[ID_SIZE], now[WHEN_SIZE];

	id_new(id);
	when_format(s->now_ms, now);
	set_text(receipt, "type", "receipt");
	set_text(receipt, "id", id);
	set_text(receipt, "message", message_id(s));
	set_text(receipt, "channel", r->channel);
	set_text(receipt, "address", r->address);
	set_text(receipt, "contact", contact);
	set_text(receipt, "purpose", purpose_name(s->purpose));
	set_text(receipt, "topic", s->topic);
	set_text(receipt, "status", status_name(refusal_status(&r->answer)));
	set_text(receipt, "time", now);
	json_object_set_new(receipt, "error",
	    json_pack("{s:s, s:s, s:s}", "class", failure_name(r->answer.failure), "code", r->answer.code, "text", r->answer.text));
	json_array_append_new(s->receipts, receipt);
}

/* The addresses of a contact under one channel: a text or a list of them. Those that are no addresses lead nowhere. */
static int ask_channel(struct screen *s, const char *channel, const json_t *value, const char *contact, struct objection *r, struct err *e)
{
	size_t count = json_is_array(value) ? json_array_size(value) : 1;

	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_is_array(value) ? json_array_get(value, i) : value);
		struct address address;

		if (text && address_of_channel(channel, text, &address, NULL) == 0 && ask_way(s, &address, contact, r, e) < 0)
			return -1;
	}
	return 0;
}

/* Any way that a person of this shape can be reached, or the one that was asked for. */
static int ask_person(struct screen *s, const json_t *person, struct objection *r, struct err *e)
{
	const char *contact = envelope_text(person, "id", NULL), *only = envelope_text(person, "address", NULL), *channel;
	struct address address;
	json_t *value;

	s->person = person;
	if (only && address_parse(only, &address, NULL) == 0)
		return ask_way(s, &address, contact, r, e);
	json_object_foreach(json_object_get(person, "addresses"), channel, value)
		if (ask_channel(s, channel, value, contact, r, e) < 0)
			return -1;
	return r->asked ? 0 : ask_way(s, NULL, contact, r, e);
}

/* One recipient of a message without a plan. `name` goes to `left` unless every way is refused; then there is a receipt. */
static int screen_person(struct screen *s, json_t *name, const json_t *person, json_t *left, struct err *e)
{
	struct objection r = {.allowed = false};

	if (ask_person(s, person, &r, e) < 0)
		return -1;
	if (r.allowed)
		json_array_append(left, name);
	else
		add_receipt(s, &r, envelope_text(person, "id", NULL));
	return 0;
}

/* A member of a group as `to` can name them. */
static json_t *name_member(json_t *person)
{
	const char *name = envelope_text(person, "address", envelope_text(person, "id", NULL));

	return name ? json_string(name) : json_incref(person);
}

/* A group stays as it is while all of its members may be reached. */
static int screen_group(struct screen *s, json_t *group, json_t *members, json_t *left, struct err *e)
{
	json_t *allowed = json_array(), *person;
	int result = 0;
	size_t i;

	json_array_foreach(members, i, person) {
		json_t *name = name_member(person);

		result = screen_person(s, name, person, allowed, e);
		json_decref(name);
		if (result < 0)
			break;
	}
	if (result == 0 && json_array_size(allowed) == json_array_size(members))
		json_array_append(left, group);
	else
		json_array_extend(left, allowed);
	json_decref(allowed);
	return result;
}

/* Whom a text means without any contacts: an address, or an id of which nothing else is known. */
static int guess(const char *text, json_t **ret_people, struct err *e)
{
	struct address address;

	if (*text == '@')
		return err_set(e, EX_DATAERR, "to: no group '%s'", err_quote(text));
	if (!address_looks_like(text)) {
		*ret_people = json_pack("[{s:s}]", "id", text);
		return 0;
	}
	if (address_parse(text, &address, e) < 0)
		return err_at(e, "to: ");
	*ret_people = json_pack("[{s:s}]", "address", address.text);
	return 0;
}

static int find_people(struct screen *s, json_t *to, json_t **ret_people, struct err *e)
{
	const char *text = json_string_value(to);

	if (!s->contacts)
		return guess(text, ret_people, e);
	if (contacts_resolve(s->contacts, to, ret_people, e) == 0)
		return 0;
	/* Somebody whom the contacts have lost can still have said no. */
	return e->code == EX_DATAERR && *text != '@' && !address_looks_like(text) ? guess(text, ret_people, e) : -1;
}

static int screen_to(struct screen *s, json_t *to, json_t *left, struct err *e)
{
	const char *text = json_string_value(to);
	json_t *people = NULL;
	int result;

	if (!text)
		return screen_person(s, to, to, left, e);
	if (find_people(s, to, &people, e) < 0)
		return -1;
	result = *text == '@' ? screen_group(s, to, people, left, e) : screen_person(s, to, json_array_get(people, 0), left, e);
	json_decref(people);
	return result;
}

static json_t *with(const struct screen *s, const char *key, json_t *value)
{
	json_t *changed = json_copy((json_t *)s->message);

	json_object_set_new(changed, key, value);
	if (*s->id)
		json_object_set_new(changed, "id", json_string(s->id));
	return changed;
}

static int screen_recipients(struct screen *s, json_t **ret_message, struct err *e)
{
	json_t *to = json_object_get(s->message, "to"), *left = json_array();
	size_t before = json_array_size(s->receipts), count = json_is_array(to) ? json_array_size(to) : 1;

	for (size_t i = 0; i < count; i++)
		if (screen_to(s, json_is_array(to) ? json_array_get(to, i) : to, left, e) < 0) {
			json_decref(left);
			return -1;
		}
	if (json_array_size(s->receipts) == before || json_array_size(left) == 0) {
		int result = json_array_size(s->receipts) == before ? SCREEN_UNCHANGED : SCREEN_BLOCKED;

		json_decref(left);
		return result;
	}
	*ret_message = with(s, "to", left);
	return SCREEN_CHANGED;
}

/* The id of the one contact that a message with a plan is for; NULL when `to` says no id. */
static const char *planned_contact(const json_t *to)
{
	const char *text;

	if (json_is_array(to) && json_array_size(to) == 1)
		to = json_array_get(to, 0);
	text = json_string_value(to);
	if (text)
		return address_looks_like(text) || *text == '@' ? NULL : text;
	return envelope_text(to, "id", NULL);
}

/* Who has an address: their id, "" for nobody known. */
static int find_owner(struct screen *s, const struct address *address, char ret_contact[ID_BYTES + 1], struct err *e)
{
	json_t *person = NULL;
	int got;

	ret_contact[0] = '\0';
	if (!s->contacts)
		return 0;
	got = contacts_find_address(s->contacts, address->text, &person, e);
	if (got <= 0)
		return got;
	snprintf(ret_contact, ID_BYTES + 1, "%s", envelope_text(person, "id", ""));
	json_decref(s->owner);
	s->person = s->owner = person;
	return 0;
}

static int screen_leg(struct screen *s, const json_t *leg, char contact[ID_BYTES + 1], struct objection *r, bool *ret_allowed,
    struct err *e)
{
	struct objection one = {.allowed = false};
	struct address address;

	if (address_of_channel(envelope_text(leg, "channel", ""), envelope_text(leg, "address", ""), &address, e) < 0)
		return err_at(e, "plan: ");
	if (!*contact && find_owner(s, &address, contact, e) < 0)
		return -1;
	if (ask_way(s, &address, *contact ? contact : NULL, &one, e) < 0)
		return -1;
	*ret_allowed = one.allowed;
	if (!r->asked || one.allowed)
		*r = one;
	return 0;
}

/* Where the one contact of a plan lives is looked up when something hangs on it. */
static int find_person(struct screen *s, const char *id, struct err *e)
{
	json_t *to = json_object_get(s->message, "to"), *first = json_array_get(to, 0);

	if (json_is_object(to) || json_is_object(first))
		s->owner = json_incref(json_is_object(to) ? to : first);
	else if (id && s->contacts && requirements_by_place(s->gate->require, s->purpose) &&
	    contacts_find(s->contacts, id, &s->owner, e) < 0)
		return -1;
	s->person = s->owner;
	return 0;
}

static int screen_legs(struct screen *s, const json_t *plan, char contact[ID_BYTES + 1], struct objection *r, json_t *left, struct err *e)
{
	json_t *leg;
	size_t i;

	json_array_foreach(plan, i, leg) {
		bool allowed = false;

		if (screen_leg(s, leg, contact, r, &allowed, e) < 0)
			return -1;
		if (allowed)
			json_array_append(left, leg);
	}
	return 0;
}

static int screen_plan(struct screen *s, const json_t *plan, json_t **ret_message, struct err *e)
{
	const char *id = planned_contact(json_object_get(s->message, "to"));
	char contact[ID_BYTES + 1] = "";
	json_t *left = json_array();
	struct objection r = {.allowed = false};
	int result = SCREEN_UNCHANGED;

	if (id)
		snprintf(contact, sizeof(contact), "%s", id);
	if (find_person(s, id, e) < 0 || screen_legs(s, plan, contact, &r, left, e) < 0) {
		result = -1;
	} else if (json_array_size(left) == 0) {
		add_receipt(s, &r, contact);
		result = SCREEN_BLOCKED;
	} else if (json_array_size(left) < json_array_size(plan)) {
		*ret_message = with(s, "plan", json_incref(left));
		result = SCREEN_CHANGED;
	}
	json_decref(left);
	return result;
}

int optin_screen(const struct gate *g, struct contacts *contacts, const json_t *message, json_t *receipts, json_t **ret_message,
    struct err *e)
{
	int purpose = purpose_parse(envelope_text(message, "purpose", purpose_name(PURPOSE_TRANSACTIONAL)));
	const json_t *plan = json_object_get(message, "plan");
	struct screen s = {.gate = g, .contacts = contacts, .message = message, .receipts = receipts,
	    .purpose = (enum purpose)purpose, .topic = envelope_text(message, "topic", NULL), .now_ms = when_now_ms()};

	int result;

	snprintf(s.id, sizeof(s.id), "%s", envelope_text(message, "id", ""));
	result = plan && !json_is_null(plan) ? screen_plan(&s, plan, ret_message, e) : screen_recipients(&s, ret_message, e);
	json_decref(s.owner);
	return result;
}
