/*
 * STOP, START and HELP in what people write back, in all languages of data/keywords.tsv at once. Words are compared in
 * the form of common/line/fold.h. What is no keyword may say the same in plain language (plain.h).
 */
#ifndef MSG_KEYWORDS_H
#define MSG_KEYWORDS_H

#include <stdbool.h>

enum keyword_meaning {
	KEYWORD_STOP,
	KEYWORD_START,
	KEYWORD_HELP,
	KEYWORD_ASK,            /* perhaps a STOP: the person is to be asked */
	KEYWORD_NONE,           /* looks like a keyword and is none */
};

enum keyword_match {
	KEYWORD_EXACT,          /* the whole text, once or again and again */
	KEYWORD_PREFIX,         /* in front, with at most two words behind it */
	KEYWORD_LITERAL,        /* the text begins with exactly these letters */
	KEYWORD_PLAIN,          /* a rule of plain.h; its id is the text */
};

struct keyword {
	const char *language;
	const char *text;
	enum keyword_meaning meaning;
	enum keyword_match match;
	const char *only;       /* "": always; "answer": when the state is out or pending; "footer"; or a region */
};

struct keywords;

struct keywords *keywords_new(void);            /* the table */
void keywords_free(struct keywords *k);

/* A word of the sender's own ("Reply N to stop"), which counts before the table. */
void keywords_add(struct keywords *k, enum keyword_meaning meaning, const char *text);

/*
 * The keyword that a text is, or NULL. Among words that several languages share, that of `language` (may be NULL) comes
 * first, else that of the table. `region` is the telephone number's, or "". With `mail` what stands above
 * the quotation counts, and its first line by itself (mail_text.h).
 */
const struct keyword *keywords_find(const struct keywords *k, const char *text, const char *language, const char *region, bool mail);

#endif
