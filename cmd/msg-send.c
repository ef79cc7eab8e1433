/*
 * msg-send: deliver. As a filter it reads message lines and writes receipt lines; with operands it sends what a person
 * typed; with --flush or --watch it delivers what is due in the outbox.
 */
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/deliver/cancel.h"
#include "common/deliver/compose.h"
#include "common/deliver/deliver.h"
#include "common/deliver/progress.h"
#include "common/deliver/run.h"
#include "common/deliver/ways.h"
#include "common/diag.h"
#include "common/line/filter.h"
#include "common/line/when.h"
#include "common/option.h"
#include "common/report/outbox_view.h"

#include "common/banned.h"

#define WAIT_DEFAULT_MS (5 * WHEN_MINUTE)

static struct compose compose;
static unsigned jobs = 32;
static int64_t wait_ms;
static const char *rate, *deadline;
static bool typed, dry_run, enqueue, no_outbox, flush_outbox, watch_outbox, show_queue;
static struct cancel cancel;
static struct filter filter;

/* What the program holds; opened and closed in one place. */
static struct {
	struct config *config;
	struct contacts *contacts;
	struct accounts *accounts;
	struct policy *policy;
	struct store *store;
	struct deliver *deliver;
} held;

static int open_store(struct err *e)
{
	if (dry_run) {
		struct err none;

		if (store_open(held.config->state, STORE_READ, &held.store, &none) < 0)
			held.store = NULL;
		return 0;
	}
	return store_open(held.config->state, STORE_WRITE, &held.store, e);
}

static int open_all(struct err *e)
{
	struct deliver_options options = {.jobs = jobs, .enqueue = enqueue, .no_outbox = no_outbox};

	if (config_load(option_common.config, &held.config, e) < 0 || contacts_open(held.config, &held.contacts, e) < 0 ||
	    accounts_open(held.config, dry_run, &held.accounts, e) < 0 ||
	    policy_load(held.config->policy, held.config, &held.policy, e) < 0 || open_store(e) < 0)
		return -1;
	ways_connect(held.policy, held.accounts);
	options.aloud = typed;
	options.config = held.config;
	options.contacts = held.contacts;
	options.accounts = held.accounts;
	options.policy = held.policy;
	options.store = held.store;
	options.out = &filter.out;
	if (run_deadline(deadline, &options.deadline_ms, e) < 0)
		return -1;
	if (rate && rate_parse(rate, &options.rate) < 0)
		return err_set(e, EX_USAGE, "--rate: not a rate such as 10/s or 30/m: '%s'", err_quote(rate));
	options.wait_ms = wait_ms == INT64_MAX ? WAIT_DEFAULT_MS : wait_ms;
	return deliver_new(&options, &held.deliver, e);
}

static void close_all(void)
{
	deliver_free(held.deliver);
	store_close(held.store);
	policy_free(held.policy);
	accounts_free(held.accounts);
	contacts_free(held.contacts);
	config_free(held.config);
	filter_clear(&filter);
}

static int go(int argc, char **argv, struct err *e)
{
	struct run run = {held.deliver, &filter, dry_run ? stdout : NULL};
	json_t *message;
	int result;

	if (flush_outbox || watch_outbox)
		return run_outbox(&run, watch_outbox, e);
	if (argc == 0)
		return run_lines(&run, STDIN_FILENO, e);
	if (compose_message(&compose, argv, (size_t)argc, STDIN_FILENO, &message, e) < 0)
		return -1;
	result = run_message(&run, message, e);
	json_decref(message);
	return result;
}

/* Of a message that somebody typed each was said when it happened. */
static void note_ends(void)
{
	const struct deliver_counts *c = deliver_counts(held.deliver);
	uint64_t left = deliver_left(held.deliver);

	if (!typed && c->failed)
		diag_note("%" PRIu64 " failed (the receipts say why)", c->failed);
	if (!typed && c->blocked)
		diag_note("%" PRIu64 " blocked (the receipts say why)", c->blocked);
	if (left)
		diag_note("%" PRIu64 " queued for another try (msg-send --flush makes it)", left);
}

