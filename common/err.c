#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"

#include "common/banned.h"

int err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list args;

	if (!e)
		return -1;
	e->code = code;
	va_start(args, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, args);
	va_end(args);
	return -1;
}

int err_at(struct err *e, const char *fmt, ...)
{
	char place[128], text[sizeof(e->text)];
	va_list args;

	if (!e)
		return -1;
	va_start(args, fmt);
	vsnprintf(place, sizeof(place), fmt, args);
	va_end(args);
	memcpy(text, e->text, sizeof(text));
	snprintf(e->text, sizeof(e->text), "%s%.380s", place, text);
	return -1;
}

const char *err_quote_n(const char *value, size_t len)
{
	static char ring[4][256];
	static unsigned turn;
	char *out = ring[turn++ % COUNT_OF(ring)];
	size_t used = 0, i;

	for (i = 0; i < len && i < 60; i++) {
		unsigned char c = (unsigned char)value[i];

		if (c < 0x20 || c == 0x7f)
			used += (size_t)snprintf(out + used, 5, "\\x%02x", c);
		else
			out[used++] = (char)c;
	}
	if (i < len) {
		/* Do not leave half a UTF-8 sequence before the ellipsis. */
		while (used > 0 && ((unsigned char)out[used - 1] & 0xc0) == 0x80)
			used--;
		if (used > 0 && (unsigned char)out[used - 1] >= 0xc0)
			used--;
		memcpy(out + used, "…", 3);
		used += 3;
	}
	out[used] = '\0';
	return out;
}

const char *err_quote(const char *value)
{
	return value ? err_quote_n(value, strlen(value)) : "(none)";
}

static int rank(int code)
{
	static const int order[] = {EX_OK, EX_UNDELIVERED, EX_TEMPFAIL, EX_DATAERR, EX_UNAVAILABLE, EX_NOPERM,
	    EX_CONFIG, EX_IOERR, EX_CANTCREAT, EX_USAGE};
	int i;

	for (i = 0; i < (int)COUNT_OF(order); i++)
		if (order[i] == code)
			return i;
	return i;
}

int err_worse(int a, int b)
{
	return rank(a) >= rank(b) ? a : b;
}
