/* msg-receipts: know what happened. Records receipts, shows what became of a message, reports on all of them. */
#include <locale.h>
#include <stdio.h>

#include "common/config/config.h"
#include "common/diag.h"
#include "common/line/filter.h"
#include "common/line/when.h"
#include "common/option.h"
#include "common/report/answer.h"
#include "common/report/report.h"
#include "common/report/show.h"
#include "common/store/link.h"
#include "common/store/receipts.h"

#include "common/banned.h"

static const char *rejects, *contact, *since, *until, *by = "channel,via,purpose";
static bool as_json, as_csv;

struct recording {
	struct filter filter;
	struct store *store;
	struct config *config;
	struct contacts *contacts;
	struct ack_words *words;
	struct answer_log answers;
	struct buf line;
};

static int open_store(enum store_mode mode, struct store **ret_store, struct err *e)
{
	struct config *config = NULL;
	int result = config_load(option_common.config, &config, e);

	if (result == 0)
		result = store_open(config->state, mode, ret_store, e);
	config_free(config);
	return result;
}

static int open_recording(struct recording *r, struct err *e)
{
	int result = config_load(option_common.config, &r->config, e);

	if (result == 0)
		result = ack_words_load(r->config, &r->words, e);
	if (result == 0 && r->config->contacts)
		result = contacts_open(r->config, &r->contacts, e);
	if (result == 0)
		result = store_open(r->config->state, STORE_WRITE, &r->store, e);
	r->answers = (struct answer_log){r->store, r->contacts, r->words, &r->filter.out};
	return result;
}

/* The line as it is, with an id if it has none. */
static int pass_on(struct recording *r, const struct line *l, json_t *value, const char *id, struct err *e)
{
	json_t *new_id;
	int result;

	if (envelope_text(value, "id", NULL))
		return line_write(&r->filter.out, l->text, l->len, e);
	new_id = json_string(id);
	if (json_object_get(value, "id")) {
		json_object_set(value, "id", new_id);
		result = line_write_json(&r->filter.out, value, e);
	} else {
		buf_reset(&r->line);
		line_splice(&r->line, l, "id", new_id);
		result = line_write(&r->filter.out, r->line.data, r->line.len, e);
	}
	json_decref(new_id);
	return result;
}

static int record_line(void *ctx, const struct line *l, json_t *value, enum envelope type, struct err *e)
{
	struct recording *r = ctx;
	struct receipt_result done;
	int result;

	if (type != ENVELOPE_RECEIPT && type != ENVELOPE_INBOUND)
		return 1;
	if (store_begin(r->store, e) < 0)
		return -1;
	if (type == ENVELOPE_INBOUND)
		return answer_log_inbound(&r->answers, l, value, e);
	if (receipt_record(r->store, value, when_now_ms(), &done, e) < 0)
		return -1;
	result = pass_on(r, l, value, done.id, e);
	if (result == 0 && done.receipts)
		result = answer_log_receipts(&r->answers, done.receipts, e);
	json_decref(done.receipts);
	return result;
}

static int commit(void *ctx, struct err *e)
{
	struct recording *r = ctx;

	return store_commit(r->store, e);
}

static int run_record(int argc, char **argv)
{
	struct recording r = {.filter = {.handle = record_line, .settle = commit, .ctx = &r, .rejects = rejects}};
	struct err e;
	int status;

	buf_init(&r.line, 2 * LINE_BYTES);
	if (filter_init(&r.filter, &e) < 0 || open_recording(&r, &e) < 0)
		status = diag_error(&e);
	else
		status = filter_run(&r.filter, argv, (size_t)argc);
	contacts_free(r.contacts);
	ack_words_free(r.words);
	config_free(r.config);
	store_close(r.store);
	filter_clear(&r.filter);
	buf_clear(&r.line);
	return status;
}

/* One message; what was said of the others stands. */
static int ack_one(struct answer_log *a, const char *id)
{
	struct err e;
	int got = store_begin(a->store, &e) < 0 ? -1 : answer_log_message(a, id, contact, &e);

	if (got >= 0 && (store_commit(a->store, &e) < 0 || line_flush(a->out, &e) < 0))
		got = -1;
	if (got < 0)
		store_rollback(a->store);
	if (got == 0)
		err_set(&e, EX_DATAERR, "no message '%s' has been sent%s%s%s", err_quote(id), contact ? " to '" : "", contact ? contact : "",
		    contact ? "'" : "");
	return got == 1 ? EX_OK : diag_error(&e);
}

static int run_ack(int argc, char **argv)
{
	struct answer_log answers = {.store = NULL};
	struct line_writer out;
	struct err e;
	int status = EX_OK;

	line_writer_init(&out, fileno(stdout));
	answers.out = &out;
	if (open_store(STORE_WRITE, &answers.store, &e) < 0)
		status = diag_error(&e);
	for (int i = 0; answers.store && i < argc; i++)
		status = err_worse(status, ack_one(&answers, argv[i]));
	line_writer_clear(&out);
	store_close(answers.store);
	return status;
}

static int show_one(struct store *store, const char *id, struct terminal *terminal, struct line_writer *out)
{
	struct err e;
	int count = 0;

	if (store)
		count = as_json ? show_lines(store, id, out, &e) : show_draw(store, id, terminal, when_now_ms(), &e);

	if (count == 0)
		err_set(&e, EX_DATAERR, "no receipt of '%s'", err_quote(id));
	return count > 0 ? EX_OK : diag_error(&e);
}

