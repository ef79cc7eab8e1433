#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/diag.h"
#include "common/line/filter.h"

#include "common/banned.h"

#define SETTLE_LINES 1024
#define SETTLE_BYTES (64u << 10)

int filter_init(struct filter *f, struct err *e)
{
	signal(SIGPIPE, SIG_IGN);
	line_writer_init(&f->out, STDOUT_FILENO);
	f->out.hold = true;
	f->rejects_fd = -1;
	f->status = EX_OK;
	if (!f->rejects)
		return 0;
	f->rejects_fd = open(f->rejects, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (f->rejects_fd < 0)
		return err_set(e, EX_CANTCREAT, "cannot open '%s': %s", f->rejects, strerror(errno));
	return 0;
}

void filter_clear(struct filter *f)
{
	line_writer_clear(&f->out);
	if (f->rejects_fd >= 0)
		close(f->rejects_fd);
	f->rejects_fd = -1;
}

static void raise_status(struct filter *f, const struct err *e)
{
	f->status = err_worse(f->status, diag_error(e));
}

void filter_spill(void *filter, const char *data, size_t len)
{
	struct filter *f = filter;
	struct err e;

	while (f->rejects_fd >= 0 && len > 0) {
		ssize_t put = write(f->rejects_fd, data, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			err_set(&e, EX_IOERR, "cannot write '%s': %s", f->rejects, strerror(errno));
			raise_status(f, &e);
			return;
		}
		data += put;
		len -= (size_t)put;
	}
}

void filter_reject(struct filter *f, const char *name, const struct line *l, struct err *e)
{
	err_at(e, "%s%sline %llu: ", name ? name : "", name ? ": " : "", (unsigned long long)l->number);
	raise_status(f, e);
	if (l->text && f->rejects_fd >= 0) {
		filter_spill(f, l->text, l->len);
		filter_spill(f, "\n", 1);
	}
}

int filter_settle(struct filter *f, struct err *e)
{
	if (f->settle && f->settle(f->ctx, e) < 0)
		return -1;
	if (line_flush(&f->out, e) < 0)
		return -1;
	return f->written ? f->written(f->ctx, e) : 0;
}

/* 0: done with the line, -1: the run must end. */
static int handle_line(struct filter *f, const char *name, const struct line *l, struct err *e)
{
	json_t *value = line_parse(l, e);
	int type, result = -1;

	if (value) {
		type = envelope_type(value, e);
		if (type == ENVELOPE_OTHER)
			result = 1;
		else if (type >= 0 && envelope_check(value, (enum envelope)type, e) == 0)
			result = f->handle(f->ctx, l, value, (enum envelope)type, e);
	}
	if (result == 1)
		result = line_write(&f->out, l->text, l->len, e);
	json_decref(value);
	if (result < 0 && e->code == EX_DATAERR) {
		filter_reject(f, name, l, e);
		return 0;
	}
	if (result < 0)
		err_at(e, "%s%sline %llu: ", name ? name : "", name ? ": " : "", (unsigned long long)l->number);
	return result;
}

static int run_lines(struct filter *f, struct line_reader *r, const char *name, struct err *e)
{
	unsigned since_settle = 0;

	for (;;) {
		struct line l = {0};
		int got = line_reader_next(r, &l, e);

		if (got < 0) {
			l.number = r->number;
			filter_reject(f, name, &l, e);
			continue;
		}
		if (got > 0) {
			if (handle_line(f, name, &l, e) < 0) {
				struct err ignored;

				/* This line ends the run; the lines before it are done and must not be lost with it. */
				filter_settle(f, &ignored);
				return -1;
			}
			if (++since_settle < SETTLE_LINES && f->out.buf.len < SETTLE_BYTES)
				continue;
		}
		if (filter_settle(f, e) < 0)
			return -1;
		since_settle = 0;
		if (got == 0) {
			if (r->eof)
				return 0;
			if (line_reader_fill(r, e) < 0)
				return -1;
		}
	}
}

static int run_file(struct filter *f, const char *path, struct err *e)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct line_reader r;
	int result;

	if (fd < 0)
		return err_set(e, EX_USAGE, "cannot open '%s': %s", path, strerror(errno));
	line_reader_init(&r, fd);
	r.spill = filter_spill;
	r.spill_ctx = f;
	result = run_lines(f, &r, standard ? NULL : path, e);
	line_reader_clear(&r);
	if (!standard)
		close(fd);
	return result;
}

int filter_run(struct filter *f, char *const *files, size_t count)
{
	static char *const standard_input[] = {(char *)"-"};
	struct err e;

	if (count == 0) {
		if (isatty(STDIN_FILENO)) {
			err_set(&e, EX_USAGE, "no input: pipe JSON lines in or name a file (-h for help)");
			return diag_error(&e);
		}
		files = standard_input;
		count = 1;
	}
	for (size_t i = 0; i < count; i++)
		if (run_file(f, files[i], &e) < 0) {
			raise_status(f, &e);
			break;
		}
	return f->status;
}
