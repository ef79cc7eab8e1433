/*
 * One pass over UTF-8: letters fold by data/fold.tsv, punctuation and symbols become single spaces, what nobody sees
 * goes. It leaves out what no comparison here needs: Hangul jamo are not composed, CJK forms are not unified.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/line/fold.h"
#include "common/line/utf8.h"

#include "common/banned.h"

/* Generated from data/fold.tsv, ascending. */
static const struct fold {
	uint16_t code;
	char letters[6];
} folds[] = {
#include "gen/fold.inc"
};

struct range {
	uint32_t first, last;
};

/* Marks that fold away, controls of direction, joiners, variation selectors, apostrophes. */
static const struct range invisible[] = {
    {0xad, 0xad}, {0xb4, 0xb4}, {0x2b9, 0x2bf}, {0x300, 0x36f}, {0x483, 0x487}, {0x591, 0x5bd},
    {0x5bf, 0x5bf}, {0x5c1, 0x5c2}, {0x5c4, 0x5c5}, {0x5c7, 0x5c7}, {0x610, 0x61a}, {0x61c, 0x61c}, {0x640, 0x640},
    {0x64b, 0x65f}, {0x670, 0x670}, {0x6d6, 0x6ed}, {0x17b4, 0x17b5}, {0x180b, 0x180e}, {0x200b, 0x200f}, {0x2018, 0x201b},
    {0x202a, 0x202e}, {0x2060, 0x206f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xe0000, 0xe0fff},
};

/* White space, punctuation, symbols; ASCII is told by its letters and digits. */
static const struct range separators[] = {
    {0x80, 0xa9}, {0xab, 0xb4}, {0xb6, 0xb9}, {0xbb, 0xbf}, {0xd7, 0xd7}, {0xf7, 0xf7}, {0x2c2, 0x2df}, {0x37e, 0x37e},
    {0x387, 0x387}, {0x55a, 0x55f}, {0x589, 0x58a}, {0x5be, 0x5be}, {0x5c0, 0x5c0}, {0x5c3, 0x5c3}, {0x5f3, 0x5f4},
    {0x60c, 0x60d}, {0x61b, 0x61f}, {0x66a, 0x66d}, {0x6d4, 0x6d4}, {0x964, 0x965}, {0xe4f, 0xe4f}, {0x1680, 0x1680},
    {0x2000, 0x206f}, {0x20a0, 0x20cf}, {0x2190, 0x2bff}, {0x2e00, 0x2e7f}, {0x3000, 0x3004}, {0x3008, 0x3020},
    {0x3030, 0x3030}, {0x30fb, 0x30fb}, {0xfe10, 0xfe6f}, {0xff61, 0xff65}, {0xfff0, 0xffff}, {0x1f000, 0x1faff},
};

static int compare_range(const void *key, const void *range)
{
	uint32_t code = *(const uint32_t *)key;
	const struct range *r = range;

	return code < r->first ? -1 : code > r->last;
}

static bool within(uint32_t code, const struct range *ranges, size_t count)
{
	return bsearch(&code, ranges, count, sizeof(*ranges), compare_range) != NULL;
}

/* Of ASCII only the apostrophes. */
static bool hidden(uint32_t code)
{
	return code < 0x80 ? code == '\'' || code == '`' : within(code, invisible, COUNT_OF(invisible));
}

static bool separates(uint32_t code)
{
	if (code < 0x80)
		return !((code >= '0' && code <= '9') || (code >= 'A' && code <= 'Z') || (code >= 'a' && code <= 'z'));
	return within(code, separators, COUNT_OF(separators));
}

static int compare_fold(const void *key, const void *fold)
{
	uint32_t code = *(const uint32_t *)key;

	return code < ((const struct fold *)fold)->code ? -1 : code > ((const struct fold *)fold)->code;
}

static void add_folded(struct buf *b, uint32_t code)
{
	const struct fold *f;

	if (code >= 'a' && code <= 'z') {
		buf_add_char(b, (char)(code - 'a' + 'A'));
		return;
	}
	f = code < 0x80 ? NULL : bsearch(&code, folds, COUNT_OF(folds), sizeof(*folds), compare_fold);
	if (f)
		buf_add_text(b, f->letters);
	else
		utf8_add(b, code);
}

/* A katakana syllable takes its voice mark in: half-width text writes the two apart. */
static bool add_voice_mark(struct buf *b, uint32_t code, size_t start)
{
	bool voiced = code == 0x3099 || code == 0xff9e, half = code == 0x309a || code == 0xff9f;
	const char *last;
	uint32_t kana;

	if (!voiced && !half)
		return false;
	if (b->len < start + 3)
		return true;
	last = b->data + b->len - 3;
	kana = utf8_next(&last);
	if (kana < 0x30ab || kana > 0x30db)     /* KA to HO */
		return true;
	b->len -= 3;
	utf8_add(b, kana + (half ? 2 : 1));
	return true;
}

void fold_text(const char *text, struct buf *b)
{
	size_t start = b->len;
	bool gap = false;

	while (*text) {
		uint32_t code = utf8_next(&text);

		if (code >= 0xff01 && code <= 0xff5e)
			code -= 0xff01 - '!';
		if (hidden(code) || add_voice_mark(b, code, start))
			continue;
		if (separates(code)) {
			gap = b->len > start;
			continue;
		}
		if (gap)
			buf_add_char(b, ' ');
		gap = false;
		add_folded(b, code);
	}
}
