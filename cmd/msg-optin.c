/*
 * msg-optin: remember who agreed to what. Each subcommand opens what it needs and leaves the work to common/optin.
 * See msg-optin(1).
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/diag.h"
#include "common/line/when.h"
#include "common/optin/ask.h"
#include "common/optin/bulk.h"
#include "common/optin/confirm.h"
#include "common/optin/export.h"
#include "common/optin/forget.h"
#include "common/optin/import.h"
#include "common/optin/prefs.h"
#include "common/optin/proof.h"
#include "common/optin/say.h"
#include "common/optin/show.h"
#include "common/optin/stream.h"
#include "common/option.h"
#include "common/policy/implied.h"
#include "common/policy/policy.h"
#include "common/store/consent_doubt.h"

#include "common/banned.h"

/* What is open. */
static struct {
	struct config *config;
	struct contacts *contacts;
	struct policy *policy;
	struct optin *optin;
	struct ack_words *ack;
	struct store *store;
	struct optin_stream stream;
	struct filter filter;
} my;

/* What was asked for. */
static struct optin_terms terms = {.method = "cli"};
static struct optin_terms import_terms = {.method = "import"};
static struct optin_terms confirm_terms = {.method = "code"};
static struct optin_wishes wishes;
static bool code;
static const char *link_url, *to;
static int64_t within_ms = 48 * WHEN_HOUR;
static const char *language, *against, *format;
static bool as_json;

static int open_config(struct err *e)
{
	return config_load(option_common.config, &my.config, e);
}

static int open_contacts(struct err *e)
{
	return my.config->contacts ? contacts_open(my.config, &my.contacts, e) : 0;
}

static int open_policy(struct err *e)
{
	return my.config->policy ? policy_load(my.config->policy, my.config, &my.policy, e) : 0;
}

static int open_writer(struct err *e)
{
	return store_open(my.config->state, STORE_WRITE, &my.store, e);
}

/* my.store stays NULL while nobody has said anything. */
static int open_reader(struct err *e)
{
	return store_open_existing(my.config->state, &my.store, e);
}

/* What time has said is among the events. */
static int open_history(struct err *e)
{
	return open_reader(e) < 0 || (my.store && consent_doubt_catch_up(my.store, e) < 0) ? -1 : 0;
}

static int done(int status)
{
	store_close(my.store);
	store_close(my.stream.store);
	optin_free(my.optin);
	ack_words_free(my.ack);
	policy_free(my.policy);
	contacts_free(my.contacts);
	config_free(my.config);
	return status;
}

static int fail(struct err *e)
{
	return done(diag_error(e));
}

/* The end of a report, when `result` is 0. */
static int close_report(struct line_writer *out, int result, struct err *e)
{
	if (result == 0)
		result = line_flush(out, e);
	line_writer_clear(out);
	return result < 0 ? fail(e) : done(EX_OK);
}

static int run_say(enum consent_state state, int argc, char **argv)
{
	struct optin_say say = {.state = state, .terms = &terms};
	struct optin_bulk bulk = {.answer = optin_say, .ctx = &say};
	struct err e;

	if (open_config(&e) < 0 || optin_terms_check(&terms, my.config, &e) < 0 || open_contacts(&e) < 0 || open_writer(&e) < 0)
		return fail(&e);
	say.contacts = my.contacts;
	say.store = bulk.store = my.store;
	return done(optin_bulk_run(&bulk, argv, (size_t)argc));
}

static int run_in(int argc, char **argv)
{
	if (terms.strength && strcmp(terms.strength, "implied") == 0 && !implied_basis_known(terms.basis ? terms.basis : ""))
		diag_note("--basis: none of purchase, contract, inquiry, donation, ...: counts for the shortest time where the law sets one");
	return run_say(CONSENT_IN, argc, argv);
}

static int run_out(int argc, char **argv)
{
	return run_say(CONSENT_OUT, argc, argv);
}

