/*
 * One table a type: field, what it must look like, whether it may be missing. A null value counts as missing.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/compat.h"
#include "common/line/envelope.h"
#include "common/line/id.h"
#include "common/line/plan.h"
#include "common/line/preference.h"
#include "common/line/proof.h"
#include "common/line/url.h"
#include "common/line/when.h"
#include "common/line/words.h"

#include "common/banned.h"

typedef int check_fn(const json_t *value, const char *place, struct err *e);

struct field {
	const char *name;
	check_fn *check;
	bool required;
};

static int fail(struct err *e, const char *place, const char *what)
{
	return err_set(e, EX_DATAERR, "%s: %s", place, what);
}

static int fail_value(struct err *e, const char *place, const char *what, const json_t *value)
{
	return err_set(e, EX_DATAERR, "%s: %s: '%s'", place, what, err_quote(json_string_value(value)));
}

static int check_text(const json_t *value, const char *place, struct err *e)
{
	return json_is_string(value) ? 0 : fail(e, place, "not a string");
}

static int check_id(const json_t *value, const char *place, struct err *e)
{
	if (check_text(value, place, e) < 0)
		return -1;
	return id_valid(json_string_value(value)) ? 0 : fail_value(e, place, "not an id of 1 to 64 bytes", value);
}

static int check_label(const json_t *value, const char *place, struct err *e)
{
	if (check_text(value, place, e) < 0)
		return -1;
	for (const char *p = json_string_value(value); *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return fail_value(e, place, "has a control byte", value);
	return 0;
}

static int check_time(const json_t *value, const char *place, struct err *e)
{
	int64_t ms;

	if (check_text(value, place, e) < 0)
		return -1;
	return when_parse(json_string_value(value), &ms) == 0
	    ? 0
	    : fail_value(e, place, "not a time such as 2026-11-24T09:00:00+01:00", value);
}

static int check_duration(const json_t *value, const char *place, struct err *e)
{
	int64_t ms;

	if (check_text(value, place, e) < 0)
		return -1;
	return when_parse_duration(json_string_value(value), &ms) == 0
	    ? 0
	    : fail_value(e, place, "not a duration such as 15m", value);
}

static int check_word(const json_t *value, const char *place, int parse(const char *), const char *what, struct err *e)
{
	if (check_text(value, place, e) < 0)
		return -1;
	return parse(json_string_value(value)) >= 0 ? 0 : fail_value(e, place, what, value);
}

static int check_purpose(const json_t *value, const char *place, struct err *e)
{
	return check_word(value, place, purpose_parse, "not a purpose", e);
}

static int check_urgency(const json_t *value, const char *place, struct err *e)
{
	return check_word(value, place, urgency_parse, "not an urgency", e);
}

static int check_quality(const json_t *value, const char *place, struct err *e)
{
	return check_word(value, place, quality_parse, "not a quality of a channel", e);
}

static int check_status(const json_t *value, const char *place, struct err *e)
{
	return check_word(value, place, status_parse, "not a status", e);
}

static int parse_overflow(const char *word)
{
	return strcmp(word, "split") == 0 || strcmp(word, "truncate") == 0 || strcmp(word, "refuse") == 0 ? 0 : -1;
}

static int check_overflow(const json_t *value, const char *place, struct err *e)
{
	return check_word(value, place, parse_overflow, "not split, truncate or refuse", e);
}

static int check_on_unknown(const json_t *value, const char *place, struct err *e)
{
	return check_word(value, place, on_unknown_parse, "not ask, resend or hold", e);
}

static int check_ack(const json_t *value, const char *place, struct err *e)
{
	return check_word(value, place, plan_ack_parse, "neither required nor any", e);
}

static int check_bool(const json_t *value, const char *place, struct err *e)
{
	return json_is_boolean(value) ? 0 : fail(e, place, "neither true nor false");
}

static int parse_state(const char *word)
{
	static const char *const states[] = {"in", "out", "pending", "preference", "erase"};

	for (size_t i = 0; i < COUNT_OF(states); i++)
		if (strcmp(states[i], word) == 0)
			return 0;
	return -1;
}

static int check_state(const json_t *value, const char *place, struct err *e)
{
	return check_word(value, place, parse_state, "not in, out, pending, preference or erase", e);
}

static int parse_strength(const char *word)
{
	return strcmp(word, "implied") == 0 || strcmp(word, "explicit") == 0 || strcmp(word, "double") == 0 ? 0 : -1;
}

static int check_strength(const json_t *value, const char *place, struct err *e)
{
	return check_word(value, place, parse_strength, "not implied, explicit or double", e);
}

static int check_hash(const json_t *value, const char *place, struct err *e)
{
	return check_word(value, place, proof_parse_hash, "not a hash of 64 hexadecimal digits", e);
}

static int check_ip(const json_t *value, const char *place, struct err *e)
{
	return check_word(value, place, proof_parse_ip, "not an IP address", e);
}

static int check_jurisdiction(const json_t *value, const char *place, struct err *e)
{
	return check_word(value, place, proof_parse_jurisdiction, "not a jurisdiction such as DE or US-FL", e);
}

static int check_count(const json_t *value, const char *place, struct err *e)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return fail(e, place, "not a whole number from 0 on");
	return 0;
}

static int check_object(const json_t *value, const char *place, struct err *e)
{
	return json_is_object(value) ? 0 : fail(e, place, "not an object");
}

/* BCP 47: subtags of 1 to 8 letters and digits, the first of letters. */
static int check_lang(const json_t *value, const char *place, struct err *e)
{
	const char *p;
	size_t len = 0;

	if (check_text(value, place, e) < 0)
		return -1;
	p = json_string_value(value);
	for (; *p; p++) {
		bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');

		if (*p == '-' && len > 0)
			len = 0;
		else if (!(letter || (*p >= '0' && *p <= '9')) || ++len > 8)
			return fail_value(e, place, "not a language such as es-MX", value);
	}
	return len > 0 ? 0 : fail_value(e, place, "not a language such as es-MX", value);
}

