/*
 * Options over getopt_long. The table's common part stands first in every usage line, the command's own after it;
 * short flags without an argument are collected into one bracket, as manual pages do.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/diag.h"
#include "common/line/utf8.h"
#include "common/line/when.h"
#include "common/option.h"
#include "common/closest.h"
#include "common/option_complete.h"
#include "common/option_help.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define MAX_OPTIONS 48
#define LONG_ONLY 256   /* getopt value of the first option without a letter */

struct option_common option_common;
static bool want_help, want_version;
static const char *want_completion;

static const struct option_def common_options[] = {
    {'h', "help", OPTION_FLAG, &want_help, NULL, "show this help", false, 0, 0, NULL},
    {'q', "quiet", OPTION_FLAG, &option_common.quiet, NULL, "no notices on stderr, errors only", false, 0, 0, NULL},
    {'v', "verbose", OPTION_FLAG, &option_common.verbosity, NULL, "say more, whole addresses among it", false, 0, 0, NULL},
    {'V', "version", OPTION_FLAG, &want_version, NULL, "show the version", false, 0, 0, NULL},
    {'c', "config", OPTION_TEXT, &option_common.config, "file", "configuration instead of the default", false, 0, 0, "file"},
    {0, "completion", OPTION_TEXT, &want_completion, NULL, NULL, false, 0, 0, NULL},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

size_t option_collect(const struct command *c, const struct option_def **ret_defs, size_t max)
{
	size_t count = 0;

	for (const struct option_def *d = common_options; d->name && count < max; d++)
		ret_defs[count++] = d;
	for (const struct option_def *d = c->options; d && d->name && count < max; d++)
		ret_defs[count++] = d;
	return count;
}

static int set_count(const struct option_def *d, const char *arg, struct err *e)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(arg, &end, 10);
	if (errno || end == arg || *end || *arg == '-' || value < d->min || value > d->max)
		return err_set(e, EX_USAGE, "--%s: not a number from %u to %u: '%s'", d->name, d->min, d->max, err_quote(arg));
	*(unsigned *)d->target = (unsigned)value;
	return 0;
}

/* Names of files may be any bytes; all else ends up in lines. */
static bool must_be_text(const struct option_def *d)
{
	return (d->kind == OPTION_TEXT || d->kind == OPTION_LIST) && !(d->values && strcmp(d->values, "file") == 0);
}

static int set_option(const struct option_def *d, const char *arg, struct err *e)
{
	struct option_list *list = d->target;

	if (must_be_text(d) && !utf8_valid(arg))
		return err_set(e, EX_USAGE, "--%s: not UTF-8: '%s'", d->name, err_quote(arg));

	switch (d->kind) {
	case OPTION_FLAG:
		if (d->target == &option_common.verbosity)
			option_common.verbosity++;
		else
			*(bool *)d->target = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)d->target = arg;
		return 0;
	case OPTION_LIST:
		list->items = xrealloc(list->items, (list->count + 1) * sizeof(*list->items));
		list->items[list->count++] = arg;
		return 0;
	case OPTION_COUNT:
		return set_count(d, arg, e);
	case OPTION_DURATION:
		if (!arg) {
			*(int64_t *)d->target = INT64_MAX;
			return 0;
		}
		if (when_parse_duration(arg, d->target) < 0)
			return err_set(e, EX_USAGE, "--%s: not a duration such as 15m: '%s'", d->name, err_quote(arg));
		return 0;
	}
	return 0;
}

static int refuse_long(const struct option_def *const *defs, size_t count, const char *word, struct err *e)
{
	size_t len = strcspn(word + 2, "=");
	char name[32];
	const char *guess = NULL, *first = NULL;

	snprintf(name, sizeof(name), "%.*s", len < sizeof(name) ? (int)len : 0, word + 2);
	for (size_t i = 0; i < count; i++) {
		const struct option_def *d = defs[i];

		if (!d->help)
			continue;
		if (strcmp(d->name, name) == 0)
			return err_set(e, EX_USAGE, "option '--%s' takes no value (-h for help)", d->name);
		if (*name && strncmp(d->name, name, len) == 0 && first)
			return err_set(e, EX_USAGE, "option '--%s' may be '--%s' or '--%s' (-h for help)", err_quote(name), first, d->name);
		if (*name && strncmp(d->name, name, len) == 0)
			first = d->name;
		guess = closest_of(name, guess, d->name);
	}
	if (guess)
		return err_set(e, EX_USAGE, "unknown option '%s' (did you mean '--%s'? -h for help)", err_quote(word), guess);
	return err_set(e, EX_USAGE, "unknown option '%s' (-h for help)", err_quote(word));
}

/* A letter that is none, a name that is none or is several, or a value where none belongs. */
static int refuse_option(const struct command *c, const char *word, struct err *e)
{
	const struct option_def *defs[MAX_OPTIONS];

	if (optopt == 0 || optopt >= LONG_ONLY)
		return refuse_long(defs, option_collect(c, defs, MAX_OPTIONS), word, e);
	return err_set(e, EX_USAGE, "unknown option '-%c' (-h for help%s)", optopt,
	    c->max_operands > 0 ? "; what begins with - and is no option goes behind --" : "");
}

