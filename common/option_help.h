/* The usage lines and the text of -h from a program's option table, within 80 columns. Used by option.c only. */
#ifndef MSG_OPTION_HELP_H
#define MSG_OPTION_HELP_H

#include <stdio.h>

#include "common/option.h"

/* The usage of one command, or of all with NULL. */
void option_print_usage(const struct program *p, const struct command *only, FILE *out);

/* What -h says: of one command, or of the program with NULL. */
void option_print_help(const struct program *p, const struct command *only);

#endif
