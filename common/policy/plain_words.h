/*
 * A text as a list of words in the form of common/line/fold.h, and which classes of words stand where in it. Scripts that
 * are written without spaces count each character as a word. Letters that are repeated for emphasis count once.
 */
#ifndef MSG_PLAIN_WORDS_H
#define MSG_PLAIN_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/policy/plain_typos.h"

#define NAME_NONE UINT16_MAX

/* Strings and their numbers from 0. */
struct names {
	char **items;
	uint16_t *buckets;      /* by hash, an item's number or NAME_NONE */
	size_t count, size;
};

uint16_t names_add(struct names *n, const char *text, size_t len);
uint16_t names_find(const struct names *n, const char *text, size_t len); /* NAME_NONE when it is not there */
void names_clear(struct names *n);

#define PLAIN_TOKENS 512 /* a longer text is read so far */
#define PLAIN_HITS 2048

enum token_kind {
	TOKEN_WORD,
	TOKEN_BORDER,           /* between two clauses */
	TOKEN_QUESTION,         /* likewise, with a question mark */
};

struct token {
	const char *text;
	uint16_t len;
	uint8_t kind;
};

/* A class that stands at a token, and over how many. */
struct hit {
	uint16_t class;
	uint16_t len;
};

struct sentence {
	struct buf letters;
	struct token tokens[PLAIN_TOKENS + 1];
	size_t count;
	struct hit hits[PLAIN_HITS];
	uint16_t first[PLAIN_TOKENS + 1]; /* the hits of token i are first[i] to first[i + 1] */
};

/* Is the character a face that laughs or loves? It is the word "laughs" among the tokens. */
bool code_laughs(uint32_t code);

/* Cuts a text into tokens, which are good as long as the sentence is. */
void sentence_init(struct sentence *s, const char *text);
void sentence_clear(struct sentence *s);

/* Phrases and the classes that they belong to. */
struct words {
	struct names whole, stems;      /* words, and beginnings of words */
	struct phrase *phrases;
	size_t phrase_count;
	uint16_t *parts;        /* words of phrases */
	size_t part_count;
	uint16_t *by_whole, *by_stem;   /* the first phrase that begins with it */
	size_t by_whole_size, by_stem_size;
	struct sentence *scratch;
	struct typos typos;
};

/* "text me": a phrase; "send~" stands for every word that begins so. False for one that has no words, or too many. */
bool words_add(struct words *w, const char *phrase, uint16_t class);
void words_clear(struct words *w);

/* A word that may be meant where none is known, or that others may be written together with. */
void words_add_near(struct words *w, const char *word);
void words_add_glue(struct words *w, const char *word);

/* Mends the words of a sentence and fills its hits. */
void words_look(const struct words *w, struct sentence *s);

#endif
