/*
 * Any URL: method, headers and body as the configuration has them, the body a template. Without one the body is the leg
 * itself as a JSON object. A 2xx is acceptance. Every request has an Idempotency-Key, the delivery's id; only an account
 * that says `idempotent: true` is asked again when no answer came.
 */
#include <string.h>
#include <strings.h>

#include "common/line/line.h"
#include "common/provider/leg.h"
#include "common/provider/network.h"
#include "common/template/template.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define URL_BYTES 8192

static const struct setting settings[] = {
    {"url", SETTING_URL, true, NULL, "where to; its path and query may have {{…}} in them"},
    {"method", SETTING_TEXT, false, "POST", "POST, PUT, PATCH or GET"},
    {"headers", SETTING_MAP, false, NULL, "headers by name"},
    {"content_type", SETTING_TEXT, false, "application/json", "of the body; says how {{…}} is escaped in it"},
    {"body", SETTING_TEXT, false, NULL, "template of the body; by default the whole leg as JSON"},
    {"secrets", SETTING_MAP, false, NULL, "texts or secrets for URL and body: {{secrets.NAME}}"},
    {"user", SETTING_TEXT, false, NULL, "name for HTTP Basic"},
    {"password", SETTING_SECRET, false, NULL, "its password"},
    {"provider_id", SETTING_TEXT, false, NULL, "where the answer has its id: a dotted path such as messages.0.id"},
    {"idempotent", SETTING_BOOL, false, "false", "the receiver drops a repeated Idempotency-Key"},
    NETWORK_SETTINGS,
    NETWORK_UNIX_SOCKET,
    {NULL, SETTING_TEXT, false, NULL, NULL},
};

static int check(const struct account *a, struct err *e)
{
	const char *method = account_text(a, "method"), *host = strstr(account_text(a, "url"), "//") + 2;
	const char *type = account_text(a, "content_type");

	if (strcmp(method, "POST") != 0 && strcmp(method, "PUT") != 0 && strcmp(method, "PATCH") != 0 && strcmp(method, "GET") != 0)
		return err_set(e, EX_CONFIG, "method: not POST, PUT, PATCH or GET: '%s'", err_quote(method));
	if (memchr(host, '{', strcspn(host, "/?#")))
		return err_set(e, EX_CONFIG, "url: the host cannot come from a message");
	if (strpbrk(type, "\r\n") || !strchr(type, '/'))
		return err_set(e, EX_CONFIG, "content_type: not a media type: '%s'", err_quote(type));
	if (!account_text(a, "user") != !account_text(a, "password"))
		return err_set(e, EX_CONFIG, "user and password go together");
	return network_check(a, e);
}

static enum template_escape escape_of(const char *type)
{
	size_t len = strcspn(type, "; ");
	bool ends_in_xml = len >= 3 && strncasecmp(type + len - 3, "xml", 3) == 0;

	/* application/json, text/json, application/x-ndjson, …+json, application/json-patch+json */
	for (size_t i = 0; i + 4 <= len; i++)
		if (strncasecmp(type + i, "json", 4) == 0)
			return TEMPLATE_JSON;
	if (strncasecmp(type, "application/x-www-form-urlencoded", 33) == 0)
		return TEMPLATE_URL;
	return ends_in_xml || strncasecmp(type, "text/html", 9) == 0 ? TEMPLATE_HTML : TEMPLATE_PLAIN;
}

static int set_headers(const struct delivery *d, struct request *r, struct err *e)
{
	const char *key;
	json_t *value;
	bool typed = strcmp(account_text(d->account, "method"), "GET") == 0;

	json_object_foreach((json_t *)account_map(d->account, "headers"), key, value) {
		typed = typed || strcasecmp(key, "Content-Type") == 0;
		if (!request_header(r, key, json_string_value(value)))
			return err_set(e, EX_CONFIG, "accounts.%s.headers: not a header: '%s'", account_name(d->account), err_quote(key));
	}
	if (!typed)
		request_header(r, "Content-Type", account_text(d->account, "content_type"));
	if (!request_header(r, "Idempotency-Key", d->id))
		return err_set(e, EX_DATAERR, "id: has a line break");
	return 0;
}

static int set_body(const struct delivery *d, const json_t *data, struct request *r, struct err *e)
{
	const char *template = account_text(d->account, "body");
	const struct template_options options = {.escape = escape_of(account_text(d->account, "content_type"))};

	if (strcmp(r->method, "GET") == 0)
		return 0;
	if (!template) {
		line_dump(&r->body, data);
		return 0;
	}
	if (template_render(&r->body, template, data, &options, e) < 0)
		return err_at(e, "accounts.%s.body: ", account_name(d->account));
	return 0;
}

static int set_url(const struct delivery *d, const json_t *data, struct request *r, struct err *e)
{
	const char *template = account_text(d->account, "url");
	const struct template_options options = {.escape = TEMPLATE_URL};
	struct buf url;

	if (!strchr(template, '{')) {
		r->url = xstrdup(template);
		return 0;
	}
	buf_init(&url, URL_BYTES);
	if (template_render(&url, template, data, &options, e) < 0) {
		buf_clear(&url);
		return err_at(e, "accounts.%s.url: ", account_name(d->account));
	}
	r->url = buf_steal(&url);
	return 0;
}

static int request(const struct delivery *d, struct request *ret_request, struct err *e)
{
	const json_t *secrets = account_map(d->account, "secrets");
	json_t *data = leg_data(d);
	int result = -1;

	json_object_del(data, "secrets");
	ret_request->kind = REQUEST_HTTP;
	ret_request->method = account_text(d->account, "method");
	ret_request->user = account_text(d->account, "user");
	ret_request->password = account_secret(d->account, "password");
	network_set(d->account, ret_request);
	/* The default body has all of `data`: secrets are for templates alone. */
	if (secrets && account_text(d->account, "body"))
		json_object_set(data, "secrets", (json_t *)secrets);
	if (set_headers(d, ret_request, e) == 0 && set_body(d, data, ret_request, e) == 0) {
		if (secrets)
			json_object_set(data, "secrets", (json_t *)secrets);
		result = set_url(d, data, ret_request, e);
	}
	json_decref(data);
	return result;
}

static void response(const struct delivery *d, const struct reply *r, struct verdict *ret_verdict)
{
	const char *path = account_text(d->account, "provider_id");
	json_t *answer;
	char id[128];

	if (verdict_of_http(ret_verdict, r)) {
		answer = path ? leg_answer(r) : NULL;
		if (answer && leg_at(answer, path, id, sizeof(id)))
			verdict_id(ret_verdict, id);
		json_decref(answer);
		return;
	}
	if (r->error == REPLY_OK && r->body.len > 0)
		verdict_text(ret_verdict, r->body.data);
	account_mask(d->account, ret_verdict->text);
}

const struct provider provider_webhook = {
    .name = "webhook",
    .help = "any URL, with headers and a body of one's own",
    .channels = NULL,
    .settings = settings,
    .caps = PROVIDER_SUBJECT | PROVIDER_HTML | PROVIDER_MEDIA_URL | PROVIDER_BUTTONS | PROVIDER_TAP | PROVIDER_NO_FROM,
    .check = check,
    .check_template = leg_template,
    .request = request,
    .response = response,
};
