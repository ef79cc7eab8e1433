/*
 * msg-send: deliver. As a filter it reads message lines and writes receipt lines; with operands it sends what a person
 * typed; with --flush or --watch it delivers what is due in the outbox.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/deliver/compose.h"
#include "common/deliver/deliver.h"
#include "common/deliver/progress.h"
#include "common/diag.h"
#include "common/line/filter.h"
#include "common/line/when.h"
#include "common/option.h"
#include "common/store/sender.h"

#include "common/banned.h"

#define WAIT_DEFAULT_MS (5 * WHEN_MINUTE)
#define STEP_MS 1000

static struct compose compose;
static unsigned jobs = 32;
static int64_t wait_ms;
static bool dry_run, enqueue, flush_outbox, watch_outbox;
static struct filter filter;
static volatile sig_atomic_t stop_asked;

/* What a run holds; opened and closed in one place. */
static struct {
	struct config *config;
	struct contacts *contacts;
	struct accounts *accounts;
	struct policy *policy;
	struct store *store;
	struct sender *sender;
	struct deliver *deliver;
} run;

static bool reachable(void *ctx, const char *channel)
{
	return accounts_of_channel(ctx, channel) != NULL;
}

static int open_store(struct err *e)
{
	if (dry_run) {
		struct err none;

		if (store_open(run.config->state, STORE_READ, &run.store, &none) < 0)
			run.store = NULL;
		return 0;
	}
	return store_open(run.config->state, STORE_WRITE, &run.store, e);
}

static int open_all(struct err *e)
{
	struct deliver_options options = {.jobs = jobs, .enqueue = enqueue};

	if (config_load(option_common.config, &run.config, e) < 0 || contacts_open(run.config, &run.contacts, e) < 0 ||
	    accounts_open(run.config, dry_run, &run.accounts, e) < 0 ||
	    policy_load(run.config->policy, run.config, &run.policy, e) < 0 || open_store(e) < 0)
		return -1;
	policy_set_reachable(run.policy, reachable, run.accounts);
	options.config = run.config;
	options.contacts = run.contacts;
	options.accounts = run.accounts;
	options.policy = run.policy;
	options.store = run.store;
	options.out = &filter.out;
	options.wait_ms = wait_ms == INT64_MAX ? WAIT_DEFAULT_MS : wait_ms;
	return deliver_new(&options, &run.deliver, e);
}

static void close_all(void)
{
	deliver_free(run.deliver);
	store_close(run.store);
	policy_free(run.policy);
	accounts_free(run.accounts);
	contacts_free(run.contacts);
	config_free(run.config);
	filter_clear(&filter);
}

static int add(const struct line *l, json_t *message, struct err *e)
{
	if (dry_run)
		return deliver_preview(run.deliver, message, stdout, e);
	return deliver_add(run.deliver, l, message, e);
}

static int take_line(const struct line *l)
{
	struct err e;
	json_t *value = line_parse(l, &e);
	int type = value ? envelope_type(value, &e) : -1, result = -1;

	if (type >= 0 && type != ENVELOPE_MESSAGE)
		result = envelope_check(value, (enum envelope)type, &e) == 0 ? line_write(&filter.out, l->text, l->len, &e) : -1;
	else if (type >= 0 && envelope_check(value, ENVELOPE_MESSAGE, &e) == 0)
		result = add(l, value, &e);
	json_decref(value);
	if (result < 0)
		filter_reject(&filter, NULL, l, &e);
	return 0;
}

/* Takes lines while there is room. False: none is left in the buffer. */
static bool take_lines(struct line_reader *r)
{
	while (!deliver_full(run.deliver) || stop_asked) {
		struct line l = {0};
		struct err e;
		int got = line_reader_next(r, &l, &e);

		if (got == 0)
			return false;
		if (got > 0) {
			take_line(&l);
			continue;
		}
		l.number = r->number;
		filter_reject(&filter, NULL, &l, &e);
	}
	return true;
}

static void notice_sandbox(void)
{
	static bool noticed;

	if (noticed || deliver_counts(run.deliver)->local == 0)
		return;
	noticed = true;
	diag_note("sandbox: nothing leaves this machine (msg-config(5) tells how to set a provider up)");
}

