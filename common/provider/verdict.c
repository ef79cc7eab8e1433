#include <stdio.h>
#include <string.h>

#include "common/line/envelope.h"
#include "common/line/utf8.h"
#include "common/provider/provider.h"

#include "common/banned.h"

void verdict_init(struct verdict *v, enum status status)
{
	*v = (struct verdict){.status = status, .retry_after_ms = -1};
}

/* What a provider answers is anything: on a receipt it is UTF-8 without control characters, cut between characters. */
static void copy(char *to, size_t size, const char *text)
{
	size_t used = 0;

	while (*text) {
		const char *start = text;
		uint32_t code = utf8_next(&text);
		size_t len = code == UTF8_INVALID ? 1 : (size_t)(text - start);

		if (used + len >= size)
			break;
		if (code == UTF8_INVALID)
			to[used] = '?';
		else if (code < 0x20 || (code >= 0x7f && code < 0xa0))
			memset(to + used, ' ', len);
		else
			memcpy(to + used, start, len);
		used += len;
	}
	to[used] = '\0';
}

void verdict_text(struct verdict *v, const char *text)
{
	copy(v->text, sizeof(v->text), text ? text : "");
}

void verdict_id(struct verdict *v, const char *provider_id)
{
	copy(v->provider_id, sizeof(v->provider_id), provider_id ? provider_id : "");
}

void verdict_code(struct verdict *v, const char *code)
{
	copy(v->code, sizeof(v->code), code ? code : "");
}

void verdict_cost(struct verdict *v, const char *amount, const char *currency)
{
	json_t *receipt = json_pack("{s:s, s:s, s:{s:s, s:s}}", "message", "-", "status", "sent", "cost", "amount", amount, "currency", currency);
	struct err ignored;

	if (envelope_check(receipt, ENVELOPE_RECEIPT, &ignored) == 0 && strlen(amount) < sizeof(v->amount)) {
		snprintf(v->amount, sizeof(v->amount), "%s", amount);
		snprintf(v->currency, sizeof(v->currency), "%s", currency);
	}
	json_decref(receipt);
}

void verdict_fail(struct verdict *v, enum failure failure, bool retry, const char *code, const char *text)
{
	v->status = STATUS_FAILED;
	v->failure = failure;
	v->retry = retry;
	verdict_code(v, code);
	verdict_text(v, text);
}

static void fail_unknown(struct verdict *v, enum failure failure, const char *text)
{
	verdict_fail(v, failure, false, NULL, text);
	v->status = STATUS_UNKNOWN;
}

void verdict_of_transport(struct verdict *v, const struct reply *r)
{
	switch (r->error) {
	case REPLY_NO_CONNECTION:
		verdict_fail(v, FAILURE_NETWORK, true, NULL, r->error_text);
		break;
	case REPLY_TIMEOUT:
		fail_unknown(v, FAILURE_TIMEOUT, r->error_text);
		break;
	case REPLY_TOO_LARGE:
		fail_unknown(v, FAILURE_PROVIDER, *r->error_text ? r->error_text : "an answer too large to read");
		break;
	case REPLY_LOGIN:
		verdict_fail(v, FAILURE_AUTH, false, NULL, r->error_text);
		break;
	case REPLY_REFUSED:
	case REPLY_UNABLE:
		verdict_fail(v, FAILURE_PROVIDER, false, NULL, r->error_text);
		break;
	default:
		fail_unknown(v, FAILURE_NETWORK, r->error_text);
		break;
	}
}

/* Of these the server says that it has not acted; 421 is that the connection was another host's (RFC 9110, 15.5.20). */
static bool is_for_later(long status)
{
	return status == 408 || status == 421 || status == 425 || status == 429 || status >= 500;
}

static enum failure failure_of_http(long status)
{
	switch (status) {
	case 401:
	case 403:
	case 407:
		return FAILURE_AUTH;
	case 429:
		return FAILURE_RATE;
	case 404:
	case 405:
	case 410:
		return FAILURE_PROVIDER;
	default:
		return status >= 400 && status < 500 && !is_for_later(status) ? FAILURE_CONTENT : FAILURE_PROVIDER;
	}
}

bool verdict_of_http(struct verdict *v, const struct reply *r)
{
	char code[16], text[32];

	if (r->error != REPLY_OK) {
		verdict_of_transport(v, r);
		return false;
	}
	if (r->status >= 200 && r->status < 300) {
		v->status = STATUS_ACCEPTED;
		return true;
	}
	snprintf(code, sizeof(code), "%ld", r->status);
	snprintf(text, sizeof(text), "HTTP status %ld", r->status);
	verdict_fail(v, failure_of_http(r->status), is_for_later(r->status), code, text);
	v->retry_after_ms = r->retry_after_ms;
	/* A gateway that waited in vain knows no more than we would: whoever stands behind it may have acted. */
	if (r->status == 504) {
		v->status = STATUS_UNKNOWN;
		v->failure = FAILURE_TIMEOUT;
		v->retry = false;
	}
	return false;
}
