/*
 * Slack: chat.postMessage with a bot's token, or an incoming webhook, whose URL is itself the secret and decides the
 * channel. Text is escaped, so that what comes from elsewhere cannot call a whole channel, unless `markup` says that it is
 * Slack's own. Slack tells nothing of delivery and drops no repetitions. What a bot has posted it can edit: chat.update.
 */
#include <stdio.h>
#include <string.h>

#include "common/compat.h"
#include "common/line/envelope.h"
#include "common/line/line.h"
#include "common/provider/leg.h"
#include "common/provider/network.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define SECTION_BYTES 3000
#define SECTION_ENTITY 5        /* bytes of the longest entity, "&amp;" */

static const char *const channels[] = {"slack", NULL};

/* 40000 characters are the most, of which the subject takes some; 50 blocks, of which a long text takes 14. */
static const struct limits limits[] = {
    {.caps = PROVIDER_SUBJECT | PROVIDER_BUTTONS | PROVIDER_MEDIA_URL, .text = 39000, .unit = TEXT_ESCAPED, .media = 20,
    .media_type = "image/", .buttons = 25, .button_text = 75},
};

static const struct setting settings[] = {
    {"token", SETTING_SECRET, false, NULL, "a bot's token (xoxb-…) with chat:write"},
    {"webhook", SETTING_SECRET, false, NULL, "URL of an incoming webhook, instead of a token"},
    {"markup", SETTING_BOOL, false, "false", "the text is Slack's mrkdwn: <https://…|links>, <@mentions>"},
    {"username", SETTING_TEXT, false, NULL, "name to post as; a token needs chat:write.customize"},
    {"icon", SETTING_TEXT, false, NULL, ":emoji: or https URL of a picture to post with; likewise"},
    {"unfurl", SETTING_BOOL, false, "true", "links show what they lead to"},
    {"url", SETTING_URL, false, "https://slack.com/api", "of the API"},
    NETWORK_SETTINGS,
    NETWORK_UNIX_SOCKET,
    {NULL, SETTING_TEXT, false, NULL, NULL},
};

/* docs.slack.dev/apis/web-api/rate-limits: one message a second in each conversation, with bursts let through. */
static const struct rates *rates(const struct account *a)
{
	static const struct rates all = {.address = {.interval_us = 1000000, .burst = 10}};

	(void)a;
	return &all;
}

static int check(const struct account *a, struct err *e)
{
	const char *icon = account_text(a, "icon");

	if (!account_text(a, "token") == !account_text(a, "webhook"))
		return err_set(e, EX_CONFIG, "needs either a token or a webhook");
	if (icon && *icon != ':' && strncmp(icon, "https://", 8) != 0)
		return err_set(e, EX_CONFIG, "icon: neither :emoji: nor an https URL: '%s'", err_quote(icon));
	return network_check(a, e);
}

static void add_escaped(struct buf *b, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			buf_add_text(b, "&amp;");
		else if (*text == '<')
			buf_add_text(b, "&lt;");
		else if (*text == '>')
			buf_add_text(b, "&gt;");
		else
			buf_add_char(b, *text);
	}
}

static void make_text(const struct delivery *d, struct buf *b)
{
	if (d->subject) {
		buf_add_char(b, '*');
		add_escaped(b, d->subject);
		buf_add_text(b, *d->text ? "*\n" : "*");
	}
	if (account_number(d->account, "markup"))
		buf_add_text(b, d->text);
	else
		add_escaped(b, d->text);
}

/* Where a section of a longer text ends: at a line, else at a whole character and not within an entity. */
static size_t section_end(const char *text)
{
	size_t len = SECTION_BYTES, line;

	for (line = len; line > len / 2; line--)
		if (text[line - 1] == '\n')
			return line;
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	for (size_t back = 1; back < SECTION_ENTITY && text[len - back] != ';'; back++)
		if (text[len - back] == '&')
			return len - back;
	return len;
}

/* A section holds 3000 characters; longer texts go on in the next. */
static void add_sections(json_t *blocks, const char *text)
{
	while (*text) {
		size_t len = strlen(text);

		if (len > SECTION_BYTES)
			len = section_end(text);
		json_array_append_new(blocks, json_pack("{s:s,s:{s:s,s:o}}", "type", "section", "text", "type", "mrkdwn", "text",
		    json_stringn(text, len)));
		text += len;
	}
}

