/*
 * msg-optin: remember who agreed to what. Each subcommand opens what it needs and leaves the work to common/optin.
 * See msg-optin(1).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/diag.h"
#include "common/line/filter.h"
#include "common/line/id.h"
#include "common/line/when.h"
#include "common/optin/ask.h"
#include "common/optin/bulk.h"
#include "common/optin/inbound.h"
#include "common/optin/proof.h"
#include "common/optin/screen.h"
#include "common/optin/show.h"
#include "common/option.h"
#include "common/policy/policy.h"
#include "common/xalloc.h"

#include "common/banned.h"

/* What is open. */
static struct {
	struct config *config;
	struct contacts *contacts;
	struct policy *policy;
	struct optin *optin;
	struct store *store;
	struct gate gate;
	struct filter filter;
} my;

/* What was asked for. */
static const char *channel, *topic, *method = "cli", *evidence, *said_at, *language, *against;
static bool as_json;
static int64_t time_ms;

static int open_config(struct err *e)
{
	return config_load(option_common.config, &my.config, e);
}

static int open_contacts(struct err *e)
{
	return my.config->contacts ? contacts_open(my.config, &my.contacts, e) : 0;
}

static int open_writer(struct err *e)
{
	return my.store ? 0 : store_open(my.config->state, STORE_WRITE, &my.store, e);
}

/* A store that is not there yet is no error: nobody has said anything, and my.store stays NULL. */
static int open_reader(struct err *e)
{
	if (my.store || store_open(my.config->state, STORE_READ, &my.store, e) == 0)
		return 0;
	return e->code == EX_UNAVAILABLE ? 0 : -1;
}

static int done(int status)
{
	store_close(my.store);
	optin_free(my.optin);
	policy_free(my.policy);
	contacts_free(my.contacts);
	config_free(my.config);
	return status;
}

static int fail(struct err *e)
{
	return done(diag_error(e));
}

static const char *null_when_all(const char *scope)
{
	return scope && strcmp(scope, "*") == 0 ? NULL : scope;
}

/* What goes into lines has to be UTF-8; `label` says that control bytes are out as well. */
static int check_text(const char *option, const char *text, bool label, struct err *e)
{
	json_t *value = text ? json_string(text) : NULL;
	bool good = value || !text;

	json_decref(value);
	for (const char *p = text; label && good && p && *p; p++)
		good = (unsigned char)*p >= 0x20 && *p != 0x7f;
	return good ? 0 : err_set(e, EX_USAGE, "--%s: not %s: '%s'", option, label ? "a line of UTF-8" : "UTF-8", err_quote(text));
}

static int check_scope(struct err *e)
{
	if (check_text("topic", topic, true, e) < 0 || check_text("method", method, true, e) < 0 ||
	    check_text("evidence", evidence, false, e) < 0)
		return -1;
	channel = null_when_all(channel);
	topic = null_when_all(topic);
	if (channel && !address_channel_known(channel) && !json_object_get(my.config->channels, channel))
		return err_set(e, EX_USAGE, "--channel: no such channel: '%s'", err_quote(channel));
	if (topic && !id_valid(topic))
		return err_set(e, EX_USAGE, "--topic: not a topic of 1 to %d bytes: '%s'", ID_BYTES, err_quote(topic));
	if (said_at && (when_parse(said_at, &time_ms) < 0 || time_ms <= 0))
		return err_set(e, EX_USAGE, "--time: not a time such as 2026-11-24T09:00:00+01:00: '%s'", err_quote(said_at));
	if (time_ms > when_now_ms())
		return err_set(e, EX_USAGE, "--time: is yet to come: '%s'", err_quote(said_at));
	return 0;
}

/* An address for stderr. */
static const char *shown(const char *subject)
{
	return diag_verbosity() > 0 ? subject : address_masked(subject);
}

/* in, out */

/* Likely a slip of the pen; recorded all the same, because a no must not depend on who is in the contacts. */
static void note_stranger(const char *id)
{
	json_t *contact = NULL;
	struct err ignored;

	if (my.contacts && contacts_find(my.contacts, id, &contact, &ignored) == 0)
		diag_note("no contact is called '%s'; recorded all the same", err_quote(id));
	json_decref(contact);
}

