/* The fields that conditions look at: paths and literals, interned. Used by match.c only. */
#ifndef MSG_MATCH_FIELD_H
#define MSG_MATCH_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LITERAL_BYTES 32        /* of a number's text, with its NUL */

/* Texts by number, from 1; 0 is a text that no condition names. */
struct literals {
	char **texts;
	size_t count;
	uint32_t *slots;        /* open addressing: the number of a text, or 0 */
	size_t slot_count;      /* a power of two */
};

uint32_t literal_add(struct literals *l, const char *text);
uint32_t literal_find(const struct literals *l, const char *text, size_t len);
void literals_clear(struct literals *l);

/*
 * A scalar as text, so that 2 and "2", true and "true" are equal: the string itself, or `room` filled. NULL for null,
 * objects and arrays.
 */
const char *literal_text(const json_t *value, char room[LITERAL_BYTES], size_t *ret_len);

enum field_origin {
	FIELD_MESSAGE,
	FIELD_CONTACT,
	FIELD_REGION,           /* contact.region: of the address asked for, else of the first one that has a region */
};

struct field {
	char *path;
	enum field_origin origin;
	char **keys;
	size_t key_count;
	bool compared;          /* with literals */
	json_t *otherwise;      /* purpose and urgency have a value when they are missing */
};

void field_init(struct field *f, const char *path);
void field_clear(struct field *f);

/* The value, borrowed; NULL when there is none or it is null. A region is a new reference: *ret_own. */
const json_t *field_value(const struct field *f, const json_t *message, const json_t *recipient, json_t **ret_own);

#endif