static json_t *make_button(const json_t *given, size_t number)
{
	const char *text = envelope_text(given, "text", ""), *url = envelope_text(given, "url", NULL);
	char id[32];
	json_t *b;

	snprintf(id, sizeof(id), "button-%zu", number + 1);
	b = json_pack("{s:s,s:s,s:{s:s,s:s}}", "type", "button", "action_id", id, "text", "type", "plain_text", "text", text);
	if (url)
		json_object_set_new(b, "url", json_string(url));
	else
		json_object_set_new(b, "value", json_string(envelope_text(given, "reply", text)));
	return b;
}

static void add_pictures(json_t *blocks, const json_t *media)
{
	for (size_t i = 0; i < json_array_size(media); i++) {
		const json_t *m = json_array_get(media, i);

		json_array_append_new(blocks, json_pack("{s:s,s:s,s:s}", "type", "image", "image_url", envelope_text(m, "url", ""), "alt_text",
		    envelope_text(m, "alt", "picture")));
	}
}

/* Blocks only when plain text would not do; `text` stays what notifications show. */
static void set_blocks(const struct delivery *d, const char *text, json_t *body)
{
	const json_t *media = json_object_get(d->message, "media"), *buttons = json_object_get(d->message, "buttons");
	json_t *blocks = json_array(), *elements = json_array();

	add_sections(blocks, text);
	add_pictures(blocks, media);
	for (size_t i = 0; i < json_array_size(buttons); i++)
		json_array_append_new(elements, make_button(json_array_get(buttons, i), i));
	if (json_array_size(elements) > 0)
		json_array_append_new(blocks, json_pack("{s:s,s:O}", "type", "actions", "elements", elements));
	for (size_t i = 0; i < json_array_size(blocks); i++)
		if (strcmp(envelope_text(json_array_get(blocks, i), "type", ""), "section") != 0) {
			json_object_set(body, "blocks", blocks);
			break;
		}
	json_decref(blocks);
	json_decref(elements);
}

/* "1503435956.000247", alone or behind "C0123/" as in our own provider ids. */
static const char *timestamp_of(const char *thread)
{
	const char *slash = thread ? strchr(thread, '/') : NULL, *ts = slash ? slash + 1 : thread;
	size_t seconds = ts ? strspn(ts, "0123456789") : 0;

	if (seconds < 9 || ts[seconds] != '.' || strspn(ts + seconds + 1, "0123456789") != 6 || ts[seconds + 7])
		return NULL;
	return ts;
}

/* The API at a method, as the bot. */
static int set_method(const struct delivery *d, const char *method, struct request *r, struct err *e)
{
	const char *base = account_text(d->account, "url");
	size_t len = strlen(base);

	r->kind = REQUEST_HTTP;
	r->method = "POST";
	r->url = xformat("%.*s/%s", (int)(len - (base[len - 1] == '/')), base, method);
	if (!request_bearer(r, account_secret(d->account, "token")))
		return err_set(e, EX_NOPERM, "accounts.%s.token: has a line break", account_name(d->account));
	return 0;
}

static int set_target(const struct delivery *d, struct request *r, json_t *body, struct err *e)
{
	const char *webhook = account_secret(d->account, "webhook");

	if (webhook) {
		/* A masked one is for people to read; a listener on this machine needs no TLS. */
		if (strncmp(webhook, "https://", 8) != 0 && strncmp(webhook, "http://127.0.0.1:", 17) != 0 && strcmp(webhook, "***") != 0)
			return err_set(e, EX_CONFIG, "accounts.%s.webhook: not an https URL", account_name(d->account));
		r->kind = REQUEST_HTTP;
		r->method = "POST";
		r->url = xstrdup(webhook);
		return 0;
	}
	json_object_set_new(body, "channel", json_string(d->address->value));
	return set_method(d, "chat.postMessage", r, e);
}

/* A webhook takes JSON; the API is described with a form, in which what is not text is JSON. */
static void write_body(struct request *r, const json_t *body, bool form)
{
	const char *key;
	json_t *value;
	struct buf text;

	request_header(r, "Content-Type", form ? "application/x-www-form-urlencoded" : "application/json; charset=utf-8");
	if (!form) {
		line_dump(&r->body, body);
		return;
	}
	json_object_foreach((json_t *)body, key, value) {
		buf_init(&text, REQUEST_BYTES);
		if (!json_is_string(value))
			line_dump(&text, value);
		request_form(r, key, json_is_string(value) ? json_string_value(value) : text.data);
		buf_clear(&text);
	}
}

/* Of a message that is posted; what is edited keeps its looks. */
static void set_looks(const struct account *a, json_t *body)
{
	const char *username = account_text(a, "username"), *icon = account_text(a, "icon");

	if (username)
		json_object_set_new(body, "username", json_string(username));
	if (icon)
		json_object_set_new(body, *icon == ':' ? "icon_emoji" : "icon_url", json_string(icon));
	if (!account_number(a, "unfurl")) {
		json_object_set_new(body, "unfurl_links", json_false());
		json_object_set_new(body, "unfurl_media", json_false());
	}
}

