/*
 * What the words of a message must have in them, or must not: labels, how to opt out, who writes, words and links that
 * are not allowed. The table data/content.tsv and `content:` of msg-policy(5). What can be put in is put in; a message that
 * is refused is refused for one leg, because the next may be another country's or channel's.
 */
#ifndef MSG_CONTENT_H
#define MSG_CONTENT_H

#include <jansson.h>

#include "common/buf.h"
#include "common/config/config.h"
#include "common/line/words.h"

struct content;

/* `given` is the map of the document, NULL for none: the table alone. EX_CONFIG names file, line and key. */
int content_read(const json_t *given, const struct yaml *y, const struct config *c, struct content **ret_content, struct err *e);
void content_free(struct content *c);

/* Does it look at messages of this purpose at all? */
bool content_concern(const struct content *c, enum purpose purpose);

/*
 * The words of one message, for who asks more than once about them: what is found out is kept. Begun anew for each text,
 * which is borrowed.
 */
struct content_words {
	const char *text;
	struct buf folded;
	bool has_folded;
	enum { CONTENT_UNASKED,
		CONTENT_NO,
		CONTENT_YES } optout, link;
};

void content_words_begin(struct content_words *w, const char *text);
void content_words_clear(struct content_words *w);

struct content_question {
	enum purpose purpose;
	const char *channel;
	const char *country;            /* of the recipient, "" when it is not known */
	const char *topic, *lang;       /* or NULL; lang: of the words, else of the recipient */
	const char *from;               /* the sender, or NULL */
	const char *text, *subject;     /* as they would be sent; or NULL */
	struct content_words *words;    /* of the text; or NULL */
	bool judge;                     /* only whether it is refused: nothing is put in and named */
};

struct content_answer {
	bool refused;
	char code[16];                  /* "label", "optout", "sender", "need", "url", "shortener", "banned" */
	char text[160];                 /* for a person; of what is not refused, what was added: "KR/label, optout" */
	char *words, *subject;          /* with what was added; NULL: as they are */
};

void content_review(const struct content *c, const struct content_question *q, struct content_answer *ret_answer);
void content_answer_clear(struct content_answer *a);

#endif
