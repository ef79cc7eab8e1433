/*
 * Changing one member of a line and leaving every other byte as it was: numbers keep their digits, texts their escapes.
 * For lines that line_parse has read.
 */
#ifndef MSG_MEMBER_H
#define MSG_MEMBER_H

#include "common/line/line.h"

struct member {
	size_t start, len;      /* of the value, in bytes from the start of the line */
};

/* Where the value of a member of the outermost object stands; false when there is none. */
bool member_find(const struct line *l, const char *key, struct member *ret_member);

struct member_edit {
	const char *key;
	const char *text;       /* JSON text of the value */
	size_t len;
};

/*
 * Appends the line with these members set: where they stand already, else behind the last one. `value` is what
 * line_parse made of the line; keys are plain ASCII, none twice.
 */
void member_edit(struct buf *b, const struct line *l, const json_t *value, const struct member_edit *edits, size_t count);

/* Writes the line with one member set. */
int member_write(struct line_writer *w, const struct line *l, const json_t *value, const char *key, const json_t *member,
    struct err *e);

#endif
