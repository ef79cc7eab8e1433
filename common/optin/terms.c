#include <string.h>

#include "common/address/address.h"
#include "common/line/envelope.h"
#include "common/line/id.h"
#include "common/line/when.h"
#include "common/optin/terms.h"

#include "common/banned.h"

static const char *null_when_all(const char *scope)
{
	return scope && strcmp(scope, "*") == 0 ? NULL : scope;
}

/* What goes into lines has to be UTF-8; `label` says that control bytes are out as well. */
static int check_text(const char *option, const char *text, bool label, struct err *e)
{
	json_t *value = text ? json_string(text) : NULL;
	bool good = value || !text;

	json_decref(value);
	for (const char *p = text; label && good && p && *p; p++)
		good = (unsigned char)*p >= 0x20 && *p != 0x7f;
	return good ? 0 : err_set(e, EX_USAGE, "--%s: not %s: '%s'", option, label ? "a line of UTF-8" : "UTF-8", err_quote(text));
}

static int check_time(struct optin_terms *t, struct err *e)
{
	if (t->time && (when_parse(t->time, &t->time_ms) < 0 || t->time_ms <= 0))
		return err_set(e, EX_USAGE, "--time: not a time such as 2026-11-24T09:00:00+01:00: '%s'", err_quote(t->time));
	if (t->time_ms > when_now_ms())
		return err_set(e, EX_USAGE, "--time: is yet to come: '%s'", err_quote(t->time));
	return 0;
}

/* As on a consent line. */
static int check_proof(const struct optin_terms *t, struct err *e)
{
	json_t *line = json_pack("{s:s, s:s, s:s*, s:s*, s:s*, s:s*, s:s*}", "contact", "x", "state", "in", "strength", t->strength,
	    "form", t->form, "ip", t->ip, "jurisdiction", t->jurisdiction, "basis", t->basis);
	int result = line ? envelope_check(line, ENVELOPE_CONSENT, e) : err_set(e, EX_USAGE, "not UTF-8");

	json_decref(line);
	if (result < 0) {
		e->code = EX_USAGE;
		err_at(e, "--");
	}
	return result;
}

int optin_terms_check(struct optin_terms *t, const struct config *c, struct err *e)
{
	if (check_text("topic", t->topic, true, e) < 0 || check_text("method", t->method, true, e) < 0 ||
	    check_text("evidence", t->evidence, false, e) < 0)
		return -1;
	t->channel = null_when_all(t->channel);
	t->topic = null_when_all(t->topic);
	if (t->channel && !address_channel_known(t->channel) && !json_object_get(c->channels, t->channel))
		return err_set(e, EX_USAGE, "--channel: no such channel: '%s'", err_quote(t->channel));
	if (t->topic && !id_valid(t->topic))
		return err_set(e, EX_USAGE, "--topic: not a topic of 1 to %d bytes: '%s'", ID_BYTES, err_quote(t->topic));
	return check_proof(t, e) < 0 ? -1 : check_time(t, e);
}

void optin_terms_fill(const struct optin_terms *t, struct consent_event *event)
{
	event->topic = t->topic;
	event->strength = t->strength ? (enum consent_strength)consent_strength_parse(t->strength) : CONSENT_UNSTATED;
	event->method = t->method;
	event->evidence = t->evidence;
	event->form = t->form;
	event->ip = t->ip;
	event->jurisdiction = t->jurisdiction;
	event->basis = t->basis;
	event->time_ms = t->time_ms;
}
