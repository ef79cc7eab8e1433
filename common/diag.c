#include <stdarg.h>
#include <stdio.h>

#include "common/diag.h"

#include "common/banned.h"

static const char *name = "msg";
static bool be_quiet;
static int be_verbose;

void diag_init(const char *program, bool quiet, int verbosity)
{
	name = program;
	be_quiet = quiet;
	be_verbose = verbosity;
}

const char *diag_program(void)
{
	return name;
}

int diag_verbosity(void)
{
	return be_verbose;
}

int diag_error(const struct err *e)
{
	fprintf(stderr, "%s: %s\n", name, e->text);
	return e->code;
}

void diag_note(const char *fmt, ...)
{
	va_list args;

	if (be_quiet)
		return;
	fprintf(stderr, "%s: ", name);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}
