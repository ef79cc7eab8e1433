#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/line/line.h"
#include "common/line/quick.h"

#include "common/banned.h"

#define READ_BYTES (64u << 10)
#define WRITE_BYTES (64u << 10)
#define WRITER_BYTES (256u << 20)       /* what may wait for a commit: the receipts of one message to a large group */

void line_reader_init(struct line_reader *r, int fd)
{
	*r = (struct line_reader){.fd = fd};
	buf_init(&r->buf, LINE_BYTES + READ_BYTES);
}

void line_reader_clear(struct line_reader *r)
{
	buf_clear(&r->buf);
}

static void drop_consumed(struct line_reader *r)
{
	if (r->start == 0)
		return;
	memmove(r->buf.data, r->buf.data + r->start, r->buf.len - r->start);
	r->buf.len -= r->start;
	r->start = 0;
}

int line_reader_fill(struct line_reader *r, struct err *e)
{
	ssize_t got;

	if (r->eof)
		return 0;
	drop_consumed(r);
	if (!buf_room(&r->buf, READ_BYTES)) {   /* nobody has taken the lines that are there */
		r->buf.over = false;
		return 1;
	}
	do
		got = read(r->fd, r->buf.data + r->buf.len, READ_BYTES);
	while (got < 0 && errno == EINTR);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 1;
	if (got < 0)
		return err_set(e, EX_IOERR, "cannot read input: %s", strerror(errno));
	r->buf.len += (size_t)got;
	r->eof = got == 0;
	return r->eof ? 0 : 1;
}

/* Passes over what is buffered of an oversized line; true when its end was in it. */
static bool skip_oversized(struct line_reader *r, const char *newline)
{
	size_t end = newline ? (size_t)(newline - r->buf.data) + 1 : r->buf.len;

	if (r->spill)
		r->spill(r->spill_ctx, r->buf.data + r->start, end - r->start);
	r->start = end;
	r->scanned = 0;
	if (!newline && r->eof && r->spill)
		r->spill(r->spill_ctx, "\n", 1);
	return newline || r->eof;
}

static bool is_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r')
			return false;
	return true;
}

int line_reader_next(struct line_reader *r, struct line *ret_line, struct err *e)
{
	static const char bom[] = {'\xef', '\xbb', '\xbf'};      /* before the first line of what Windows writes */

	for (;;) {
		const char *start = r->buf.data + r->start;
		size_t left = r->buf.len - r->start;
		const char *newline = NULL;
		size_t len;

		if (left > r->scanned)
			newline = memchr(start + r->scanned, '\n', left - r->scanned);
		len = newline ? (size_t)(newline - start) : left;
		if (r->skipping) {
			r->skipping = !skip_oversized(r, newline);
			if (r->skipping || !newline)
				return 0;
			continue;
		}
		if (len > LINE_BYTES) {
			r->number++;
			r->skipping = !skip_oversized(r, newline);
			return err_set(e, EX_DATAERR, "longer than %u bytes", LINE_BYTES);
		}
		if (!newline && (!r->eof || left == 0)) {
			r->scanned = left;
			return 0;
		}
		r->number++;
		r->start += len + (newline ? 1 : 0);
		r->scanned = 0;
		if (r->number == 1 && len >= sizeof(bom) && memcmp(start, bom, sizeof(bom)) == 0) {
			start += sizeof(bom);
			len -= sizeof(bom);
		}
		if (is_blank(start, len))
			continue;
		if (start[len - 1] == '\r')
			len--;
		*ret_line = (struct line){start, len, r->number};
		return 1;
	}
}

/*
 * What stands near the fault may be somebody's message, and is not shown. Most often it is no JSON at all, or an object
 * that jq has laid out over several lines.
 */
static int fail_parse(const struct line *l, const json_error_t *why, struct err *e)
{
	const char *near = strstr(why->text, " near '");
	size_t blank = 0;

	while (blank < l->len && (l->text[blank] == ' ' || l->text[blank] == '\t'))
		blank++;
	if (blank == l->len || (l->text[blank] != '{' && l->text[blank] != '['))
		return err_set(e, EX_DATAERR, "not JSON: a line is an object, from { to }");
	if (json_error_code(why) == json_error_premature_end_of_input)
		return err_set(e, EX_DATAERR, "not JSON: it ends within the object (one object a line, as 'jq -c .' writes them)");
	return err_set(e, EX_DATAERR, "not JSON: column %d: %s", why->position,
	    err_quote_n(why->text, near ? (size_t)(near - why->text) : strlen(why->text)));
}

