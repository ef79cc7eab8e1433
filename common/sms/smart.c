/*
 * Word by word, because what must stay as it is are words: the address of a page, a code. Only characters that GSM-7 lacks
 * are looked at, so an ordinary text costs one look at each.
 */
#include <string.h>

#include "common/line/utf8.h"
#include "common/sms/gsm7.h"

#include "common/banned.h"

/* Generated from data/smart.tsv. */
static const struct substitute {
	uint16_t first, last;
	const char *to;
} substitutes[] = {
#include "gen/smart.inc"
};

/* Generated from data/compose.tsv. */
static const struct pair {
	uint16_t base, mark, code;
} pairs[] = {
#include "gen/compose.inc"
};

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Full-width letters, digits and punctuation have the order of ASCII. */
static uint32_t narrow(uint32_t code)
{
	return code >= 0xff01 && code <= 0xff5e ? code - (0xff01 - '!') : code;
}

struct span {
	const char *start, *end;
};

/* What ends a sentence or a quotation is not part of the address before it. */
static const char *trim(const char *start, const char *end)
{
	static const char *const closers[] = {".", ",", ";", ":", "!", "?", ")", "\"", "'", "\u201d", "\u2019", "\u00bb", "\u203a",
	    "\u2026", "\u201c"};

	for (size_t i = 0; i < COUNT_OF(closers); i++) {
		size_t len = strlen(closers[i]);

		if ((size_t)(end - start) > len && memcmp(end - len, closers[i], len) == 0) {
			end -= len;
			i = (size_t)-1;         /* from the first again */
		}
	}
	return end;
}

/* "https://…" in a word; empty without. */
static struct span find_url(const char *word, const char *end)
{
	for (const char *p = word; p + 3 <= end; p++) {
		const char *start = p;

		if (memcmp(p, "://", 3) != 0)
			continue;
		while (start > word && (is_letter(start[-1]) || (start[-1] >= '0' && start[-1] <= '9') || strchr("+-.", start[-1])))
			start--;
		return (struct span){start, trim(start, end)};
	}
	return (struct span){end, end};
}

/* From a word's first letter or digit to its last, when one of them is a digit. */
static struct span find_code(const char *word, const char *end)
{
	struct span s = {end, end};
	bool digit = false;

	for (const char *p = word; p < end;) {
		const char *at = p;
		uint32_t c = narrow(utf8_next(&p));

		if (c > 'z' || !(is_letter((char)c) || (c >= '0' && c <= '9')))
			continue;
		digit = digit || c <= '9';
		if (s.start == end)
			s.start = at;
		s.end = p;
	}
	return digit ? s : (struct span){end, end};
}

/* A letter and its mark as one letter that the alphabet has; 0 when they are none. */
static uint32_t composed(uint32_t base, const char *rest, enum sms_national national)
{
	uint32_t mark = *rest ? utf8_next(&rest) : 0;

	if (mark < 0x300 || mark > 0x36f)
		return 0;
	for (size_t i = 0; i < COUNT_OF(pairs); i++)
		if (pairs[i].base == base && pairs[i].mark == mark)
			return gsm7_has(national, pairs[i].code) ? pairs[i].code : 0;
	return 0;
}

static const char *substitute(uint32_t code)
{
	for (size_t i = 0; i < COUNT_OF(substitutes); i++)
		if (code >= substitutes[i].first && code <= substitutes[i].last)
			return substitutes[i].to;
	return NULL;
}

/* One character, or a letter with its mark; false when nothing can stand for it. */
static bool add_one(const char **text, enum sms_national national, struct buf *b)
{
	uint32_t code = utf8_next(text), letter = composed(code, *text, national);
	const char *to;

	if (letter) {
		utf8_next(text);
		utf8_add(b, letter);
		return true;
	}
	if (code == '\r' && **text == '\n')
		return true;
	if (!gsm7_has(national, code))
		code = narrow(code);
	if (gsm7_has(national, code)) {
		utf8_add(b, code);
		return true;
	}
	to = substitute(code);
	if (to)
		buf_add_text(b, to);
	return to;
}

static bool add_word(const char *word, const char *end, const struct sms_options *o, bool codes, struct buf *b)
{
	struct span keep = find_url(word, end);

	if (codes && keep.start == end)
		keep = find_code(word, end);
	while (word < end) {
		if (word == keep.start) {
			buf_add(b, keep.start, (size_t)(keep.end - keep.start));
			word = keep.end;
		} else if (!add_one(&word, o->national, b)) {
			return false;
		}
	}
	return true;
}

static bool add_all(const char *text, const struct sms_options *o, bool codes, struct buf *b)
{
	while (*text) {
		const char *end = text;

		while (*end && !is_space(*end))
			end++;
		if (!add_word(text, end, o, codes, b))
			return false;
		text = end;
		if (*text && !add_one(&text, o->national, b))
			return false;
	}
	return true;
}

bool sms_smart(const char *text, const struct sms_options *o, bool codes, struct buf *b)
{
	static const struct sms_options defaults;
	size_t start = b->len;
	struct sms_count count;

	if (add_all(text, o ? o : &defaults, codes, b) && !buf_over(b) && strcmp(b->data + start, text) != 0) {
		sms_count(b->data + start, o, &count);
		if (count.gsm7)
			return true;
	}
	b->len = start;
	b->data[start] = '\0';
	return false;
}
