/*
 * The carrier that is built in: nothing leaves this machine. What happens to a message depends on the last four digits
 * of its address alone, as the table in msg-providers(7) has it, so that every outcome can be tried offline and twice.
 */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "common/line/envelope.h"
#include "common/line/line.h"
#include "common/provider/leg.h"

#include "common/banned.h"

#define RETRY_AFTER_MS 1000

enum outcome {
	OUTCOME_READ = 1,
	OUTCOME_UNDELIVERED = 2,
	OUTCOME_INVALID = 3,
	OUTCOME_TWICE_BUSY = 4,
	OUTCOME_RATE = 5,
	OUTCOME_LOST = 6,
	OUTCOME_TIMEOUT = 7,
	OUTCOME_UNREAD = 8,
	OUTCOME_OPTED_OUT = 9,
};

#define CHAT (PROVIDER_MEDIA_URL | PROVIDER_MEDIA_FILE | PROVIDER_BUTTONS)
#define NOTICE (PROVIDER_SUBJECT | PROVIDER_MEDIA_URL | PROVIDER_LINKS | PROVIDER_TAP)

/* As of those who usually carry the channel: what would not go there shows here. */
static const struct limits limits[] = {
    {.channel = "sms", .caps = PROVIDER_MEDIA_URL | PROVIDER_MEDIA_FILE, .media = 10},
    {.channel = "voice", .text = 3800},
    {.channel = "email", .caps = PROVIDER_SUBJECT | PROVIDER_HTML | PROVIDER_MEDIA_URL | PROVIDER_MEDIA_FILE},
    {.channel = "whatsapp", .caps = CHAT, .text = 4096, .media = 1, .buttons = 3, .button_text = 20},
    {.channel = "rcs", .caps = CHAT, .text = 3072, .buttons = 11, .button_text = 25},
    {.channel = "telegram", .caps = CHAT, .text = 4096, .unit = TEXT_UNITS, .media = 10, .buttons = 100},
    {.channel = "messenger", .caps = CHAT, .text = 2000, .buttons = 13, .button_text = 20},
    {.channel = "discord", .caps = CHAT, .text = 2000, .media = 10, .buttons = 25, .button_text = 80},
    {.channel = "slack", .caps = CHAT | PROVIDER_SUBJECT, .text = 39000, .unit = TEXT_ESCAPED, .buttons = 25, .button_text = 75},
    {.channel = "ntfy", .caps = NOTICE, .text = 4096, .unit = TEXT_BYTES, .media = 1, .buttons = 3},
    {.channel = "push", .caps = NOTICE, .text = 3000, .unit = TEXT_BYTES, .media = 1, .buttons = 3},
    {.caps = CHAT | PROVIDER_SUBJECT | PROVIDER_HTML},
};

static const struct setting settings[] = {
    {"delivered", SETTING_DURATION, false, "2s", "how long after acceptance a message is delivered"},
    {"read", SETTING_DURATION, false, "5s", "how long after acceptance it is read"},
    {NULL, SETTING_TEXT, false, NULL, NULL},
};

/* The last four digits of the last run of at least four; everything without an outcome of its own goes well. */
static enum outcome outcome_of(const char *value)
{
	unsigned number = 0, found = OUTCOME_READ, run = 0;

	for (const char *p = value; *p; p++) {
		bool digit = *p >= '0' && *p <= '9';

		run = digit ? run + 1 : 0;
		number = digit ? (number * 10 + (unsigned)(*p - '0')) % 10000 : 0;
		if (run >= 4)
			found = number;
	}
	return found >= OUTCOME_READ && found <= OUTCOME_OPTED_OUT ? (enum outcome)found : OUTCOME_READ;
}

static bool tells_of_reading(const char *channel)
{
	return strcmp(channel, "sms") != 0 && strcmp(channel, "voice") != 0 && strcmp(channel, "email") != 0;
}

/* Nothing reads the body but a person, in a dry run. */
static int request(const struct delivery *d, struct request *ret_request, struct err *e)
{
	const json_t *one;
	size_t i;

	(void)e;
	ret_request->kind = REQUEST_LOCAL;
	if (d->template) {
		buf_add_text(&ret_request->body, "Template: ");
		line_dump(&ret_request->body, d->template);
		return 0;
	}
	if (d->subject)
		buf_addf(&ret_request->body, "Subject: %s\n", d->subject);
	json_array_foreach(json_object_get(d->message, "media"), i, one)
		buf_addf(&ret_request->body, "Media: %s\n", envelope_text(one, "path", envelope_text(one, "url", "")));
	one = json_object_get(d->message, "link");
	if (one)
		buf_addf(&ret_request->body, "Link: %s\n", envelope_text(one, "app", envelope_text(one, "url", "")));
	json_array_foreach(json_object_get(d->message, "buttons"), i, one)
		buf_addf(&ret_request->body, "Button: %s\n", envelope_text(one, "text", ""));
	if (ret_request->body.len)
		buf_add_text(&ret_request->body, "\n");
	buf_add_text(&ret_request->body, d->text);
	return 0;
}

