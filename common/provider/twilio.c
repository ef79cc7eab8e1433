/*
 * Twilio's Programmable Messaging and Voice (API version 2010-04-01): SMS and MMS, WhatsApp, RCS and Messenger through
 * Messages.json, telephone calls that read the text aloud through Calls.json. The API has no idempotency key: when no
 * answer came, twilio_find.c asks whether it took the message. Status is asked for with the same resources.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/compat.h"
#include "common/line/envelope.h"
#include "common/line/utf8.h"
#include "common/provider/leg.h"
#include "common/provider/network.h"
#include "common/provider/twilio.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define BODY_CHARACTERS 1600
#define TWIML_CHARACTERS 4000
#define MEDIA_COUNT 10
#define VALIDITY_MAX_S 36000

static const char *const channels[] = {"sms", "voice", "whatsapp", "rcs", "messenger", NULL};

static const struct limits limits[] = {
    {.channel = "voice", .text = TWIML_CHARACTERS - 200},       /* less what stands around it */
    {.channel = "whatsapp", .caps = PROVIDER_MEDIA_URL, .text = BODY_CHARACTERS, .media = 1},
    {.caps = PROVIDER_MEDIA_URL, .text = BODY_CHARACTERS, .media = MEDIA_COUNT},
};

static const struct setting settings[] = {
    {"account_sid", SETTING_TEXT, true, NULL, "AC…, from the console"},
    {"auth_token", SETTING_SECRET, false, NULL, "the account's token, unless an API key is given"},
    {"api_key", SETTING_TEXT, false, NULL, "SK…, instead of the account's token"},
    {"api_secret", SETTING_SECRET, false, NULL, "the API key's secret"},
    {"from", SETTING_TEXT, false, NULL, "sender when neither leg, message nor channel names one"},
    {"messaging_service", SETTING_TEXT, false, NULL, "MG…, which picks the sender when nothing else names one"},
    {"status_callback", SETTING_URL, false, NULL, "URL that is told of every change of status"},
    {"voice", SETTING_TEXT, false, NULL, "voice that reads calls aloud"},
    {"url", SETTING_URL, false, "https://api.twilio.com", "of the API"},
    NETWORK_SETTINGS,
    NETWORK_UNIX_SOCKET,
    {NULL, SETTING_TEXT, false, NULL, NULL},
};

static bool is_sid(const char *text, const char *prefix)
{
	return strncmp(text, prefix, 2) == 0 && strlen(text) == 34 &&
	    strspn(text + 2, "0123456789abcdefABCDEF") == 32;
}

static int check(const struct account *a, struct err *e)
{
	const char *sid = account_text(a, "account_sid"), *service = account_text(a, "messaging_service");
	bool token = account_text(a, "auth_token"), key = account_text(a, "api_key");

	if (!is_sid(sid, "AC"))
		return err_set(e, EX_CONFIG, "account_sid: not AC and 32 hexadecimal digits: '%s'", err_quote(sid));
	if (service && !is_sid(service, "MG"))
		return err_set(e, EX_CONFIG, "messaging_service: not MG and 32 hexadecimal digits: '%s'", err_quote(service));
	if (key != (account_text(a, "api_secret") != NULL))
		return err_set(e, EX_CONFIG, "api_key and api_secret go together");
	if (token == key)
		return err_set(e, EX_CONFIG, "needs either auth_token or api_key and api_secret");
	return network_check(a, e);
}

void twilio_login(const struct account *a, struct request *r)
{
	bool key = account_text(a, "api_key");

	r->user = account_text(a, key ? "api_key" : "account_sid");
	r->password = account_secret(a, key ? "api_secret" : "auth_token");
	network_set(a, r);
}

char *twilio_url(const struct account *a, const char *resource, const char *id)
{
	const char *base = account_text(a, "url");
	size_t len = strlen(base);
	struct buf b;

	buf_init(&b, 4096);
	buf_add(&b, base, len - (base[len - 1] == '/'));
	buf_add_text(&b, "/2010-04-01/Accounts/");
	buf_add_text(&b, account_text(a, "account_sid"));
	buf_add_char(&b, '/');
	buf_add_text(&b, resource);
	if (id) {
		buf_add_char(&b, '/');
		request_percent(&b, id);
	}
	buf_add_text(&b, ".json");
	return buf_steal(&b);
}

