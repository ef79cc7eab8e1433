/* Looking into texts: phrases, sentences that say how to opt out, links. */
#include <stdio.h>
#include <string.h>

#include "common/compat.h"
#include "common/line/fold.h"
#include "common/policy/content_set.h"

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

bool content_has_phrase(const char *text, const char *phrase)
{
	struct buf folded, wanted;
	bool found;

	buf_init(&folded, TEXT_BYTES);
	buf_init(&wanted, TEXT_BYTES);
	fold_text(text, &folded);
	fold_text(phrase, &wanted);
	found = wanted.len > 0 && has_piece(folded.data, wanted.data, wanted.len);
	buf_clear(&folded);
	buf_clear(&wanted);
	return found;
}

/* One of several with | between them, as it stands. */
static bool has_any(const char *text, const char *list)
{
	while (*list) {
		size_t len = strcspn(list, "|");

		if (len && has_piece(text, list, len))
			return true;
		list += len + (list[len] == '|');
	}
	return false;
}

static bool has_any_phrase(const struct buf *folded, const char *list)
{
	struct buf wanted;
	bool found = false;

	buf_init(&wanted, TEXT_BYTES);
	while (!found && *list) {
		size_t len = strcspn(list, "|");
		char phrase[64];

		snprintf(phrase, sizeof(phrase), "%.*s", (int)len, list);
		buf_reset(&wanted);
		fold_text(phrase, &wanted);
		found = wanted.len > 0 && has_piece(folded->data, wanted.data, wanted.len);
		list += len + (list[len] == '|');
	}
	buf_clear(&wanted);
	return found;
}

bool content_says_optout(const char *text)
{
	struct buf folded;
	bool found = false;

	for (size_t i = 0; !found && i < COUNT_OF(optout_texts); i++)
		found = has_any(text, optout_texts[i].words);
	if (found)
		return true;
	buf_init(&folded, TEXT_BYTES);
	fold_text(text, &folded);
	for (size_t i = 0; !found && i < COUNT_OF(optout_texts); i++)
		found = has_any_phrase(&folded, optout_texts[i].phrases);
	buf_clear(&folded);
	return found;
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

/* A host with at least one dot, behind "://" or by itself: "bit.ly/x", "https://a.example". */
bool content_find_link(const char **text, char *ret_host, size_t size)
{
	static const char host_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
	const char *p = *text;

	while (*p) {
		size_t len = strspn(p, host_bytes), dots = 0;
		bool scheme = p - *text >= 3 && strncmp(p - 3, "://", 3) == 0;

		while (len > 0 && (p[len - 1] == '.' || p[len - 1] == '-'))
			len--;
		for (size_t i = 0; i + 1 < len; i++)
			dots += p[i] == '.' && p[i + 1] != '.';
		/* By itself only with a path: "bit.ly/x" is a link, "3.50" and "end.Next" are none. */
		if (dots > 0 && len < size && (scheme || p[len] == '/')) {
			snprintf(ret_host, size, "%.*s", (int)len, p);
			for (char *c = ret_host; *c; c++)
				*c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
			*text = p + len;
			return true;
		}
		p += len ? len : 1;
	}
	return false;
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
