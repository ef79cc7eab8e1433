/*
 * The two tables of plain.h as they are matched: words and classes are numbers, rules are lists of elements. Only for
 * the files plain*.c.
 */
#ifndef MSG_PLAIN_TABLE_H
#define MSG_PLAIN_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/policy/plain.h"
#include "common/policy/plain_words.h"

/* Of a pattern, which is a list of these with a space between them. */
enum element_kind {
	ELEMENT_CLASS,          /* "text", "@contact", "@contact|write": one of these; with ? * + behind it as often as that, across commas */
	ELEMENT_ABSENT,         /* "!by": the next word is none of these */
	ELEMENT_WORD,           /* ".": one word, whichever */
	ELEMENT_GAP,            /* "..3": at most so many words, none if possible */
	ELEMENT_BEGIN,          /* "^": a clause begins here */
	ELEMENT_END,            /* "$": one ends */
	ELEMENT_FIRST,          /* "^^": the text begins here */
	ELEMENT_LAST,           /* "$$": it ends */
	ELEMENT_BORDER,         /* ",": here one clause ends and the next begins */
	ELEMENT_MAYBE_BORDER,   /* ",?": here or not */
	ELEMENT_QUESTION,       /* "?": the same, and it was a question */
};

#define ELEMENTS 16 /* of a rule, at most */

struct element {
	uint8_t kind, min, max;
	uint8_t count;          /* classes, */
	uint16_t first;         /* in the table's list from here */
};

struct compiled {
	struct plain_found found;
	struct element elements[ELEMENTS];
	size_t count, key;      /* the element that fewest words will do for */
};

struct plain_table {
	struct words words;
	struct names classes;
	uint16_t *alternatives;
	size_t alternative_count;
	struct compiled *rules;
	size_t rule_count;
	/* Rules by a class that each of them cannot do without: those of class i are by_class[first_of[i]] to first_of[i + 1]. */
	uint16_t *by_class;
	uint32_t *first_of;
};

/* A row that cannot be used is a bug of ours: `ret_bad` (may be NULL) names it, and it is left out. */
void plain_table_init(struct plain_table *t, const char **ret_bad);
void plain_table_clear(struct plain_table *t);

#endif
