/* The engine's children (common/transport/child.h), one at a time and without the rest of the engine. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bot/command.h"
#include "common/line/line.h"
#include "common/line/when.h"
#include "common/transport/child.h"
#include "common/xalloc.h"

#include "common/banned.h"

/* Until the child has closed its stdout and left; poll alone cannot see the latter, hence the short steps at the end. */
static void wait_for(struct child *c)
{
	while (!child_step(c, when_now_ms())) {
		struct pollfd fds[2];
		unsigned count = child_poll(c, fds);
		int64_t left = c->deadline_ms - when_now_ms();
		int most = c->out >= 0 ? 1000 : 1;

		poll(fds, count, left < 0 ? 1 : left < most ? (int)left + 1 : most);
	}
}

static int read_output(const struct reply *r, json_t **ret_output, struct err *e)
{
	json_error_t why;
	json_t *output;

	if (strspn(r->body.data, " \t\r\n") == r->body.len) {
		*ret_output = json_object();
		return 0;
	}
	output = json_loadb(r->body.data, r->body.len, JSON_REJECT_DUPLICATES, &why);
	if (json_is_object(output)) {
		*ret_output = output;
		return 0;
	}
	json_decref(output);
	if (r->status != 0) {
		*ret_output = json_object();
		return 0;
	}
	return err_set(e, EX_DATAERR, "its output is not a JSON object");
}

static int read_reply(const struct reply *r, int *ret_status, json_t **ret_output, struct err *e)
{
	switch (r->error) {
	case REPLY_OK:
		*ret_status = (int)r->status;
		return read_output(r, ret_output, e);
	case REPLY_TOO_LARGE:
		return err_set(e, EX_DATAERR, "its output is longer than %u bytes", COMMAND_OUTPUT);
	default:
		return err_set(e, EX_DATAERR, "%s", r->error_text);
	}
}

int command_run(const char *command, const char *directory, const json_t *input, int64_t limit_ms, int *ret_status, json_t **ret_output,
    struct err *e)
{
	static const char into[] = "cd -- \"$MSG_FLOW_DIRECTORY\" || exit 126\n";
	/* A path that starts with a dot or a slash is safe from CDPATH. */
	char *path = xformat("%s%s", *directory == '/' ? "" : "./", directory);
	struct exchange x = {0};
	struct child *c;
	struct buf script;
	int result;

	buf_init(&script, sizeof(into) + strlen(command));
	buf_add_text(&script, into);
	buf_add_text(&script, command);
	setenv("MSG_FLOW_DIRECTORY", path, 1);
	request_init(&x.request);
	reply_init(&x.reply);
	x.reply.body.max = COMMAND_OUTPUT;
	x.request.command = script.data;
	x.request.timeout_ms = limit_ms;
	line_dump(&x.request.body, input);
	buf_add_char(&x.request.body, '\n');
	c = child_start(&x, when_now_ms());
	if (c)
		wait_for(c);
	result = read_reply(&x.reply, ret_status, ret_output, e);
	if (c)
		child_free(c);
	reply_clear(&x.reply);
	request_clear(&x.request);
	buf_clear(&script);
	free(path);
	return result;
}
