#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "common/visible.h"

#include "common/banned.h"

/* A text that was cut ends with a whole character. */
static void end_whole(char *text, size_t size)
{
	size_t at = strlen(text), start = at;

	if (at + 1 < size)
		return;
	while (start > 0 && at - start < 4 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start > 0 && (unsigned char)text[start - 1] >= 0xc0 && !visible_length(text + start - 1, at - start + 1))
		text[start - 1] = '\0';
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list args;

	if (!e)
		return -1;
	e->code = code;
	va_start(args, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, args);
	va_end(args);
	end_whole(e->text, sizeof(e->text));
	return -1;
}

int err_at(struct err *e, const char *fmt, ...)
{
	char place[128];
	size_t lead, kept;
	va_list args;

	if (!e)
		return -1;
	va_start(args, fmt);
	vsnprintf(place, sizeof(place), fmt, args);
	va_end(args);
	end_whole(place, sizeof(place));
	lead = strlen(place);
	kept = strlen(e->text);
	if (lead + kept >= sizeof(e->text))
		kept = sizeof(e->text) - 1 - lead;
	memmove(e->text + lead, e->text, kept);
	memcpy(e->text, place, lead);
	e->text[lead + kept] = '\0';
	end_whole(e->text, sizeof(e->text));
	return -1;
}

/* `out` has room for four bytes of each up to `most`, the dots and the NUL. */
static const char *make_visible(char *out, const char *value, size_t len, size_t most)
{
	size_t used = 0, i = 0, step;

	for (; i < len && i < most; i += step ? step : 1) {
		step = visible_length(value + i, len - i);
		if (step && i + step > most)
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

const char *err_quote_n(const char *value, size_t len)
{
	static char ring[4][256];
	static unsigned turn;

	return make_visible(ring[turn++ % COUNT_OF(ring)], value, len, 60);
}

const char *err_visible(const char *text)
{
	static char out[4 * 240 + 4];

	return make_visible(out, text, strlen(text), 240);
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
