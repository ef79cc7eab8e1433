#include <stdio.h>
#include <string.h>

#include "common/diag.h"
#include "common/line/id.h"
#include "common/line/when.h"
#include "common/optin/record.h"

#include "common/banned.h"

#define CONTACT "contact:"

/* Operands are bytes; what cannot stand on a line is nobody. */
static int check_utf8(const char *text, struct err *e)
{
	json_t *value = json_string(text);

	if (!value)
		return err_set(e, EX_DATAERR, "not UTF-8: '%s'", err_quote(text));
	json_decref(value);
	return 0;
}

int optin_subject_address(const char *uri, struct optin_subject *ret_subject, struct err *e)
{
	struct address address;

	if (check_utf8(uri, e) < 0 || address_parse(uri, &address, e) < 0)
		return -1;
	address_subject(&address, ret_subject->text);
	snprintf(ret_subject->channel, sizeof(ret_subject->channel), "%s", address.channel);
	memcpy(ret_subject->region, address.region, sizeof(ret_subject->region));
	return 0;
}

int optin_subject_contact(const char *id, char ret_subject[OPTIN_CONTACT_BYTES], struct err *e)
{
	if (check_utf8(id, e) < 0)
		return -1;
	if (!id_valid(id))
		return err_set(e, EX_DATAERR, "not a contact's id of 1 to %d bytes: '%s'", ID_BYTES, err_quote(id));
	snprintf(ret_subject, OPTIN_CONTACT_BYTES, CONTACT "%s", id);
	return 0;
}

int optin_subject(const char *who, struct optin_subject *ret_subject, struct err *e)
{
	if (*who == '@')
		return err_set(e, EX_DATAERR, "a group cannot say yes or no, only its members: '%s'", err_quote(who));
	if (address_looks_like(who) && strncmp(who, CONTACT, strlen(CONTACT)) != 0)
		return optin_subject_address(who, ret_subject, e);
	if (strncmp(who, CONTACT, strlen(CONTACT)) == 0)
		who += strlen(CONTACT);
	ret_subject->channel[0] = ret_subject->region[0] = '\0';
	return optin_subject_contact(who, ret_subject->text, e);
}

const char *optin_subject_id(const char *subject)
{
	return strncmp(subject, CONTACT, strlen(CONTACT)) == 0 ? subject + strlen(CONTACT) : NULL;
}

const char *optin_subject_shown(const char *subject)
{
	return diag_verbosity() > 0 ? subject : address_masked(subject);
}

void optin_note_stranger(struct contacts *contacts, const char *id)
{
	json_t *contact = NULL;
	struct err ignored;

	if (!contacts || contacts_find(contacts, id, &contact, &ignored) == 0)
		diag_note("no contact is called '%s'; recorded all the same", err_quote(id));
	json_decref(contact);
}

static void set_text(json_t *line, const char *key, const char *value)
{
	if (value)
		json_object_set_new(line, key, json_string(value));
}

static void set_time(json_t *line, const char *key, int64_t ms)
{
	char text[WHEN_SIZE];

	when_format(ms, text);
	set_text(line, key, text);
}

json_t *optin_line(const struct consent_event *event, const char *contact)
{
	json_t *line = json_object();
	const char *id = optin_subject_id(event->subject);

	set_text(line, "type", "consent");
	set_text(line, "id", event->id);
	if (!id)
		set_text(line, "address", event->subject);
	set_text(line, "contact", id ? id : event->contact ? optin_subject_id(event->contact) : contact);
	set_text(line, "channel", event->channel);
	set_text(line, "topic", event->topic);
	set_text(line, "state", consent_state_name(event->state));
	set_text(line, "strength", consent_strength_name(event->strength));
	set_text(line, "method", event->method);
	set_text(line, "evidence", event->evidence);
	set_text(line, "source", event->source);
	set_text(line, "form", event->form);
	set_text(line, "ip", event->ip);
	set_text(line, "code", event->code);
	set_text(line, "jurisdiction", event->jurisdiction);
	set_text(line, "basis", event->basis);
	if (event->preference)
		json_object_set_new(line, "preferences", json_loads(event->preference, 0, NULL));
	if (event->until_ms)
		set_time(line, "until", event->until_ms);
	set_time(line, "time", event->time_ms);
	set_time(line, "recorded", event->recorded_ms);
	return line;
}
