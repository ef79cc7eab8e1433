/*
 * Words are looked up by hash, beginnings of words at every length that the word has. What a word begins is a chain of
 * phrases, which are compared word by word.
 */
#include <stdlib.h>
#include <string.h>

#include "common/line/fold.h"
#include "common/line/utf8.h"
#include "common/policy/plain_words.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define TEXT_BYTES 4096
#define PHRASE_WORDS 32
#define STEM 0x8000u /* a part of a phrase that is the beginning of a word */

struct phrase {
	uint16_t class;
	uint16_t count;         /* of words; the first is known to whoever found the phrase */
	uint32_t parts;
	uint16_t next;
};

#define HASH_START 2166136261u

static uint32_t hash_byte(uint32_t hash, char byte)
{
	return (hash ^ (unsigned char)byte) * 16777619u;
}

static uint32_t hash_bytes(const char *text, size_t len)
{
	uint32_t hash = HASH_START;

	for (size_t i = 0; i < len; i++)
		hash = hash_byte(hash, text[i]);
	return hash;
}

/* Where a name is, or where it would be. */
static size_t find_bucket(const struct names *n, const char *text, size_t len, uint32_t hash)
{
	size_t at = (hash ^ hash >> 15) & (n->size - 1);

	for (; n->buckets[at] != NAME_NONE; at = (at + 1) & (n->size - 1)) {
		const char *item = n->items[n->buckets[at]];

		if (strncmp(item, text, len) == 0 && item[len] == '\0')
			break;
	}
	return at;
}

static size_t bucket_of(const struct names *n, const char *text, size_t len)
{
	return find_bucket(n, text, len, hash_bytes(text, len));
}

static void grow_names(struct names *n)
{
	n->size = n->size ? n->size * 2 : 1024;
	free(n->buckets);
	n->buckets = xcalloc(n->size, sizeof(*n->buckets));
	memset(n->buckets, 0xff, n->size * sizeof(*n->buckets));
	n->items = xrealloc(n->items, n->size / 2 * sizeof(*n->items));
	for (size_t i = 0; i < n->count; i++)
		n->buckets[bucket_of(n, n->items[i], strlen(n->items[i]))] = (uint16_t)i;
}

uint16_t names_find(const struct names *n, const char *text, size_t len)
{
	return n->size ? n->buckets[bucket_of(n, text, len)] : NAME_NONE;
}

uint16_t names_add(struct names *n, const char *text, size_t len)
{
	uint16_t known = names_find(n, text, len);

	if (known != NAME_NONE)
		return known;
	if (n->count == n->size / 2)
		grow_names(n);
	n->items[n->count] = xstrndup(text, len);
	n->buckets[bucket_of(n, text, len)] = (uint16_t)n->count;
	return (uint16_t)n->count++;
}

void names_clear(struct names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->items[i]);
	free(n->items);
	free(n->buckets);
	*n = (struct names){0};
}

/* Thai, Lao, Khmer, Burmese, kana, ideographs: no spaces between words. Hangul has them, and words grow at their ends. */
static bool stands_alone(uint32_t code)
{
	return (code >= 0xe00 && code <= 0xeff) || (code >= 0x1000 && code <= 0x109f) || (code >= 0x1780 && code <= 0x17ff) ||
	    (code >= 0x3040 && code <= 0x30ff) || (code >= 0x3400 && code <= 0x9fff) || (code >= 0x20000 && code <= 0x3ffff);
}

static void add_token(struct sentence *s, enum token_kind kind, size_t start, size_t end)
{
	if (s->count < PLAIN_TOKENS && (kind != TOKEN_WORD || end > start))
		s->tokens[s->count++] = (struct token){s->letters.data + start, (uint16_t)(end - start), (uint8_t)kind};
}

/* Three or more of a letter in a row are one: "STOOOOP". Digits are left alone. */
static size_t squeeze(char *text, size_t start, size_t end)
{
	size_t to = start;

	for (size_t i = start, run; i < end; i += run) {
		for (run = 1; i + run < end && text[i + run] == text[i] && text[i] >= 'A' && text[i] <= 'Z'; run++)
			;
		for (size_t k = 0; k < (run > 2 ? 1 : run); k++)
			text[to++] = text[i];
	}
	return to;
}

/* The words of letters[start..]. */
static void cut_words(struct sentence *s, size_t start)
{
	char *base = s->letters.data;
	size_t from = start, at = start;

	while (at < s->letters.len) {
		const char *next = base + at;
		uint32_t code = utf8_next(&next);
		size_t end = (size_t)(next - base);

		if (code == ' ' || stands_alone(code)) {
			add_token(s, TOKEN_WORD, from, squeeze(base, from, at));
			if (code != ' ')
				add_token(s, TOKEN_WORD, at, end);
			from = end;
		}
		at = end;
	}
	add_token(s, TOKEN_WORD, from, squeeze(base, from, at));
}

