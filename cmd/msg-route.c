/*
 * msg-route: decide. Gives each message its plan; explains it; checks the policy. Gives each task to somebody; takes what
 * agents say about that; shows the queues.
 */
#include <locale.h>
#include <stdio.h>
#include <unistd.h>

#include "common/assign/desk_run.h"
#include "common/assign/queue.h"
#include "common/assign/roster.h"
#include "common/deliver/ways.h"
#include "common/diag.h"
#include "common/line/filter.h"
#include "common/line/when.h"
#include "common/option.h"
#include "common/policy/cases.h"
#include "common/policy/explain.h"
#include "common/policy/route.h"

#include "common/banned.h"

static const char *rejects;
static bool as_json, with_secrets;

struct session {
	struct config *config;
	struct accounts *accounts;
	struct policy *policy;
	struct contacts *contacts;
	struct filter filter;
	struct route route;
	struct explain explain;
};

/* `policy` NULL: the configuration's. */
static int open_policy(struct session *s, const char *policy, struct err *e)
{
	if (config_load(option_common.config, &s->config, e) < 0 || accounts_open(s->config, !with_secrets, &s->accounts, e) < 0 ||
	    policy_load(policy ? policy : s->config->policy, s->config, &s->policy, e) < 0)
		return -1;
	ways_connect(s->policy, s->accounts);
	return 0;
}

static int open_session(struct session *s, struct err *e)
{
	if (open_policy(s, NULL, e) < 0 || contacts_open(s->config, &s->contacts, e) < 0)
		return -1;
	route_init(&s->route, s->policy, s->contacts, s->config->state, &s->filter.out);
	return 0;
}

static void close_session(struct session *s)
{
	store_close(s->route.store);
	route_clear(&s->route);
	contacts_free(s->contacts);
	policy_free(s->policy);
	accounts_free(s->accounts);
	config_free(s->config);
}

static int route_line(void *ctx, const struct line *l, json_t *value, enum envelope type, struct err *e)
{
	struct session *s = ctx;

	return type == ENVELOPE_MESSAGE ? route_message(&s->route, l, value, e) : 1;
}

static int explain_line(void *ctx, const struct line *l, json_t *value, enum envelope type, struct err *e)
{
	struct session *s = ctx;

	(void)l;
	return type == ENVELOPE_MESSAGE ? explain_message(&s->explain, value, e) : 0;
}

static int settle(void *ctx, struct err *e)
{
	struct session *s = ctx;

	if (s->explain.any && fflush(stdout) != 0)
		return err_set(e, EX_IOERR, "cannot write output");
	return route_settle(&s->route, e);
}

static int run(struct session *s, int argc, char **argv)
{
	struct err e;
	int status;

	s->filter.settle = settle;
	s->filter.ctx = s;
	s->filter.rejects = rejects;
	if (filter_init(&s->filter, &e) < 0 || open_session(s, &e) < 0) {
		status = diag_error(&e);
	} else {
		status = filter_run(&s->filter, argv, (size_t)argc);
		if (s->route.refused > 0)
			status = err_worse(status, EX_UNDELIVERED);
		if (s->route.no_account.code)
			status = err_worse(status, diag_error(&s->route.no_account));
	}
	close_session(s);
	filter_clear(&s->filter);
	return status;
}

static int run_filter(int argc, char **argv)
{
	struct session s = {.filter = {.handle = route_line}};

	return run(&s, argc, argv);
}

static int run_explain(int argc, char **argv)
{
	struct session s = {.filter = {.handle = explain_line}};
	struct terminal terminal;

	setlocale(LC_CTYPE, "");
	terminal_look(&terminal, stdout);
	s.explain = (struct explain){.route = &s.route, .terminal = as_json ? NULL : &terminal, .whole = option_common.verbosity > 0};
	return run(&s, argc, argv);
}

static void count_finding(void *ctx, const struct err *finding)
{
	*(int *)ctx = err_worse(*(int *)ctx, diag_error(finding));
}

static void note_counts(size_t rules, const struct desk *desk)
{
	const char *s = rules == 1 ? "" : "s";

	if (desk && desk->yaml)
		diag_note("%zu rule%s, %zu agent%s, %zu queue%s, nothing to remark", rules, s, desk->agent_count,
		    desk->agent_count == 1 ? "" : "s", desk->queue_count, desk->queue_count == 1 ? "" : "s");
	else
		diag_note("%zu rule%s, nothing to remark", rules, s);
}

static void check_agents(const struct config *config, struct desk **ret_desk, int *status)
{
	struct err e;

	if (desk_load(config->agents, ret_desk, &e) < 0)
		*status = err_worse(*status, diag_error(&e));
	else
		desk_lint(*ret_desk, count_finding, status);
}

static void check_contacts(struct session *s, int *status)
{
	struct err e;

	if (contacts_open(s->config, &s->contacts, &e) < 0)
		*status = err_worse(*status, diag_error(&e));
}

