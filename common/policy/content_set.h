/* What rules on content are made of. Used by content.c, which reviews, content_find.c, which looks, and content_read.c. */
#ifndef MSG_CONTENT_SET_H
#define MSG_CONTENT_SET_H

#include "common/buf.h"
#include "common/line/pattern.h"
#include "common/policy/content.h"

enum content_check {
	CONTENT_LABEL,
	CONTENT_OPTOUT,
	CONTENT_SENDER,
	CONTENT_NEED,
	CONTENT_NO_URL,
	CONTENT_NO_SHORTENER,
	CONTENT_BAN,
};

/* A row of the table, or a rule of the policy; texts are constants or the document's. */
struct content_row {
	const char *name;
	const char *country;            /* "*": everywhere */
	unsigned purposes;              /* bits by enum purpose */
	const char *channels;           /* "sms,email"; "": all */
	enum content_check check;
	const char *values;             /* alternatives with | between them */
	const char *add;                /* "": nothing can be put in */
};

struct content_rule {
	struct content_row row;
	const json_t *countries, *channels, *topics;    /* a text or a list, or NULL: all */
	const json_t *values;           /* of NEED and BAN: a text or a list */
	char **phrases;                 /* the same, folded */
	size_t phrase_count;
	regex_t *regex;                 /* of BAN, or NULL */
};

struct content {
	bool law;                       /* the table counts */
	const json_t *allow;            /* names of rows that do not, or NULL */
	const char *sender;             /* what we are called, or NULL */
	char *folded_sender;
	const json_t *optout;           /* how to opt out: a text, or a map from languages to texts; or NULL */
	struct content_rule *rules;
	size_t rule_count;
};

/* The table. */
extern const struct content_row content_rows[];
extern const size_t content_row_count;

/* A phrase as it is looked for. The caller frees. */
char *content_fold(const char *phrase);

/* Does the folded text have the folded phrase in it, as whole words? */
bool content_has_phrase(const struct buf *folded, const char *phrase);

/* Does the text say how to opt out, in any language; and the sentence that says so in this one ("" when there is none). */
bool content_says_optout(struct content_words *w);
const char *content_optout_text(const char *lang);

/* The text folded (fold.h). */
const struct buf *content_folded(struct content_words *w);

/* Is there any link? */
bool content_has_link(struct content_words *w);

/* The first link in a text: its host into ret_host; false when there is none. */
bool content_find_link(const char **text, char *ret_host, size_t size);
bool content_is_shortener(const char *host);

#endif
