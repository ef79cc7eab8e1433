/*
 * Links that lead over a host of our own, so that it shows who follows them (`track` in the configuration): those in the
 * text, in the HTML, of buttons, and the message's `link`. Only the links are changed here; the host redirects.
 *
 * Not those of one-time codes and emergencies, of messages that say `track: false`, and of what is read aloud.
 */
#ifndef MSG_TRACK_H
#define MSG_TRACK_H

#include <jansson.h>

#include "common/err.h"

struct job;

/* All NULL where nothing was changed. */
struct tracked {
	char *text, *html;
	json_t *message;
	json_t *links;          /* what each short link stands for, to be shown */
};

/*
 * For the leg in hand, within the transaction: the same links have the same codes at every attempt. A row that is not in
 * the outbox (a dry run) gets codes that lead nowhere.
 */
int track_links(struct job *j, struct tracked *ret_tracked, struct err *e);
void tracked_clear(struct tracked *t);

#endif
