/*
 * ntfy (docs.ntfy.sh/publish): a topic that phones and browsers subscribe to, on ntfy.sh or a server of one's own.
 * Published as JSON, so that no value of a message stands in a header; a file takes the body, and all else then stands in
 * the URL's query. It tells nothing of delivery.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/compat.h"
#include "common/line/envelope.h"
#include "common/line/line.h"
#include "common/provider/leg.h"
#include "common/provider/media.h"
#include "common/provider/network.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define QUERY_BYTES 7168        /* of a URL that every proxy lets through */

static const char *const channels[] = {"ntfy", NULL};

static const struct limits limits[] = {
    {.caps = PROVIDER_SUBJECT | PROVIDER_MEDIA_URL | PROVIDER_MEDIA_FILE | PROVIDER_LINKS | PROVIDER_TAP, .text = 4096,
    .unit = TEXT_BYTES, .media = 1, .buttons = 3},
};

static const struct setting settings[] = {
    {"url", SETTING_URL, false, "https://ntfy.sh", "of the server"},
    {"token", SETTING_SECRET, false, NULL, "access token (tk_…)"},
    {"user", SETTING_TEXT, false, NULL, "name for HTTP Basic, instead of a token"},
    {"password", SETTING_SECRET, false, NULL, "its password"},
    {"markdown", SETTING_BOOL, false, "false", "the text is Markdown"},
    {"tags", SETTING_TEXT, false, NULL, "words and emoji short codes for every message, with commas between"},
    {"icon", SETTING_URL, false, NULL, "picture beside the message"},
    {"email", SETTING_TEXT, false, NULL, "address that the server sends a copy to"},
    {"call", SETTING_TEXT, false, NULL, "number that the server calls and reads it to, or yes for the account's own"},
    {"cache", SETTING_BOOL, false, "true", "the server keeps it for those who are not connected"},
    {"firebase", SETTING_BOOL, false, "true", "it goes to phones by Google's servers"},
    NETWORK_SETTINGS,
    NETWORK_UNIX_SOCKET,
    {NULL, SETTING_TEXT, false, NULL, NULL},
};

/* docs.ntfy.sh/config/#rate-limiting, of the public server: 60 at once, then one every five seconds. */
static const struct rates *rates(const struct account *a)
{
	static const struct rates public = {.messages = {.interval_us = 5000000, .burst = 60}};

	return strncmp(account_text(a, "url"), "https://ntfy.sh", 15) == 0 ? &public : NULL;
}

static int check(const struct account *a, struct err *e)
{
	if (!account_text(a, "user") != !account_text(a, "password"))
		return err_set(e, EX_CONFIG, "user and password go together");
	if (account_text(a, "user") && account_text(a, "token"))
		return err_set(e, EX_CONFIG, "either a token or user and password");
	return network_check(a, e);
}

static bool is_topic(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

	return len > 0 && len <= 64 && !text[len];
}

static int priority(const json_t *message)
{
	static const int priorities[] = {[URGENCY_LOW] = 2, [URGENCY_NORMAL] = 3, [URGENCY_HIGH] = 4, [URGENCY_CRITICAL] = 5};
	int urgency = urgency_parse(envelope_text(message, "urgency", "normal"));

	return priorities[urgency < 0 ? URGENCY_NORMAL : urgency];
}

/* A tap on the message opens its link, which may be an app's, or else what the first button does. */
static void set_link(const json_t *link, json_t *body)
{
	const char *url = envelope_text(link, "app", envelope_text(link, "url", NULL));

	if (url)
		json_object_set_new(body, "click", json_string(url));
}

/* Buttons that open a URL. */
static void set_actions(const json_t *buttons, json_t *body)
{
	json_t *actions = json_array();

	for (size_t i = 0; i < json_array_size(buttons); i++) {
		const json_t *b = json_array_get(buttons, i);
		const char *url = envelope_text(b, "url", "");

		if (!json_object_get(body, "click"))
			json_object_set_new(body, "click", json_string(url));
		json_array_append_new(actions, json_pack("{s:s,s:s,s:s}", "action", "view", "label", envelope_text(b, "text", ""), "url", url));
	}
	if (json_array_size(actions) > 0)
		json_object_set(body, "actions", actions);
	json_decref(actions);
}

/* The account's tags, and the topic that people subscribe to. */
static void set_tags(const struct delivery *d, json_t *body)
{
	const char *tags = account_text(d->account, "tags"), *topic = envelope_text(d->message, "topic", NULL);
	json_t *list = json_array();

	for (size_t len; tags && *tags; tags += len + (tags[len] == ',')) {
		len = strcspn(tags, ",");
		if (len > 0)
			json_array_append_new(list, json_stringn(tags, len));
	}
	if (topic)
		json_array_append_new(list, json_string(topic));
	if (json_array_size(list) > 0)
		json_object_set(body, "tags", list);
	json_decref(list);
}

static void set_settings(const struct account *a, json_t *body)
{
	static const char *const texts[] = {"icon", "email", "call"}, *const ways[] = {"cache", "firebase"};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (account_text(a, texts[i]))
			json_object_set_new(body, texts[i], json_string(account_text(a, texts[i])));
	/* Words here, not booleans: the server reads them as it reads headers. */
	for (size_t i = 0; i < COUNT_OF(ways); i++)
		if (!account_number(a, ways[i]))
			json_object_set_new(body, ways[i], json_string("no"));
	if (account_number(a, "markdown"))
		json_object_set_new(body, "markdown", json_true());
}