char *twilio_party(const char *channel, const char *value)
{
	bool plain = strcmp(channel, "sms") == 0 || strcmp(channel, "voice") == 0 || strchr(value, ':');

	return plain ? xstrdup(value) : xformat("%s:%s", channel, value);
}

static void add_party(struct request *r, const char *field, const char *channel, const char *value)
{
	char *party = twilio_party(channel, value);

	request_form(r, field, party);
	free(party);
}

static int add_sender(const struct delivery *d, struct request *r, struct err *e)
{
	const char *channel = d->address->channel, *service = account_text(d->account, "messaging_service");
	const char *from = d->from ? d->from : account_text(d->account, "from");
	bool voice = strcmp(channel, "voice") == 0;

	if (from && is_sid(from, "MG") && !voice)
		request_form(r, "MessagingServiceSid", from);
	else if (from)
		add_party(r, "From", channel, from);
	else if (service && !voice)
		request_form(r, "MessagingServiceSid", service);
	else
		return err_set(e, EX_CONFIG, "from: no sender for %s (channels.%s.from, or the account's or message's from)", channel, channel);
	return 0;
}

static void add_callback(const struct delivery *d, struct request *r)
{
	const char *url = account_text(d->account, "status_callback");
	struct buf b;

	if (!url)
		return;
	/* Twilio echoes no reference of ours: the delivery's id travels in the URL. */
	buf_init(&b, 4096);
	buf_addf(&b, "%s%cdelivery=", url, strchr(url, '?') ? '&' : '?');
	request_percent(&b, d->id);
	request_form(r, "StatusCallback", b.data);
	buf_clear(&b);
}

static void add_validity(const struct delivery *d, struct request *r)
{
	int64_t expires = envelope_time_ms(d->message, "expires", 0), left = (expires - d->now_ms) / 1000;
	char text[24];

	if (expires == 0 || left < 1 || left > VALIDITY_MAX_S)
		return;
	snprintf(text, sizeof(text), "%lld", (long long)left);
	request_form(r, "ValidityPeriod", text);
}

/* HX…, and `variables`: a map from their names, or a list for those called 1, 2, 3. */
static int check_template(const json_t *template, struct err *e)
{
	const json_t *variables = json_object_get(template, "variables"), *value;
	const char *key;

	json_object_foreach((json_t *)template, key, value)
		if (strcmp(key, "content_sid") != 0 && strcmp(key, "variables") != 0)
			return err_set(e, EX_DATAERR, "%s: unknown key (content_sid, variables, channels)", err_quote(key));
	if (!is_sid(envelope_text(template, "content_sid", ""), "HX"))
		return err_set(e, EX_DATAERR, "content_sid: not HX and 32 hexadecimal digits: '%s'",
		    err_quote(envelope_text(template, "content_sid", "")));
	if (variables && !json_is_object(variables) && !json_is_array(variables))
		return err_set(e, EX_DATAERR, "variables: neither a map nor a list");
	return 0;
}

/* Twilio refuses breaks and wide gaps; an empty value stands for the one that the template has by itself. */
static int add_variable(json_t *all, const char *name, const json_t *value, struct err *e)
{
	char *number = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);
	const char *text = number ? number : json_string_value(value);
	int result = 0;

	if (json_is_object(value) || json_is_array(value) || json_is_null(value))
		result = err_set(e, EX_DATAERR, "template: variable %s: not a text", err_quote(name));
	else if (strpbrk(text, "\r\n\t") || strstr(text, "     "))
		result = err_set(e, EX_DATAERR, "template: variable %s: a line break, a tab or more than four spaces", err_quote(name));
	else if (utf8_characters(text) > BODY_CHARACTERS)
		result = err_set(e, EX_DATAERR, "template: variable %s: longer than %d characters", err_quote(name), BODY_CHARACTERS);
	else if (*text)
		json_object_set_new(all, name, json_string(text));
	free(number);
	return result;
}

static int add_template(const struct delivery *d, struct request *r, struct err *e)
{
	const json_t *variables = json_object_get(d->template, "variables"), *value;
	json_t *all = json_object();
	const char *name;
	char number[24], *text;
	int result = 0;

	request_form(r, "ContentSid", envelope_text(d->template, "content_sid", ""));
	json_object_foreach((json_t *)variables, name, value)
		if (result == 0)
			result = add_variable(all, name, value, e);
	for (size_t i = 0; result == 0 && json_is_array(variables) && i < json_array_size(variables); i++) {
		snprintf(number, sizeof(number), "%zu", i + 1);
		result = add_variable(all, number, json_array_get(variables, i), e);
	}
	if (result == 0 && json_object_size(all) > 0) {
		text = json_dumps(all, JSON_COMPACT | JSON_SORT_KEYS);
		request_form(r, "ContentVariables", text);
		free(text);
	}
	json_decref(all);
	return result;
}

