/* A provider with an account and one leg, and what it makes of them, without an engine. */
#ifndef TESTS_RIG_H
#define TESTS_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/deliver/fit.h"
#include "tests/unit/unit.h"

#define RIG_NOW_MS INT64_C(1795507200000)       /* 2026-11-24T08:00:00Z */

struct rig {
	struct config *config;
	struct accounts *accounts;
	struct account *account;
	struct address address;
	json_t *message, *recipient;
	struct fit fit;
	struct delivery d;
	struct request request;
	struct verdict verdict;
	enum mail_stage stage;          /* of an answer over SMTP */
	struct err e;
};

/* The configuration as YAML; fails the test when it is refused. */
static inline void rig_config(struct rig *g, const char *yaml, bool mask)
{
	char path[] = "/tmp/msg-rig-XXXXXX";
	int fd = mkstemp(path);

	*g = (struct rig){.config = NULL};
	request_init(&g->request);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, yaml, strlen(yaml)), (ssize_t)strlen(yaml));
	close(fd);
	if (config_load(path, &g->config, &g->e) == 0)
		accounts_open(g->config, mask, &g->accounts, &g->e);
	unlink(path);
}

static inline void rig_open(struct rig *g, const char *yaml, const char *account)
{
	rig_config(g, yaml, false);
	if (!g->accounts)
		fail_msg("%s", g->e.text);
	g->account = accounts_find(g->accounts, account);
	assert_non_null(g->account);
	if (account_ready(g->account, &g->e) < 0)
		fail_msg("%s", g->e.text);
}

/* One leg: its text and subject are the message's. */
static inline void rig_leg(struct rig *g, const char *address, const char *message)
{
	json_error_t where;

	json_decref(g->message);
	request_clear(&g->request);
	g->message = json_loads(message, 0, &where);
	if (!g->message)
		fail_msg("%s: %s", where.text, message);
	if (address_parse(address, &g->address, &g->e) < 0)
		fail_msg("%s", g->e.text);
	g->d = (struct delivery){
	    .account = g->account,
	    .message = g->message,
	    .recipient = g->recipient,
	    .message_id = "m1",
	    .id = "m1.7.0",
	    .attempt = 1,
	    .address = &g->address,
	    .from = json_string_value(json_object_get(g->message, "from")),
	    .text = json_is_string(json_object_get(g->message, "text")) ? json_string_value(json_object_get(g->message, "text")) : "",
	    .html = json_string_value(json_object_get(g->message, "html")),
	    .subject = json_string_value(json_object_get(g->message, "subject")),
	    .purpose = PURPOSE_TRANSACTIONAL,
	    .now_ms = RIG_NOW_MS,
	};
}

/* As the engine does: what is asked for has been fitted to the channel. */
static inline int rig_ask(struct rig *g)
{
	const struct fit_leg leg = {g->config, account_provider(g->account), g->address.channel, g->message, g->recipient, g->d.text,
	    g->d.html, 0};

	fit_clear(&g->fit);
	if (fit_leg(&leg, &g->fit, &g->e) < 0)
		return -1;
	g->d.message = g->fit.message ? g->fit.message : g->message;
	g->d.text = g->fit.text ? g->fit.text : g->d.text;
	g->d.html = g->fit.plain ? NULL : g->fit.html ? g->fit.html : g->d.html;
	g->d.subject = g->fit.subject;
	request_clear(&g->request);
	return account_provider(g->account)->request(&g->d, &g->request, &g->e);
}

static inline void rig_request(struct rig *g)
{
	if (rig_ask(g) < 0)
		fail_msg("%s", g->e.text);
}

static inline const char *rig_header(const struct rig *g, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < g->request.header_count; i++)
		if (strncmp(g->request.headers[i], name, len) == 0 && g->request.headers[i][len] == ':')
			return g->request.headers[i] + len + 2;
	return NULL;
}

/* What the provider makes of an answer. */
static inline void rig_answer(struct rig *g, enum reply_error error, long status, const char *body)
{
	const struct provider *p = account_provider(g->account);
	struct reply r;

	reply_init(&r);
	r.error = error;
	r.status = status;
	r.stage = g->stage;
	if (error != REPLY_OK)
		snprintf(r.error_text, sizeof(r.error_text), "what the engine says");
	if (status == 429)
		r.retry_after_ms = 3000;
	buf_add_text(&r.body, body);
	verdict_init(&g->verdict, STATUS_UNKNOWN);
	(g->d.provider_id ? p->polled : p->response)(&g->d, &r, &g->verdict);
	reply_clear(&r);
}

#define assert_verdict(g, wanted_status, wanted_failure, wanted_retry)                   \
	do {                                                                             \
		assert_int_equal((g)->verdict.status, wanted_status);                    \
		assert_int_equal((g)->verdict.failure, wanted_failure);                  \
		assert_int_equal((g)->verdict.retry, wanted_retry);                      \
	} while (0)

/* What every provider over HTTP says of answers that are not its service's own. */
static inline void rig_assert_http(struct rig *g)
{
	rig_answer(g, REPLY_OK, 429, "");
	assert_verdict(g, STATUS_FAILED, FAILURE_RATE, true);
	assert_int_equal(g->verdict.retry_after_ms, 3000);
	rig_answer(g, REPLY_OK, 503, "<html>busy</html>");
	assert_verdict(g, STATUS_FAILED, FAILURE_PROVIDER, true);
	rig_answer(g, REPLY_OK, 401, "");
	assert_verdict(g, STATUS_FAILED, FAILURE_AUTH, false);
	rig_answer(g, REPLY_OK, 400, "\x01\xff garbage");
	assert_verdict(g, STATUS_FAILED, FAILURE_CONTENT, false);
	rig_answer(g, REPLY_NO_CONNECTION, 0, "");
	assert_verdict(g, STATUS_FAILED, FAILURE_NETWORK, true);
	rig_answer(g, REPLY_BROKEN, 0, "");
	assert_verdict(g, STATUS_UNKNOWN, FAILURE_NETWORK, false);
	rig_answer(g, REPLY_REFUSED, 0, "");
	assert_verdict(g, STATUS_FAILED, FAILURE_PROVIDER, false);
	rig_answer(g, REPLY_TOO_LARGE, 200, "");
	assert_verdict(g, STATUS_UNKNOWN, FAILURE_PROVIDER, false);
	rig_answer(g, REPLY_TIMEOUT, 0, "");
	assert_verdict(g, STATUS_UNKNOWN, FAILURE_TIMEOUT, false);
	assert_string_equal(g->verdict.text, "what the engine says");
}

/* The body as JSON, equal by meaning. */
static inline void rig_assert_json(const struct rig *g, const char *wanted)
{
	json_t *want = json_loads(wanted, 0, NULL), *got = json_loadb(g->request.body.data, g->request.body.len, 0, NULL);

	assert_non_null(want);
	if (!json_equal(want, got))
		fail_msg("body is %s", g->request.body.data);
	json_decref(want);
	json_decref(got);
}

static inline void rig_close(struct rig *g)
{
	request_clear(&g->request);
	fit_clear(&g->fit);
	json_decref(g->message);
	json_decref(g->recipient);
	accounts_free(g->accounts);
	config_free(g->config);
}

#endif