static int run_check(int argc, char **argv)
{
	struct session s = {0};
	struct desk *desk = NULL;
	struct err e;
	int status = EX_OK;

	if (open_policy(&s, argc > 0 ? argv[0] : NULL, &e) < 0)
		status = diag_error(&e);
	else
		policy_lint(s.policy, count_finding, &status);
	if (argc == 0 && s.policy) {
		check_agents(s.config, &desk, &status);
		check_contacts(&s, &status);
	}
	if (with_secrets && s.policy)
		accounts_check_secrets(s.accounts, count_finding, &status);
	if (status == EX_OK)
		note_counts(policy_rule_count(s.policy), desk);
	desk_free(desk);
	close_session(&s);
	return status;
}

static int run_test(int argc, char **argv)
{
	struct session s = {0};
	struct cases_result result = {0};
	struct err e;
	int status = EX_OK;

	(void)argc;
	if (open_policy(&s, argv[0], &e) < 0 || contacts_open(s.config, &s.contacts, &e) < 0 ||
	    cases_run(s.policy, s.contacts, argv[1], stdout, &result, &e) < 0)
		status = diag_error(&e);
	if (fflush(stdout) != 0 && err_set(&e, EX_IOERR, "cannot write output"))
		status = err_worse(status, diag_error(&e));
	if (status == EX_OK)
		diag_note("%zu case%s, %zu failed", result.count, result.count == 1 ? "" : "s", result.failed);
	if (result.failed > 0)
		status = err_worse(status, EX_UNDELIVERED);
	close_session(&s);
	return status;
}

/* ---- tasks and agents ---- */

static bool due, as_table;
static const char *agent, *heir;
static struct roster_change change;
static int64_t since_ms;

static int run_assign(int argc, char **argv)
{
	struct desk_run r = {.filter.rejects = rejects};
	struct err e;

	if (due && argc > 0) {
		err_set(&e, EX_USAGE, "--due reads no file");
		return diag_error(&e);
	}
	return due ? desk_run_due(&r, option_common.config) : desk_run_filter(&r, option_common.config, argv, (size_t)argc);
}

static int run_say(desk_say_fn *say, int argc, char **argv)
{
	struct desk_run r = {.config = NULL};

	return desk_run_say(&r, option_common.config, say, agent, heir, argv, (size_t)argc);
}

static int run_accept(int argc, char **argv)
{
	return run_say(assign_accept, argc, argv);
}

static int run_decline(int argc, char **argv)
{
	return run_say(assign_decline, argc, argv);
}

static int run_complete(int argc, char **argv)
{
	return run_say(assign_complete, argc, argv);
}

static int run_transfer(int argc, char **argv)
{
	struct err e;

	if (heir)
		return run_say(assign_transfer, argc, argv);
	err_set(&e, EX_USAGE, "--to: who is to get it?");
	return diag_error(&e);
}

/* A table for a person, lines for a program; --table and --json overrule what standard output is. */
static bool wants_table(struct terminal *terminal)
{
	setlocale(LC_CTYPE, "");
	terminal_look(terminal, stdout);
	return as_table || (!as_json && isatty(STDOUT_FILENO));
}

static int show_agents(struct desk_run *r, const char *id, struct err *e)
{
	struct roster_question question = {id, when_now_ms(), since_ms};
	struct terminal terminal;

	if (wants_table(&terminal))
		return roster_draw(r->desk, r->store, &question, &terminal, e);
	if (roster_write(r->desk, r->store, &question, &r->filter.out, e) < 0)
		return -1;
	return line_flush(&r->filter.out, e);
}

/* 1: there is no such agent any more. */
static int set_agent(struct desk_run *r, const char *id, struct err *e)
{
	if (roster_check(id, &change, e) < 0)
		return -1;
	return roster_says_something(&change) ? roster_set(r->desk, r->store, id, &change, when_now_ms(), e) : 0;
}

static int run_agent(int argc, char **argv)
{
	struct desk_run r = {.config = NULL};
	const char *id = argc > 0 ? argv[0] : NULL;
	struct err e;
	int result;

	if (desk_run_open(&r, option_common.config, DESK_STORE_WRITE, &e) < 0)
		return desk_run_close(&r, diag_error(&e));
	result = id ? set_agent(&r, id, &e) : 0;
	if (result == 0)
		result = show_agents(&r, id, &e);
	return desk_run_close(&r, result < 0 ? diag_error(&e) : EX_OK);
}

static int run_queue(int argc, char **argv)
{
	struct desk_run r = {.config = NULL};
	struct queue_question question = {argc > 0 ? argv[0] : NULL, when_now_ms(), since_ms ? since_ms : 24 * WHEN_HOUR};
	struct terminal terminal;
	struct err e;
	int result;

	if (desk_run_open(&r, option_common.config, DESK_STORE_READ, &e) < 0)
		return desk_run_close(&r, diag_error(&e));
	if (wants_table(&terminal))
		result = queue_draw(r.desk, r.store, &question, &terminal, &e);
	else
		result = queue_write(r.desk, r.store, &question, &r.filter.out, &e);
	if (result == 0)
		result = line_flush(&r.filter.out, &e);
	return desk_run_close(&r, result < 0 ? diag_error(&e) : EX_OK);
}

