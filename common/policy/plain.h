/*
 * What people say about being written to, in their own words: "please don't text me anymore", "lose my number". Two
 * tables decide, which anyone can correct: data/plain-words.tsv gives classes of words, data/plain-rules.tsv gives
 * patterns over them. There is no learning and no chance in it: the same text has the same answer, and a row that is
 * named by its id gave it.
 *
 * Every rule that is found in a text counts for the words it stands on. One that says `not` takes away what the others
 * found on these words ("don't stop texting me"), one that says `limit` takes away what means everything and makes it a
 * question ("stop texting me before 9"); neither does it to one that says `sure`. Of what is left, STOP comes before a question, and a question before the rest.
 */
#ifndef MSG_PLAIN_H
#define MSG_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

enum plain_verdict {
	PLAIN_SURE,             /* a stop whatever else stands there: "if you don't stop texting me I will sue" */
	PLAIN_STOP,
	PLAIN_ASK,              /* perhaps a stop: worth a question */
	PLAIN_LIMIT,            /* a stop to something: worth a question */
	PLAIN_START,
	PLAIN_YES,              /* a start if there is a question or a no that it can be about */
	PLAIN_HELP,
	PLAIN_NOT,
};

struct plain_rule {
	const char *id;
	const char *language;
	enum plain_verdict verdict;
	const char *pattern;
	const char *example;
};

/* A rule as it was found: one of all languages ("*") has that of the words that it was found in. */
struct plain_found {
	const struct plain_rule *rule;
	const char *language;
};

struct plain;

struct plain *plain_new(void);  /* the tables */
void plain_free(struct plain *p);

/*
 * What decides about a text, or NULL; PLAIN_NOT is never given. A LIMIT that decides is what ASK is. Where languages have
 * the words in common, `language` (may be NULL) comes first.
 */
const struct plain_found *plain_find(const struct plain *p, const char *text, const char *language);

/* All that can be found, in one array. */
const struct plain_found *plain_all(const struct plain *p, size_t *ret_count);

/* Does somebody laugh in it? A single word may then be no word of command. */
bool plain_laughs(const char *text);

/* Is the rule found in a text, whatever the others say? */
bool plain_has(const struct plain *p, const char *text, const struct plain_rule *rule);

/* The rules, in the order of the file and in one array. */
size_t plain_rules(void);
const struct plain_rule *plain_rule(size_t at);

#endif