static const struct field *find_field(const struct field *fields, const char *name)
{
	for (const struct field *f = fields; f->name; f++)
		if (f->name[0] == name[0] && strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

/* "plan[0].wait"; a field of the line itself is its own place. */
static const char *inner_place(const char *place, const char *name, char inner[96])
{
	if (!*place)
		return name;
	snprintf(inner, 96, "%.60s.%.30s", place, name);
	return inner;
}

static bool present(const json_t *value, const char *key)
{
	const json_t *member = json_object_get(value, key);

	return member && !json_is_null(member);
}

static int check_fields(const json_t *value, const struct field *fields, const char *place, struct err *e)
{
	char inner[96];
	const char *key;
	json_t *member;

	for (const struct field *f = fields; f->name; f++) {
		member = f->required ? json_object_get(value, f->name) : NULL;
		if (f->required && (!member || json_is_null(member)))
			return fail(e, inner_place(place, f->name, inner), "missing");
	}
	/* Over what is there: a line has fewer members than its type has fields. */
	json_object_foreach((json_t *)value, key, member) {
		const struct field *f = find_field(fields, key);

		if (f && !json_is_null(member) && f->check(member, inner_place(place, key, inner), e) < 0)
			return -1;
	}
	return 0;
}

static int check_array(const json_t *value, const char *place, check_fn *check, struct err *e)
{
	if (!json_is_array(value))
		return fail(e, place, "not an array");
	for (size_t i = 0; i < json_array_size(value); i++) {
		char inner[128];

		snprintf(inner, sizeof(inner), "%.96s[%zu]", place, i);
		if (check(json_array_get(value, i), inner, e) < 0)
			return -1;
	}
	return 0;
}

static int check_strings(const json_t *value, const char *place, struct err *e)
{
	return check_array(value, place, check_text, e);
}

static int check_needs(const json_t *value, const char *place, struct err *e)
{
	return check_array(value, place, check_quality, e);
}

static int check_address_values(const json_t *value, const char *place, struct err *e)
{
	const char *key;
	json_t *member;

	if (check_object(value, place, e) < 0)
		return -1;
	json_object_foreach((json_t *)value, key, member) {
		char inner[96];

		snprintf(inner, sizeof(inner), "%.40s.%.40s", place, key);
		if (json_is_array(member) ? check_strings(member, inner, e) < 0 : check_label(member, inner, e) < 0)
			return -1;
	}
	return 0;
}

static const struct field contact_fields[] = {
    {"id", check_id, false},
    {"name", check_label, false},
    {"addresses", check_address_values, false},
    {"tz", check_label, false},
    {"lang", check_lang, false},
    {"prefer", check_strings, false},
    {"attributes", check_object, false},
    {"groups", check_strings, false},
    {NULL, NULL, false},
};

int envelope_check_contact(const json_t *contact, struct err *e)
{
	if (!json_is_object(contact))
		return err_set(e, EX_DATAERR, "not a contact");
	return check_fields(contact, contact_fields, "", e);
}

static int check_recipient(const json_t *value, const char *place, struct err *e)
{
	if (json_is_object(value))
		return check_fields(value, contact_fields, place, e);
	if (!json_is_string(value))
		return fail(e, place, "not a contact, an address or a group");
	if (json_string_length(value) == 0)
		return fail(e, place, "empty");
	return check_label(value, place, e);
}

static int check_to(const json_t *value, const char *place, struct err *e)
{
	if (!json_is_array(value))
		return check_recipient(value, place, e);
	if (json_array_size(value) == 0)
		return fail(e, place, "empty");
	return check_array(value, place, check_recipient, e);
}

/* As HTML and a mail's header can hold it as it is. */
static int check_cid(const json_t *value, const char *place, struct err *e)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	const char *text;

	if (check_text(value, place, e) < 0)
		return -1;
	text = json_string_value(value);
	if (!*text || strlen(text) > 64 || text[strspn(text, good)])
		return fail_value(e, place, "not 1 to 64 letters, digits, dots, dashes and underscores", value);
	return 0;
}

static int check_web_url(const json_t *value, const char *place, struct err *e)
{
	if (check_label(value, place, e) < 0)
		return -1;
	return url_is_web(json_string_value(value)) ? 0 : fail_value(e, place, "not an http or https URL", value);
}

static int check_app_url(const json_t *value, const char *place, struct err *e)
{
	if (check_label(value, place, e) < 0)
		return -1;
	return url_is_app(json_string_value(value)) ? 0 : fail_value(e, place, "not a URL that opens an app", value);
}

static const struct field heard_media_fields[] = {
    {"url", check_label, false},
    {"path", check_label, false},
    {"type", check_label, false},
    {"alt", check_text, false},
    {NULL, NULL, false},
};

static const struct field media_fields[] = {
    {"url", check_web_url, false},
    {"path", check_label, false},
    {"type", check_label, false},
    {"alt", check_text, false},
    {"cid", check_cid, false},
    {NULL, NULL, false},
};

static int check_medium_as(const json_t *value, const struct field *fields, const char *place, struct err *e)
{
	if (check_object(value, place, e) < 0 || check_fields(value, fields, place, e) < 0)
		return -1;
	if (present(value, "url") == present(value, "path"))
		return fail(e, place, "needs either url or path");
	return 0;
}

static int check_heard_medium(const json_t *value, const char *place, struct err *e)
{
	return check_medium_as(value, heard_media_fields, place, e);
}

static int check_medium(const json_t *value, const char *place, struct err *e)
{
	return check_medium_as(value, media_fields, place, e);
}

/* What came in has whatever its provider calls a URL. */
static int check_heard_media(const json_t *value, const char *place, struct err *e)
{
	return check_array(value, place, check_heard_medium, e);
}

static int check_media(const json_t *value, const char *place, struct err *e)
{
	return check_array(value, place, check_medium, e);
}

static const struct field button_fields[] = {
    {"text", check_text, true},
    {"reply", check_text, false},
    {"url", check_label, false},
    {NULL, NULL, false},
};

static int check_button(const json_t *value, const char *place, struct err *e)
{
	return check_object(value, place, e) < 0 ? -1 : check_fields(value, button_fields, place, e);
}

static int check_buttons(const json_t *value, const char *place, struct err *e)
{
	return check_array(value, place, check_button, e);
}

static const struct field link_fields[] = {
    {"url", check_web_url, false},
    {"app", check_app_url, false},
    {"fallback", check_web_url, false},
    {NULL, NULL, false},
};

static int check_link(const json_t *value, const char *place, struct err *e)
{
	if (check_object(value, place, e) < 0 || check_fields(value, link_fields, place, e) < 0)
		return -1;
	if (!present(value, "url") && !present(value, "app"))
		return fail(e, place, "needs url or app");
	return 0;
}

static const struct field template_fields[] = {
    {"name", check_label, true},
    {"data", check_object, false},
    {NULL, NULL, false},
};

static int check_template(const json_t *value, const char *place, struct err *e)
{
	return check_object(value, place, e) < 0 ? -1 : check_fields(value, template_fields, place, e);
}

static const struct field leg_fields[] = {
    {"channel", check_id, true},
    {"via", check_id, false},
    {"address", check_label, true},
    {"from", check_label, false},
    {"wait", check_duration, false},
    {"hours", check_object, false},
    {"until", check_status, false},
    {NULL, NULL, false},
};

static int check_leg(const json_t *value, const char *place, struct err *e)
{
	return check_object(value, place, e) < 0 ? -1 : check_fields(value, leg_fields, place, e);
}

static int check_plan(const json_t *value, const char *place, struct err *e)
{
	if (json_is_array(value) && json_array_size(value) == 0)
		return fail(e, place, "empty");
	return check_array(value, place, check_leg, e);
}

static const struct field message_fields[] = {
    {"id", check_id, false},
    {"to", check_to, true},
    {"text", check_text, false},
    {"html", check_text, false},
    {"subject", check_label, false},
    {"template", check_template, false},
    {"media", check_media, false},
    {"buttons", check_buttons, false},
    {"link", check_link, false},
    {"track", check_bool, false},
    {"purpose", check_purpose, false},
    {"urgency", check_urgency, false},
    {"needs", check_needs, false},
    {"topic", check_id, false},
    {"context", check_object, false},
    {"lang", check_lang, false},
    {"at", check_time, false},
    {"expires", check_time, false},
    {"ack", check_ack, false},
    {"replace", check_id, false},
    {"dedupe", check_id, false},
    {"thread", check_id, false},
    {"from", check_label, false},
    {"reply_to", check_label, false},
    {"unsubscribe", check_label, false},
    {"overflow", check_overflow, false},
    {"on_unknown", check_on_unknown, false},
    {"account", check_id, false},
    {"smart", check_bool, false},
    {"plan", check_plan, false},
    {NULL, NULL, false},
};

static int check_failure(const json_t *value, const char *place, struct err *e)
{
	return check_word(value, place, failure_parse, "not an error class", e);
}

static const struct field error_fields[] = {
    {"class", check_failure, true},
    {"code", check_label, false},
    {"text", check_text, false},
    {NULL, NULL, false},
};

static int check_error(const json_t *value, const char *place, struct err *e)
{
	return check_object(value, place, e) < 0 ? -1 : check_fields(value, error_fields, place, e);
}

/* "0.0075": up to 12 digits, a point and up to 9 more; with a minus for what is given back. */
static int check_amount(const json_t *value, const char *place, struct err *e)
{
	static const char digits[] = "0123456789";
	const char *p;
	size_t whole, part;

	if (check_text(value, place, e) < 0)
		return -1;
	p = json_string_value(value);
	p += *p == '-';
	whole = strspn(p, digits);
	p += whole;
	part = *p == '.' ? strspn(p + 1, digits) : 0;
	p += *p == '.' && part > 0 ? part + 1 : 0;
	if (whole < 1 || whole > 12 || part > 9 || *p)
		return fail_value(e, place, "not an amount such as 0.0075", value);
	return 0;
}

static int check_currency(const json_t *value, const char *place, struct err *e)
{
	if (check_text(value, place, e) < 0)
		return -1;
	if (json_string_length(value) != 3 || strspn(json_string_value(value), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
		return fail_value(e, place, "not a currency such as EUR", value);
	return 0;
}

static const struct field cost_fields[] = {
    {"amount", check_amount, true},
    {"currency", check_currency, true},
    {"estimated", check_bool, false},
    {NULL, NULL, false},
};

static int check_cost(const json_t *value, const char *place, struct err *e)
{
	return check_object(value, place, e) < 0 ? -1 : check_fields(value, cost_fields, place, e);
}

static const struct field receipt_fields[] = {
    {"id", check_id, false},
    {"message", check_id, false},
    {"leg", check_count, false},
    {"channel", check_id, false},
    {"via", check_label, false},
    {"address", check_label, false},
    {"contact", check_id, false},
    {"purpose", check_purpose, false},
    {"topic", check_id, false},
    {"status", check_status, true},
    {"time", check_time, false},
    {"provider_id", check_label, false},
    {"replaced_by", check_id, false},
    {"error", check_error, false},
    {"changes", check_strings, false},
    {"digest", check_id, false},
    {"hours", check_object, false},
    {"part", check_count, false},
    {"parts", check_count, false},
    {"segments", check_count, false},
    {"cost", check_cost, false},
    {NULL, NULL, false},
};

static const struct field inbound_fields[] = {
    {"id", check_id, false},
    {"from", check_label, true},
    {"to", check_label, false},
    {"channel", check_id, false},
    {"via", check_label, false},
    {"text", check_text, false},
    {"media", check_heard_media, false},
    {"time", check_time, false},
    {"provider_id", check_label, false},
    {"contact", check_recipient, false},
    {"thread", check_id, false},
    {"in_reply_to", check_label, false},
    {"acknowledges", check_strings, false},
    {"insight", check_object, false},
    {"optout_type", check_label, false},
    {NULL, NULL, false},
};

static const struct field consent_fields[] = {
    {"id", check_id, false},
    {"address", check_label, false},
    {"contact", check_id, false},
    {"channel", check_id, false},
    {"topic", check_id, false},
    {"state", check_state, true},
    {"strength", check_strength, false},
    {"method", check_label, false},
    {"evidence", check_text, false},
    {"source", check_hash, false},
    {"form", check_label, false},
    {"ip", check_ip, false},
    {"code", check_label, false},
    {"jurisdiction", check_jurisdiction, false},
    {"basis", check_label, false},
    {"preferences", preference_check, false},
    {"time", check_time, false},
    {NULL, NULL, false},
};

static const struct field task_fields[] = {
    {"id", check_id, false},
    {"thread", check_id, false},
    {"skills", check_strings, false},
    {"priority", check_urgency, false},
    {"status", check_label, false},
    {"agent", check_label, false},
    {"queue", check_id, false},
    {"until", check_time, false},
    {"lang", check_lang, false},
    {"position", check_count, false},
    {"waited", check_duration, false},
    {"late", check_bool, false},
    {"context", check_object, false},
    {"reason", check_text, false},
    {NULL, NULL, false},
};

static const struct {
	const char *name;
	const struct field *fields;
} types[] = {
    [ENVELOPE_MESSAGE] = {"message", message_fields},
    [ENVELOPE_RECEIPT] = {"receipt", receipt_fields},
    [ENVELOPE_INBOUND] = {"inbound", inbound_fields},
    [ENVELOPE_CONSENT] = {"consent", consent_fields},
    [ENVELOPE_TASK] = {"task", task_fields},
};

int envelope_type(const json_t *value, struct err *e)
{
	const json_t *type = json_object_get(value, "type");

	if (!type)
		return ENVELOPE_MESSAGE;
	if (!json_is_string(type))
		return fail(e, "type", "not a string");
	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (strcmp(types[i].name, json_string_value(type)) == 0)
			return (int)i;
	return ENVELOPE_OTHER;
}

int envelope_check(const json_t *value, enum envelope type, struct err *e)
{
	if (type == ENVELOPE_OTHER)
		return 0;
	if (check_fields(value, types[type].fields, "", e) < 0)
		return -1;
	if (type == ENVELOPE_MESSAGE && !present(value, "text") && !present(value, "template") && !present(value, "media"))
		return fail(e, "text", "missing (a message needs text, template or media)");
	if (type == ENVELOPE_MESSAGE && present(value, "replace") &&
	    strcmp(envelope_text(value, "replace", ""), envelope_text(value, "id", "")) == 0)
		return fail(e, "replace", "the message's own id");
	if (type == ENVELOPE_CONSENT && !present(value, "address") && !present(value, "contact"))
		return fail(e, "address", "missing (a consent needs address or contact)");
	if (type == ENVELOPE_CONSENT && strcmp(envelope_text(value, "state", ""), "preference") == 0 && !present(value, "preferences"))
		return fail(e, "preferences", "missing");
	if (type == ENVELOPE_RECEIPT && !present(value, "message") && !present(value, "provider_id"))
		return fail(e, "message", "missing (a receipt needs message or provider_id)");
	return 0;
}

const char *envelope_text(const json_t *value, const char *key, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(value, key));

	return text ? text : otherwise;
}

int64_t envelope_time_ms(const json_t *value, const char *key, int64_t otherwise)
{
	const char *text = envelope_text(value, key, NULL);
	int64_t ms;

	return text && when_parse(text, &ms) == 0 ? ms : otherwise;
}

int64_t envelope_duration_ms(const json_t *value, const char *key, int64_t otherwise)
{
	const char *text = envelope_text(value, key, NULL);
	int64_t ms;

	return text && when_parse_duration(text, &ms) == 0 ? ms : otherwise;
}
