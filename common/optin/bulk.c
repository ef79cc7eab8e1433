#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/diag.h"
#include "common/optin/bulk.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define GROUP 256       /* answers a transaction */

struct running {
	const struct optin_bulk *bulk;
	struct line_writer out;
	unsigned since_settle;
	bool undone;            /* what is waiting to be printed is not in the store */
	int status;
};

static int settle(struct running *r, struct err *e)
{
	r->since_settle = 0;
	if (r->bulk->store && store_commit(r->bulk->store, e) < 0) {
		r->undone = true;
		return -1;
	}
	return line_flush(&r->out, e);
}

/* `line` is 0 for an operand. -1 when the run must end. */
static int answer(struct running *r, const char *who, uint64_t line, struct err *e)
{
	int result;

	if (r->bulk->store && (r->bulk->reads ? store_begin_read : store_begin)(r->bulk->store, e) < 0)
		return -1;
	result = r->bulk->answer(r->bulk->ctx, who, &r->out, e);
	if (result < 0 && e->code != EX_DATAERR)
		return -1;
	if (result < 0) {
		if (line)
			err_at(e, "line %llu: ", (unsigned long long)line);
		result = diag_error(e);
	}
	r->status = err_worse(r->status, result);
	return ++r->since_settle < GROUP ? 0 : settle(r, e);
}

static int answer_line(struct running *r, const struct line *l, struct err *e)
{
	const char *start = l->text, *end = l->text + l->len;
	char *who;
	int result;

	while (start < end && strchr(" \t\r", *start))
		start++;
	while (end > start && strchr(" \t\r", end[-1]))
		end--;
	who = xstrndup(start, (size_t)(end - start));
	result = answer(r, who, l->number, e);
	free(who);
	return result;
}

/* What was read is committed and printed before it waits for more. */
static int answer_input(struct running *r, struct err *e)
{
	struct line_reader reader;
	int result = 0;

	line_reader_init(&reader, STDIN_FILENO);
	while (result == 0) {
		struct line l;
		int got = line_reader_next(&reader, &l, e);

		if (got < 0) {
			err_at(e, "line %llu: ", (unsigned long long)reader.number);
			r->status = err_worse(r->status, diag_error(e));
		} else if (got > 0)
			result = answer_line(r, &l, e);
		else if (settle(r, e) < 0)
			result = -1;
		else if (reader.eof)
			break;
		else if (line_reader_fill(&reader, e) < 0)
			result = -1;
	}
	line_reader_clear(&reader);
	return result;
}

static int answer_all(struct running *r, char *const *operands, size_t count, struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if ((strcmp(operands[i], "-") == 0 ? answer_input(r, e) : answer(r, operands[i], 0, e)) < 0)
			return -1;
	return settle(r, e);
}

int optin_bulk_run(const struct optin_bulk *bulk, char *const *operands, size_t count)
{
	struct running r = {.bulk = bulk, .status = EX_OK};
	struct err e;

	line_writer_init(&r.out, STDOUT_FILENO);
	r.out.hold = true;
	if (answer_all(&r, operands, count, &e) < 0) {
		struct err ignored;

		r.status = err_worse(r.status, diag_error(&e));
		/* The answers before the one that failed are whole. */
		if (!r.undone)
			settle(&r, &ignored);
	}
	line_writer_clear(&r.out);
	return r.status;
}
