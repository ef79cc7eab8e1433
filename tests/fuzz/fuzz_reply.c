/*
 * What providers answer. The first byte says which account is meant, the second how the reply came, and the rest is its
 * body. Whatever it is, the verdict makes a receipt that msg(5) knows, and no secret that was sent stands in it.
 */
#include <string.h>
#include <unistd.h>

#include "common/line/envelope.h"
#include "common/line/utf8.h"
#include "common/provider/provider.h"
#include "common/xalloc.h"
#include "tests/fuzz/fuzz.h"

#include "common/banned.h"

#define SECRET "5ecret-0f-ours"

static const char config_text[] =
    "accounts:\n"
    "  twilio: {account_sid: AC0123456789abcdef0123456789abcdef, auth_token: env:FUZZ_SECRET, from: '+15550001111'}\n"
    "  bot: {provider: slack, token: env:FUZZ_SECRET}\n"
    "  hook: {provider: slack, webhook: env:FUZZ_SECRET}\n"
    "  ntfy: {token: env:FUZZ_SECRET}\n"
    "  web: {provider: webhook, url: 'https://x.example/', headers: {Authorization: 'Bearer env:FUZZ_SECRET'}, provider_id: a.0.id}\n"
    "  beep: {provider: exec, command: 'true'}\n"
    "  smtp: {url: 'smtp://x.example', from: a@x.example}\n";

static const struct {
	const char *account, *address;
} ways[] = {
    {"twilio", "sms:+15551230001"},
    {"twilio", "tel:+15551230001"},
    {"bot", "slack:#ops"},
    {"hook", "slack:#ops"},
    {"ntfy", "ntfy:alerts"},
    {"web", "webhook:x"},
    {"beep", "pager:1"},
    {"smtp", "mailto:a@x.example"},
};

static const long statuses[] = {0, 200, 201, 204, 250, 301, 400, 401, 404, 408, 421, 429, 450, 500, 503, 504, 550, 554, 65, 75, 77, 127};

static struct accounts *accounts(void)
{
	static struct accounts *opened;
	char path[] = "/tmp/msg-fuzz-XXXXXX";
	struct config *config;
	struct err e;
	int fd;

	if (opened)
		return opened;
	setenv("FUZZ_SECRET", SECRET, 1);
	fd = mkstemp(path);
	MUST(fd >= 0 && write(fd, config_text, sizeof(config_text) - 1) == (ssize_t)sizeof(config_text) - 1);
	close(fd);
	MUST(config_load(path, &config, &e) == 0 && accounts_open(config, false, &opened, &e) == 0);
	unlink(path);
	return opened;
}

/* As common/deliver/receipt.c has it. */
static void must_make_receipt(const struct account *a, const struct verdict *v)
{
	bool has_secret = strcmp(account_name(a), "beep") != 0 && strcmp(account_name(a), "smtp") != 0;

	json_t *receipt;
	struct err e;

	MUST(v->status <= STATUS_DUPLICATE && v->failure <= FAILURE_POLICY);
	MUST(!has_secret || !strstr(v->text, SECRET));
	receipt = json_pack("{s:s, s:s, s:s, s:s}", "type", "receipt", "message", "m", "status", status_name(v->status), "provider_id",
	    v->provider_id);
	MUST(receipt);
	if (failure_name(v->failure))
		json_object_set_new(receipt, "error", json_pack("{s:s, s:s, s:s}", "class", failure_name(v->failure), "code", v->code, "text",
		    v->text));
	MUST(!v->failure || json_object_get(receipt, "error"));
	if (*v->amount)
		MUST(json_object_set_new(receipt, "cost", json_pack("{s:s, s:s}", "amount", v->amount, "currency", v->currency)) == 0);
	MUST(envelope_check(receipt, ENVELOPE_RECEIPT, &e) == 0);
	json_decref(receipt);
}

static void answer(const struct account *a, const struct delivery *d, const struct reply *r)
{
	const struct provider *p = account_provider(a);
	struct verdict v;

	verdict_init(&v, STATUS_FAILED);
	p->response(d, r, &v);
	must_make_receipt(a, &v);
	if (p->polled) {
		verdict_init(&v, d->status);
		p->polled(d, r, &v);
		must_make_receipt(a, &v);
	}
	if (p->found) {
		verdict_init(&v, STATUS_UNKNOWN);
		p->found(d, r, &v);
		must_make_receipt(a, &v);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *message = json_pack("{s:s}", "text", "hi");
	struct delivery d = {.message = message, .message_id = "m", .id = "m.1.0", .attempt = 1, .text = "hi", .provider_id = "SM1",
	    .status = STATUS_ACCEPTED, .accepted_ms = 1795507200000, .now_ms = 1795507200000};
	struct address address;
	struct account *a;
	struct reply r;
	struct err e;

	if (size < 3) {
		json_decref(message);
		return 0;
	}
	a = accounts_find(accounts(), ways[data[0] % COUNT_OF(ways)].account);
	MUST(a && account_ready(a, &e) == 0 && address_parse(ways[data[0] % COUNT_OF(ways)].address, &address, &e) == 0);
	d.account = a;
	d.address = &address;
	reply_init(&r);
	r.status = statuses[data[1] % COUNT_OF(statuses)];
	r.error = data[2] % 4 ? REPLY_OK : (enum reply_error)(data[2] / 4 % (REPLY_REFUSED + 1));
	buf_add(&r.body, data + 3, size - 3);
	answer(a, &d, &r);
	reply_clear(&r);
	json_decref(message);
	return 0;
}
