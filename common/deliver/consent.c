/*
 * Whom a leg would reach, and whether they allow it. A leg's address decides, not the name that a line gives it: a plan
 * that was written elsewhere, or a contact that stands in the line, may lead to somebody who is known and has said no.
 */
#include <string.h>

#include "common/deliver/job.h"
#include "common/line/envelope.h"

#include "common/banned.h"

/* A contact that stands in the line may have anybody's address. */
static bool names_only(const json_t *to)
{
	/* Many of them: to look through the list for each costs more than to ask for the owner. */
	if (json_array_size(to) > JOB_MANY)
		return false;
	for (size_t i = 0; i < json_array_size(to); i++)
		if (!json_is_string(json_array_get(to, i)))
			return false;
	return json_is_string(to) || json_is_array(to);
}

/* Whether the contacts themselves gave the recipient this address. */
static bool is_recipients(const struct job *j, const struct address *a)
{
	const char *asked = envelope_text(j->recipient, "address", NULL);
	const json_t *values = json_object_get(json_object_get(j->recipient, "addresses"), a->channel);

	if (!names_only(json_object_get(j->message, "to")))
		return false;
	if (asked && strcmp(asked, a->text) == 0)
		return true;
	for (size_t i = 0; i < json_array_size(values); i++)
		if (strcmp(json_string_value(json_array_get(values, i)), a->value) == 0)
			return true;
	return json_is_string(values) && strcmp(json_string_value(values), a->value) == 0;
}

static void set_owner(struct job *j, size_t leg, const char *id)
{
	const char *recipient = job_contact_id(j);

	if (!*id || (recipient && strcmp(recipient, id) == 0))
		return;
	if (!j->owners)
		j->owners = json_array();
	while (json_array_size(j->owners) < leg)
		json_array_append_new(j->owners, json_null());
	json_array_append_new(j->owners, json_string(id));
}

int job_find_owners(struct job *j, struct err *e)
{
	struct address a;
	json_t *leg, *owner;
	struct err ignored;
	size_t i;

	json_array_foreach(j->plan, i, leg) {
		int got;

		if (address_of_channel(envelope_text(leg, "channel", ""), envelope_text(leg, "address", ""), &a, &ignored) < 0 ||
		    is_recipients(j, &a))
			continue;
		got = contacts_find_address(j->d->o.contacts, a.text, &owner, e);
		if (got < 0)
			return -1;
		if (got == 0)
			continue;
		set_owner(j, i, envelope_text(owner, "id", ""));
		json_decref(owner);
	}
	return 0;
}

int job_ask_gate(struct job *j, int64_t now_ms, struct gate_answer *ret_answer, struct err *e)
{
	const char *owner = json_string_value(json_array_get(j->owners, j->row.leg));
	char subject[ADDRESS_BYTES];
	struct gate_question question = {
	    .subject = subject,
	    .contact = job_contact_id(j),
	    .channel = j->address.channel,
	    .topic = envelope_text(j->message, "topic", NULL),
	    .purpose = job_purpose(j),
	    .recipient = j->recipient,
	    .address = &j->address,
	    .message = j->row.message,
	    .text = j->words.text,
	    .now_ms = now_ms,
	};

	address_subject(&j->address, subject);
	if (gate_ask(&j->d->gate, &question, ret_answer, e) < 0)
		return -1;
	if (!ret_answer->allowed || !owner)
		return 0;
	/* A yes of whoever the message names is enough; a no of the owner counts all the same. */
	question.only_noes = true;
	question.contact = owner;
	return gate_ask(&j->d->gate, &question, ret_answer, e);
}