static int say(void *state, const char *who, struct line_writer *out, struct err *e)
{
	struct consent_event event = {.state = *(enum consent_state *)state, .topic = topic, .method = method, .evidence = evidence,
	    .time_ms = time_ms};
	struct optin_subject subject;
	json_t *line;
	int result;

	if (optin_subject(who, &subject, e) < 0)
		return -1;
	if (!*subject.channel)
		note_stranger(who);
	if (*subject.channel && channel && strcmp(channel, subject.channel) != 0)
		return err_set(e, EX_DATAERR, "'%s' is no address of %s", shown(subject.text), channel);
	event.subject = subject.text;
	event.channel = *subject.channel ? subject.channel : channel;
	if (consent_add(my.store, &event, e) < 0)
		return -1;
	line = optin_line(&event, NULL);
	result = line_write_json(out, line, e);
	json_decref(line);
	return result;
}

static int run_say(enum consent_state state, int argc, char **argv)
{
	struct optin_bulk bulk = {.answer = say, .ctx = &state};
	struct err e;

	if (open_config(&e) < 0 || check_scope(&e) < 0 || open_contacts(&e) < 0 || open_writer(&e) < 0)
		return fail(&e);
	bulk.store = my.store;
	return done(optin_bulk_run(&bulk, argv, (size_t)argc));
}

static int run_in(int argc, char **argv)
{
	return run_say(CONSENT_IN, argc, argv);
}

static int run_out(int argc, char **argv)
{
	return run_say(CONSENT_OUT, argc, argv);
}

/* ask */

static int ask(void *ctx, const char *who, struct line_writer *out, struct err *e)
{
	struct optin_question question = {.topic = topic, .language = language, .evidence = evidence};
	struct optin_subject subject;
	enum consent_state state;
	json_t *lines = NULL, *line;
	size_t i;
	int got;

	(void)ctx;
	if (optin_subject_address(who, &subject, e) < 0)
		return -1;
	got = optin_ask(my.optin, my.store, &subject, &question, &lines, &state, e);
	if (got > 0) {
		diag_note("not asked: %s is %s", shown(subject.text),
		    state == CONSENT_PENDING ? "asked already" : consent_state_name(state));
		return state == CONSENT_OUT ? EX_UNDELIVERED : 0;
	}
	json_array_foreach(lines, i, line)
		if (got == 0)
			got = line_write_json(out, line, e);
	json_decref(lines);
	return got;
}

static int run_ask(int argc, char **argv)
{
	struct optin_bulk bulk = {.answer = ask};
	struct err e;

	if (open_config(&e) < 0 || check_scope(&e) < 0 || optin_load(my.config, &my.optin, &e) < 0 || open_writer(&e) < 0)
		return fail(&e);
	bulk.store = my.store;
	return done(optin_bulk_run(&bulk, argv, (size_t)argc));
}

/* show */

static int show_subject(const char *who, struct line_writer *out, struct err *e)
{
	struct optin_subject subject;
	size_t count;

	if (optin_subject(who, &subject, e) < 0 || optin_show(my.store, subject.text, as_json, out, &count, e) < 0)
		return -1;
	if (count == 0)
		diag_note("nothing recorded for %s", shown(subject.text));
	return as_json ? 0 : optin_show_standing(my.store, subject.text, out, e);
}

static int run_show(int argc, char **argv)
{
	struct line_writer out;
	struct err e;
	int result;

	if (open_config(&e) < 0 || open_reader(&e) < 0)
		return fail(&e);
	if (!my.store) {
		diag_note("nothing recorded yet");
		return done(EX_OK);
	}
	line_writer_init(&out, STDOUT_FILENO);
	if (!as_json)
		optin_show_head(&out);
	result = argc == 0 ? optin_show(my.store, NULL, as_json, &out, NULL, &e) : 0;
	for (int i = 0; result == 0 && i < argc; i++)
		result = show_subject(argv[i], &out, &e);
	if (result == 0)
		result = line_flush(&out, &e);
	line_writer_clear(&out);
	return result < 0 ? fail(&e) : done(EX_OK);
}

/* check */

/* What others have committed counts from the next batch of lines on. */
static int begin_batch(struct err *e)
{
	if (my.gate.store)
		return 0;
	if (open_reader(e) < 0 || (my.store && store_begin_read(my.store, e) < 0))
		return -1;
	my.gate.store = my.store;
	return 0;
}

static int end_batch(void *ctx, struct err *e)
{
	(void)ctx;
	my.gate.store = NULL;
	return my.store ? store_commit(my.store, e) : 0;
}

