#include <string.h>

#include "common/line/utf8.h"

#include "common/banned.h"

/* Bytes of a sequence by its first byte; 0 when none begins so. */
static unsigned sequence(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

uint32_t utf8_next(const char **text)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)*text;
	unsigned len = sequence(*p);
	uint32_t code = len > 1 ? *p & (0x7fu >> len) : *p;

	(*text)++;
	if (len <= 1)
		return len ? code : UTF8_INVALID;
	for (unsigned i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return UTF8_INVALID;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff)
		return UTF8_INVALID;
	*text += len - 1;
	return code >= 0xd800 && code <= 0xdfff ? UTF8_INVALID : code;
}

void utf8_add(struct buf *b, uint32_t code)
{
	if (code < 0x80) {
		buf_add_char(b, (char)code);
		return;
	}
	if (code < 0x800) {
		buf_add_char(b, (char)(0xc0 | code >> 6));
	} else {
		if (code < 0x10000) {
			buf_add_char(b, (char)(0xe0 | code >> 12));
		} else {
			buf_add_char(b, (char)(0xf0 | code >> 18));
			buf_add_char(b, (char)(0x80 | (code >> 12 & 0x3f)));
		}
		buf_add_char(b, (char)(0x80 | (code >> 6 & 0x3f)));
	}
	buf_add_char(b, (char)(0x80 | (code & 0x3f)));
}

bool utf8_valid(const char *text)
{
	while (*text) {
		const char *start = text;

		if (utf8_next(&text) == UTF8_INVALID && strncmp(start, "\xef\xbf\xbd", 3) != 0)
			return false;
	}
	return true;
}

char *utf8_mended(const char *text)
{
	struct buf b;

	buf_init(&b, SIZE_MAX / 4);
	while (*text)
		utf8_add(&b, utf8_next(&text));
	return buf_steal(&b);
}

size_t utf8_characters(const char *text)
{
	size_t count = 0;

	for (; *text; count++)
		utf8_next(&text);
	return count;
}

size_t utf8_units(const char *text)
{
	size_t count = 0;

	while (*text)
		count += utf8_next(&text) > 0xffff ? 2 : 1;
	return count;
}
