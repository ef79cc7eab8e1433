#include <string.h>

#include "common/line/pairs.h"

#include "common/banned.h"

static uint16_t pair_of(const char *text)
{
	return (uint16_t)(((unsigned char)text[0] * 37u ^ (unsigned char)text[1] * 5u) % PAIRS_BITS);
}

void pairs_read(struct pairs *p, const char *text)
{
	memset(p, 0, sizeof(*p));
	for (; text[0] && text[1]; text++) {
		uint16_t pair = pair_of(text);

		p->bits[pair / 64] |= UINT64_C(1) << pair % 64;
	}
}

void pairs_sample(struct pairs_sample *s, const char *phrase, size_t len)
{
	s->count = len < 2 ? 0 : PAIRS_SAMPLE;
	for (size_t i = 0; i < s->count; i++)
		s->pairs[i] = pair_of(phrase + (len - 2) * i / (PAIRS_SAMPLE - 1));
}