static int run_forget(int argc, char **argv)
{
	struct optin_forget forget = {.terms = &terms};
	struct optin_bulk bulk = {.answer = optin_forget, .ctx = &forget};
	struct err e;
	int status;

	if (open_config(&e) < 0 || optin_terms_check(&terms, my.config, &e) < 0 || open_contacts(&e) < 0 || open_writer(&e) < 0)
		return fail(&e);
	forget.contacts = my.contacts;
	forget.store = bulk.store = my.store;
	status = optin_bulk_run(&bulk, argv, (size_t)argc);
	if (consent_forget_end(my.store, &e) < 0)
		status = err_worse(status, diag_error(&e));
	return done(status);
}

static int parse_format(enum optin_format *ret_format, struct err *e)
{
	int got = format ? optin_format_parse(format) : OPTIN_BY_NAME;

	if (got < 0)
		return err_set(e, EX_USAGE, "--format: not jsonl or csv: '%s'", err_quote(format));
	*ret_format = (enum optin_format)got;
	return 0;
}

static int run_prefs(int argc, char **argv)
{
	struct optin_prefs prefs = {.terms = &terms, .lines = as_json};
	struct optin_bulk bulk = {.answer = optin_prefs, .ctx = &prefs};
	struct err e;
	int status;

	if (open_config(&e) < 0 || optin_terms_check(&terms, my.config, &e) < 0 || open_contacts(&e) < 0)
		return fail(&e);
	if (optin_prefs_change(&wishes, my.config, &prefs.change, &e) < 0 || (prefs.change ? open_writer : open_reader)(&e) < 0) {
		json_decref(prefs.change);
		return fail(&e);
	}
	prefs.store = bulk.store = my.store;
	prefs.contacts = my.contacts;
	bulk.reads = !prefs.change;
	status = optin_bulk_run(&bulk, argv, (size_t)argc);
	json_decref(prefs.change);
	return done(status);
}

static int run_import(int argc, char **argv)
{
	struct optin_import import = {.terms = &import_terms, .filter = &my.filter};
	struct err e;
	int status;

	if (parse_format(&import.format, &e) < 0 || open_config(&e) < 0 || optin_terms_check(&import_terms, my.config, &e) < 0 ||
	    filter_init(&my.filter, &e) < 0 || open_writer(&e) < 0)
		return fail(&e);
	import.config = my.config;
	import.store = my.store;
	status = optin_import_run(&import, argv, (size_t)argc);
	filter_clear(&my.filter);
	return done(status);
}

static int run_export(int argc, char **argv)
{
	enum optin_format as = OPTIN_LINES;
	struct line_writer out;
	struct err e;

	if (parse_format(&as, &e) < 0 || open_config(&e) < 0 || open_history(&e) < 0)
		return fail(&e);
	if (!my.store) {
		diag_note("nothing recorded yet");
		return done(EX_OK);
	}
	line_writer_init(&out, STDOUT_FILENO);
	return close_report(&out, optin_export(my.store, argv, (size_t)argc, as, &out, &e), &e);
}

static int check_link(struct err *e)
{
	if (code && link_url)
		return err_set(e, EX_USAGE, "--code and --link: one of them confirms it");
	if (link_url && !strstr(link_url, "{{code}}"))
		return err_set(e, EX_USAGE, "--link: has no {{code}} in it: '%s'", err_quote(link_url));
	return 0;
}

static int run_ask(int argc, char **argv)
{
	struct optin_asking asking = {.store = NULL};
	struct optin_bulk bulk = {.answer = optin_ask_one, .ctx = &asking};
	struct err e;

	if (open_config(&e) < 0 || optin_terms_check(&terms, my.config, &e) < 0 || optin_load(my.config, &my.optin, &e) < 0 ||
	    check_link(&e) < 0 || open_contacts(&e) < 0 || open_policy(&e) < 0 || open_writer(&e) < 0)
		return fail(&e);
	gate_init(&my.stream.gate, my.store);
	if (my.policy)
		policy_requirements(my.policy, &my.stream.gate);
	asking.contacts = my.contacts;
	asking.require = my.stream.gate.require;
	asking.optin = my.optin;
	asking.question = (struct optin_question){.topic = terms.topic, .language = language, .evidence = terms.evidence,
	    .code = code, .link = link_url, .within_ms = within_ms};
	asking.store = bulk.store = my.store;
	return done(optin_bulk_run(&bulk, argv, (size_t)argc));
}

