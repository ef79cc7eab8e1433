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
    {NULL, SETTING_TEXT, false, NULL, NULL},
};

static int request(const struct delivery *d, struct request *ret_request, struct err *e)
{
	json_t *data = leg_data(d);

	(void)e;
	ret_request->kind = REQUEST_EXEC;
	ret_request->command = account_text(d->account, "command");
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

static void take_failure(struct verdict *v, enum status status, const json_t *error, bool retry)
{
	verdict_fail(v, (enum failure)failure_parse(envelope_text(error, "class", "provider")), retry, envelope_text(error, "code", ""),
	    envelope_text(error, "text", ""));
	if (!retry)
		v->status = status;
}

/* A receipt of msg(5); what does not look like one leaves the outcome unknown. */
static void of_receipt(struct verdict *v, json_t *receipt, long exit_status)
{
	const json_t *error = json_object_get(receipt, "error");
	enum status status;
	struct err e;

	if (!json_object_get(receipt, "message"))
		json_object_set_new(receipt, "message", json_string("-"));
	if (envelope_check(receipt, ENVELOPE_RECEIPT, &e) < 0) {
		verdict_fail(v, FAILURE_PROVIDER, false, NULL, e.text);
		v->status = STATUS_UNKNOWN;
		return;
	}
	status = (enum status)status_parse(envelope_text(receipt, "status", ""));
	if (status == STATUS_DUPLICATE)
		v->status = STATUS_ACCEPTED;
	else if (status >= STATUS_ACCEPTED && status <= STATUS_ANSWERED)
		v->status = status;
	else
		take_failure(v, status, error, status <= STATUS_HELD || exit_status == EX_TEMPFAIL);
	take_details(v, receipt);
}

static void response(const struct delivery *d, const struct reply *r, struct verdict *ret_verdict)
{
	json_t *receipt;

	(void)d;
	if (r->error != REPLY_OK) {
		verdict_of_transport(ret_verdict, r);
		return;
	}
	receipt = last_line(r);
	if (receipt) {
		of_receipt(ret_verdict, receipt, r->status);
	} else {
		of_exit(ret_verdict, r->status);
		if (ret_verdict->status != STATUS_ACCEPTED && strspn(r->body.data, " \t\r\n") < r->body.len)
			verdict_text(ret_verdict, r->body.data);
	}
	json_decref(receipt);
}

const struct provider provider_exec = {
    .name = "exec",
    .help = "any command: a message line in, a receipt line out",
    .channels = NULL,
    .settings = settings,
    .caps = PROVIDER_SUBJECT | PROVIDER_HTML | PROVIDER_MEDIA_URL | PROVIDER_MEDIA_FILE | PROVIDER_BUTTONS | PROVIDER_TAP |
	PROVIDER_NO_FROM,
    .check_template = leg_template,
    .request = request,
    .response = response,
};
