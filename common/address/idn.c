#include <stdint.h>
#include <string.h>

#include "common/address/idn.h"
#include "common/compat.h"
#include "common/line/utf8.h"
#include "common/visible.h"

#include "common/banned.h"

#define LABEL_MAX 63
#define PREFIX "xn--"

/* RFC 3492, section 5. */
enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, INITIAL_BIAS = 72, INITIAL_CODE = 0x80 };

/* Alphabets with small letters that are in use for names. */
uint32_t idn_small(uint32_t c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3ab) || (c >= 0x410 && c <= 0x42f))
		return c + 0x20;
	if (c >= 0x400 && c <= 0x40f)
		return c + 0x50;
	if ((c >= 0x388 && c <= 0x38a) || c == 0x386)
		return c + (c == 0x386 ? 38 : 37);
	if (c >= 0x38c && c <= 0x38f)
		return c + (c == 0x38c ? 64 : 63);
	if (c >= 0x531 && c <= 0x556)
		return c + 0x30;
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

struct range {
	uint32_t first, last;
};

static bool within(uint32_t code, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

bool idn_local_code(uint32_t code)
{
	static const struct range blank[] = {{0x80, 0xa0}, {0x1680, 0x1680}, {0x2000, 0x200f}, {0x202f, 0x202f}, {0x205f, 0x205f},
	    {0x3000, 0x3000}, {0xfdd0, 0xfdef}, {0xfff0, 0xffff}};

	return visible_code(code) && !within(code, blank, COUNT_OF(blank)) && (code & 0xfffe) != 0xfffe;
}

/* Signs, marks that belong to the letter before, and what IDNA reads as something else. */
bool idn_domain_code(uint32_t code)
{
	static const struct range not[] = {{0x80, 0xbf}, {0xd7, 0xd7}, {0xf7, 0xf7}, {0x130, 0x130}, {0x132, 0x133}, {0x13f, 0x140},
	    {0x149, 0x149}, {0x17f, 0x17f}, {0x1c4, 0x1cc}, {0x1f1, 0x1f3}, {0x2b0, 0x36f}, {0x37a, 0x37a}, {0x3d0, 0x3d6},
	    {0x3f0, 0x3f6}, {0x587, 0x587}, {0x1d2c, 0x1d6a}, {0x1e9a, 0x1e9b}, {0x1fbd, 0x1fc1}, {0x2000, 0x2bff}, {0x2e00, 0x2fff},
	    {0x3000, 0x3004}, {0x3008, 0x3020}, {0x3131, 0x318e}, {0x3200, 0x33ff}, {0xd800, 0xfaff}, {0xfb00, 0xffff},
	    {0x1d400, 0x1d7ff}, {0x1ee00, 0x1eeff}, {0x1f100, 0x1f2ff}, {0x2f800, 0x2fa1f}, {0xe0000, 0x10ffff}};

	return idn_local_code(code) && !within(code, not, COUNT_OF(not));
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
			label[len++] = idn_small(c);
		}
	}
	return add_label(b, label, len);
}