static int run_show(int argc, char **argv)
{
	struct store *store = NULL;
	struct line_writer out;
	struct terminal terminal;
	struct err e;
	int status = EX_OK;

	setlocale(LC_CTYPE, "");
	if (open_store(STORE_READ, &store, &e) < 0 && e.code != EX_UNAVAILABLE)
		return diag_error(&e);
	terminal_look(&terminal, stdout);
	line_writer_init(&out, fileno(stdout));
	for (int i = 0; i < argc; i++) {
		if (i > 0 && !as_json)
			putchar('\n');
		status = err_worse(status, show_one(store, argv[i], &terminal, &out));
	}
	if (line_flush(&out, &e) < 0)
		status = err_worse(status, diag_error(&e));
	line_writer_clear(&out);
	store_close(store);
	return status;
}

static int parse_report(struct report *r, struct err *e)
{
	*r = (struct report){.since_ms = INT64_MIN, .until_ms = INT64_MAX, .now_ms = when_now_ms()};
	if (as_json && as_csv)
		return err_set(e, EX_USAGE, "--json and --csv exclude each other");
	if (since && report_parse_time("since", since, r->now_ms, &r->since_ms, e) < 0)
		return -1;
	if (until && report_parse_time("until", until, r->now_ms, &r->until_ms, e) < 0)
		return -1;
	if (r->since_ms >= r->until_ms)
		return err_set(e, EX_USAGE, "--since: not before --until");
	return report_parse_by(r, by, e);
}

static int run_report(int argc, char **argv)
{
	struct store *store = NULL;
	struct terminal terminal;
	struct tally *tally;
	struct report report;
	struct err e;
	int status = EX_OK;

	(void)argc, (void)argv;
	setlocale(LC_CTYPE, "");
	if (parse_report(&report, &e) < 0)
		return diag_error(&e);
	if (open_store(STORE_READ, &store, &e) < 0 && e.code != EX_UNAVAILABLE)
		return diag_error(&e);
	tally = tally_new(report.by, report.by_count);
	terminal_look(&terminal, stdout);
	if (store && tally_count(tally, store, report.since_ms, report.until_ms, &e) < 0)
		status = diag_error(&e);
	else if (as_json)
		report_json(&report, tally, stdout);
	else if (as_csv)
		report_csv(&report, tally, stdout);
	else
		report_draw(&report, tally, &terminal);
	tally_free(tally);
	store_close(store);
	return status;
}

static int find_link(struct store *store, const char *code, struct line_writer *out, struct err *e)
{
	json_t *link;
	int got = store ? link_find(store, code, &link, e) : 0, result;

	if (got < 0)
		return -1;
	if (got == 0)
		return err_set(e, EX_DATAERR, "no link '%s'", err_quote(code));
	result = line_write_json(out, link, e);
	json_decref(link);
	return result;
}

static int run_link(int argc, char **argv)
{
	struct store *store = NULL;
	struct line_writer out;
	struct err e;
	int status = EX_OK;

	if (open_store(STORE_READ, &store, &e) < 0 && e.code != EX_UNAVAILABLE)
		return diag_error(&e);
	line_writer_init(&out, fileno(stdout));
	for (int i = 0; i < argc; i++)
		if (find_link(store, argv[i], &out, &e) < 0)
			status = err_worse(status, diag_error(&e));
	if (line_flush(&out, &e) < 0)
		status = err_worse(status, diag_error(&e));
	line_writer_clear(&out);
	store_close(store);
	return status;
}

static const struct option_def record_options[] = {
    {0, "rejects", OPTION_TEXT, &rejects, "file", "append lines that are refused to this file", false, 0, 0, "file"},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct option_def ack_options[] = {
    {0, "contact", OPTION_TEXT, &contact, "contact", "who has acknowledged it (all recipients)", false, 0, 0, NULL},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct option_def show_options[] = {
    {0, "json", OPTION_FLAG, &as_json, NULL, "print the receipts as lines", false, 0, 0, NULL},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct option_def link_options[] = {
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct option_def report_options[] = {
    {0, "since", OPTION_TEXT, &since, "time", "from then on: 24h, 2026-11-24, or a whole time", false, 0, 0, NULL},
    {0, "until", OPTION_TEXT, &until, "time", "up to then", false, 0, 0, NULL},
    {0, "by", OPTION_TEXT, &by, "list", "of channel, via, purpose, topic, day", false, 0, 0,
        "channel via purpose topic day"},
    {0, "json", OPTION_FLAG, &as_json, NULL, "print a JSON line for each group", false, 0, 0, NULL},
    {0, "csv", OPTION_FLAG, &as_csv, NULL, "print a CSV row for each group", false, 0, 0, NULL},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct command commands[] = {
    {"record", "[file ...]", "record receipts and pass every line on", record_options, 0, SIZE_MAX, run_record},
    {"ack", "id ...", "record that messages are acknowledged", ack_options, 1, SIZE_MAX, run_ack},
    {"show", "id ...", "show what became of messages", show_options, 1, SIZE_MAX, run_show},
    {"link", "code ...", "show where a tracked link leads", link_options, 1, SIZE_MAX, run_link},
    {"report", NULL, "sum up what became of all messages", report_options, 0, 0, run_report},
    {NULL, NULL, NULL, NULL, 0, 0, NULL},
};

int main(int argc, char **argv)
{
	static const struct program program = {
	    "msg-receipts",
	    "Knows what happened to messages: sent, delivered, read, failed.",
	    commands,
	    "msg-send <messages.jsonl | msg-receipts record\nmsg-receipts report --since 24h\n",
	};

	return option_main(&program, argc, argv);
}
