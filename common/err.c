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

/* The length of the UTF-8 character at `p`, 0 when it is none or a control character (C0, DEL, C1). */
static size_t printable(const unsigned char *p, size_t left)
{
	size_t len = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 : *p >= 0xe0 && *p < 0xf0 ? 3 : *p >= 0xf0 && *p < 0xf5 ? 4 : 0;

	if (len == 0 || len > left || *p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] < 0xa0))
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

const char *err_quote_n(const char *value, size_t len)
{
	static char ring[4][256];
	static unsigned turn;
	char *out = ring[turn++ % COUNT_OF(ring)];
	size_t used = 0, i = 0, step;

	for (; i < len && i < 60; i += step ? step : 1) {
		step = printable((const unsigned char *)value + i, len - i);
		if (step && i + step > 60)
			break;
		if (step)
			memcpy(out + used, value + i, step);
		else
			snprintf(out + used, 5, "\\x%02x", (unsigned char)value[i]);
		used += step ? step : 4;
	}
	if (i < len) {
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
