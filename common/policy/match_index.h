/*
 * Which of many matches are worth a test, for the message at hand. Each match is filed under one condition that must hold
 * for it, its guard: a field has a literal, a field is there, a text has some characters. What a message's fields have is
 * then looked up, and the rules that ask for something else cost nothing.
 */
#ifndef MSG_MATCH_INDEX_H
#define MSG_MATCH_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/line/pairs.h"

struct match_set;
struct match;

struct filed {
	uint32_t match;
	uint32_t literal;       /* or ANYTHING: the field is there */
	size_t next;            /* of the same slot: its place and 1, or 0 */
	size_t field;
};

struct filed_run {
	uint32_t match;
	size_t field;
	const char *run;        /* borrowed from the match */
	struct pairs_sample sample;
};

struct match_index {
	struct filed *filed;
	size_t count;
	struct filed_run *runs;
	size_t run_count;
	size_t *slots;          /* of `filed`, by field and literal; a power of two */
	size_t slot_count;
	size_t *fields;         /* those that something is filed under */
	size_t field_count;
	uint64_t *always;       /* a bit for each match that is filed under nothing */
	uint64_t *worth;        /* a bit for each match that is worth a test */
	size_t words;
	size_t matches;         /* how many of the set have been filed */
	uint64_t about;         /* the message that `worth` is about */
};

/* The matches that were compiled since the last time are filed. */
void match_index_file(struct match_index *x, const struct match_set *s);
void match_index_clear(struct match_index *x);

/* The first match from `from` on that is worth a test, or how many there are. */
size_t match_index_next(struct match_index *x, struct match_set *s, size_t from);

#endif