static int request(const struct delivery *d, struct request *ret_request, struct err *e)
{
	const char *thread = timestamp_of(envelope_text(d->message, "thread", NULL));
	json_t *body = json_object();
	struct buf text;
	int result = -1;

	buf_init(&text, REQUEST_BYTES);
	network_set(d->account, ret_request);
	if (set_target(d, ret_request, body, e) < 0)
		goto out;
	make_text(d, &text);
	json_object_set_new(body, "text", json_stringn(text.data, text.len));
	set_blocks(d, text.data, body);
	if (thread)
		json_object_set_new(body, "thread_ts", json_string(thread));
	set_looks(d->account, body);
	write_body(ret_request, body, !account_text(d->account, "webhook"));
	result = 0;
out:
	buf_clear(&text);
	json_decref(body);
	return result;
}

/* "C0123/1503435956.000247"; blocks that are left out would stay as they were. */
static bool can_edit(const struct account *a, const char *channel, const char *provider_id)
{
	(void)channel;
	return account_text(a, "token") && strchr(provider_id, '/') && timestamp_of(provider_id);
}

static int edit(const struct delivery *d, struct request *ret_request, struct err *e)
{
	const char *ts = timestamp_of(d->provider_id);
	json_t *body;
	struct buf text;

	network_set(d->account, ret_request);
	if (set_method(d, "chat.update", ret_request, e) < 0)
		return -1;
	buf_init(&text, REQUEST_BYTES);
	make_text(d, &text);
	body = json_pack("{s:o, s:s, s:o, s:[]}", "channel", json_stringn(d->provider_id, strcspn(d->provider_id, "/")), "ts", ts, "text",
	    json_stringn(text.data, text.len), "blocks");
	set_blocks(d, text.data, body);
	write_body(ret_request, body, true);
	buf_clear(&text);
	json_decref(body);
	return 0;
}

/* Of chat.postMessage, chat.update and of incoming webhooks; what is not here is the provider's. */
static const struct {
	const char *word;
	enum failure failure;
	bool retry;
} errors[] = {
    {"channel_not_found", FAILURE_INVALID_ADDRESS, false},
    {"not_in_channel", FAILURE_INVALID_ADDRESS, false},
    {"is_archived", FAILURE_INVALID_ADDRESS, false},
    {"channel_is_archived", FAILURE_INVALID_ADDRESS, false},
    {"user_not_found", FAILURE_INVALID_ADDRESS, false},
    {"cannot_dm_bot", FAILURE_INVALID_ADDRESS, false},
    {"msg_too_long", FAILURE_CONTENT, false},
    {"no_text", FAILURE_CONTENT, false},
    {"invalid_blocks", FAILURE_CONTENT, false},
    {"invalid_blocks_format", FAILURE_CONTENT, false},
    {"invalid_payload", FAILURE_CONTENT, false},
    {"too_many_attachments", FAILURE_CONTENT, false},
    {"invalid_auth", FAILURE_AUTH, false},
    {"not_authed", FAILURE_AUTH, false},
    {"token_revoked", FAILURE_AUTH, false},
    {"token_expired", FAILURE_AUTH, false},
    {"account_inactive", FAILURE_AUTH, false},
    {"missing_scope", FAILURE_AUTH, false},
    {"no_permission", FAILURE_AUTH, false},
    {"no_service", FAILURE_AUTH, false},
    {"no_team", FAILURE_AUTH, false},
    {"invalid_token", FAILURE_AUTH, false},
    {"restricted_action", FAILURE_POLICY, false},
    {"action_prohibited", FAILURE_POLICY, false},
    {"posting_to_general_channel_denied", FAILURE_POLICY, false},
    {"message_not_found", FAILURE_POLICY, false},
    {"cant_update_message", FAILURE_POLICY, false},
    {"edit_window_closed", FAILURE_POLICY, false},
    {"ratelimited", FAILURE_RATE, true},
    {"access_denied", FAILURE_AUTH, false},
    {"accesslimited", FAILURE_AUTH, false},
    {"not_allowed_token_type", FAILURE_AUTH, false},
    {"team_access_not_granted", FAILURE_AUTH, false},
    {"two_factor_setup_required", FAILURE_AUTH, false},
    {"enterprise_is_restricted", FAILURE_AUTH, false},
    {"team_disabled", FAILURE_AUTH, false},
    {"no_active_hooks", FAILURE_AUTH, false},
    {"no_service_id", FAILURE_AUTH, false},
    {"ekm_access_denied", FAILURE_POLICY, false},
    {"restricted_action_read_only_channel", FAILURE_POLICY, false},
    {"restricted_action_thread_only_channel", FAILURE_POLICY, false},
    {"restricted_action_non_threadable_channel", FAILURE_POLICY, false},
    {"restricted_action_thread_locked", FAILURE_POLICY, false},
    {"messages_tab_disabled", FAILURE_POLICY, false},
    {"cannot_reply_to_message", FAILURE_POLICY, false},
    {"is_inactive", FAILURE_POLICY, false},
    {"user_disabled", FAILURE_INVALID_ADDRESS, false},
    {"channel_type_not_supported", FAILURE_INVALID_ADDRESS, false},
    {"invalid_attachments", FAILURE_CONTENT, false},
    {"attachment_payload_limit_exceeded", FAILURE_CONTENT, false},
    {"block_mismatch", FAILURE_CONTENT, false},
    {"invalid_arguments", FAILURE_CONTENT, false},
    {"invalid_array_arg", FAILURE_CONTENT, false},
    {"invalid_charset", FAILURE_CONTENT, false},
    {"invalid_form_data", FAILURE_CONTENT, false},
    {"message_limit_exceeded", FAILURE_RATE, false},
    {"org_login_required", FAILURE_PROVIDER, true},         /* on its way into another organization */
    {"team_added_to_org", FAILURE_PROVIDER, true},
    {"rate_limited", FAILURE_RATE, true},
    {"internal_error", FAILURE_PROVIDER, true},
    {"fatal_error", FAILURE_PROVIDER, true},
    {"service_unavailable", FAILURE_PROVIDER, true},
    {"request_timeout", FAILURE_PROVIDER, true},
    {"rollup_error", FAILURE_PROVIDER, true},
};