static const struct option_def filter_options[] = {
    {0, "rejects", OPTION_TEXT, &rejects, "file", "append lines that are refused to this file", false, 0, 0, "file"},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct option_def explain_options[] = {
    {0, "json", OPTION_FLAG, &as_json, NULL, "print a JSON line for each recipient", false, 0, 0, NULL},
    {0, "rejects", OPTION_TEXT, &rejects, "file", "append lines that are refused to this file", false, 0, 0, "file"},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct option_def assign_options[] = {
    {0, "due", OPTION_FLAG, &due, NULL, "read nothing: do what has come due", false, 0, 0, NULL},
    {0, "rejects", OPTION_TEXT, &rejects, "file", "append lines that are refused to this file", false, 0, 0, "file"},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct option_def say_options[] = {
    {0, "agent", OPTION_TEXT, &agent, "agent", "who says so (default: whoever has the task)", false, 0, 0, NULL},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct option_def transfer_options[] = {
    {0, "agent", OPTION_TEXT, &agent, "agent", "who says so (default: whoever has the task)", false, 0, 0, NULL},
    {0, "to", OPTION_TEXT, &heir, "agent", "who is to get it", false, 0, 0, NULL},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct option_def agent_options[] = {
    {0, "capacity", OPTION_TEXT, &change.capacity, "number", "how many tasks at once, or by channel: voice=1,other=3", false, 0, 0, NULL},
    {0, "for", OPTION_DURATION, &change.for_ms, "duration", "how long --status holds (default: for good)", false, 0, 0, NULL},
    {0, "json", OPTION_FLAG, &as_json, NULL, "print lines, at a terminal too", false, 0, 0, NULL},
    {0, "langs", OPTION_TEXT, &change.langs, "list", "languages, separated by commas", false, 0, 0, NULL},
    {0, "reset", OPTION_FLAG, &change.reset, NULL, "forget what was set before: as agents.yaml has it", false, 0, 0, NULL},
    {0, "since", OPTION_DURATION, &since_ms, "duration", "count what was done in this time, too", false, 0, 0, NULL},
    {0, "skills", OPTION_TEXT, &change.skills, "list", "skills, separated by commas; es=5 has a level", false, 0, 0, NULL},
    {0, "status", OPTION_TEXT, &change.status, "status", "available, busy, away or offline", false, 0, 0, "available busy away offline"},
    {0, "table", OPTION_FLAG, &as_table, NULL, "print a table, into a pipe too", false, 0, 0, NULL},
    {0, "to", OPTION_TEXT, &change.to, "address", "where offers go: an address or a contact's id", false, 0, 0, NULL},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct option_def queue_options[] = {
    {0, "json", OPTION_FLAG, &as_json, NULL, "print lines, at a terminal too", false, 0, 0, NULL},
    {0, "since", OPTION_DURATION, &since_ms, "duration", "how far back the figures go (default: 24h)", false, 0, 0, NULL},
    {0, "table", OPTION_FLAG, &as_table, NULL, "print a table, into a pipe too", false, 0, 0, NULL},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct option_def check_options[] = {
    {0, "secrets", OPTION_FLAG, &with_secrets, NULL, "read the accounts' secrets too, as msg-send would", false, 0, 0, NULL},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct command commands[] = {
    {NULL, "[file ...]", "give each message its plan", filter_options, 0, SIZE_MAX, run_filter},
    {"explain", "[file ...]", "say why a message goes which way", explain_options, 0, SIZE_MAX, run_explain},
    {"check", "[policy]", "check the configuration and the policy", check_options, 0, 1, run_check},
    {"test", "policy cases", "test the policy", NULL, 2, 2, run_test},
    {"assign", "[file ...]", "filter: give tasks to agents", assign_options, 0, SIZE_MAX, run_assign},
    {"accept", "task ...", "take a task that was offered", say_options, 1, SIZE_MAX, run_accept},
    {"decline", "task ...", "give a task back: somebody else gets it", say_options, 1, SIZE_MAX, run_decline},
    {"complete", "task ...", "say that a task is done", say_options, 1, SIZE_MAX, run_complete},
    {"transfer", "task ...", "give a task to somebody", transfer_options, 1, SIZE_MAX, run_transfer},
    {"agent", "[agent]", "say what an agent does and can; without options, show it", agent_options, 0, 1, run_agent},
    {"queue", "[queue]", "show what waits, and for how long", queue_options, 0, 1, run_queue},
    {NULL, NULL, NULL, NULL, 0, 0, NULL},
};

int main(int argc, char **argv)
{
	static const struct program program = {
	    "msg-route",
	    "Decides which channels a message takes, and who takes a task.",
	    commands,
	    "msg-route messages.jsonl | msg-send\nmsg-route explain messages.jsonl\nmsg-bot flow.yaml | msg-route assign | msg-send\n",
	};

	return option_main(&program, argc, argv);
}
