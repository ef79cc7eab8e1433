#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/report/terminal.h"
#include "common/visible.h"

#include "common/banned.h"

static unsigned find_width(int fd, bool *ret_known)
{
	const char *columns = getenv("COLUMNS");
	unsigned long width = columns ? strtoul(columns, NULL, 10) : 0;
	struct winsize size;

	if (width == 0 && isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	*ret_known = width > 0;
	if (width == 0)
		return 80;
	return width < 40 ? 40 : width > 240 ? 240 : (unsigned)width;
}

void terminal_look(struct terminal *t, FILE *out)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

	t->out = out;
	t->width = find_width(fileno(out), &t->narrow);
	t->utf8 = strcasecmp(nl_langinfo(CODESET), "UTF-8") == 0;
	t->colour = isatty(fileno(out)) && !(no_colour && *no_colour) && term && strcmp(term, "dumb") != 0;
}

const char *terminal_pick(const struct terminal *t, const char *utf8, const char *ascii)
{
	return t->utf8 ? utf8 : ascii;
}

void terminal_add(const struct terminal *t, struct buf *b, enum terminal_style style, const char *text)
{
	static const char *const on[] = {
	    [TERMINAL_TITLE] = "\033[1m",
	    [TERMINAL_DIM] = "\033[2m",
	    [TERMINAL_BEST] = "\033[1;32m",
	    [TERMINAL_GOOD] = "\033[32m",
	    [TERMINAL_WAIT] = "\033[33m",
	    [TERMINAL_BAD] = "\033[31m",
	    [TERMINAL_STOP] = "\033[35m",
	};
	bool styled = t->colour && style != TERMINAL_PLAIN && *text;

	if (styled)
		buf_add_text(b, on[style]);
	buf_add_text(b, text);
	if (styled)
		buf_add_text(b, "\033[0m");
}

const char *terminal_number(int64_t value, char text[TERMINAL_NUMBER])
{
	char digits[24];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%lld", (long long)value), used = 0, sign = value < 0;

	for (size_t i = 0; i < len; i++) {
		if (i > sign && (len - i) % 3 == 0)
			text[used++] = ',';
		text[used++] = digits[i];
	}
	text[used] = '\0';
	return text;
}

/* One character of valid UTF-8, or the byte itself where it is not. */
static const char *next(const char *p, uint32_t *ret_code)
{
	unsigned char c = (unsigned char)*p;
	int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
	uint32_t code = more == 3 ? c & 0x07u : more == 2 ? c & 0x0fu : more == 1 ? c & 0x1fu : c;

	for (p++; more > 0 && ((unsigned char)*p & 0xc0) == 0x80; p++, more--)
		code = code << 6 | ((unsigned char)*p & 0x3fu);
	*ret_code = code;
	return p;
}

static size_t columns_of(uint32_t c)
{
	if ((c >= 0x300 && c <= 0x36f) || (c >= 0x200b && c <= 0x200f) || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff)
		return 0;
	if ((c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
	    (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
	    (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd))
		return 2;
	return 1;
}

size_t terminal_columns(const char *text)
{
	size_t columns = 0;
	uint32_t code;

	while (*text) {
		text = next(text, &code);
		columns += columns_of(code);
	}
	return columns;
}

void terminal_add_foreign(const struct terminal *t, struct buf *b, const char *text, size_t max)
{
	bool cut = terminal_columns(text) > max;
	const char *ellipsis = terminal_pick(t, "…", "...");
	size_t room = cut ? max - terminal_columns(ellipsis) : max, used = 0;

	while (*text) {
		uint32_t code;
		const char *after = next(text, &code);

		used += columns_of(code);
		if (cut && used > room)
			break;
		if (!visible_code(code) || (!t->utf8 && code >= 0x80))
			buf_add_char(b, '?');
		else
			buf_add(b, text, (size_t)(after - text));
		text = after;
	}
	if (cut)
		buf_add_text(b, ellipsis);
}