/* Is this the end of a clause? A full stop or a comma only with a space behind it. 0, or the kind of token. */
static enum token_kind ends_clause(uint32_t code, const char *next)
{
	switch (code) {
	case '?':
	case 0x37e:
	case 0x61f:
	case 0xff1f:
		return TOKEN_QUESTION;
	case '.':
	case ',':
	case ':':
	case ';':
	case '-':
		return *next == '\0' || *next == ' ' || *next == '\n' || *next == '\r' || *next == '.' ? TOKEN_BORDER : TOKEN_WORD;
	case '!':
	case '\n':
	case 0x60c:
	case 0x61b:
	case 0x964:
	case 0x2014:
	case 0x2026:
	case 0x3001:
	case 0x3002:
	case 0xff01:
	case 0xff0c:
		return TOKEN_BORDER;
	default:
		return TOKEN_WORD;
	}
}

static void cut_clause(struct sentence *s, const char *text, size_t len)
{
	char *clause = xstrndup(text, len);
	size_t start = s->letters.len;

	fold_text(clause, &s->letters);
	free(clause);
	if (!buf_over(&s->letters))
		cut_words(s, start);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Who laughs may not mean it. */
bool code_laughs(uint32_t code)
{
	static const uint32_t codes[] = {0x1f602, 0x1f604, 0x1f605, 0x1f606, 0x1f60d, 0x1f618, 0x1f61c, 0x1f639, 0x1f923, 0x1f970};

	for (size_t i = 0; code >= codes[0] && i < COUNT_OF(codes); i++)
		if (code == codes[i])
			return true;
	return false;
}

/* A sign that is read as a word: "wrong #" is a number ("#5" is none of ours), and laughter is said in so many words. */
static const char *word_for(uint32_t code, const char *next)
{
	if (code == '#' && !is_digit(*next))
		return "NUMBER";
	return code_laughs(code) ? "LAUGHS" : NULL;
}

static void add_word(struct sentence *s, const char *word)
{
	size_t start = s->letters.len;

	buf_add_text(&s->letters, word);
	if (!buf_over(&s->letters))
		add_token(s, TOKEN_WORD, start, s->letters.len);
}

static void cut_text(struct sentence *s, const char *text)
{
	const char *clause = text, *at = text;

	s->count = 0;
	while (*at && s->count < PLAIN_TOKENS && !buf_over(&s->letters)) {
		const char *before = at;
		uint32_t code = utf8_next(&at);
		enum token_kind kind = ends_clause(code, at);
		const char *word = word_for(code, at);

		if (word) {
			cut_clause(s, clause, (size_t)(before - clause));
			add_word(s, word);
			clause = at;
		}
		if (kind == TOKEN_WORD)
			continue;
		cut_clause(s, clause, (size_t)(before - clause));
		if (s->count > 0 && s->tokens[s->count - 1].kind == TOKEN_WORD)
			add_token(s, kind, 0, 0);
		clause = at;
	}
	cut_clause(s, clause, (size_t)(at - clause));
	if (s->count > 0 && s->tokens[s->count - 1].kind == TOKEN_BORDER)
		s->count--;
}

void sentence_init(struct sentence *s, const char *text)
{
	buf_init(&s->letters, TEXT_BYTES);
	buf_room(&s->letters, TEXT_BYTES); /* tokens point into it */
	cut_text(s, text);
}

void sentence_clear(struct sentence *s)
{
	buf_clear(&s->letters);
}

static uint16_t *grow_heads(uint16_t *heads, size_t *size, size_t count)
{
	if (count <= *size)
		return heads;
	heads = xrealloc(heads, count * 2 * sizeof(*heads));
	memset(heads + *size, 0xff, (count * 2 - *size) * sizeof(*heads));
	*size = count * 2;
	return heads;
}

static void chain(struct words *w, uint16_t part, struct phrase *phrase)
{
	uint16_t *heads;

	if (part & STEM)
		heads = w->by_stem = grow_heads(w->by_stem, &w->by_stem_size, w->stems.count);
	else
		heads = w->by_whole = grow_heads(w->by_whole, &w->by_whole_size, w->whole.count);
	phrase->next = heads[part & ~STEM];
	heads[part & ~STEM] = (uint16_t)(phrase - w->phrases);
}

/* One for all phrases: thousands are added one after the other. */
static void cut_phrase(struct words *w, const char *phrase)
{
	if (!w->scratch) {
		w->scratch = xcalloc(1, sizeof(*w->scratch));
		buf_init(&w->scratch->letters, TEXT_BYTES);
		buf_room(&w->scratch->letters, TEXT_BYTES);
	}
	buf_reset(&w->scratch->letters);
	cut_text(w->scratch, phrase);
}

bool words_add(struct words *w, const char *phrase, uint16_t class)
{
	const struct sentence *s;
	size_t start = w->part_count, last;
	bool good, stem = phrase[strlen(phrase) - 1] == '~';

	cut_phrase(w, phrase);
	s = w->scratch;
	good = s->count > 0 && s->count <= PHRASE_WORDS;
	last = s->count - 1;
	for (size_t i = 0; good && i < s->count; i++) {
		bool begins = stem && i == last;
		uint16_t number = names_add(begins ? &w->stems : &w->whole, s->tokens[i].text, s->tokens[i].len);

		w->parts = xrealloc(w->parts, (w->part_count + 1) * sizeof(*w->parts));
		w->parts[w->part_count++] = begins ? (uint16_t)(number | STEM) : number;
	}
	if (good) {
		w->phrases = xrealloc(w->phrases, (w->phrase_count + 1) * sizeof(*w->phrases));
		w->phrases[w->phrase_count] = (struct phrase){class, (uint16_t)s->count, (uint32_t)start, NAME_NONE};
		chain(w, w->parts[start], &w->phrases[w->phrase_count]);
		w->phrase_count++;
	}
	return good;
}

/* The name of a single word, folded. */
static const char *name_word(struct words *w, const char *word)
{
	const struct token *t;

	cut_phrase(w, word);
	t = w->scratch->tokens;
	return w->scratch->count == 1 ? w->whole.items[names_add(&w->whole, t->text, t->len)] : NULL;
}

void words_add_near(struct words *w, const char *word)
{
	const char *name = name_word(w, word);

	if (name)
		typos_add(&w->typos.near, name);
}

void words_add_glue(struct words *w, const char *word)
{
	const char *name = name_word(w, word);

	if (name)
		typos_add(&w->typos.glue, name);
}

void words_clear(struct words *w)
{
	typos_clear(&w->typos);
	if (w->scratch)
		sentence_clear(w->scratch);
	free(w->scratch);
	names_clear(&w->whole);
	names_clear(&w->stems);
	free(w->phrases);
	free(w->parts);
	free(w->by_whole);
	free(w->by_stem);
	*w = (struct words){0};
}

static bool is_part(const struct words *w, const struct token *token, uint16_t part)
{
	const char *text = part & STEM ? w->stems.items[part & ~STEM] : w->whole.items[part];
	size_t len = strlen(text);

	if (token->kind != TOKEN_WORD || strncmp(token->text, text, len < token->len ? len : token->len) != 0)
		return false;
	return part & STEM ? len <= token->len : len == token->len;
}

static void look_chain(const struct words *w, struct sentence *s, size_t at, uint16_t head, size_t *count)
{
	for (; head != NAME_NONE; head = w->phrases[head].next) {
		const struct phrase *p = &w->phrases[head];
		size_t i = 1;

		while (i < p->count && at + i < s->count && is_part(w, &s->tokens[at + i], w->parts[p->parts + i]))
			i++;
		if (i == p->count && *count < PLAIN_HITS)
			s->hits[(*count)++] = (struct hit){p->class, p->count};
	}
}

/* Not every word begins a phrase. */
static uint16_t head_of(const uint16_t *heads, size_t size, uint16_t number)
{
	return number < size ? heads[number] : NAME_NONE;
}

/* The hash of each beginning goes on from that of the one before. */
static void look_stems(const struct words *w, struct sentence *s, size_t at, size_t *count)
{
	const struct token *t = &s->tokens[at];
	uint32_t hash = HASH_START;

	for (size_t len = 1; len <= t->len; len++) {
		uint16_t stem;

		hash = hash_byte(hash, t->text[len - 1]);
		stem = w->stems.size ? w->stems.buckets[find_bucket(&w->stems, t->text, len, hash)] : NAME_NONE;
		look_chain(w, s, at, head_of(w->by_stem, w->by_stem_size, stem), count);
	}
}

void words_look(const struct words *w, struct sentence *s)
{
	size_t count = 0;

	typos_mend(w, s);
	for (size_t i = 0; i < s->count; i++) {
		const struct token *t = &s->tokens[i];

		s->first[i] = (uint16_t)count;
		if (t->kind != TOKEN_WORD)
			continue;
		look_chain(w, s, i, head_of(w->by_whole, w->by_whole_size, names_find(&w->whole, t->text, t->len)), &count);
		look_stems(w, s, i, &count);
	}
	s->first[s->count] = (uint16_t)count;
}