static int run_confirm(int argc, char **argv)
{
	struct line_writer out;
	json_t *line;
	struct err e;
	int result;

	(void)argc;
	if (open_config(&e) < 0 || optin_terms_check(&confirm_terms, my.config, &e) < 0 || open_writer(&e) < 0 ||
	    store_begin(my.store, &e) < 0)
		return fail(&e);
	result = optin_confirm(my.store, to, argv[0], &confirm_terms, &line, &e);
	/* A wrong code is kept as a try. */
	if (result < 0 && e.code == EX_UNDELIVERED) {
		struct err why = e;

		return store_commit(my.store, &e) < 0 ? fail(&e) : fail(&why);
	}
	if (result < 0 || store_commit(my.store, &e) < 0)
		return fail(&e);
	line_writer_init(&out, STDOUT_FILENO);
	result = line_write_json(&out, line, &e);
	json_decref(line);
	return close_report(&out, result, &e);
}

static int run_show(int argc, char **argv)
{
	struct line_writer out;
	struct err e;

	if (open_config(&e) < 0 || open_contacts(&e) < 0 || open_history(&e) < 0)
		return fail(&e);
	if (!my.store) {
		diag_note("nothing recorded yet");
		return done(EX_OK);
	}
	line_writer_init(&out, STDOUT_FILENO);
	return close_report(&out, optin_show(my.store, my.contacts, argv, (size_t)argc, as_json, &out, &e), &e);
}

static int run_filter(int argc, char **argv)
{
	struct err e;
	int status;

	my.stream.filter = &my.filter;
	my.stream.directory = my.config->state;
	my.stream.contacts = my.contacts;
	my.filter.settle = optin_stream_settle;
	my.filter.ctx = &my.stream;
	if (filter_init(&my.filter, &e) < 0)
		return fail(&e);
	status = filter_run(&my.filter, argv, (size_t)argc);
	filter_clear(&my.filter);
	return done(status);
}

static int run_check(int argc, char **argv)
{
	struct err e;

	if (open_config(&e) < 0 || open_contacts(&e) < 0 || open_policy(&e) < 0)
		return fail(&e);
	gate_init(&my.stream.gate, NULL);
	if (my.policy)
		policy_requirements(my.policy, &my.stream.gate);
	my.filter.handle = optin_stream_screen;
	return run_filter(argc, argv);
}

static int run_keywords(int argc, char **argv)
{
	struct err e;

	if (open_config(&e) < 0 || open_contacts(&e) < 0 || optin_load(my.config, &my.optin, &e) < 0 ||
	    ack_words_load(my.config, &my.ack, &e) < 0)
		return fail(&e);
	my.stream.optin = my.optin;
	my.stream.ack = my.ack;
	my.filter.handle = optin_stream_answer;
	return run_filter(argc, argv);
}

static int run_verify(int argc, char **argv)
{
	struct optin_proof proof;
	struct err e;

	(void)argc;
	(void)argv;
	if (open_config(&e) < 0 || open_reader(&e) < 0 || optin_prove(my.store, my.config->state, against, &proof, &e) < 0)
		return fail(&e);
	optin_proof_print(&proof, stdout);
	return done(proof.altered ? EX_UNDELIVERED : EX_OK);
}

static int run_checkpoint(int argc, char **argv)
{
	struct line_writer out;
	struct err e;

	(void)argc;
	(void)argv;
	if (open_config(&e) < 0 || open_writer(&e) < 0)
		return fail(&e);
	line_writer_init(&out, STDOUT_FILENO);
	return close_report(&out, optin_proof_sign(my.store, my.config->state, &out, &e), &e);
}