json_t *line_parse(const struct line *l, struct err *e)
{
	json_error_t why;
	json_t *value = quick_parse(l->text, l->len);

	if (!value)
		value = json_loadb(l->text, l->len, JSON_REJECT_DUPLICATES, &why);
	if (!value) {
		fail_parse(l, &why, e);
		return NULL;
	}
	if (!json_is_object(value)) {
		json_decref(value);
		err_set(e, EX_DATAERR, "not a JSON object%s", *l->text == '[' ? " (jq -c '.[]' makes lines of a list)" : "");
		return NULL;
	}
	return value;
}

void line_writer_init(struct line_writer *w, int fd)
{
	*w = (struct line_writer){.fd = fd};
	buf_init(&w->buf, WRITER_BYTES);
}

void line_writer_clear(struct line_writer *w)
{
	buf_clear(&w->buf);
}

int line_flush(struct line_writer *w, struct err *e)
{
	size_t done = 0;

	while (done < w->buf.len) {
		ssize_t put = write(w->fd, w->buf.data + done, w->buf.len - done);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			int why = errno;

			buf_reset(&w->buf);
			return err_set(e, EX_IOERR, "cannot write output: %s", strerror(why));
		}
		done += (size_t)put;
	}
	buf_reset(&w->buf);
	return 0;
}

static int line_end(struct line_writer *w, struct err *e)
{
	buf_add_char(&w->buf, '\n');
	if (buf_over(&w->buf)) {
		buf_reset(&w->buf);
		return err_set(e, EX_IOERR, "more than %u MiB of output at once", WRITER_BYTES >> 20);
	}
	return w->each || (!w->hold && w->buf.len >= WRITE_BYTES) ? line_flush(w, e) : 0;
}

int line_write(struct line_writer *w, const char *text, size_t len, struct err *e)
{
	buf_add(&w->buf, text, len);
	return line_end(w, e);
}

static int add_piece(const char *data, size_t len, void *ctx)
{
	buf_add(ctx, data, len);
	return 0;
}

static void dump_slowly(struct buf *b, const json_t *value)
{
	json_dump_callback(value, add_piece, b, JSON_COMPACT | JSON_ENCODE_ANY);
}

/* What needs no escape, which is nearly all there is, is copied. */
static bool dump_plain(struct buf *b, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == '"' || text[i] == '\\')
			return false;
	buf_add_char(b, '"');
	buf_add(b, text, len);
	buf_add_char(b, '"');
	return true;
}

void line_dump_text(struct buf *b, const char *text)
{
	json_t *value;

	if (dump_plain(b, text, strlen(text)))
		return;
	value = json_string(text);
	dump_slowly(b, value);
	json_decref(value);
}

static void dump_object(struct buf *b, json_t *object)
{
	const char *key, *before = "{";
	json_t *member;

	json_object_foreach(object, key, member) {
		buf_add_text(b, before);
		line_dump_text(b, key);
		buf_add_char(b, ':');
		line_dump(b, member);
		before = ",";
	}
	buf_add_text(b, json_object_size(object) ? "}" : "{}");
}

static void dump_array(struct buf *b, const json_t *array)
{
	buf_add_char(b, '[');
	for (size_t i = 0; i < json_array_size(array); i++) {
		if (i > 0)
			buf_add_char(b, ',');
		line_dump(b, json_array_get(array, i));
	}
	buf_add_char(b, ']');
}

/* As jansson writes it, which goes through each text several times, and piece by piece. */
void line_dump(struct buf *b, const json_t *value)
{
	if (json_is_object(value))
		dump_object(b, (json_t *)value);
	else if (json_is_array(value))
		dump_array(b, value);
	else if (!json_is_string(value) || !dump_plain(b, json_string_value(value), json_string_length(value)))
		dump_slowly(b, value);
}

int line_write_json(struct line_writer *w, const json_t *value, struct err *e)
{
	if (!value)
		return err_set(e, EX_CANTCREAT, "damaged: what the store says of it is not UTF-8");
	line_dump(&w->buf, value);
	return line_end(w, e);
}

void line_splice(struct buf *b, const struct line *l, const char *key, const json_t *value)
{
	size_t end = l->len, inner;

	while (end > 0 && l->text[end - 1] != '}')
		end--;
	inner = end - 1;
	while (inner > 0 && strchr(" \t\r\n", l->text[inner - 1]))
		inner--;
	buf_add(b, l->text, inner);
	if (l->text[inner - 1] != '{')
		buf_add_char(b, ',');
	buf_addf(b, "\"%s\":", key);
	line_dump(b, value);
	buf_add_char(b, '}');
}
