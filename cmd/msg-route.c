/* msg-route: decide. Gives each message its plan; explains it; checks the policy. */
#include <locale.h>
#include <stdio.h>

#include "common/deliver/ways.h"
#include "common/diag.h"
#include "common/line/filter.h"
#include "common/option.h"
#include "common/policy/explain.h"
#include "common/policy/route.h"

#include "common/banned.h"

static const char *rejects;
static bool as_json;

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
	if (config_load(option_common.config, &s->config, e) < 0 || accounts_open(s->config, true, &s->accounts, e) < 0 ||
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

static int run_check(int argc, char **argv)
{
	struct session s = {0};
	struct err e;
	int status = EX_OK;

	if (open_policy(&s, argc > 0 ? argv[0] : NULL, &e) < 0)
		status = diag_error(&e);
	else
		policy_lint(s.policy, count_finding, &status);
	if (status == EX_OK)
		diag_note("%zu rule%s, nothing to remark", policy_rule_count(s.policy), policy_rule_count(s.policy) == 1 ? "" : "s");
	close_session(&s);
	return status;
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

static const struct command commands[] = {
    {NULL, "[file ...]", "give each message its plan", filter_options, 0, SIZE_MAX, run_filter},
    {"explain", "[file ...]", "say why a message goes which way", explain_options, 0, SIZE_MAX, run_explain},
    {"check", "[policy]", "check the policy", NULL, 0, 1, run_check},
    {NULL, NULL, NULL, NULL, 0, 0, NULL},
};

int main(int argc, char **argv)
{
	static const struct program program = {
	    "msg-route",
	    "decide which channels a message takes, in which order",
	    commands,
	    "msg-route messages.jsonl | msg-send\nmsg-route explain messages.jsonl\n",
	};

	return option_main(&program, argc, argv);
}