/* Of in, and, but for the first, of out: a no is a no. */
static const struct option_def in_options[] = {
    {0, "strength", OPTION_TEXT, &terms.strength, "strength", "what it is worth (default: explicit)", false, 0, 0,
	"implied explicit double"},
    {0, "channel", OPTION_TEXT, &terms.channel, "channel", "about this channel alone (an address is about its own)", false, 0, 0, NULL},
    {0, "topic", OPTION_TEXT, &terms.topic, "topic", "about this topic alone", false, 0, 0, NULL},
    {0, "method", OPTION_TEXT, &terms.method, "method", "how it was said: web, paper, voice, ... (default: cli)", false, 0, 0, NULL},
    {0, "evidence", OPTION_TEXT, &terms.evidence, "text", "what proves it: the words used, a call's number, ...", false, 0, 0, NULL},
    {0, "form", OPTION_TEXT, &terms.form, "url", "the form that it was said on", false, 0, 0, NULL},
    {0, "ip", OPTION_TEXT, &terms.ip, "ip", "the address that it was sent from", false, 0, 0, NULL},
    {0, "jurisdiction", OPTION_TEXT, &terms.jurisdiction, "place", "whose law holds: DE, US-FL, ...", false, 0, 0, NULL},
    {0, "basis", OPTION_TEXT, &terms.basis, "basis", "legal basis: consent, contract, ...", false, 0, 0, NULL},
    {0, "time", OPTION_TEXT, &terms.time, "time", "when it was said (default: now)", false, 0, 0, NULL},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct option_def forget_options[] = {
    {0, "method", OPTION_TEXT, &terms.method, "method", "how they asked for it: web, paper, ... (default: cli)", false, 0, 0, NULL},
    {0, "jurisdiction", OPTION_TEXT, &terms.jurisdiction, "place", "whose law holds: DE, US-FL, ...", false, 0, 0, NULL},
    {0, "basis", OPTION_TEXT, &terms.basis, "basis", "the article that it is asked for by", false, 0, 0, NULL},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct option_def prefs_options[] = {
    {0, "channels", OPTION_TEXT, &wishes.channels, "channels", "which channels, the dearest first: whatsapp,sms", false, 0, 0, NULL},
    {0, "one-channel", OPTION_TEXT, &wishes.one_channel, "yes|no", "no second channel while the first may still arrive", false, 0, 0,
	"yes no"},
    {0, "quiet-hours", OPTION_TEXT, &wishes.quiet, "hours", "when not to be disturbed: 22:00-08:00", false, 0, 0, NULL},
    {0, "lang", OPTION_TEXT, &wishes.language, "language", "which language: es-MX", false, 0, 0, NULL},
    {0, "zone", OPTION_TEXT, &wishes.zone, "zone", "by which clock: Europe/Madrid", false, 0, 0, NULL},
    {0, "topics", OPTION_TEXT, &wishes.topics, "topics", "offers about these alone: news,rides", false, 0, 0, NULL},
    {0, "frequency", OPTION_TEXT, &wishes.frequency, "limit", "how many offers at most: 3/7d", false, 0, 0, NULL},
    {0, "method", OPTION_TEXT, &terms.method, "method", "how it was said: web, paper, voice, ... (default: cli)", false, 0, 0, NULL},
    {0, "evidence", OPTION_TEXT, &terms.evidence, "text", "the words used, a call's number, ...", false, 0, 0, NULL},
    {0, "json", OPTION_FLAG, &as_json, NULL, "show consent lines instead of text", false, 0, 0, NULL},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct option_def import_options[] = {
    {0, "format", OPTION_TEXT, &format, "format", "jsonl or csv (default: by the file's name or first byte)", false, 0, 0, "jsonl csv"},
    {0, "strength", OPTION_TEXT, &import_terms.strength, "strength", "what a yes is worth that does not say", false, 0, 0,
	"implied explicit double"},
    {0, "method", OPTION_TEXT, &import_terms.method, "method", "how what does not say was said (default: import)", false, 0, 0, NULL},
    {0, "evidence", OPTION_TEXT, &import_terms.evidence, "text", "what proves what brings no proof of its own", false, 0, 0, NULL},
    {0, "jurisdiction", OPTION_TEXT, &import_terms.jurisdiction, "place", "whose law holds: DE, US-FL, ...", false, 0, 0, NULL},
    {0, "basis", OPTION_TEXT, &import_terms.basis, "basis", "legal basis: consent, contract, ...", false, 0, 0, NULL},
    {0, "rejects", OPTION_TEXT, &my.filter.rejects, "file", "append what is refused to file", false, 0, 0, "file"},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct option_def export_options[] = {
    {0, "format", OPTION_TEXT, &format, "format", "jsonl (the default) or csv", false, 0, 0, "jsonl csv"},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct option_def ask_options[] = {
    {0, "topic", OPTION_TEXT, &terms.topic, "topic", "about this topic alone", false, 0, 0, NULL},
    {0, "lang", OPTION_TEXT, &language, "language", "language of the question (default: en)", false, 0, 0, NULL},
    {0, "evidence", OPTION_TEXT, &terms.evidence, "text", "where the address came from", false, 0, 0, NULL},
    {0, "code", OPTION_FLAG, &code, NULL, "a code of six digits confirms it as well", false, 0, 0, NULL},
    {0, "link", OPTION_TEXT, &link_url, "url", "a link confirms it as well: https://...?c={{code}}", false, 0, 0, NULL},
    {0, "within", OPTION_DURATION, &within_ms, "duration", "how long either counts (default: 48h)", false, 0, 0, NULL},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct option_def confirm_options[] = {
    {0, "to", OPTION_TEXT, &to, "address", "the address that the question went to", false, 0, 0, NULL},
    {0, "form", OPTION_TEXT, &confirm_terms.form, "url", "the page that it was entered on", false, 0, 0, NULL},
    {0, "ip", OPTION_TEXT, &confirm_terms.ip, "ip", "the address that it was sent from", false, 0, 0, NULL},
    {0, "jurisdiction", OPTION_TEXT, &confirm_terms.jurisdiction, "place", "whose law holds: DE, US-FL, ...", false, 0, 0, NULL},
    {0, "evidence", OPTION_TEXT, &confirm_terms.evidence, "text", "the words beside the button, ...", false, 0, 0, NULL},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct option_def show_options[] = {
    {0, "json", OPTION_FLAG, &as_json, NULL, "consent lines instead of text", false, 0, 0, NULL},
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
    {"in", "address | contact ...", "record a yes", in_options, 1, SIZE_MAX, run_in},
    {"out", "address | contact ...", "record a no", in_options + 1, 1, SIZE_MAX, run_out},
    {"ask", "address ...", "ask for a yes: record that, and print the message", ask_options, 1, SIZE_MAX, run_ask},
    {"confirm", "code", "record the yes that a code or a link stands for", confirm_options, 1, 1, run_confirm},
    {"prefs", "address | contact ...", "record or show how they want to be written to", prefs_options, 1, SIZE_MAX, run_prefs},
    {"import", "[file ...]", "record consents from a file, and report what was refused", import_options, 0, SIZE_MAX, run_import},
    {"export", "[address | contact ...]", "print the ledger as JSON lines or CSV", export_options, 0, SIZE_MAX, run_export},
    {"forget", "address | contact ...", "erase them, and never write to them again", forget_options, 1, SIZE_MAX, run_forget},
    {"show", "[address | contact ...]", "show the history, and what stands", show_options, 0, SIZE_MAX, run_show},
    {"check", "[file ...]", "filter: take out who said no", filter_options, 0, SIZE_MAX, run_check},
    {"keywords", "[file ...]", "filter: act on STOP, START and HELP in inbound lines", filter_options, 0, SIZE_MAX, run_keywords},
    {"verify", NULL, "prove that the ledger is what was written", verify_options, 0, 0, run_verify},
    {"checkpoint", NULL, "sign the ledger as it is now", NULL, 0, 0, run_checkpoint},
    {NULL, NULL, NULL, NULL, 0, 0, NULL},
};

static const struct program program = {
    .name = "msg-optin",
    .help = "Remembers who agreed to what, and keeps messages from who did not.",
    .commands = commands,
    .footer = "msg-optin out sms:+15551230001 --evidence 'by phone, call 4711'\n"
	      "msg-route <messages.jsonl | msg-optin check | msg-send\n"
	      "msg-optin keywords <inbound.jsonl | msg-bot flow.yaml | msg-send\n",
};

int main(int argc, char **argv)
{
	return option_main(&program, argc, argv);
}