static int write_lines(json_t *lines, struct err *e)
{
	json_t *line;
	size_t i;

	json_array_foreach(lines, i, line)
		if (line_write_json(&my.filter.out, line, e) < 0)
			return -1;
	return 0;
}

static int check_line(void *ctx, const struct line *l, json_t *value, enum envelope type, struct err *e)
{
	json_t *receipts, *changed = NULL;
	int got;

	(void)ctx;
	(void)l;
	if (type != ENVELOPE_MESSAGE)
		return 1;
	if (begin_batch(e) < 0)
		return -1;
	receipts = json_array();
	got = optin_screen(&my.gate, my.contacts, value, receipts, &changed, e);
	if (got > 0 && json_array_size(receipts) > 0)
		my.filter.status = err_worse(my.filter.status, EX_UNDELIVERED);
	if (got >= 0 && (write_lines(receipts, e) < 0 || (changed && line_write_json(&my.filter.out, changed, e) < 0)))
		got = -1;
	json_decref(receipts);
	json_decref(changed);
	return got < 0 ? -1 : got == SCREEN_UNCHANGED;
}

static int run_filter(int argc, char **argv)
{
	struct err e;
	int status;

	if (filter_init(&my.filter, &e) < 0)
		return fail(&e);
	status = filter_run(&my.filter, argv, (size_t)argc);
	filter_clear(&my.filter);
	return done(status);
}

static int run_check(int argc, char **argv)
{
	struct err e;

	if (open_config(&e) < 0 || open_contacts(&e) < 0 ||
	    (my.config->policy && policy_load(my.config->policy, my.config, &my.policy, &e) < 0))
		return fail(&e);
	gate_init(&my.gate, NULL);
	if (my.policy)
		policy_requirements(my.policy, &my.gate);
	my.filter.handle = check_line;
	my.filter.settle = end_batch;
	return run_filter(argc, argv);
}

/* keywords */

static int handle_inbound(void *ctx, const struct line *l, json_t *value, enum envelope type, struct err *e)
{
	struct optin_inbound found;
	json_t *lines = NULL;
	int got;

	(void)ctx;
	(void)l;
	if (type != ENVELOPE_INBOUND || !optin_inbound_find(my.optin, value, &found))
		return 1;
	if (open_writer(e) < 0 || store_begin(my.store, e) < 0)
		return -1;
	got = optin_inbound_handle(my.optin, my.store, my.contacts, value, &found, &lines, e);
	if (got == 0)
		got = write_lines(lines, e);
	json_decref(lines);
	return got;
}

static int commit_answers(void *ctx, struct err *e)
{
	(void)ctx;
	return my.store ? store_commit(my.store, e) : 0;
}

static int run_keywords(int argc, char **argv)
{
	struct err e;

	if (open_config(&e) < 0 || open_contacts(&e) < 0 || optin_load(my.config, &my.optin, &e) < 0)
		return fail(&e);
	my.filter.handle = handle_inbound;
	my.filter.settle = commit_answers;
	return run_filter(argc, argv);
}

/* verify, checkpoint */

static const char *plural(int64_t count)
{
	return count == 1 ? "" : "s";
}

static int print_verdict(int verdict, const struct consent_verdict *v, int64_t kept)
{
	if (verdict) {
		printf("altered: %s%s%s\n", v->at, *v->at ? ": " : "", v->what);
		return EX_UNDELIVERED;
	}
	printf("whole: %lld event%s, %lld checkpoint%s", (long long)v->events, plural(v->events), (long long)v->checkpoints,
	    plural(v->checkpoints));
	if (v->checkpoints)
		printf(" (the last over %lld event%s)", (long long)v->signed_events, plural(v->signed_events));
	if (against)
		printf(", %lld kept elsewhere", (long long)kept);
	printf("\n");
	return EX_OK;
}

/* Without a store there must never have been a checkpoint. */
static int verify_nothing(struct consent_verdict *v)
{
	char *path = xformat("%s/ledger.pub", my.config->state);
	int gone = access(path, F_OK) == 0;

	free(path);
	if (gone)
		snprintf(v->what, sizeof(v->what), "the store is gone, and ledger.pub is still there");
	return gone;
}

