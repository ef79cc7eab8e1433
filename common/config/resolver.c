/*
 * After a second death in a row the resolver rests for a while: questions fail at once instead of each starting a
 * command that cannot work.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/config/contact.h"
#include "common/config/resolver.h"
#include "common/config/shell.h"
#include "common/line/line.h"
#include "common/line/when.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define REST_MS 10000
#define GRACE_MS 1000

struct resolver {
	char *command;
	int64_t timeout_ms;
	struct shell shell;
	struct buf answer;
	int64_t rest_until_ms;
	struct err rest_error;
};

struct resolver *resolver_new(const char *command, int64_t timeout_ms)
{
	struct resolver *r = xcalloc(1, sizeof(*r));

	r->command = xstrdup(command);
	r->timeout_ms = timeout_ms;
	r->shell.in = r->shell.out = -1;
	buf_init(&r->answer, LINE_BYTES + 1);
	return r;
}

void resolver_free(struct resolver *r)
{
	if (!r)
		return;
	shell_end(&r->shell, GRACE_MS);
	buf_clear(&r->answer);
	free(r->command);
	free(r);
}

/* Writes the question. A resolver that is gone must not take us along. */
static int put(struct resolver *r, const char *question)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	char *line = xformat("%s\n", question);
	size_t len = strlen(line), done = 0;

	sigaction(SIGPIPE, &ignore, &before);
	while (done < len) {
		ssize_t put = write(r->shell.in, line + done, len - done);

		if (put < 0 && errno != EINTR)
			break;
		done += put > 0 ? (size_t)put : 0;
	}
	sigaction(SIGPIPE, &before, NULL);
	free(line);
	return done == len ? 0 : -1;
}

static int late(const struct resolver *r, struct err *e)
{
	char limit[WHEN_SIZE];

	when_format_duration(r->timeout_ms, limit);
	return err_set(e, EX_UNAVAILABLE, "contacts: no answer from '%s' within %s", err_quote(r->command), limit);
}

/* 1: an answer's line is in r->answer, without its end; 0: the resolver has died; -1: it gave none in time. */
static int exchange(struct resolver *r, const char *question, struct err *e)
{
	int64_t deadline_ms = shell_clock() + r->timeout_ms;
	char *end;
	int got;

	buf_reset(&r->answer);
	if (put(r, question) < 0)
		return 0;
	do {
		got = shell_read(&r->shell, &r->answer, deadline_ms);
		if (got == 0)
			return 0;
		if (got < 0)
			return late(r, e);
		if (buf_over(&r->answer))
			return err_set(e, EX_UNAVAILABLE, "contacts: '%s' answers longer than %u bytes", err_quote(r->command), LINE_BYTES);
		end = memchr(r->answer.data, '\n', r->answer.len);
	} while (!end);
	if (end + 1 != r->answer.data + r->answer.len)
		return err_set(e, EX_UNAVAILABLE, "contacts: '%s' answers more than one line", err_quote(r->command));
	r->answer.len = (size_t)(end - r->answer.data);
	return 1;
}

/* The answer, after a restart if it takes one. */
static int ask(struct resolver *r, const char *question, struct err *e)
{
	int got, status = 0;

	if (shell_clock() < r->rest_until_ms) {
		*e = r->rest_error;
		return -1;
	}
	for (int attempt = 0; attempt < 2; attempt++) {
		if (r->shell.pid == 0 && shell_start(&r->shell, r->command, true, e) < 0)
			return -1;
		got = exchange(r, question, e);
		if (got > 0)
			return 0;
		status = shell_end(&r->shell, 0);
		if (got < 0)
			return -1;
	}
	err_set(e, EX_UNAVAILABLE, "contacts: '%s' ended with status %d before it answered", err_quote(r->command), status);
	r->rest_error = *e;
	r->rest_until_ms = shell_clock() + REST_MS;
	return -1;
}

/* 1: a contact, 0: nobody. */
static int read_contact(struct resolver *r, json_t **ret_contact, struct err *e)
{
	struct line l = {r->answer.data, r->answer.len, 1};
	json_t *value = line_parse(&l, e);
	int result = value ? (json_object_size(value) > 0) : -1;

	if (result > 0 && contact_canonical(value, ret_contact, e) < 0)
		result = -1;
	json_decref(value);
	if (result > 0)
		json_object_del(*ret_contact, "address");       /* it would mean that only this one was asked for */
	if (result < 0) {
		err_at(e, "contacts: '%s' answers: ", err_quote(r->command));
		e->code = EX_UNAVAILABLE;
	}
	return result;
}

/* An answer that belongs to another question: nothing that comes after it can be trusted either. */
static int mismatch(struct resolver *r, json_t *contact, const char *what, struct err *e)
{
	json_decref(contact);
	shell_end(&r->shell, 0);
	return err_set(e, EX_UNAVAILABLE, "contacts: '%s' answers a contact without the %s that was asked for",
	    err_quote(r->command), what);
}

static int has_address(void *ctx, const struct address *a)
{
	char one[ADDRESS_BYTES], other[ADDRESS_BYTES];

	address_subject(ctx, one);
	address_subject(a, other);
	return strcmp(one, other) == 0;
}

static int ask_contact(struct resolver *r, const char *question, json_t **ret_contact, struct err *e)
{
	return ask(r, question, e) < 0 ? -1 : read_contact(r, ret_contact, e);
}

int resolver_ask_id(struct resolver *r, const char *id, json_t **ret_contact, struct err *e)
{
	json_t *contact;
	const char *own;
	int got;

	if (strpbrk(id, "\r\n"))
		return 0;
	got = ask_contact(r, id, &contact, e);
	if (got <= 0)
		return got;
	own = json_string_value(json_object_get(contact, "id"));
	if (!own || strcmp(own, id) != 0)
		return mismatch(r, contact, "id", e);
	*ret_contact = contact;
	return 1;
}

int resolver_ask_address(struct resolver *r, const struct address *a, json_t **ret_contact, struct err *e)
{
	struct address asked;
	json_t *contact;
	int got = ask_contact(r, a->text, &contact, e);

	if (got <= 0)
		return got;
	address_copy(&asked, a);
	if (contact_each_address(contact, has_address, &asked) == 0)
		return mismatch(r, contact, "address", e);
	*ret_contact = contact;
	return 1;
}