static json_t *make_fields(const struct delivery *d)
{
	const json_t *media = json_object_get(d->message, "media"), *buttons = json_object_get(d->message, "buttons");
	json_t *body = json_pack("{s:s,s:i,s:s}", "topic", d->address->value, "priority", priority(d->message), "message", d->text);

	if (d->subject)
		json_object_set_new(body, "title", json_string(d->subject));
	set_tags(d, body);
	set_settings(d->account, body);
	if (envelope_text(json_array_get(media, 0), "url", NULL))
		json_object_set(body, "attach", json_object_get(json_array_get(media, 0), "url"));
	set_link(json_object_get(d->message, "link"), body);
	set_actions(buttons, body);
	return body;
}

static int set_login(const struct delivery *d, struct request *r, struct err *e)
{
	const char *token = account_secret(d->account, "token");

	r->user = account_text(d->account, "user");
	r->password = account_secret(d->account, "password");
	if (!token)
		return 0;
	if (!request_bearer(r, token))
		return err_set(e, EX_NOPERM, "accounts.%s.token: has a line break", account_name(d->account));
	return 0;
}

static void add_parameter(struct buf *url, const char *name, const json_t *value)
{
	char *json = json_is_string(value) ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	const char *text = json ? json : json_string_value(value);

	if (!text || !*text)
		return;
	buf_addf(url, "%c%s=", strchr(url->data, '?') ? '&' : '?', name);
	/* Tags are words with commas between. */
	for (size_t i = 0; strcmp(name, "tags") == 0 && i < json_array_size(value); i++) {
		if (i > 0)
			buf_add_char(url, ',');
		request_percent(url, json_string_value(json_array_get(value, i)));
	}
	if (strcmp(name, "tags") != 0)
		request_percent(url, text);
	free(json);
}

static int request_upload(const struct delivery *d, const json_t *fields, const struct media *file, struct request *r, struct err *e)
{
	const char *base = account_text(d->account, "url"), *name;
	size_t len = strlen(base);
	json_t *value, *filename = json_string(file->name);
	struct buf url;

	buf_init(&url, QUERY_BYTES);
	buf_addf(&url, "%.*s/%s", (int)(len - (base[len - 1] == '/')), base, d->address->value);
	add_parameter(&url, "filename", filename);
	json_object_foreach((json_t *)fields, name, value)
		if (strcmp(name, "topic") != 0)
			add_parameter(&url, name, value);
	json_decref(filename);
	if (buf_over(&url)) {
		buf_clear(&url);
		return err_set(e, EX_DATAERR, "text: too long to go with a file");
	}
	r->method = "PUT";
	r->url = buf_steal(&url);
	request_header(r, "Content-Type", file->type);
	buf_add(&r->body, file->data.data, file->data.len);
	return 0;
}

static void request_json(const struct delivery *d, const json_t *fields, struct request *r)
{
	r->method = "POST";
	r->url = xstrdup(account_text(d->account, "url"));
	request_header(r, "Content-Type", "application/json");
	line_dump(&r->body, fields);
}

static int request(const struct delivery *d, struct request *ret_request, struct err *e)
{
	struct media_list files;
	json_t *fields;
	int result = 0;

	if (!is_topic(d->address->value))
		return err_set(e, EX_DATAERR, "not a topic of up to 64 letters, digits, '-' and '_': '%s'", err_quote(d->address->value));
	if (set_login(d, ret_request, e) < 0)
		return -1;
	if (media_read(d, &files, e) < 0)
		return -1;
	ret_request->kind = REQUEST_HTTP;
	network_set(d->account, ret_request);
	fields = make_fields(d);
	if (files.count > 0)
		result = request_upload(d, fields, &files.items[0], ret_request, e);
	else
		request_json(d, fields, ret_request);
	json_decref(fields);
	media_clear(&files);
	return result;
}

/* Its own numbers where they say more than the HTTP status: server/errors.go of ntfy. */
static void judge(struct verdict *v, const char *code)
{
	/* A topic that cannot be, or is not for the public. */
	if (strcmp(code, "40009") == 0 || strcmp(code, "40010") == 0)
		v->failure = FAILURE_INVALID_ADDRESS;
	/* What the account asks for and the server does not do. */
	else if (strcmp(code, "40001") == 0 || strcmp(code, "40021") == 0 || strncmp(code, "4003", 4) == 0)
		v->failure = FAILURE_PROVIDER;
	verdict_code(v, code);
}

static void response(const struct delivery *d, const struct reply *r, struct verdict *ret_verdict)
{
	bool good = verdict_of_http(ret_verdict, r);
	json_t *answer = r->error == REPLY_OK ? leg_answer(r) : NULL;
	const char *id = envelope_text(answer, "id", "");
	char code[24];

	if (good && *id) {
		verdict_id(ret_verdict, id);
	} else if (good) {
		verdict_fail(ret_verdict, FAILURE_PROVIDER, false, NULL, "an answer without an id");
		ret_verdict->status = STATUS_UNKNOWN;
	} else if (answer) {
		if (leg_at(answer, "code", code, sizeof(code)))
			judge(ret_verdict, code);
		verdict_text(ret_verdict, envelope_text(answer, "error", ret_verdict->text));
	}
	account_mask(d->account, ret_verdict->text);
	json_decref(answer);
}

const struct provider provider_ntfy = {
    .name = "ntfy",
    .help = "notifications through ntfy.sh or a server of one's own",
    .channels = channels,
    .settings = settings,
    .caps = PROVIDER_NO_FROM,
    .limits = limits,
    .rates = rates,
    .check = check,
    .request = request,
    .response = response,
};