static int run_verify(int argc, char **argv)
{
	struct consent_verdict v = {.events = 0};
	int64_t kept = 0;
	struct err e;
	int verdict;

	(void)argc;
	(void)argv;
	if (open_config(&e) < 0 || open_reader(&e) < 0)
		return fail(&e);
	verdict = my.store ? consent_verify(my.store, my.config->state, &v, &e) : verify_nothing(&v);
	if (verdict == 0 && against)
		verdict = optin_proof_file(my.store, against, &v, &kept, &e);
	return verdict < 0 ? fail(&e) : done(print_verdict(verdict, &v, kept));
}

static int run_checkpoint(int argc, char **argv)
{
	struct consent_checkpoint c;
	struct line_writer out;
	struct err e;
	json_t *line;
	int result;

	(void)argc;
	(void)argv;
	if (open_config(&e) < 0 || open_writer(&e) < 0 || consent_checkpoint(my.store, my.config->state, &c, &e) < 0)
		return fail(&e);
	line = optin_proof_line(&c);
	line_writer_init(&out, STDOUT_FILENO);
	result = line_write_json(&out, line, &e);
	if (result == 0)
		result = line_flush(&out, &e);
	line_writer_clear(&out);
	json_decref(line);
	return result < 0 ? fail(&e) : done(EX_OK);
}

static const struct option_def say_options[] = {
    {0, "channel", OPTION_TEXT, &channel, "channel", "about this channel alone (an address is about its own)", false, 0, 0, NULL},
    {0, "topic", OPTION_TEXT, &topic, "topic", "about this topic alone", false, 0, 0, NULL},
    {0, "method", OPTION_TEXT, &method, "method", "how it was said: web, paper, voice, ... (default: cli)", false, 0, 0, NULL},
    {0, "evidence", OPTION_TEXT, &evidence, "text", "what proves it: the words used, a form's address, ...", false, 0, 0, NULL},
    {0, "time", OPTION_TEXT, &said_at, "time", "when it was said (default: now)", false, 0, 0, NULL},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct option_def ask_options[] = {
    {0, "topic", OPTION_TEXT, &topic, "topic", "about this topic alone", false, 0, 0, NULL},
    {0, "lang", OPTION_TEXT, &language, "language", "language of the question (default: en)", false, 0, 0, NULL},
    {0, "evidence", OPTION_TEXT, &evidence, "text", "where the address came from", false, 0, 0, NULL},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct option_def show_options[] = {
    {0, "json", OPTION_FLAG, &as_json, NULL, "consent lines instead of a table", false, 0, 0, NULL},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct option_def verify_options[] = {
    {0, "against", OPTION_TEXT, &against, "file", "hold the ledger against checkpoints kept elsewhere", false, 0, 0, "file"},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct option_def filter_options[] = {
    {0, "rejects", OPTION_TEXT, &my.filter.rejects, "file", "append lines that cannot be used to file", false, 0, 0, "file"},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct command commands[] = {
    {"in", "address | contact ...", "record a yes", say_options, 1, SIZE_MAX, run_in},
    {"out", "address | contact ...", "record a no", say_options, 1, SIZE_MAX, run_out},
    {"ask", "address ...", "ask for a yes: record that, and print the message", ask_options, 1, SIZE_MAX, run_ask},
    {"show", "[address | contact ...]", "show the history, and what stands", show_options, 0, SIZE_MAX, run_show},
    {"check", "[file ...]", "filter: take out who said no", filter_options, 0, SIZE_MAX, run_check},
    {"keywords", "[file ...]", "filter: act on STOP, START and HELP in inbound lines", filter_options, 0, SIZE_MAX, run_keywords},
    {"verify", NULL, "prove that the ledger is what was written", verify_options, 0, 0, run_verify},
    {"checkpoint", NULL, "sign the ledger as it is now", NULL, 0, 0, run_checkpoint},
    {NULL, NULL, NULL, NULL, 0, 0, NULL},
};

static const struct program program = {
    .name = "msg-optin",
    .help = "remember who agreed to what, and keep messages from who did not",
    .commands = commands,
    .footer = "  msg-optin out sms:+15551230001 --evidence 'by phone, call 4711'\n"
	      "  msg-route <messages | msg-optin check | msg-send\n"
	      "  msg-listen | msg-optin keywords | msg-bot flow.yaml | msg-send\n",
};

int main(int argc, char **argv)
{
	return option_main(&program, argc, argv);
}
