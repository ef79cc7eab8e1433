/*
 * msg-bot: answer. As a filter it reads inbound lines and writes message and task lines; with a terminal on standard input
 * and no file it is a conversation with whoever wants to try the flow.
 */
#include <stdio.h>
#include <unistd.h>

#include "common/bot/talk.h"
#include "common/bot/term.h"
#include "common/diag.h"
#include "common/line/filter.h"
#include "common/line/when.h"
#include "common/option.h"

#include "common/banned.h"

static bool check_only, due;
static const char *resume;
static struct filter filter = {.rejects_fd = -1};
static struct talk talk;

/* What a run holds; opened and closed in one place. */
static struct {
	struct flow *flow;
	struct config *config;
	struct contacts *contacts;
	struct store *store;
} run;

static int handle(void *ctx, const struct line *l, json_t *value, enum envelope type, struct err *e)
{
	switch (type) {
	case ENVELOPE_INBOUND:
		return talk_inbound(ctx, l, value, e);
	case ENVELOPE_TASK:
		return talk_task(ctx, l, value, e);
	case ENVELOPE_CONSENT:
		return talk_consent(ctx, value, e);
	default:
		return 1;
	}
}

static int open_filter(struct err *e)
{
	filter.handle = handle;
	filter.settle = talk_settle;
	filter.written = talk_written;
	filter.ctx = &talk;
	if (filter_init(&filter, e) < 0 || store_open(run.config->state, STORE_WRITE, &run.store, e) < 0)
		return -1;
	return talk_open(&talk, run.flow, run.contacts, run.store, &filter.out, &filter.status, e);
}

static int run_due(struct err *e)
{
	int64_t now = when_now_ms();
	int got;

	if (talk_recover(&talk, e) < 0)
		return -1;
	do {
		got = talk_due(&talk, now, e);
		if (filter_settle(&filter, e) < 0)
			return -1;
	} while (got > 0);
	return got;
}

static int run_resume(struct err *e)
{
	int got = talk_return(&talk, resume, "completed", e);

	if (got == 0)
		return err_set(e, EX_USAGE, "no conversation of thread '%s' is handed off in flow '%s'", err_quote(resume), run.flow->name);
	return got < 0 ? -1 : filter_settle(&filter, e);
}

static int run_filter(char *const *files, size_t count, struct err *e)
{
	if (open_filter(e) < 0)
		return -1;
	if (due || resume) {
		if (due && run_due(e) < 0)
			return -1;
		return resume ? run_resume(e) : 0;
	}
	filter_run(&filter, files, count);
	return 0;
}

static int open_and_run(int argc, char **argv, struct err *e)
{
	bool alone = check_only || due || resume;

	if (alone && argc > 1)
		return err_set(e, EX_USAGE, "--check, --due and --resume take no file");
	if (flow_load(argv[0], &run.flow, e) < 0)
		return -1;
	if (check_only) {
		diag_note("%s: %zu states, nothing wrong", argv[0], run.flow->count);
		return 0;
	}
	if (config_load(option_common.config, &run.config, e) < 0 || contacts_open(run.config, &run.contacts, e) < 0)
		return -1;
	if (!alone && argc == 1 && isatty(STDIN_FILENO))
		return term_run(run.flow, run.config, run.contacts, e);
	return run_filter(argv + 1, (size_t)argc - 1, e);
}

static int answer(int argc, char **argv)
{
	struct err e;
	int status = open_and_run(argc, argv, &e) < 0 ? diag_error(&e) : EX_OK;

	status = err_worse(status, filter.status);
	if (talk_close(&talk, &e) < 0)
		status = err_worse(status, diag_error(&e));
	store_close(run.store);
	contacts_free(run.contacts);
	config_free(run.config);
	flow_free(run.flow);
	filter_clear(&filter);
	return status;
}

static const struct option_def options[] = {
    {0, "check", OPTION_FLAG, &check_only, NULL, "only check the flow", false, 0, 0, NULL},
    {0, "due", OPTION_FLAG, &due, NULL, "say what conversations that waited too long say (for cron)", false, 0, 0, NULL},
    {0, "resume", OPTION_TEXT, &resume, "thread", "give a handed-off conversation back to the flow", false, 0, 0, NULL},
    {0, "rejects", OPTION_TEXT, &filter.rejects, "file", "append bad lines to this file", false, 0, 0, "file"},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct command commands[] = {
    {NULL, "flow [file ...]", "answer people by a flow", options, 1, SIZE_MAX, answer},
    {NULL, NULL, NULL, NULL, 0, 0, NULL},
};

static const struct program program = {
    .name = "msg-bot",
    .help = "Answers people by a flow: inbound lines become messages, and tasks for people.\n"
	    "With a terminal and no file: a conversation, to try the flow.",
    .commands = commands,
    .footer = "msg-bot flow.yaml\n"
	      "msg-optin keywords <inbound.jsonl | msg-bot flow.yaml | msg-send\n",
};

int main(int argc, char **argv)
{
	return option_main(&program, argc, argv);
}
