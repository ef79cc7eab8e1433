/* The rules GB3 to GB13 as one pass: from a code point to the next there is no break as long as a rule forbids it. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/line/grapheme.h"
#include "common/line/utf8.h"

#include "common/banned.h"

enum class {
	CLASS_OTHER,
	CLASS_CR,
	CLASS_LF,
	CLASS_CONTROL,
	CLASS_EXTEND,
	CLASS_JOINER,
	CLASS_FLAG,             /* half of one: a regional indicator */
	CLASS_PREPEND,
	CLASS_SPACING,
	CLASS_PICTURE,
	CLASS_L,
	CLASS_V,
	CLASS_T,
	CLASS_LV,
	CLASS_LVT,
	CLASS_HANGUL,           /* LV or LVT */
};

/* Generated from data/grapheme.tsv, ascending. */
static const struct range {
	uint32_t first, last;
	enum class class;
} ranges[] = {
#include "gen/grapheme.inc"
};

static int compare(const void *key, const void *range)
{
	uint32_t code = *(const uint32_t *)key;
	const struct range *r = range;

	return code < r->first ? -1 : code > r->last;
}

static enum class class_of(uint32_t code)
{
	const struct range *r;

	if (code < 0x80)
		return code == '\r' ? CLASS_CR : code == '\n' ? CLASS_LF : code < 0x20 || code == 0x7f ? CLASS_CONTROL : CLASS_OTHER;
	r = bsearch(&code, ranges, COUNT_OF(ranges), sizeof(*ranges), compare);
	if (!r)
		return CLASS_OTHER;
	if (r->class == CLASS_HANGUL)
		return (code - 0xac00) % 28 == 0 ? CLASS_LV : CLASS_LVT;
	return r->class;
}

static bool is_control(enum class c)
{
	return c == CLASS_CR || c == CLASS_LF || c == CLASS_CONTROL;
}

static bool syllable_goes_on(enum class before, enum class after)
{
	switch (before) {
	case CLASS_L:
		return after == CLASS_L || after == CLASS_V || after == CLASS_LV || after == CLASS_LVT;
	case CLASS_LV:
	case CLASS_V:
		return after == CLASS_V || after == CLASS_T;
	case CLASS_LVT:
	case CLASS_T:
		return after == CLASS_T;
	default:
		return false;
	}
}

/* What has been seen of the cluster. */
struct cluster {
	enum class last;
	bool picture;           /* a picture and nothing but marks since */
	bool joined;            /* and then a joiner */
	bool half_flag;         /* an odd number of halves */
};

static bool goes_on(const struct cluster *c, enum class after)
{
	if (c->last == CLASS_CR && after == CLASS_LF)
		return true;
	if (is_control(c->last) || is_control(after))
		return false;
	if (syllable_goes_on(c->last, after))
		return true;
	if (after == CLASS_EXTEND || after == CLASS_JOINER || after == CLASS_SPACING || c->last == CLASS_PREPEND)
		return true;
	if (after == CLASS_PICTURE)
		return c->joined;
	return after == CLASS_FLAG && c->half_flag;
}

static void take(struct cluster *c, enum class class)
{
	c->joined = c->picture && class == CLASS_JOINER;
	c->picture = class == CLASS_PICTURE || (c->picture && class == CLASS_EXTEND);
	c->half_flag = class == CLASS_FLAG && !c->half_flag;
	c->last = class;
}

size_t grapheme_len(const char *text)
{
	struct cluster c = {CLASS_OTHER, false, false, false};
	const char *end = text;

	if (!*text)
		return 0;
	take(&c, class_of(utf8_next(&end)));
	while (*end) {
		const char *next = end;
		enum class after = class_of(utf8_next(&next));

		if (!goes_on(&c, after))
			break;
		take(&c, after);
		end = next;
	}
	return (size_t)(end - text);
}
