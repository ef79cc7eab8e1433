#include "common/visible.h"

#include "common/banned.h"

bool visible_code(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {{0, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x61c, 0x61c}, {0x180e, 0x180e}, {0x200b, 0x200b}, {0x200e, 0x200f},
	    {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff}};

	for (size_t i = 0; i < COUNT_OF(hidden); i++)
		if (code >= hidden[i].first && code <= hidden[i].last)
			return false;
	return true;
}

size_t visible_length(const char *p, size_t left)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)*p;
	size_t len = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 ? 4 : 0;
	uint32_t code = len > 1 ? first & (0x7fu >> len) : first;

	if (len == 0 || len > left)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | ((unsigned char)p[i] & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return visible_code(code) ? len : 0;
}

void visible_add(struct buf *b, const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t step = visible_length(text + i, len - i);

		if (step)
			buf_add(b, text + i, step);
		else
			buf_addf(b, "\\x%02x", (unsigned char)text[i]);
		i += step ? step : 1;
	}
}
