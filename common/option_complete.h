/* Completion scripts from a program's option table. Used by option.c only. */
#ifndef MSG_OPTION_COMPLETE_H
#define MSG_OPTION_COMPLETE_H

#include "common/option.h"

/* Prints the script for "bash", "zsh" or "fish"; EX_USAGE for another word. */
int option_complete(const struct program *p, const char *shell);

/* The common options and the command's own, in the order of the usage line; returns how many. */
size_t option_collect(const struct command *c, const struct option_def **ret_defs, size_t max);

#endif