static int step(int64_t timeout_ms, int watch_fd, bool *ret_readable, struct err *e)
{
	if (stop_asked)
		deliver_stop(run.deliver);
	if (deliver_step(run.deliver, timeout_ms, watch_fd, ret_readable, e) < 0)
		return -1;
	notice_sandbox();
	progress_show(deliver_counts(run.deliver));
	return 0;
}

static int run_filter(struct line_reader *r, struct err *e)
{
	bool readable = false;

	for (;;) {
		bool more = take_lines(r);

		if (!more && (r->eof || stop_asked) && deliver_idle(run.deliver))
			return 0;
		if (step(STEP_MS, more || r->eof || stop_asked ? -1 : r->fd, &readable, e) < 0)
			return -1;
		if (readable && line_reader_fill(r, e) < 0)
			return -1;
	}
}

static int run_outbox(struct err *e)
{
	bool ignored;

	do {
		int got = stop_asked ? 0 : deliver_claim(run.deliver, e);

		if (got < 0)
			return -1;
		if (got == 0 && deliver_idle(run.deliver) && !watch_outbox)
			return 0;
		if (step(STEP_MS, -1, &ignored, e) < 0)
			return -1;
	} while (!stop_asked || !deliver_idle(run.deliver));
	return 0;
}

static void keep_line(void *ctx, const char *line)
{
	(void)ctx;
	filter_spill(&filter, line, strlen(line));
	filter_spill(&filter, "\n", 1);
}

/* The state cannot be written: what was read and is not in the outbox goes to the rejects, and so does the rest. */
static void give_up(struct line_reader *r)
{
	uint64_t lost = deliver_unsaved(run.deliver, keep_line, NULL);
	struct line l;
	struct err e;

	if (r) {
		do {
			while (line_reader_next(r, &l, &e) == 1) {
				filter_spill(&filter, l.text, l.len);
				filter_spill(&filter, "\n", 1);
				lost++;
			}
		} while (filter.rejects && line_reader_fill(r, &e) > 0);
	}
	if (lost) {
		err_set(&e, EX_CANTCREAT, "%" PRIu64 " messages were not queued%s%s", lost, filter.rejects ? ", they are in " : "",
		    filter.rejects ? filter.rejects : "");
		filter.status = err_worse(filter.status, diag_error(&e));
	}
}

static void on_signal(int number)
{
	(void)number;
	stop_asked = 1;
}

static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

static int run_typed(int argc, char **argv, struct err *e)
{
	json_t *message;
	struct line l = {0};
	struct buf b;
	int result;
	struct line_reader nothing;

	if (compose_message(&compose, argv, (size_t)argc, STDIN_FILENO, &message, e) < 0)
		return -1;
	buf_init(&b, 2 * LINE_BYTES);
	line_dump(&b, message);
	l.text = b.data;
	l.len = b.len;
	result = add(&l, message, e);
	json_decref(message);
	buf_clear(&b);
	if (result < 0)
		return -1;
	line_reader_init(&nothing, STDIN_FILENO);
	nothing.eof = true;
	result = run_filter(&nothing, e);
	line_reader_clear(&nothing);
	return result;
}

static int go(int argc, char **argv, struct err *e)
{
	struct line_reader r;
	int result;

	if (flush_outbox || watch_outbox)
		return run_outbox(e);
	if (argc > 0)
		return run_typed(argc, argv, e);
	line_reader_init(&r, STDIN_FILENO);
	r.spill = filter_spill;
	r.spill_ctx = &filter;
	result = run_filter(&r, e);
	if (result < 0)
		give_up(&r);
	line_reader_clear(&r);
	return result;
}

