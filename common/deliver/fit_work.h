/* A message on its way to fit; for fit.c, fit_length.c and fit_words.c alone. */
#ifndef MSG_FIT_WORK_H
#define MSG_FIT_WORK_H

#include "common/deliver/fit.h"

enum fit_overflow {
	FIT_REFUSE_IT,
	FIT_SPLIT_IT,
	FIT_CUT_IT,
};

struct fit_work {
	const struct fit_leg *leg;
	struct limits limits;
	const json_t *channel;          /* its settings, or NULL */
	bool sms;
	enum fit_overflow overflow;
	unsigned max_segments;
	json_t *links, *words;          /* media and buttons that go into the text */
	size_t below;                   /* bytes at the end of the text that are not the message's own */
	struct fit *f;
};

/* The text as it stands; a text to stand in its place, taken; the line, to be changed. */
const char *fit_work_text(const struct fit_work *w);
void fit_work_set(struct fit_work *w, char *text_take);
json_t *fit_work_message(struct fit_work *w);

void fit_work_note(struct fit_work *w, enum fit_change c);
int fit_work_refuse(struct fit_work *w, const char *code);      /* -1 */

/* Counts the text, and splits, cuts or refuses it when it is too long. EX_DATAERR. */
int fit_work_length(struct fit_work *w, struct err *e);

/* How long a text is in a provider's units, and how many bytes of it fit into `most`: whole clusters, if one fits. */
size_t fit_measure(const char *text, enum text_unit unit);
size_t fit_cut(const char *text, enum text_unit unit, size_t most);

/* Appends "Alt: https://…" for each of `media`, and the buttons as lines of text; what their numbers mean, if they get some. */
void fit_add_links(struct buf *b, const json_t *media, bool html);
void fit_add_buttons(struct buf *b, const json_t *buttons, const char *lang, bool html);
json_t *fit_choices(const json_t *buttons);

/* Text as HTML has it. */
void fit_add_html(struct buf *b, const char *text);

/* HTML with `rest` before the end of its body; and what a reader of text sees of it. */
void fit_html_insert(struct buf *b, const char *html, const char *rest);
void fit_html_text(struct buf *b, const char *html);

#endif
