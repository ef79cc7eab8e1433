#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/deliver/progress.h"
#include "common/line/when.h"
#include "common/option.h"

#include "common/banned.h"

static int64_t began_ms, drawn_ms;

/* The line is written over itself. */
static bool can_redraw(void)
{
	const char *term = getenv("TERM");

	return term && strcmp(term, "dumb") != 0;
}

void progress_show(const struct deliver_counts *c)
{
	int64_t now = when_now_ms();

	if (!began_ms)
		began_ms = now;
	/* Receipts on a terminal say it themselves, and would be written into this line. */
	if (now - began_ms < 1000 || !can_redraw() || now - drawn_ms < 500 || option_common.quiet || !isatty(STDERR_FILENO) || isatty(STDOUT_FILENO))
		return;
	drawn_ms = now;
	fprintf(stderr, "\r\033[K%" PRIu64 " messages, %" PRIu64 " accepted, %" PRIu64 " delivered", c->messages, c->accepted, c->delivered);
	if (c->queued)
		fprintf(stderr, ", %" PRIu64 " to try again", c->queued);
	if (c->failed + c->blocked)
		fprintf(stderr, ", %" PRIu64 " failed, %" PRIu64 " blocked", c->failed, c->blocked);
	fprintf(stderr, "  %.0f/s", (double)c->accepted * 1000 / (double)(now - began_ms));
	fflush(stderr);
}

void progress_end(void)
{
	if (drawn_ms)
		fputs("\r\033[K", stderr);
	drawn_ms = 0;
}