/* As those do who usually carry the channel. */
static bool can_edit(const struct account *a, const char *channel, const char *provider_id)
{
	static const char *const can[] = {"slack", "telegram", "discord", "matrix", "mattermost", "rocketchat"};

	(void)a;
	(void)provider_id;
	for (size_t i = 0; i < COUNT_OF(can); i++)
		if (strcmp(can[i], channel) == 0)
			return true;
	return false;
}

static int edit(const struct delivery *d, struct request *ret_request, struct err *e)
{
	buf_addf(&ret_request->body, "Edits: %s\n", d->provider_id);
	return request(d, ret_request, e);
}

static int poll_request(const struct delivery *d, struct request *ret_request, struct err *e)
{
	(void)d;
	(void)e;
	ret_request->kind = REQUEST_LOCAL;
	return 0;
}

static void accept(const struct delivery *d, struct verdict *v)
{
	unsigned char hash[12];
	char hex[2 * sizeof(hash) + 1];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)d->id, strlen(d->id), NULL, 0);
	sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	/* What was edited is called what it was called. */
	if (d->provider_id)
		verdict_id(v, d->provider_id);
	else
		snprintf(v->provider_id, sizeof(v->provider_id), "SB%s", hex);
	v->status = STATUS_ACCEPTED;
	v->retry_after_ms = account_number(d->account, "delivered");
}

static void response(const struct delivery *d, const struct reply *r, struct verdict *ret_verdict)
{
	(void)r;
	switch (outcome_of(d->address->value)) {
	case OUTCOME_INVALID:
		verdict_fail(ret_verdict, FAILURE_INVALID_ADDRESS, false, "0003", "no such recipient");
		break;
	case OUTCOME_OPTED_OUT:
		verdict_fail(ret_verdict, FAILURE_OPTED_OUT, false, "0009", "the recipient has opted out at the carrier");
		break;
	case OUTCOME_TIMEOUT:
		verdict_fail(ret_verdict, FAILURE_TIMEOUT, false, "0007", "no answer came in time");
		ret_verdict->status = STATUS_UNKNOWN;
		break;
	case OUTCOME_TWICE_BUSY:
		if (d->attempt <= 2)
			verdict_fail(ret_verdict, FAILURE_PROVIDER, true, "0004", "the carrier is busy");
		else
			accept(d, ret_verdict);
		break;
	case OUTCOME_RATE:
		if (d->attempt > 1) {
			accept(d, ret_verdict);
			break;
		}
		verdict_fail(ret_verdict, FAILURE_RATE, true, "0005", "too many messages a second");
		ret_verdict->retry_after_ms = RETRY_AFTER_MS;
		break;
	default:
		accept(d, ret_verdict);
		break;
	}
}

/* One step further at a time, each with the time at which it happened. */
static void polled(const struct delivery *d, const struct reply *r, struct verdict *ret_verdict)
{
	int64_t delivered_ms = d->accepted_ms + account_number(d->account, "delivered");
	int64_t read_ms = d->accepted_ms + account_number(d->account, "read");
	enum outcome outcome = outcome_of(d->address->value);
	bool reads = outcome != OUTCOME_UNREAD && tells_of_reading(d->address->channel);

	(void)r;
	ret_verdict->status = d->status;
	if (read_ms < delivered_ms)
		read_ms = delivered_ms;
	if (outcome == OUTCOME_LOST || outcome == OUTCOME_TIMEOUT)
		return;
	if (d->now_ms < delivered_ms) {
		ret_verdict->retry_after_ms = delivered_ms - d->now_ms;
		return;
	}
	if (outcome == OUTCOME_UNDELIVERED) {
		verdict_fail(ret_verdict, FAILURE_UNREACHABLE, false, "0002", "the recipient could not be reached");
		ret_verdict->status = STATUS_UNDELIVERED;
		ret_verdict->time_ms = delivered_ms;
	} else if (d->status < STATUS_DELIVERED) {
		ret_verdict->status = STATUS_DELIVERED;
		ret_verdict->time_ms = delivered_ms;
		if (reads)
			ret_verdict->retry_after_ms = d->now_ms < read_ms ? read_ms - d->now_ms : 0;
	} else if (reads && d->now_ms >= read_ms) {
		ret_verdict->status = STATUS_READ;
		ret_verdict->time_ms = read_ms;
	} else if (reads) {
		ret_verdict->retry_after_ms = read_ms - d->now_ms;
	}
}

const struct provider provider_sandbox = {
    .name = "sandbox",
    .help = "built-in carrier for trying things out; nothing leaves this machine",
    .channels = NULL,
    .settings = settings,
    .caps = PROVIDER_NO_FROM,
    .limits = limits,
    .check_template = leg_template,
    .request = request,
    .response = response,
    .can_edit = can_edit,
    .edit = edit,
    .poll = poll_request,
    .polled = polled,
};
