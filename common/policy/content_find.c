/* Looking into texts: phrases, sentences that say how to opt out, links. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/compat.h"
#include "common/line/fold.h"
#include "common/line/pairs.h"
#include "common/policy/content_set.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define TEXT_BYTES (1u << 20)

/* Generated from data/content.tsv. */
const struct content_row content_rows[] = {
#include "gen/content.inc"
};
const size_t content_row_count = COUNT_OF(content_rows);

/* Generated from data/shorteners.tsv. */
static const char *const shorteners[] = {
#include "gen/shorteners.inc"
};

/* Generated from data/optout-texts.tsv. */
static const struct optout_text {
	const char *language, *words, *phrases, *add;
} optout_texts[] = {
#include "gen/optout-texts.inc"
};

static bool is_byte_of_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c & 0x80);
}

/* Scripts that put no blanks between words have no edges to look for. */
static bool has_at_edges(const char *text, const char *at, size_t len)
{
	bool letters = !(*at & 0x80);

	return !letters || ((at == text || !is_byte_of_word(at[-1])) && !is_byte_of_word(at[len]));
}

static bool has_piece(const char *text, const char *piece, size_t len)
{
	for (const char *at = text; (at = strchr(at, *piece)); at++)
		if (strncmp(at, piece, len) == 0 && has_at_edges(text, at, len))
			return true;
	return false;
}

void content_words_begin(struct content_words *w, const char *text)
{
	w->text = text;
	w->has_folded = false;
	w->optout = w->link = CONTENT_UNASKED;
}

void content_words_clear(struct content_words *w)
{
	buf_clear(&w->folded);
	*w = (struct content_words){.text = NULL};
}

const struct buf *content_folded(struct content_words *w)
{
	if (w->has_folded)
		return &w->folded;
	if (!w->folded.data)
		buf_init(&w->folded, TEXT_BYTES);
	buf_reset(&w->folded);
	fold_text(w->text, &w->folded);
	w->has_folded = true;
	return &w->folded;
}

char *content_fold(const char *phrase)
{
	char *folded;
	struct buf b;

	buf_init(&b, TEXT_BYTES);
	fold_text(phrase, &b);
	folded = buf_steal(&b);
	buf_clear(&b);
	return folded;
}

bool content_has_phrase(const struct buf *folded, const char *phrase)
{
	return *phrase && has_piece(folded->data, phrase, strlen(phrase));
}

/* What says how to opt out, in all languages: words as they stand, and phrases folded. Made once. */
struct piece {
	char *text;
	size_t len;
	struct pairs_sample sample;
};

static struct pieces {
	struct piece *list;
	size_t count;
} optout_words, optout_phrases;

static void add_pieces(struct pieces *p, const char *list, bool fold)
{
	for (size_t len; *list; list += len + (list[len] == '|')) {
		char *text = xstrndup(list, len = strcspn(list, "|"));
		struct piece *piece;

		p->list = xrealloc(p->list, (p->count + 1) * sizeof(*p->list));
		piece = &p->list[p->count++];
		piece->text = fold ? content_fold(text) : xstrdup(text);
		piece->len = strlen(piece->text);
		pairs_sample(&piece->sample, piece->text, piece->len);
		free(text);
	}
}

static void make_pieces(void)
{
	if (optout_words.count > 0)
		return;
	for (size_t i = 0; i < COUNT_OF(optout_texts); i++) {
		add_pieces(&optout_words, optout_texts[i].words, false);
		add_pieces(&optout_phrases, optout_texts[i].phrases, true);
	}
}

static bool has_any(const char *text, const struct pieces *p)
{
	struct pairs pairs;

	pairs_read(&pairs, text);
	for (size_t i = 0; i < p->count; i++)
		if (p->list[i].len && pairs_may_have(&pairs, &p->list[i].sample) && has_piece(text, p->list[i].text, p->list[i].len))
			return true;
	return false;
}

static bool says_optout(const char *text, const struct buf *folded)
{
	make_pieces();
	return has_any(text, &optout_words) || has_any(folded->data, &optout_phrases);
}

bool content_says_optout(struct content_words *w)
{
	if (w->optout == CONTENT_UNASKED)
		w->optout = says_optout(w->text, content_folded(w)) ? CONTENT_YES : CONTENT_NO;
	return w->optout == CONTENT_YES;
}

const char *content_optout_text(const char *lang)
{
	for (size_t i = 0; lang && i < COUNT_OF(optout_texts); i++) {
		size_t len = strlen(optout_texts[i].language);

		if (strncmp(optout_texts[i].language, lang, len) == 0 && (!lang[len] || lang[len] == '-'))
			return optout_texts[i].add;
	}
	return optout_texts[0].add;
}

static bool is_byte_of_host(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

/* A host with at least one dot, behind "://" or by itself: "bit.ly/x", "https://a.example". */
bool content_find_link(const char **text, char *ret_host, size_t size)
{
	const char *p = *text, *dot;

	while ((dot = strchr(p, '.'))) {
		const char *start = dot, *end = dot;
		size_t dots = 0;
		bool scheme;

		while (start > p && is_byte_of_host(start[-1]))
			start--;
		while (is_byte_of_host(*end))
			end++;
		p = end;
		while (end > start && (end[-1] == '.' || end[-1] == '-'))
			end--;
		for (const char *c = start; c + 1 < end; c++)
			dots += c[0] == '.' && c[1] != '.';
		scheme = start - *text >= 3 && strncmp(start - 3, "://", 3) == 0;
		/* By itself only with a path: "bit.ly/x" is a link, "3.50" and "end.Next" are none. */
		if (dots == 0 || (size_t)(end - start) >= size || (!scheme && *end != '/'))
			continue;
		for (; start < end; start++)
			*ret_host++ = (char)(*start >= 'A' && *start <= 'Z' ? *start + 32 : *start);
		*ret_host = '\0';
		*text = end;
		return true;
	}
	return false;
}

bool content_has_link(struct content_words *w)
{
	const char *p = w->text;
	char host[256];

	if (w->link == CONTENT_UNASKED)
		w->link = content_find_link(&p, host, sizeof(host)) ? CONTENT_YES : CONTENT_NO;
	return w->link == CONTENT_YES;
}

bool content_is_shortener(const char *host)
{
	for (size_t i = 0; i < COUNT_OF(shorteners); i++) {
		size_t len = strlen(shorteners[i]), own = strlen(host);

		if (own >= len && strcmp(host + own - len, shorteners[i]) == 0 && (own == len || host[own - len - 1] == '.'))
			return true;
	}
	return false;
}