static int add_content(const struct delivery *d, struct request *r, struct err *e)
{
	const json_t *media = json_object_get(d->message, "media");

	if (*d->text)
		request_form(r, "Body", d->text);
	else if (json_array_size(media) == 0)
		return err_set(e, EX_DATAERR, "text: empty");
	for (size_t i = 0; i < json_array_size(media); i++)
		request_form(r, "MediaUrl", envelope_text(json_array_get(media, i), "url", ""));
	return 0;
}

static int request_message(const struct delivery *d, struct request *r, struct err *e)
{
	r->url = twilio_url(d->account, "Messages", NULL);
	add_party(r, "To", d->address->channel, d->address->value);
	if (add_sender(d, r, e) < 0 || (d->template ? add_template(d, r, e) : add_content(d, r, e)) < 0)
		return -1;
	add_validity(d, r);
	add_callback(d, r);
	return 0;
}

static void add_xml(struct buf *b, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '&')
			buf_add_text(b, "&amp;");
		else if (c == '<')
			buf_add_text(b, "&lt;");
		else if (c == '>')
			buf_add_text(b, "&gt;");
		else if (c == '"')
			buf_add_text(b, "&quot;");
		else
			buf_add_char(b, c < 0x20 && c != '\n' && c != '\t' ? ' ' : *text);
	}
}

/* <Say> wants a language with its region. */
static const char *spoken(const char *lang)
{
	static const char *const regions[] = {"en-US", "es-ES", "fr-FR", "de-DE", "it-IT", "pt-BR", "nl-NL", "pl-PL", "ja-JP", "ko-KR",
	    "zh-CN", "ru-RU", "sv-SE", "da-DK", "nb-NO", "fi-FI", "ca-ES", "tr-TR"};

	for (size_t i = 0; lang && i < COUNT_OF(regions); i++)
		if (strlen(lang) == 2 && strncmp(lang, regions[i], 2) == 0)
			return regions[i];
	return lang;
}

static int request_call(const struct delivery *d, struct request *r, struct err *e)
{
	const char *lang = spoken(envelope_text(d->message, "lang", envelope_text(d->recipient, "lang", NULL)));
	const char *voice = account_text(d->account, "voice");
	struct buf twiml;
	size_t length;

	if (!*d->text)
		return err_set(e, EX_DATAERR, "text: empty: a call has nothing to say");
	r->url = twilio_url(d->account, "Calls", NULL);
	request_form(r, "To", d->address->value);
	if (add_sender(d, r, e) < 0)
		return -1;
	buf_init(&twiml, REQUEST_BYTES);
	buf_add_text(&twiml, "<Response><Say");
	if (voice) {
		buf_add_text(&twiml, " voice=\"");
		add_xml(&twiml, voice);
		buf_add_char(&twiml, '"');
	}
	if (lang) {
		buf_add_text(&twiml, " language=\"");
		add_xml(&twiml, lang);
		buf_add_char(&twiml, '"');
	}
	buf_add_char(&twiml, '>');
	add_xml(&twiml, d->text);
	buf_add_text(&twiml, "</Say></Response>");
	length = utf8_characters(twiml.data);
	request_form(r, "Twiml", twiml.data);
	buf_clear(&twiml);
	if (length > TWIML_CHARACTERS)
		return err_set(e, EX_DATAERR, "text: too long to be read aloud (%zu characters of TwiML, at most %d)", length, TWIML_CHARACTERS);
	add_callback(d, r);
	return 0;
}

static int request(const struct delivery *d, struct request *ret_request, struct err *e)
{
	ret_request->kind = REQUEST_HTTP;
	ret_request->method = "POST";
	twilio_login(d->account, ret_request);
	request_header(ret_request, "Content-Type", "application/x-www-form-urlencoded");
	return strcmp(d->address->channel, "voice") == 0 ? request_call(d, ret_request, e) : request_message(d, ret_request, e);
}

