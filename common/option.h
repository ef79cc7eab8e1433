/*
 * One table a command: it yields the parsing (getopt_long), the text of -h, the completions for bash, zsh and fish
 * (--completion SHELL), and the SYNOPSIS that the tests hold against the manual page.
 *
 * A program has one `struct command` without a name, several with names ("msg-optin check"), or both: then the one
 * without a name stands first in the table and runs unless the first operand is another's name ("msg-route explain";
 * a file called like a command is written "./explain", or behind "--"). Every command also has the common options:
 * -c FILE, -q, -v, -h, -V.
 */
#ifndef MSG_OPTION_H
#define MSG_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

enum option_kind {
	OPTION_FLAG,            /* bool */
	OPTION_TEXT,            /* const char *, the last one counts */
	OPTION_LIST,            /* struct option_list, each adds one */
	OPTION_COUNT,           /* unsigned, `min` to `max` */
	OPTION_DURATION,        /* int64_t milliseconds */
};

struct option_list {
	const char **items;
	size_t count;
};

struct option_def {
	char letter;            /* 0 for none */
	const char *name;       /* long name, never NULL; a def without one ends the table */
	enum option_kind kind;
	void *target;
	const char *arg;        /* as the manual page names it, lower case; NULL for a flag */
	const char *help;
	bool optional_arg;      /* -w, --wait[=duration]: the letter alone, the name with or without a value */
	unsigned min, max;      /* of a count */
	const char *values;     /* for the completions: "file", "directory", or words separated by spaces; may be NULL */
};

struct command {
	const char *name;       /* NULL for what the program does without a command's name */
	const char *operands;   /* as in the SYNOPSIS: "[file ...]" */
	const char *help;       /* one line */
	const struct option_def *options;       /* or NULL */
	size_t min_operands, max_operands;      /* SIZE_MAX: any number */
	int (*run)(int argc, char **argv);      /* the operands; returns the exit status */
};

struct program {
	const char *name;
	const char *help;       /* what the program is for */
	const struct command *commands;         /* ended by one whose `help` is NULL */
	const char *footer;     /* examples under -h, a line each, or NULL */
};

struct option_common {
	const char *config;     /* -c, or NULL */
	bool quiet;
	int verbosity;
};

extern struct option_common option_common;

#define MSG_VERSION "0.1.0"

/* Parses, sets diag up, answers -h, -V and --completion, runs the command and makes sure that stdout took everything. */
int option_main(const struct program *p, int argc, char **argv);

#endif