/* True when the word is known. */
static bool judge(struct verdict *v, const struct reply *r, const char *word)
{
	for (size_t i = 0; i < COUNT_OF(errors); i++)
		if (strcmp(errors[i].word, word) == 0) {
			verdict_fail(v, errors[i].failure, errors[i].retry, word, word);
			v->retry_after_ms = r->retry_after_ms;
			return true;
		}
	return false;
}

static void of_api(const struct reply *r, const json_t *answer, struct verdict *v)
{
	const char *word = envelope_text(answer, "error", ""), *ts = envelope_text(answer, "ts", "");
	char id[128];

	if (json_is_true(json_object_get(answer, "ok"))) {
		snprintf(id, sizeof(id), "%.60s/%.60s", envelope_text(answer, "channel", ""), ts);
		v->status = STATUS_ACCEPTED;
		if (*ts)
			verdict_id(v, id);
	} else if (!json_is_false(json_object_get(answer, "ok"))) {
		verdict_fail(v, FAILURE_PROVIDER, false, NULL, "an answer without 'ok'");
		v->status = STATUS_UNKNOWN;
	} else if (!judge(v, r, word)) {
		verdict_fail(v, FAILURE_PROVIDER, false, word, word);
	}
}

/* A webhook answers "ok" or one word. */
static void of_webhook(const struct reply *r, bool good, struct verdict *v)
{
	char word[64];
	size_t len = strspn(r->body.data, "abcdefghijklmnopqrstuvwxyz_");

	snprintf(word, sizeof(word), "%.*s", (int)(len < sizeof(word) ? len : 0), r->body.data);
	if (good && strcmp(word, "ok") != 0) {
		verdict_fail(v, FAILURE_PROVIDER, false, NULL, "an answer that is not 'ok'");
		v->status = STATUS_UNKNOWN;
	} else if (!good) {
		judge(v, r, word);
	}
}

static void response(const struct delivery *d, const struct reply *r, struct verdict *ret_verdict)
{
	bool good = verdict_of_http(ret_verdict, r);
	json_t *answer;

	if (r->error != REPLY_OK)
		return;
	if (account_text(d->account, "webhook")) {
		of_webhook(r, good, ret_verdict);
	} else {
		answer = leg_answer(r);
		if (good || json_object_get(answer, "ok"))
			of_api(r, answer, ret_verdict);
		json_decref(answer);
	}
	account_mask(d->account, ret_verdict->text);
}

const struct provider provider_slack = {
    .name = "slack",
    .help = "Slack, with a bot's token or an incoming webhook",
    .channels = channels,
    .settings = settings,
    .caps = PROVIDER_NO_FROM,
    .limits = limits,
    .rates = rates,
    .check = check,
    .request = request,
    .response = response,
    .can_edit = can_edit,
    .edit = edit,
};