static const struct {
	const char *word;
	enum status status;
} statuses[] = {
    {"accepted", STATUS_ACCEPTED},
    {"scheduled", STATUS_ACCEPTED},
    {"queued", STATUS_ACCEPTED},
    {"sending", STATUS_ACCEPTED},
    {"sent", STATUS_SENT},
    {"partially_delivered", STATUS_SENT},
    {"delivered", STATUS_DELIVERED},
    {"read", STATUS_READ},
    {"failed", STATUS_FAILED},
    {"undelivered", STATUS_UNDELIVERED},
    {"canceled", STATUS_CANCELED},
    /* of calls */
    {"initiated", STATUS_SENT},
    {"ringing", STATUS_SENT},
    {"in-progress", STATUS_DELIVERED},
    {"completed", STATUS_DELIVERED},
    {"busy", STATUS_UNDELIVERED},
    {"no-answer", STATUS_UNDELIVERED},
};

static enum status status_of(const json_t *answer, enum status otherwise)
{
	const char *word = envelope_text(answer, "status", "");

	for (size_t i = 0; i < COUNT_OF(statuses); i++)
		if (strcmp(statuses[i].word, word) == 0)
			return statuses[i].status;
	return otherwise;
}

void twilio_take_resource(struct verdict *v, const json_t *answer)
{
	const char *price = envelope_text(answer, "price", ""), *unit = envelope_text(answer, "price_unit", "");
	long segments = strtol(envelope_text(answer, "num_segments", "0"), NULL, 10);
	char code[24];

	v->status = status_of(answer, v->status);
	if (segments > 0 && segments < 1000)
		v->segments = (unsigned)segments;
	price += *price == '-';
	verdict_cost(v, price, unit);
	if (!status_bad(v->status) || v->status == STATUS_CANCELED)
		return;
	if (leg_at(answer, "error_code", code, sizeof(code)))
		twilio_judge(v, strtol(code, NULL, 10), envelope_text(answer, "error_message", ""));
	else
		v->failure = FAILURE_UNREACHABLE;
	/* It was taken and came to nothing: a repetition would be a message of its own. */
	v->retry = false;
}

static void response(const struct delivery *d, const struct reply *r, struct verdict *ret_verdict)
{
	bool good = verdict_of_http(ret_verdict, r);
	json_t *answer = r->error == REPLY_OK ? leg_answer(r) : NULL;
	const char *sid = envelope_text(answer, "sid", "");
	char code[24];

	if (good && *sid) {
		verdict_id(ret_verdict, sid);
		twilio_take_resource(ret_verdict, answer);
	} else if (good) {
		verdict_fail(ret_verdict, FAILURE_PROVIDER, false, NULL, "an answer without a sid");
		ret_verdict->status = STATUS_UNKNOWN;
	} else if (answer && leg_at(answer, "code", code, sizeof(code))) {
		twilio_judge(ret_verdict, strtol(code, NULL, 10), envelope_text(answer, "message", ""));
	}
	account_mask(d->account, ret_verdict->text);
	json_decref(answer);
}

static int poll(const struct delivery *d, struct request *ret_request, struct err *e)
{
	(void)e;
	ret_request->kind = REQUEST_HTTP;
	ret_request->method = "GET";
	twilio_login(d->account, ret_request);
	ret_request->url = twilio_url(d->account, strncmp(d->provider_id, "CA", 2) == 0 ? "Calls" : "Messages", d->provider_id);
	return 0;
}

static void polled(const struct delivery *d, const struct reply *r, struct verdict *ret_verdict)
{
	struct verdict ignored;
	json_t *answer;

	verdict_init(&ignored, STATUS_UNKNOWN);
	ret_verdict->status = d->status;
	if (!verdict_of_http(&ignored, r))
		return;
	answer = leg_answer(r);
	if (strcmp(envelope_text(answer, "sid", ""), d->provider_id) == 0) {
		twilio_take_resource(ret_verdict, answer);
		account_mask(d->account, ret_verdict->text);
	}
	json_decref(answer);
}

const struct provider provider_twilio = {
    .name = "twilio",
    .help = "SMS, MMS, WhatsApp, RCS, Messenger and calls through Twilio",
    .channels = channels,
    .settings = settings,
    .limits = limits,
    .check = check,
    .check_template = check_template,
    .request = request,
    .response = response,
    .poll = poll,
    .polled = polled,
    .find = twilio_find,
    .found = twilio_found,
};
