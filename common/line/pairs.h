/*
 * Which bytes stand beside which in a text: told in a moment, it says of most phrases that the text cannot have them, so
 * that only the rest are searched for.
 */
#ifndef MSG_PAIRS_H
#define MSG_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAIRS_BITS 1024         /* two pairs that share a bit only cost a search */
#define PAIRS_SAMPLE 6

struct pairs {
	uint64_t bits[PAIRS_BITS / 64];
};

/* Some of a phrase's pairs, from all over it: what many phrases begin with alike says little. */
struct pairs_sample {
	uint16_t pairs[PAIRS_SAMPLE];
	uint8_t count;          /* 0: of a phrase of one byte */
};

void pairs_read(struct pairs *p, const char *text);
void pairs_sample(struct pairs_sample *s, const char *phrase, size_t len);

/* False is certain: the text does not have the phrase. */
static inline bool pairs_may_have(const struct pairs *p, const struct pairs_sample *s)
{
	for (unsigned i = 0; i < s->count; i++)
		if (!(p->bits[s->pairs[i] / 64] >> s->pairs[i] % 64 & 1))
			return false;
	return true;
}

#endif
