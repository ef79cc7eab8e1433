/*
 * Words that are written wrongly: "unsubcribe", "messaegs", "textin", "stoptextingme". A word that no table knows is read
 * as the one that it is nearly, where the tables say so: class `near` lists the words that may be meant, class `glue` those
 * that are written together. A word that some class has is never changed, so that "contract" is no "contact".
 */
#ifndef MSG_PLAIN_TYPOS_H
#define MSG_PLAIN_TYPOS_H

#include <stdbool.h>
#include <stddef.h>

struct sentence;
struct words;

struct typo_word {
	const char *text;       /* of the words' names */
	size_t len;
	unsigned letters;       /* which of A to Z are in it */
};

struct typo_list {
	struct typo_word *items;
	size_t count;
};

struct typos {
	struct typo_list near, glue;
};

/* `text` is a folded word that outlives the list. */
void typos_add(struct typo_list *l, const char *text);
void typos_clear(struct typos *t);

/* Mends the words of a sentence that nothing begins. */
void typos_mend(const struct words *w, struct sentence *s);

#endif