/* Parses argv[1…]; *ret_first is the index of the first operand. */
static int parse(const struct command *c, int argc, char **argv, int *ret_first, struct err *e)
{
	const struct option_def *defs[MAX_OPTIONS];
	struct option longs[MAX_OPTIONS + 1];
	char letters[3 * MAX_OPTIONS + 2] = ":";
	size_t count = option_collect(c, defs, MAX_OPTIONS), at = 1;
	int got;

	for (size_t i = 0; i < count; i++) {
		const struct option_def *d = defs[i];
		bool takes = d->arg || d->target == &want_completion;

		longs[i] = (struct option){d->name, takes ? (d->optional_arg ? optional_argument : required_argument) : no_argument,
		    NULL, LONG_ONLY + (int)i};
		if (!d->letter)
			continue;
		letters[at++] = d->letter;
		if (takes && !d->optional_arg)
			letters[at++] = ':';
	}
	longs[count] = (struct option){0};
	letters[at] = '\0';
	optind = 1;
	opterr = 0;
	while ((got = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		const char *word = argv[optind - 1];
		const struct option_def *d = NULL;

		if (got == ':')
			return err_set(e, EX_USAGE, "option '%s' needs a value (-h for help)", err_quote(word));
		if (got == '?')
			return refuse_option(c, word, e);
		for (size_t i = 0; i < count; i++)
			if (got == LONG_ONLY + (int)i || (defs[i]->letter && got == defs[i]->letter))
				d = defs[i];
		if (d && set_option(d, optarg, e) < 0)
			return -1;
	}
	*ret_first = optind;
	return 0;
}

static const struct command *find_command(const struct program *p, const char *name)
{
	for (const struct command *c = p->commands; c->help; c++)
		if (c->name && name && strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

/* Output that did not get out is an error even when everything else went well. */
static int finish(int status)
{
	struct err e;

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	err_set(&e, EX_IOERR, "cannot write output: %s", strerror(errno));
	return err_worse(status, diag_error(&e));
}

static int run_command(const struct program *p, const struct command *c, int argc, char **argv)
{
	int first = 0;
	struct err e;
	size_t operands;

	if (parse(c, argc, argv, &first, &e) < 0)
		return diag_error(&e);
	diag_init(p->name, option_common.quiet, option_common.verbosity);
	if (want_completion)
		return finish(option_complete(p, want_completion));
	if (want_version) {
		printf("%s %s\n", p->name, MSG_VERSION);
		return finish(EX_OK);
	}
	if (want_help) {
		option_print_help(p, c->name ? c : NULL);
		return finish(EX_OK);
	}
	operands = (size_t)(argc - first);
	if (operands < c->min_operands || operands > c->max_operands) {
		err_set(&e, EX_USAGE, "%s (-h for help)", operands < c->min_operands ? "operand missing" : "too many operands");
		diag_error(&e);
		option_print_usage(p, c, stderr);
		return EX_USAGE;
	}
	return finish(c->run((int)operands, argv + first));
}

/* True when the word before an operand takes it as its value: "-c", "-qc", "--config". */
static bool takes_next(const struct command *c, const char *word)
{
	const struct option_def *defs[MAX_OPTIONS];
	size_t count = option_collect(c, defs, MAX_OPTIONS);
	bool is_long = word[1] == '-';

	for (const char *p = word + 1; *p; p++) {
		for (size_t i = 0; i < count; i++) {
			const struct option_def *d = defs[i];

			if (is_long ? strcmp(d->name, word + 2) != 0 : d->letter != *p)
				continue;
			if ((d->arg && !d->optional_arg) || d->target == &want_completion)
				return is_long || !p[1];
		}
		if (is_long)
			break;
	}
	return false;
}

/* Where the first operand stands, were these the options of `c`; argc when there is none before "--". */
static int first_operand(const struct command *c, int argc, char **argv)
{
	int at = 1;

	while (at < argc && argv[at][0] == '-' && argv[at][1]) {
		if (strcmp(argv[at], "--") == 0)
			return argc;
		at += takes_next(c, argv[at]) ? 2 : 1;
	}
	return at < argc ? at : argc;
}

/* -h, -V and --completion of a program that has only commands with names; anything else lacks the name. */
static int run_without_command(const struct program *p, const struct command *none, int argc, char **argv)
{
	struct err e;
	int first;

	if (parse(none, argc, argv, &first, &e) < 0)
		return diag_error(&e);
	if (want_help || want_version || want_completion)
		return run_command(p, none, argc, argv);
	err_set(&e, EX_USAGE, "command missing (-h for help)");
	return diag_error(&e);
}

/* Nothing that is opened later may take the place of a closed standard descriptor and be written to as one. */
static void hold_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);      /* still fails, as it should */
}

static int refuse_command(const struct program *p, const char *word)
{
	const char *guess = NULL;
	struct err e;

	for (const struct command *c = p->commands; c->help; c++)
		guess = closest_of(word, guess, c->name);
	if (guess)
		err_set(&e, EX_USAGE, "unknown command '%s' (did you mean '%s'? -h for help)", err_quote(word), guess);
	else
		err_set(&e, EX_USAGE, "unknown command '%s' (-h for help)", err_quote(word));
	return diag_error(&e);
}

int option_main(const struct program *p, int argc, char **argv)
{
	static const struct command none = {NULL, NULL, "", NULL, 0, SIZE_MAX, NULL};
	const struct command *bare = p->commands->name ? &none : p->commands, *named = NULL;
	int at;

	hold_standard_descriptors();
	signal(SIGCHLD, SIG_DFL);       /* ignored by our parent, the exit statuses of our children would be lost */
	diag_init(p->name, false, 0);
	at = first_operand(bare, argc, argv);
	if (at < argc)
		named = find_command(p, argv[at]);
	if (named) {
		for (; at > 0; at--)
			argv[at] = argv[at - 1];
		return run_command(p, named, argc - 1, argv + 1);
	}
	if (bare != &none)
		return run_command(p, bare, argc, argv);
	if (at == argc)
		return run_without_command(p, bare, argc, argv);
	return refuse_command(p, argv[at]);
}