static bool canceling(void)
{
	return cancel.ids.count + cancel.keys.count > 0;
}

/* A table for a person, lines for a program. */
static int list_queue(struct err *e)
{
	struct outbox_view view = {held.store, when_now_ms(), diag_verbosity() > 0};
	struct terminal terminal;

	filter.out.hold = false;        /* nothing is committed: nothing to wait for */
	if (!isatty(STDOUT_FILENO))
		return outbox_view_lines(&view, &filter.out, e);
	terminal_look(&terminal, stdout);
	return outbox_view_draw(&view, &terminal, e);
}

/* What looks into the outbox and sends nothing: it needs the store alone. */
static int keep_books(void)
{
	struct err e;
	int result = config_load(option_common.config, &held.config, &e);

	setlocale(LC_CTYPE, "");
	if (result == 0)
		result = show_queue ? store_open_existing(held.config->state, &held.store, &e) : open_store(&e);
	if (result == 0)
		result = show_queue ? list_queue(&e) : cancel_messages(&cancel, held.store, &filter.out, &filter.status, &e);
	if (result < 0)
		filter.status = err_worse(filter.status, diag_error(&e));
	close_all();
	return filter.status;
}

static int check_usage(int argc, char *const *operands, struct err *e)
{
	int64_t ignored;
	bool outbox = flush_outbox || watch_outbox;

	if (show_queue || canceling()) {
		if (argc > 0 || compose_given(&compose) || dry_run || enqueue || outbox || (show_queue && canceling()))
			return err_set(e, EX_USAGE, "%s goes with no operands and no other work", show_queue ? "--queue" : "--cancel");
		return 0;
	}
	if (argc > 0 && wait_ms == INT64_MAX && when_parse_duration(operands[0], &ignored) == 0)
		return err_set(e, EX_USAGE, "a duration belongs to the option: --wait=%s", operands[0]);
	if (argc == 0 && !outbox && isatty(STDIN_FILENO))
		return err_set(e, EX_USAGE, "no input: pipe JSON lines in, or say whom to (-h for help)");
	if (argc == 0 && compose_given(&compose))
		return err_set(e, EX_USAGE, "no recipient: what a message says of itself is for one that is typed; lines say it themselves");
	if (argc > 0 && outbox)
		return err_set(e, EX_USAGE, "--flush and --watch take no operands");
	if (no_outbox && (outbox || enqueue || wait_ms || compose.at))
		return err_set(e, EX_USAGE, "--no-outbox does not go with --enqueue, --flush, --watch, --wait and --at, which need one");
	if (dry_run && (outbox || enqueue))
		return err_set(e, EX_USAGE, "-n does not go with --flush, --watch and --enqueue, which change the outbox");
	return 0;
}

static int send_main(int argc, char **argv)
{
	struct err e;
	int result = -1;

	typed = argc > 0;
	if (check_usage(argc, argv, &e) < 0)
		return diag_error(&e);
	if (filter_init(&filter, &e) < 0)
		return diag_error(&e);
	if (show_queue || canceling())
		return keep_books();
	if (open_all(&e) == 0) {
		result = go(argc, argv, &e);
		if (result == 0 && !dry_run && (result = deliver_finish(held.deliver, &e)) < 0)
			run_keep_unsaved(held.deliver, &filter);
		progress_end();
		filter.status = err_worse(filter.status, deliver_status(held.deliver));
	}
	if (result < 0)
		filter.status = err_worse(filter.status, diag_error(&e));
	else
		note_ends();
	if (!held.deliver && argc == 0 && !flush_outbox && !watch_outbox)
		run_give_back(&filter, STDIN_FILENO);
	close_all();
	return filter.status;
}

