#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/compat.h"
#include "common/provider/sms.h"

#include "common/banned.h"

#define GSM_ALONE 160
#define GSM_PART 153
#define UCS_ALONE 70
#define UCS_PART 67

/* The basic table outside ASCII, and the ASCII characters that it lacks or that cost two septets. */
static const uint16_t gsm_basic[] = {0x00a1, 0x00a3, 0x00a4, 0x00a5, 0x00a7, 0x00bf, 0x00c4, 0x00c5, 0x00c6, 0x00c7, 0x00c9,
    0x00d1, 0x00d6, 0x00d8, 0x00dc, 0x00df, 0x00e0, 0x00e4, 0x00e5, 0x00e6, 0x00e8, 0x00e9, 0x00ec, 0x00f1, 0x00f2, 0x00f6,
    0x00f8, 0x00f9, 0x00fc, 0x0393, 0x0394, 0x0398, 0x039b, 0x039e, 0x03a0, 0x03a3, 0x03a6, 0x03a8, 0x03a9};

/* Septets of a character: 1, 2 (extension table) or 0 (not in GSM-7). */
static unsigned septets(uint32_t c)
{
	if (c < 0x80) {
		if (c == '\f' || (c && strchr("^{}\\[~]|", (int)c)))
			return 2;
		return c == '`' || c == 0x7f || (c < 0x20 && c != '\n' && c != '\r') ? 0 : 1;
	}
	if (c == 0x20ac)
		return 2;
	for (size_t i = 0; i < COUNT_OF(gsm_basic); i++)
		if (gsm_basic[i] == c)
			return 1;
	return 0;
}

/* The next character of valid UTF-8; anything else counts as U+FFFD, a byte at a time. */
static uint32_t next(const char **text)
{
	const unsigned char *p = (const unsigned char *)*text;
	unsigned more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc0 ? 1 : 0;
	uint32_t c = more == 0 ? *p : *p & (0x3fu >> more);

	(*text)++;
	if (more == 0)
		return *p < 0x80 ? c : 0xfffd;
	for (unsigned i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0xfffd;
		c = c << 6 | (p[i] & 0x3f);
	}
	*text += more;
	return c;
}

static unsigned units_of(uint32_t c, bool gsm7)
{
	return gsm7 ? septets(c) : c > 0xffff ? 2 : 1;
}

static bool is_gsm7(const char *text)
{
	while (*text)
		if (septets(next(&text)) == 0)
			return false;
	return true;
}

/* Neither an escape and its septet nor a surrogate pair may be torn apart: a part then holds one unit less. */
void sms_count(const char *text, struct sms_count *ret_count)
{
	bool gsm7 = is_gsm7(text);
	unsigned alone = gsm7 ? GSM_ALONE : UCS_ALONE, part = gsm7 ? GSM_PART : UCS_PART;
	unsigned units = 0, segments = 1, used = 0;

	for (const char *p = text; *p;) {
		unsigned n = units_of(next(&p), gsm7);

		units += n;
		if (used + n > part) {
			segments++;
			used = 0;
		}
		used += n;
	}
	*ret_count = (struct sms_count){.gsm7 = gsm7, .units = units, .segments = units <= alone ? 1 : segments};
}

unsigned sms_segments(const char *text)
{
	struct sms_count count;

	sms_count(text, &count);
	return count.segments;
}
