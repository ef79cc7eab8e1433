#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "common/diag.h"
#include "common/visible.h"

#include "common/banned.h"

#define DIAG_BYTES 8192

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

/* In one piece, so that the lines of programs that share a terminal do not run into each other. */
static void print(const char *text)
{
	struct buf b;

	buf_init(&b, DIAG_BYTES);
	buf_addf(&b, "%s: ", name);
	visible_add(&b, text, strlen(text));
	buf_add_char(&b, '\n');
	fwrite(b.data, 1, b.len, stderr);
	buf_clear(&b);
}

int diag_error(const struct err *e)
{
	print(e->text);
	return e->code;
}

void diag_note(const char *fmt, ...)
{
	char text[1024];
	va_list args;

	if (be_quiet)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	print(text);
}
