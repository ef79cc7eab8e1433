/*
 * One table a type: field, what it must look like, whether it may be missing. A null value counts as missing.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/compat.h"
#include "common/line/check.h"
#include "common/line/envelope.h"
#include "common/line/plan.h"
#include "common/line/preference.h"
#include "common/line/proof.h"
#include "common/line/when.h"
#include "common/line/words.h"

#include "common/banned.h"

static int check_purpose(const json_t *value, const char *place, struct err *e)
{
	return check_word(value, place, purpose_parse, "not otp, transactional, service, marketing or emergency", e);
}

static int check_urgency(const json_t *value, const char *place, struct err *e)
{
	return check_word(value, place, urgency_parse, "not low, normal, high or critical", e);
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
	if (json_object_size(value) > CHECK_FEW)
		return err_set(e, EX_DATAERR, "%s: more than %d", place, CHECK_FEW);
	json_object_foreach((json_t *)value, key, member) {
		char inner[96];

		snprintf(inner, sizeof(inner), "%.40s.%.40s", place, key);
		if (json_is_array(member) ? check_few(member, inner, check_text, e) < 0 : check_label(member, inner, e) < 0)
			return -1;
	}
	return 0;
}

static const struct check_field contact_fields[] = {
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
		return check_fail(e, place, "not a contact, an address or a group");
	if (json_string_length(value) == 0)
		return check_fail(e, place, "empty");
	return check_label(value, place, e);
}

static int check_to(const json_t *value, const char *place, struct err *e)
{
	if (!json_is_array(value))
		return check_recipient(value, place, e);
	if (json_array_size(value) == 0)
		return check_fail(e, place, "empty");
	return check_array(value, place, check_recipient, e);
}

static const struct check_field heard_media_fields[] = {
    {"url", check_label, false},
    {"path", check_label, false},
    {"type", check_label, false},
    {"alt", check_text, false},
    {NULL, NULL, false},
};

static const struct check_field media_fields[] = {
    {"url", check_web_url, false},
    {"path", check_label, false},
    {"type", check_label, false},
    {"alt", check_text, false},
    {"cid", check_cid, false},
    {NULL, NULL, false},
};

static int check_medium_as(const json_t *value, const struct check_field *fields, const char *place, struct err *e)
{
	if (check_object(value, place, e) < 0 || check_fields(value, fields, place, e) < 0)
		return -1;
	if (check_present(value, "url") == check_present(value, "path"))
		return check_fail(e, place, "needs either url or path");
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
	return check_few(value, place, check_heard_medium, e);
}

static int check_media(const json_t *value, const char *place, struct err *e)
{
	return check_few(value, place, check_medium, e);
}

static const struct check_field button_fields[] = {
    {"text", check_text, true},
    {"reply", check_text, false},
    {"url", check_tap_url, false},
    {NULL, NULL, false},
};

static int check_button(const json_t *value, const char *place, struct err *e)
{
	return check_object(value, place, e) < 0 ? -1 : check_fields(value, button_fields, place, e);
}

static int check_buttons(const json_t *value, const char *place, struct err *e)
{
	return check_few(value, place, check_button, e);
}

static const struct check_field link_fields[] = {
    {"url", check_web_url, false},
    {"app", check_app_url, false},
    {"fallback", check_web_url, false},
    {NULL, NULL, false},
};

static int check_link(const json_t *value, const char *place, struct err *e)
{
	if (check_object(value, place, e) < 0 || check_fields(value, link_fields, place, e) < 0)
		return -1;
	if (!check_present(value, "url") && !check_present(value, "app"))
		return check_fail(e, place, "needs url or app");
	return 0;
}

static const struct check_field template_fields[] = {
    {"name", check_label, true},
    {"data", check_object, false},
    {NULL, NULL, false},
};

static int check_template(const json_t *value, const char *place, struct err *e)
{
	return check_object(value, place, e) < 0 ? -1 : check_fields(value, template_fields, place, e);
}

static const struct check_field leg_fields[] = {
    {"channel", check_id, true},
    {"via", check_id, false},
    {"address", check_label, true},
    {"from", check_label, false},
    {"wait", check_duration, false},
    {"hours", check_object, false},
    {"until", check_status, false},
    {"parallel", check_bool, false},
    {NULL, NULL, false},
};

static int check_leg(const json_t *value, const char *place, struct err *e)
{
	return check_object(value, place, e) < 0 ? -1 : check_fields(value, leg_fields, place, e);
}

static int check_plan(const json_t *value, const char *place, struct err *e)
{
	if (json_is_array(value) && json_array_size(value) == 0)
		return check_fail(e, place, "empty");
	return check_few(value, place, check_leg, e);
}

static const struct check_field message_fields[] = {
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

static const struct check_field error_fields[] = {
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
		return check_fail_value(e, place, "not an amount such as 0.0075", value);
	return 0;
}

static int check_currency(const json_t *value, const char *place, struct err *e)
{
	if (check_text(value, place, e) < 0)
		return -1;
	if (json_string_length(value) != 3 || strspn(json_string_value(value), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
		return check_fail_value(e, place, "not a currency such as EUR", value);
	return 0;
}

static const struct check_field cost_fields[] = {
    {"amount", check_amount, true},
    {"currency", check_currency, true},
    {"estimated", check_bool, false},
    {NULL, NULL, false},
};

static int check_cost(const json_t *value, const char *place, struct err *e)
{
	return check_object(value, place, e) < 0 ? -1 : check_fields(value, cost_fields, place, e);
}

static const struct check_field receipt_fields[] = {
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

static const struct check_field inbound_fields[] = {
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

static const struct check_field consent_fields[] = {
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
    {"until", check_time, false},
    {"time", check_time, false},
    {NULL, NULL, false},
};

/* {"es": 3}: how good somebody must be at something. */
static int check_levels(const json_t *value, const char *place, struct err *e)
{
	const char *skill;
	json_t *level;

	if (check_object(value, place, e) < 0)
		return -1;
	json_object_foreach((json_t *)value, skill, level) {
		char inner[96];

		snprintf(inner, sizeof(inner), "%.40s.%.40s", place, skill);
		if (!json_is_integer(level) || json_integer_value(level) < 1)
			return check_fail(e, inner, "not a whole number from 1 on");
	}
	return 0;
}

static const struct check_field task_fields[] = {
    {"id", check_id, false},
    {"thread", check_id, false},
    {"skills", check_strings, false},
    {"levels", check_levels, false},
    {"channel", check_id, false},
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
	const struct check_field *fields;
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
		return check_fail(e, "type", "not a string");
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
	if (type == ENVELOPE_MESSAGE && !check_present(value, "text") && !check_present(value, "template") && !check_present(value, "media"))
		return check_fail(e, "text", "missing (a message needs text, template or media)");
	if (type == ENVELOPE_MESSAGE && check_present(value, "replace") &&
	    strcmp(envelope_text(value, "replace", ""), envelope_text(value, "id", "")) == 0)
		return check_fail(e, "replace", "the message's own id");
	if (type == ENVELOPE_CONSENT && !check_present(value, "address") && !check_present(value, "contact"))
		return check_fail(e, "address", "missing (a consent needs address or contact)");
	if (type == ENVELOPE_CONSENT && strcmp(envelope_text(value, "state", ""), "preference") == 0 && !check_present(value, "preferences"))
		return check_fail(e, "preferences", "missing");
	if (type == ENVELOPE_RECEIPT && !check_present(value, "message") && !check_present(value, "provider_id"))
		return check_fail(e, "message", "missing (a receipt needs message or provider_id)");
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
