#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/config/csv.h"
#include "common/line/line.h"

#include "common/banned.h"

#define END (-1)

void csv_init(struct csv *r, int fd)
{
	*r = (struct csv){.fd = fd, .now = 1};
	buf_init(&r->text, LINE_BYTES);
	buf_init(&r->raw, LINE_BYTES);
}

void csv_clear(struct csv *r)
{
	buf_clear(&r->text);
	buf_clear(&r->raw);
}

void csv_unread(struct csv *r, const char *data, size_t len)
{
	assert(len <= sizeof(r->piece));
	memcpy(r->piece, data, len);
	r->len = len;
}

static bool fill(struct csv *r)
{
	ssize_t got;

	do
		got = read(r->fd, r->piece, sizeof(r->piece));
	while (got < 0 && errno == EINTR);
	if (got < 0)
		r->failed = errno;
	r->at = 0;
	r->len = got > 0 ? (size_t)got : 0;
	return got > 0;
}

static int peek(struct csv *r)
{
	return r->at < r->len || fill(r) ? (unsigned char)r->piece[r->at] : END;
}

static int take(struct csv *r)
{
	char c = r->piece[r->at++];

	if (r->keep)
		buf_add_char(&r->raw, c);
	return (unsigned char)c;
}

/* One byte as it stands. */
static int get_byte(struct csv *r)
{
	int c = peek(r);

	if (c == END)
		return END;
	take(r);
	r->now += c == '\n';
	return c;
}

/* One byte; the CR of a CRLF is passed over. */
static int get(struct csv *r)
{
	int c = get_byte(r);

	return c == '\r' && peek(r) == '\n' ? get_byte(r) : c;
}

static void start(struct csv *r)
{
	bool quoted = false;

	if (peek(r) == 0xef && r->len >= 3 && memcmp(r->piece, "\xef\xbb\xbf", 3) == 0)
		r->at = 3;
	for (size_t i = r->at; i < r->len && !r->separator && (quoted || r->piece[i] != '\n'); i++) {
		quoted = quoted != (r->piece[i] == '"');
		if (!quoted && (r->piece[i] == ',' || r->piece[i] == ';' || r->piece[i] == '\t'))
			r->separator = r->piece[i];
	}
	if (!r->separator)
		r->separator = ',';
}

/* The rest of a field in quotes; *ret_end is the byte that ended it. */
static int read_quoted(struct csv *r, int *ret_end, struct err *e)
{
	unsigned opened = r->now;
	int c;

	for (;;) {
		c = get_byte(r);
		if (c == END)
			return err_set(e, EX_DATAERR, "the quote of line %u is never closed", opened);
		if (c == '\0')
			return err_set(e, EX_DATAERR, "NUL byte");
		if (c == '"' && (c = get(r)) != '"')
			break;
		buf_add_char(&r->text, (char)c);
	}
	if (c != END && c != '\n' && c != r->separator)
		return err_set(e, EX_DATAERR, "text behind a closing quote");
	*ret_end = c;
	return 0;
}

static int read_field(struct csv *r, int *ret_end, struct err *e)
{
	int c;

	if (r->count == CSV_COLUMNS)
		return err_set(e, EX_DATAERR, "more than %d columns", CSV_COLUMNS);
	r->starts[r->count++] = r->text.len;
	c = get(r);
	if (c == '"') {
		if (read_quoted(r, &c, e) < 0)
			return -1;
	} else {
		for (; c != END && c != '\n' && c != r->separator; c = get(r)) {
			if (c == '\0')
				return err_set(e, EX_DATAERR, "NUL byte");
			buf_add_char(&r->text, (char)c);
		}
	}
	buf_add_char(&r->text, '\0');
	*ret_end = c;
	return 0;
}

int csv_next(struct csv *r, struct err *e)
{
	int c = END;

	if (!r->separator)
		start(r);
	while (peek(r) == '\n' || peek(r) == '\r')
		get(r);
	r->line = r->now;
	r->count = 0;
	buf_reset(&r->text);
	buf_reset(&r->raw);
	if (peek(r) == END)
		return r->failed ? err_set(e, EX_IOERR, "%s", strerror(r->failed)) : 0;
	do {
		if (read_field(r, &c, e) < 0)
			return -1;
		if (buf_over(&r->text))
			return err_set(e, EX_DATAERR, "longer than %u bytes", LINE_BYTES);
	} while (c == r->separator);
	if (r->raw.len > 0 && c == '\n')
		r->raw.len -= r->raw.len > 1 && r->raw.data[r->raw.len - 2] == '\r' ? 2 : 1;
	return r->failed ? err_set(e, EX_IOERR, "%s", strerror(r->failed)) : 1;
}

const char *csv_field(const struct csv *r, size_t i)
{
	return r->text.data + r->starts[i];
}
