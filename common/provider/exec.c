/*
 * Any command: the leg as a message line on its standard input, a receipt line on its standard output, so that a channel
 * can be added in any language. What the command prints counts; when it prints nothing its exit status does.
 */
#include <stdio.h>
#include <string.h>

#include "common/line/envelope.h"
#include "common/line/line.h"
#include "common/provider/leg.h"

#include "common/banned.h"

static const struct setting settings[] = {
    {"command", SETTING_TEXT, true, NULL, "for /bin/sh -c; nothing of a message is pasted into it"},
    {"timeout", SETTING_DURATION, false, "30s", "after which it is killed"},
    {NULL, SETTING_TEXT, false, NULL, NULL},
};

static int request(const struct delivery *d, struct request *ret_request, struct err *e)
{
	json_t *data = leg_data(d);

	(void)e;
	ret_request->kind = REQUEST_EXEC;
	ret_request->command = account_text(d->account, "command");
	ret_request->timeout_ms = account_number(d->account, "timeout");
	line_dump(&ret_request->body, data);
	buf_add_char(&ret_request->body, '\n');
	json_decref(data);
	return 0;
}

static void of_exit(struct verdict *v, long status)
{
	char code[24], text[48];

	if (status == 0) {
		v->status = STATUS_ACCEPTED;
		return;
	}
	snprintf(code, sizeof(code), "%ld", status);
	snprintf(text, sizeof(text), "command ended with status %ld", status);
	if (status == EX_TEMPFAIL)
		verdict_fail(v, FAILURE_PROVIDER, true, code, text);
	else if (status == EX_UNAVAILABLE)
		verdict_fail(v, FAILURE_NETWORK, true, code, text);
	else
		verdict_fail(v, status == EX_DATAERR ? FAILURE_CONTENT : status == EX_NOPERM ? FAILURE_AUTH : FAILURE_PROVIDER, false,
		    code, text);
}

static void take_details(struct verdict *v, const json_t *receipt)
{
	const json_t *cost = json_object_get(receipt, "cost"), *segments = json_object_get(receipt, "segments");

	verdict_id(v, envelope_text(receipt, "provider_id", ""));
	if (json_integer_value(segments) > 0 && json_integer_value(segments) < 1000)
		v->segments = (unsigned)json_integer_value(segments);
	if (cost) {
		snprintf(v->amount, sizeof(v->amount), "%s", envelope_text(cost, "amount", ""));
		snprintf(v->currency, sizeof(v->currency), "%s", envelope_text(cost, "currency", ""));
	}
}

/* The last line that the command printed, as an object; NULL when it is none. */
static json_t *last_line(const struct reply *r)
{
	const char *text = r->body.data, *start;
	size_t end = r->body.len;
	json_t *value;

	while (end > 0 && text[end - 1] && strchr(" \t\r\n", text[end - 1]))
		end--;
	start = text + end;
	while (start > text && start[-1] != '\n')
		start--;
	value = json_loadb(start, (size_t)(text + end - start), 0, NULL);
	if (json_is_object(value))
		return value;
	json_decref(value);
	return NULL;
}

/* A receipt that is one line of msg(5), of a status that a carrier can give. */
static bool of_receipt(struct verdict *v, json_t *receipt, long exit_status)
{
	const json_t *error = json_object_get(receipt, "error");
	const char *status = envelope_text(receipt, "status", NULL), *class = envelope_text(error, "class", "provider");
	int word = status ? status_parse(status) : -1;

	if (!json_object_get(receipt, "message"))
		json_object_set_new(receipt, "message", json_string("-"));
	if (word < 0 || envelope_check(receipt, ENVELOPE_RECEIPT, NULL) < 0)
		return false;
	if (word == STATUS_QUEUED || word == STATUS_FAILED || word == STATUS_UNDELIVERED || word == STATUS_UNKNOWN) {
		verdict_fail(v, (enum failure)failure_parse(class), word == STATUS_QUEUED || exit_status == EX_TEMPFAIL,
		    envelope_text(error, "code", ""), envelope_text(error, "text", ""));
		if (word != STATUS_QUEUED)
			v->status = (enum status)word;
	} else if (word >= STATUS_ACCEPTED && word <= STATUS_ANSWERED) {
		v->status = (enum status)word;
	} else {
		return false;
	}
	take_details(v, receipt);
	return true;
}

static void response(const struct delivery *d, const struct reply *r, struct verdict *ret_verdict)
{
	json_t *receipt;

	(void)d;
	if (r->error != REPLY_OK) {
		verdict_of_transport(ret_verdict, r);
		return;
	}
	if (strspn(r->body.data, " \t\r\n") == r->body.len) {
		of_exit(ret_verdict, r->status);
		return;
	}
	receipt = last_line(r);
	if (!receipt || !of_receipt(ret_verdict, receipt, r->status)) {
		of_exit(ret_verdict, r->status);
		/* It went well or it did not, but nobody knows which id it has: not a reason to send it twice. */
		if (ret_verdict->status != STATUS_ACCEPTED)
			verdict_text(ret_verdict, r->body.data);
	}
	json_decref(receipt);
}

const struct provider provider_exec = {
    .name = "exec",
    .help = "any command: a message line in, a receipt line out",
    .channels = NULL,
    .settings = settings,
    .caps = PROVIDER_SUBJECT | PROVIDER_HTML | PROVIDER_MEDIA_URL | PROVIDER_MEDIA_FILE | PROVIDER_BUTTONS | PROVIDER_NO_FROM,
    .request = request,
    .response = response,
};
