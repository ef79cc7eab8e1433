#include <stdbool.h>
#include <string.h>

#include "common/buf.h"
#include "common/policy/mail_text.h"

#include "common/banned.h"

#define MAIL_BYTES (64u << 10)
#define SALUTATION_BYTES 40

static size_t line_length(const char *line)
{
	return strcspn(line, "\r\n");
}

static const char *next_line(const char *line)
{
	line += line_length(line);
	line += *line == '\r';
	return line + (*line == '\n');
}

static bool is_blank(const char *line)
{
	return line[strspn(line, " \t\r")] == '\n' || line[strspn(line, " \t\r")] == '\0';
}

static bool ends_with(const char *line, char c)
{
	size_t len = line_length(line);

	while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	return len > 0 && line[len - 1] == c;
}

static bool is_quoted(const char *line)
{
	return line[strspn(line, " ")] == '>';
}

/* "On Monday the clinic wrote:", with the quotation below it. */
static bool introduces(const char *line)
{
	if (!ends_with(line, ':'))
		return false;
	do
		line = next_line(line);
	while (*line && is_blank(line));
	return is_quoted(line);
}

static bool ends_own_text(const char *line)
{
	return is_quoted(line) || introduces(line) || strncmp(line, "-----", 5) == 0 || strncmp(line, "_____", 5) == 0;
}

static bool is_signature(const char *line)
{
	return strncmp(line, "--", 2) == 0 && line_length(line) <= 3;
}

/* "Hello," */
static bool is_salutation(const char *line)
{
	return ends_with(line, ',') && line_length(line) <= SALUTATION_BYTES;
}

/* Where it ends; NULL when nothing says so. */
static const char *find_end(const char *text)
{
	for (const char *line = text; *line; line = next_line(line))
		if (ends_own_text(line) || is_signature(line))
			return line;
	return NULL;
}

static const char *first_lines(const char *text)
{
	const char *line = text;

	if (is_salutation(line))
		do
			line = next_line(line);
		while (*line && is_blank(line));
	return line + line_length(line);
}

char *mail_own_text(const char *text)
{
	const char *start = text + strspn(text, " \t\r\n"), *end = find_end(start);
	bool gap = false, first = true;
	struct buf b;
	char *own;

	if (!end)
		end = first_lines(start);
	buf_init(&b, MAIL_BYTES);
	for (const char *line = start; line < end; line = next_line(line)) {
		if (is_blank(line)) {
			gap = true;
			continue;
		}
		if (!first)
			buf_add_char(&b, gap ? '\n' : ' ');
		buf_add(&b, line, line_length(line));
		gap = first = false;
	}
	own = buf_steal(&b);
	buf_clear(&b);
	return own;
}
