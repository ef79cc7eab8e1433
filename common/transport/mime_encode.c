/* The encodings of MIME: words and parameters in headers, quoted-printable and base64 in bodies. */
#include <stdio.h>
#include <string.h>

#include "common/transport/mime.h"

#include "common/banned.h"

#define LINE_COLUMNS 76
#define WORD_COLUMNS 75         /* of one encoded word, RFC 2047 section 2 */
#define WORD_FRAME 12           /* "=?UTF-8?Q?" and "?=" */
#define PLAIN_WORD 200          /* longer ones are encoded, so that they can be broken */
#define PARAMETER_COLUMNS 60

static const char hex[] = "0123456789ABCDEF";
static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool is_letter(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool mime_is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x7f)
			return false;
	return true;
}

/* Bytes of the character at `p`, so that none is torn apart. */
static size_t character(const char *p)
{
	size_t len = 1;

	while (((unsigned char)p[len] & 0xc0) == 0x80)
		len++;
	return len;
}

static void base64_group(const unsigned char *p, size_t len, char out[4])
{
	unsigned long bits = (unsigned long)p[0] << 16 | (len > 1 ? (unsigned long)p[1] << 8 : 0) | (len > 2 ? p[2] : 0);

	out[0] = base64[bits >> 18];
	out[1] = base64[bits >> 12 & 63];
	out[2] = len > 1 ? base64[bits >> 6 & 63] : '=';
	out[3] = len > 2 ? base64[bits & 63] : '=';
}

void mime_add_base64(struct buf *b, const void *data, size_t len)
{
	const unsigned char *p = data;
	char line[LINE_COLUMNS + 2];
	size_t used = 0;

	while (len > 0) {
		size_t n = len < 3 ? len : 3;

		base64_group(p, n, line + used);
		used += 4;
		p += n;
		len -= n;
		if (used == LINE_COLUMNS || len == 0) {
			memcpy(line + used, "\r\n", 2);
			buf_add(b, line, used + 2);
			used = 0;
		}
	}
}

/* The letters that may stand for themselves in an encoded word of a phrase, the strictest place (RFC 2047 section 5). */
static bool word_plain(unsigned char c)
{
	return is_letter(c) || (c && strchr("!*+-/", c));
}

static void add_word_q(struct buf *b, const char *text, size_t len)
{
	buf_add_text(b, "=?UTF-8?Q?");
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (word_plain(c))
			buf_add_char(b, text[i]);
		else if (c == ' ')
			buf_add_char(b, '_');
		else
			buf_add(b, (char[]){'=', hex[c >> 4], hex[c & 15]}, 3);
	}
	buf_add_text(b, "?=");
}

static void add_word_b(struct buf *b, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	char group[4];

	buf_add_text(b, "=?UTF-8?B?");
	while (len > 0) {
		size_t n = len < 3 ? len : 3;

		base64_group(p, n, group);
		buf_add(b, group, 4);
		p += n;
		len -= n;
	}
	buf_add_text(b, "?=");
}

static size_t cost_q(const char *text, size_t len)
{
	size_t cost = 0;

	for (size_t i = 0; i < len; i++)
		cost += word_plain((unsigned char)text[i]) || text[i] == ' ' ? 1 : 3;
	return cost;
}

static size_t cost_b(size_t len)
{
	return (len + 2) / 3 * 4;
}

/* The whole text as encoded words, a line each: spaces between two of them are not part of the text. */
static void add_words(struct buf *b, size_t column, const char *text)
{
	bool q = 2 * cost_q(text, strlen(text)) <= 3 * cost_b(strlen(text));     /* legible, unless it costs half as much again */

	while (*text) {
		size_t room = column + WORD_FRAME < WORD_COLUMNS - 8 ? WORD_COLUMNS - WORD_FRAME - column : 8;
		size_t len = 0;

		while (text[len]) {
			size_t more = len + character(text + len);

			if (len > 0 && (q ? cost_q(text, more) : cost_b(more)) > room)
				break;
			len = more;
		}
		if (q)
			add_word_q(b, text, len);
		else
			add_word_b(b, text, len);
		text += len;
		if (*text)
			buf_add_text(b, "\r\n ");
		column = 1;
	}
}

