/*
 * One letter more, less, other or in the wrong place counts as one mistake; a word of eleven letters may have two. The first
 * letter is right: people seldom miss it, and so most words are compared with none.
 */
#include <stdlib.h>
#include <string.h>

#include "common/policy/plain_typos.h"
#include "common/policy/plain_words.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define SHORTEST 5      /* a word that is mended */
#define LONGEST 24
#define TWO_MISTAKES 11 /* letters of a word that may have two */
#define SPLIT_TOKENS 4  /* a text that is longer has spaces */

static unsigned letters_of(const char *text, size_t len)
{
	unsigned letters = 0;

	for (size_t i = 0; i < len; i++)
		if (text[i] >= 'A' && text[i] <= 'Z')
			letters |= 1u << (text[i] - 'A');
	return letters;
}

void typos_add(struct typo_list *l, const char *text)
{
	size_t len = strlen(text);

	l->items = xrealloc(l->items, (l->count + 1) * sizeof(*l->items));
	l->items[l->count++] = (struct typo_word){text, len, letters_of(text, len)};
}

void typos_clear(struct typos *t)
{
	free(t->near.items);
	free(t->glue.items);
	*t = (struct typos){{NULL, 0}, {NULL, 0}};
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Mistakes between two words of at most LONGEST letters: optimal string alignment, in three rows. */
static unsigned count_mistakes(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][LONGEST + 1];

	for (unsigned k = 0; k <= b_len; k++)
		rows[0][k] = k;
	for (size_t i = 1; i <= a_len; i++) {
		const unsigned *before = rows[(i + 2) % 3], *earlier = rows[(i + 1) % 3];
		unsigned *row = rows[i % 3];

		row[0] = (unsigned)i;
		for (size_t k = 1; k <= b_len; k++) {
			unsigned cost = before[k - 1] + (a[i - 1] != b[k - 1]);

			cost = least(cost, least(before[k], row[k - 1]) + 1);
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				cost = least(cost, earlier[k - 2] + 1);
			row[k] = cost;
		}
	}
	return rows[a_len % 3][b_len];
}

static unsigned count_bits(unsigned bits)
{
	unsigned count = 0;

	for (; bits; bits &= bits - 1)
		count++;
	return count;
}

static const struct typo_word *find_near(const struct typo_list *l, const char *text, size_t len)
{
	unsigned letters = letters_of(text, len);

	for (size_t i = 0; i < l->count; i++) {
		const struct typo_word *near = &l->items[i];
		unsigned most = near->len >= TWO_MISTAKES ? 2 : 1;

		if (*near->text != *text || near->len > len + most || len > near->len + most || near->len > LONGEST)
			continue;
		if (count_bits(near->letters ^ letters) <= 2 * most && count_mistakes(text, len, near->text, near->len) <= most)
			return near;
	}
	return NULL;
}

static bool mend(const struct words *w, struct token *t)
{
	char longer[LONGEST + 2];
	const struct typo_word *near;

	if (t->len > LONGEST)
		return false;
	/* textin', spammin */
	if (strncmp(t->text + t->len - 2, "IN", 2) == 0) {
		uint16_t known;

		memcpy(longer, t->text, t->len);
		longer[t->len] = 'G';
		known = names_find(&w->whole, longer, t->len + 1u);
		if (known != NAME_NONE) {
			*t = (struct token){w->whole.items[known], (uint16_t)(t->len + 1), t->kind};
			return true;
		}
	}
	near = find_near(&w->typos.near, t->text, t->len);
	if (near)
		*t = (struct token){near->text, (uint16_t)near->len, t->kind};
	return near != NULL;
}

/* Words that make up the whole of a text, longest first; how many, 0 when there are no such. */
static unsigned split(const struct typo_list *glue, const char *text, size_t len, uint16_t lens[LONGEST], unsigned count)
{
	for (size_t part = len; part > 0 && count < LONGEST; part--)
		for (size_t i = 0; i < glue->count; i++)
			if (glue->items[i].len == part && strncmp(glue->items[i].text, text, part) == 0) {
				unsigned got = part == len ? count + 1 : split(glue, text + part, len - part, lens, count + 1);

				lens[count] = (uint16_t)part;
				if (got)
					return got;
			}
	return 0;
}

/* Puts the words that a token is made of in its place. */
static void split_token(const struct words *w, struct sentence *s, size_t at)
{
	struct token whole = s->tokens[at];
	uint16_t lens[LONGEST];
	unsigned count = whole.len > LONGEST ? 0 : split(&w->typos.glue, whole.text, whole.len, lens, 0);

	if (count < 2 || s->count + count > PLAIN_TOKENS)
		return;
	memmove(s->tokens + at + count, s->tokens + at + 1, (s->count - at - 1) * sizeof(*s->tokens));
	for (unsigned i = 0; i < count; i++) {
		s->tokens[at + i] = (struct token){whole.text, lens[i], whole.kind};
		whole.text += lens[i];
	}
	s->count += count - 1;
}

static bool is_word(const struct words *w, const struct token *t)
{
	return names_find(&w->whole, t->text, t->len) != NAME_NONE;
}

/* Does it begin as some word does? */
static bool begins_word(const struct words *w, const struct token *t)
{
	for (size_t len = 3; len <= t->len; len++)
		if (names_find(&w->stems, t->text, len) != NAME_NONE)
			return true;
	return false;
}

void typos_mend(const struct words *w, struct sentence *s)
{
	bool brief = s->count <= SPLIT_TOKENS;

	for (size_t i = 0; i < s->count; i++) {
		struct token *t = &s->tokens[i];

		if (t->kind != TOKEN_WORD || t->len < SHORTEST || is_word(w, t))
			continue;
		if ((begins_word(w, t) || !mend(w, t)) && brief)
			split_token(w, s, i);
	}
}
