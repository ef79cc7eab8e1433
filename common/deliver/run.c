/*
 * One loop for lines and one for the outbox: take in while there is room, go on with what is under way, stop when a
 * signal asks for it. What was taken in and cannot be kept ends up in the rejects.
 */
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "common/deliver/progress.h"
#include "common/deliver/run.h"
#include "common/diag.h"
#include "common/line/phrase.h"
#include "common/line/when.h"

#include "common/banned.h"

#define STEP_MS 1000

static volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
	(void)number;
	stop_asked = 1;
}

/* What was ignored when we started (nohup) stays so. */
static void catch_signals(void)
{
	static const int asks[] = {SIGINT, SIGTERM, SIGHUP};
	const struct sigaction action = {.sa_handler = on_signal};
	struct sigaction before;

	for (size_t i = 0; i < COUNT_OF(asks); i++)
		if (sigaction(asks[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(asks[i], &action, NULL);
}

int run_deadline(const char *text, int64_t *ret_ms, struct err *e)
{
	int64_t now = when_now_ms(), length;
	struct phrase at;

	*ret_ms = 0;
	if (!text)
		return 0;
	if (when_parse_duration(text, &length) == 0) {
		*ret_ms = now + length;
		return 0;
	}
	if (phrase_parse(text, now, &at, e) < 0)
		return err_set(e, EX_USAGE, "--deadline: neither a duration such as 10m nor a time: '%s'", err_quote(text));
	if (at.ms < now)
		return err_set(e, EX_USAGE, "--deadline: has passed: '%s'", err_quote(text));
	*ret_ms = at.ms;
	return 0;
}

static int add(const struct run *r, const struct line *l, json_t *message, struct err *e)
{
	if (r->preview)
		return deliver_preview(r->deliver, message, r->preview, e);
	return deliver_add(r->deliver, l, message, e);
}

static void take_line(const struct run *r, const struct line *l)
{
	struct err e;
	json_t *value = line_parse(l, &e);
	int type = value ? envelope_type(value, &e) : -1, result = -1;

	if (type == ENVELOPE_MESSAGE)
		result = envelope_check(value, ENVELOPE_MESSAGE, &e) < 0 ? -1 : add(r, l, value, &e);
	else if (type >= 0)
		result = envelope_check(value, (enum envelope)type, &e) < 0 ? -1 : line_write(&r->filter->out, l->text, l->len, &e);
	json_decref(value);
	if (result < 0)
		filter_reject(r->filter, NULL, l, &e);
}

/* A signal asked for the end, or the deadline has come: what was read is still taken. */
static bool is_over(const struct run *r)
{
	return stop_asked || deliver_stopping(r->deliver);
}

/* Takes lines while there is room. False: none is left in the buffer. */
static bool take_lines(const struct run *r, struct line_reader *in)
{
	while (!deliver_full(r->deliver) || is_over(r)) {
		struct line l = {0};
		struct err e;
		int got = line_reader_next(in, &l, &e);

		if (got == 0)
			return false;
		if (got > 0) {
			take_line(r, &l);
			continue;
		}
		l.number = in->number;
		filter_reject(r->filter, NULL, &l, &e);
	}
	return true;
}

static void notice_sandbox(const struct run *r)
{
	static bool noticed;

	if (noticed || deliver_counts(r->deliver)->local == 0)
		return;
	noticed = true;
	diag_note("sandbox: nothing leaves this machine (msg-config(5) tells how to set a provider up)");
}

/* The second's patience is for a signal that comes between the look at `stop_asked` and the wait. */
static int step(const struct run *r, int watch_fd, bool *ret_readable, struct err *e)
{
	if (stop_asked)
		deliver_stop(r->deliver);
	if (deliver_step(r->deliver, STEP_MS, watch_fd, ret_readable, e) < 0)
		return -1;
	notice_sandbox(r);
	progress_show(deliver_counts(r->deliver));
	return 0;
}

/* The deadline came before the end of the input. */
static int say_unread(const struct run *r, const struct line_reader *in)
{
	struct err e;

	err_set(&e, EX_TEMPFAIL, "line %" PRIu64 " and what follows was not read: the deadline has come", (uint64_t)in->number + 1);
	r->filter->status = err_worse(r->filter->status, diag_error(&e));
	return 0;
}

static int run_reader(const struct run *r, struct line_reader *in, struct err *e)
{
	bool readable = false;

	for (;;) {
		bool more = take_lines(r, in);

		if (!more && (in->eof || is_over(r)) && deliver_idle(r->deliver))
			return in->eof || stop_asked ? 0 : say_unread(r, in);
		if (step(r, more || in->eof || is_over(r) ? -1 : in->fd, &readable, e) < 0)
			return -1;
		if (readable && line_reader_fill(in, e) < 0)
			return -1;
	}
}

static void keep_line(void *filter, const char *line)
{
	filter_spill(filter, line, strlen(line));
	filter_spill(filter, "\n", 1);
}

/* The rest of the input, to its end where somebody wants it. How many lines. */
static uint64_t spill_rest(struct filter *f, struct line_reader *in)
{
	uint64_t count = 0;
	struct line l;
	struct err e;

	do {
		while (line_reader_next(in, &l, &e) == 1) {
			filter_spill(f, l.text, l.len);
			filter_spill(f, "\n", 1);
			count++;
		}
	} while (f->rejects && line_reader_fill(in, &e) > 0);
	return count;
}

static void say_lost(struct filter *f, uint64_t lost)
{
	struct err e;

	if (lost == 0)
		return;
	err_set(&e, EX_CANTCREAT, "%" PRIu64 " messages were not queued%s%s", lost, f->rejects ? ", they are in " : "",
	    f->rejects ? f->rejects : "");
	f->status = err_worse(f->status, diag_error(&e));
}

/* The state cannot be written: what was read and is not in the outbox goes to the rejects, and so does the rest. */
static void give_up(const struct run *r, struct line_reader *in)
{
	uint64_t lost = deliver_unsaved(r->deliver, keep_line, r->filter);

	say_lost(r->filter, lost + spill_rest(r->filter, in));
}

void run_keep_unsaved(struct deliver *d, struct filter *f)
{
	say_lost(f, deliver_unsaved(d, keep_line, f));
}

void run_give_back(struct filter *f, int fd)
{
	struct line_reader in;

	if (!f->rejects)
		return;
	line_reader_init(&in, fd);
	in.spill = filter_spill;
	in.spill_ctx = f;
	say_lost(f, spill_rest(f, &in));
	line_reader_clear(&in);
}

int run_lines(const struct run *r, int fd, struct err *e)
{
	struct line_reader in;
	int result;

	catch_signals();
	line_reader_init(&in, fd);
	in.spill = filter_spill;
	in.spill_ctx = r->filter;
	result = run_reader(r, &in, e);
	if (result < 0)
		give_up(r, &in);
	line_reader_clear(&in);
	return result;
}

int run_message(const struct run *r, json_t *message, struct err *e)
{
	struct line_reader nothing;
	struct line l = {0};
	struct buf b;
	int result;

	catch_signals();
	buf_init(&b, (size_t)2 * LINE_BYTES);
	line_dump(&b, message);
	l.text = b.data;
	l.len = b.len;
	result = add(r, &l, message, e);
	buf_clear(&b);
	if (result < 0)
		return -1;
	line_reader_init(&nothing, -1);
	nothing.eof = true;
	return run_reader(r, &nothing, e);
}

int run_outbox(const struct run *r, bool watch, struct err *e)
{
	bool ignored;

	catch_signals();
	do {
		int got = is_over(r) ? 0 : deliver_claim(r->deliver, e);

		if (got < 0)
			return -1;
		if (got == 0 && deliver_idle(r->deliver) && (!watch || is_over(r)))
			return 0;
		if (step(r, -1, &ignored, e) < 0)
			return -1;
	} while (!stop_asked || !deliver_idle(r->deliver));
	return 0;
}