/* Plain words with one space between, none of them to be taken for an encoded one. */
static bool can_be_plain(const char *text)
{
	if (!mime_is_ascii(text) || strstr(text, "=?") || strstr(text, "  ") || *text == ' ')
		return false;
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20)
			return false;
	while (*text) {
		size_t len = strcspn(text, " ");

		if (len > PLAIN_WORD)
			return false;
		text += len;
		if (*text && !*++text)
			return false;
	}
	return true;
}

void mime_add_unstructured(struct buf *b, size_t column, const char *text)
{
	if (!can_be_plain(text)) {
		add_words(b, column, text);
		return;
	}
	while (*text) {
		size_t len = strcspn(text, " ");

		buf_add(b, text, len);
		column += len;
		text += len;
		if (!*text)
			break;
		if (column + 1 + strcspn(text + 1, " ") > LINE_COLUMNS) {
			buf_add_text(b, "\r\n");
			column = 0;
		}
		buf_add_char(b, *text++);
		column++;
	}
}

void mime_add_phrase(struct buf *b, size_t column, const char *text)
{
	bool atoms = true;

	for (const char *p = text; *p; p++)
		if (!is_letter((unsigned char)*p) && !strchr(" !#$%&'*+-/=?^_`{|}~", *p))
			atoms = false;
	if (!can_be_plain(text) || strlen(text) > WORD_COLUMNS - column % WORD_COLUMNS) {
		add_words(b, column, text);
	} else if (atoms) {
		buf_add_text(b, text);
	} else {
		buf_add_char(b, '"');
		for (const char *p = text; *p; p++) {
			if (*p == '"' || *p == '\\')
				buf_add_char(b, '\\');
			buf_add_char(b, *p);
		}
		buf_add_char(b, '"');
	}
}

/* RFC 2231: percent-encoded with the character set in front, in numbered pieces when it is long. */
static void add_extended(struct buf *b, const char *name, const char *value)
{
	size_t room = PARAMETER_COLUMNS - strlen(name), cost = 0;
	bool pieces = 3 * strlen(value) > room;
	unsigned number = 0;

	for (const char *p = value; *p || p == value;) {
		buf_addf(b, ";\r\n %s", name);
		if (pieces)
			buf_addf(b, "*%u", number);
		buf_add_text(b, number++ == 0 ? "*=UTF-8''" : "*=");
		for (cost = 0; *p;) {
			size_t len = character(p);

			if (pieces && cost > 0 && cost + 3 * len > room)
				break;
			for (; len > 0; len--, p++) {
				unsigned char c = (unsigned char)*p;
				bool plain = is_letter(c) || strchr("-._~", c);

				if (plain)
					buf_add_char(b, *p);
				else
					buf_add(b, (char[]){'%', hex[c >> 4], hex[c & 15]}, 3);
				cost += plain ? 1 : 3;
			}
		}
		if (!*p)
			break;
	}
}

void mime_add_parameter(struct buf *b, const char *name, const char *value)
{
	if (!mime_is_ascii(value) || strlen(value) > PARAMETER_COLUMNS || strpbrk(value, "\"\\%*'")) {
		add_extended(b, name, value);
		return;
	}
	buf_addf(b, ";\r\n %s=\"%s\"", name, value);
}

/* One line of quoted-printable, without its end. */
static void add_qp_line(struct buf *b, const char *line, size_t len)
{
	size_t column = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line[i];
		bool last = i + 1 == len;
		bool blank = c == ' ' || c == '\t';
		/* "From " at the start and a lone dot are what mail software on the way has meddled with. */
		bool risky = column == 0 && (c == '.' || (c == 'F' && len - i >= 5 && memcmp(line + i, "From ", 5) == 0));
		bool plain = ((c > 0x20 && c < 0x7f && c != '=') || (blank && !last)) && !risky;
		size_t cost = plain ? 1 : 3;

		if (column + cost > LINE_COLUMNS - (last ? 0 : 1)) {
			buf_add_text(b, "=\r\n");
			column = 0;
		}
		if (plain)
			buf_add_char(b, line[i]);
		else
			buf_add(b, (char[]){'=', hex[c >> 4], hex[c & 15]}, 3);
		column += cost;
	}
}

void mime_add_quoted_printable(struct buf *b, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\r\n");

		add_qp_line(b, text, len);
		text += len;
		if (*text == '\r' && text[1] == '\n')
			text++;
		if (*text)
			text++;
		buf_add_text(b, "\r\n");
	}
}
