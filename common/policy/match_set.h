/* What conditions are made of. Used by match.c, which tests them, match_compile.c and match_index.c alone. */
#ifndef MSG_MATCH_SET_H
#define MSG_MATCH_SET_H

#include "common/line/pattern.h"
#include "common/policy/match.h"
#include "common/policy/match_field.h"
#include "common/policy/match_index.h"

/* In the order of their cost, but for regular expressions, which cost most. */
enum operation { OP_PRESENT, OP_ONE, OP_ANY, OP_RANGE, OP_SAME, OP_REGEX };

struct range {
	bool has_from, has_to;
	bool time;              /* of instants, in milliseconds */
	double from, to;
};

struct condition {
	enum operation operation;
	bool negate;
	size_t field;
	uint32_t literal;               /* ONE */
	uint32_t *any;                  /* ANY */
	size_t any_count;
	struct range range;
	regex_t *regex;
	char *run;                      /* characters that whatever it finds has in it, or NULL: quickly looked for */
	size_t same;                    /* SAME: the other field */
};

struct match {
	struct condition *conditions;
	size_t count;
};

/* What a field holds in the message at hand. */
struct memo {
	uint64_t about;         /* the message it was looked up for */
	const json_t *value;
	json_t *own;
	uint32_t literal;       /* 0: none, or not a scalar */
	bool list;
};

struct match_set {
	struct field *fields;
	struct memo *memos;
	size_t field_count;
	struct literals literals;
	struct match **matches; /* in the order in which they were compiled */
	size_t match_count;
	struct match_index index;
	uint64_t about;
	const json_t *message, *recipient;
};

/* The field of the message at hand. */
const struct memo *match_look(struct match_set *s, size_t field);

/* The number of the literal that a scalar equals, or 0. */
uint32_t match_literal(const struct match_set *s, const json_t *value);

#endif