static const struct option_def options[] = {
    {'n', "dry-run", OPTION_FLAG, &dry_run, NULL, "print the requests that would go out, secrets masked", false, 0, 0, NULL},
    {'j', "jobs", OPTION_COUNT, &jobs, "n", "requests at once (32)", false, 1, 1000, NULL},
    {'r', "rate", OPTION_TEXT, &rate, "rate", "no faster than this: 10/s, 30/m, 1000/h", false, 0, 0, NULL},
    {0, "deadline", OPTION_TEXT, &deadline, "time", "end by then, with the rest queued: 10m, or said as --at", false, 0, 0, NULL},
    {'w', "wait", OPTION_DURATION, &wait_ms, "duration", "stay for final receipts (5m)", true, 0, 0, NULL},
    {'s', "subject", OPTION_TEXT, &compose.subject, "text", "subject or title", false, 0, 0, NULL},
    {'a', "attach", OPTION_LIST, &compose.attach, "file", "attach a file or a URL; may be given again", false, 0, 0, "file"},
    {'p', "purpose", OPTION_TEXT, &compose.purpose, "purpose", "what it is for (transactional)", false, 0, 0,
     "otp transactional service marketing emergency"},
    {'u', "urgency", OPTION_TEXT, &compose.urgency, "urgency", "how urgent it is (normal)", false, 0, 0, "low normal high critical"},
    {'t', "topic", OPTION_TEXT, &compose.topic, "topic", "what the recipient subscribes to", false, 0, 0, NULL},
    {0, "id", OPTION_TEXT, &compose.id, "id", "message id: the same one is delivered once", false, 0, 0, NULL},
    {0, "dedupe", OPTION_TEXT, &compose.dedupe, "key", "the same key is delivered once", false, 0, 0, NULL},
    {0, "at", OPTION_TEXT, &compose.at, "time", "not before then: 09:00, \"monday 8:30\", \"in 2h\", a whole time", false, 0, 0, NULL},
    {0, "expires", OPTION_TEXT, &compose.expires, "time", "not after then, said as --at", false, 0, 0, NULL},
    {0, "from", OPTION_TEXT, &compose.from, "sender", "sender instead of the channel's", false, 0, 0, NULL},
    {0, "lang", OPTION_TEXT, &compose.lang, "tag", "language, as in es-MX", false, 0, 0, NULL},
    {0, "template", OPTION_TEXT, &compose.template, "name", "text from a template", false, 0, 0, NULL},
    {0, "data", OPTION_LIST, &compose.data, "key=value", "a value for the template; may be given again", false, 0, 0, NULL},
    {0, "smart", OPTION_FLAG, &compose.smart, NULL, "plain quotes, dashes and dots where a text message then takes less", false, 0, 0,
     NULL},
    {0, "overflow", OPTION_TEXT, &compose.overflow, "how", "a text too long for a channel: split, truncate or refuse it", false, 0, 0,
     "split truncate refuse"},
    {0, "ack", OPTION_TEXT, &compose.ack, "who", "goes on until it is acknowledged: by each recipient (required), or any", false, 0, 0,
     "required any"},
    {0, "replace", OPTION_TEXT, &compose.replace, "id", "in the place of that message, or as an edit of it", false, 0, 0, NULL},
    {0, "enqueue", OPTION_FLAG, &enqueue, NULL, "only put into the outbox", false, 0, 0, NULL},
    {0, "no-outbox", OPTION_FLAG, &no_outbox, NULL, "keep nothing: what cannot be delivered at once has failed", false, 0, 0, NULL},
    {0, "flush", OPTION_FLAG, &flush_outbox, NULL, "deliver what is due in the outbox", false, 0, 0, NULL},
    {0, "watch", OPTION_FLAG, &watch_outbox, NULL, "deliver what falls due until stopped", false, 0, 0, NULL},
    {0, "queue", OPTION_FLAG, &show_queue, NULL, "list what is in the outbox and why each waits", false, 0, 0, NULL},
    {0, "cancel", OPTION_LIST, &cancel.ids, "id", "take a message back; may be given again", false, 0, 0, NULL},
    {0, "cancel-dedupe", OPTION_LIST, &cancel.keys, "key", "take back the message of a dedupe key; may be given again", false, 0, 0,
     NULL},
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
    "msg-send sms:+15551230001 \"disk full on $(hostname)\"\n"
    "df -h | msg-send ops@example.org -s disks\n"
    "msg-route <messages.jsonl | msg-optin check | msg-send | msg-receipts record\n",
};

int main(int argc, char **argv)
{
	return option_main(&program, argc, argv);
}
