#include <stdint.h>
#include <string.h>

#include "common/address/idn.h"
#include "common/compat.h"
#include "common/line/utf8.h"

#include "common/banned.h"

#define LABEL_MAX 63
#define PREFIX "xn--"

/* RFC 3492, section 5. */
enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, INITIAL_BIAS = 72, INITIAL_CODE = 0x80 };

/* Alphabets with small letters that are in use for names. */
static uint32_t small(uint32_t c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f))
		return c + 0x20;
	if (c >= 0x400 && c <= 0x40f)
		return c + 0x50;
	if (c == 0x130 || c == 0x178)
		return c == 0x130 ? 'i' : 0xff;
	/* Here a letter and its small one stand side by side; after U+0138 the small ones are even. */
	if ((c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177) || (c >= 0x460 && c <= 0x481) || (c >= 0x48a && c <= 0x4bf) ||
	    (c >= 0x4d0 && c <= 0x52f) || (c >= 0x1e00 && c <= 0x1e95) || (c >= 0x1ea0 && c <= 0x1eff))
		return c | 1;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
		return c + (c & 1);
	return c;
}

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / DAMP : delta / 2;
	delta += delta / points;
	for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
		delta /= BASE - T_MIN;
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static void add_digit(struct buf *b, uint32_t digit)
{
	buf_add_char(b, (char)(digit < 26 ? 'a' + digit : '0' + digit - 26));
}

static void add_number(struct buf *b, uint32_t number, uint32_t bias)
{
	for (uint32_t k = BASE;; k += BASE) {
		uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;

		if (number < t) {
			add_digit(b, number);
			return;
		}
		add_digit(b, t + (number - t) % (BASE - t));
		number = (number - t) / (BASE - t);
	}
}

static void add_punycode(struct buf *b, const uint32_t *label, size_t len)
{
	uint32_t n = INITIAL_CODE, delta = 0, bias = INITIAL_BIAS;
	size_t basic = 0, done;

	for (size_t i = 0; i < len; i++)
		if (label[i] < INITIAL_CODE) {
			buf_add_char(b, (char)label[i]);
			basic++;
		}
	if (basic > 0)
		buf_add_char(b, '-');
	for (done = basic; done < len;) {
		uint32_t next = UINT32_MAX;

		for (size_t i = 0; i < len; i++)
			if (label[i] >= n && label[i] < next)
				next = label[i];
		delta += (next - n) * (uint32_t)(done + 1);     /* of 63 code points: it cannot overflow */
		n = next;
		for (size_t i = 0; i < len; i++) {
			delta += label[i] < n;
			if (label[i] != n)
				continue;
			add_number(b, delta, bias);
			bias = adapt(delta, (uint32_t)(done + 1), done == basic);
			delta = 0;
			done++;
		}
		delta++;
		n++;
	}
}

static bool add_label(struct buf *b, const uint32_t *label, size_t len)
{
	bool ascii = true;
	size_t before = b->len;

	for (size_t i = 0; i < len; i++)
		ascii = ascii && label[i] < 0x80;
	if (!ascii) {
		buf_add_text(b, PREFIX);
		add_punycode(b, label, len);
	}
	for (size_t i = 0; ascii && i < len; i++)
		buf_add_char(b, (char)label[i]);
	return b->len - before <= LABEL_MAX;
}

static bool is_dot(uint32_t c)
{
	return c == '.' || c == 0x3002 || c == 0xff0e || c == 0xff61;
}

bool idn_add_ascii(struct buf *b, const char *domain)
{
	uint32_t label[LABEL_MAX];
	size_t len = 0;

	while (*domain) {
		uint32_t c = utf8_next(&domain);

		if (is_dot(c)) {
			if (!add_label(b, label, len))
				return false;
			buf_add_char(b, '.');
			len = 0;
		} else if (len == COUNT_OF(label)) {
			return false;
		} else {
			label[len++] = small(c);
		}
	}
	return add_label(b, label, len);
}