static int send_main(int argc, char **argv)
{
	struct err e;
	uint64_t left;

	if (argc == 0 && !flush_outbox && !watch_outbox && isatty(STDIN_FILENO)) {
		err_set(&e, EX_USAGE, "no input: pipe JSON lines in, or say whom to (-h for help)");
		return diag_error(&e);
	}
	if (argc > 0 && (flush_outbox || watch_outbox)) {
		err_set(&e, EX_USAGE, "--flush and --watch take no operands");
		return diag_error(&e);
	}
	catch_signals();
	if (filter_init(&filter, &e) < 0)
		return diag_error(&e);
	if (open_all(&e) < 0) {
		filter.status = diag_error(&e);
	} else {
		if (go(argc, argv, &e) < 0 || (!dry_run && deliver_finish(run.deliver, &e) < 0))
			filter.status = err_worse(filter.status, (progress_end(), diag_error(&e)));
		progress_end();
		filter.status = err_worse(filter.status, deliver_status(run.deliver));
		left = deliver_left(run.deliver);
		if (left)
			diag_note("%" PRIu64 " queued for another try (msg-send --flush makes it)", left);
	}
	close_all();
	return filter.status;
}

static const struct option_def options[] = {
    {'n', "dry-run", OPTION_FLAG, &dry_run, NULL, "print the requests that would go out, secrets masked", false, 0, 0, NULL},
    {'j', "jobs", OPTION_COUNT, &jobs, "n", "requests at once (32)", false, 1, 1000, NULL},
    {'w', "wait", OPTION_DURATION, &wait_ms, "duration", "stay for final receipts (5m)", true, 0, 0, NULL},
    {'s', "subject", OPTION_TEXT, &compose.subject, "text", "subject or title", false, 0, 0, NULL},
    {'a', "attach", OPTION_LIST, &compose.attach, "file", "attach a file or a URL; may be given again", false, 0, 0, "file"},
    {'p', "purpose", OPTION_TEXT, &compose.purpose, "purpose", "what it is for (transactional)", false, 0, 0,
     "otp transactional service marketing emergency"},
    {'u', "urgency", OPTION_TEXT, &compose.urgency, "urgency", "how urgent it is (normal)", false, 0, 0, "low normal high critical"},
    {'t', "topic", OPTION_TEXT, &compose.topic, "topic", "what the recipient subscribes to", false, 0, 0, NULL},
    {0, "id", OPTION_TEXT, &compose.id, "id", "message id: the same one is delivered once", false, 0, 0, NULL},
    {0, "dedupe", OPTION_TEXT, &compose.dedupe, "key", "the same key is delivered once", false, 0, 0, NULL},
    {0, "at", OPTION_TEXT, &compose.at, "time", "not before this time (RFC 3339)", false, 0, 0, NULL},
    {0, "expires", OPTION_TEXT, &compose.expires, "time", "not after this time", false, 0, 0, NULL},
    {0, "from", OPTION_TEXT, &compose.from, "sender", "sender instead of the channel's", false, 0, 0, NULL},
    {0, "lang", OPTION_TEXT, &compose.lang, "tag", "language, as in es-MX", false, 0, 0, NULL},
    {0, "template", OPTION_TEXT, &compose.template, "name", "text from a template", false, 0, 0, NULL},
    {0, "data", OPTION_LIST, &compose.data, "key=value", "a value for the template; may be given again", false, 0, 0, NULL},
    {0, "enqueue", OPTION_FLAG, &enqueue, NULL, "only put into the outbox", false, 0, 0, NULL},
    {0, "flush", OPTION_FLAG, &flush_outbox, NULL, "deliver what is due in the outbox", false, 0, 0, NULL},
    {0, "watch", OPTION_FLAG, &watch_outbox, NULL, "deliver what falls due until stopped", false, 0, 0, NULL},
    {0, "rejects", OPTION_TEXT, &filter.rejects, "file", "append bad lines to a file", false, 0, 0, "file"},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct command commands[] = {
    {NULL, "[to [text ...]]", "deliver messages", options, 0, SIZE_MAX, send_main},
    {NULL, NULL, NULL, NULL, 0, 0, NULL},
};

static const struct program program = {
    "msg-send",
    "Delivers messages over whatever channel reaches the person. Without operands it is a filter: message lines in,\n"
    "receipt lines out. With operands it sends what you type; - or nothing after the recipient reads the text from stdin.",
    commands,
    "examples:\n"
    "  msg-send sms:+15551230001 \"disk full on $(hostname)\"\n"
    "  df -h | msg-send mailto:ops@example.org -s disks -\n"
    "  msg-route < messages.jsonl | msg-optin check | msg-send | msg-receipts record\n",
};

int main(int argc, char **argv)
{
	return option_main(&program, argc, argv);
}
