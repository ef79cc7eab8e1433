/*
 * Between rendering and the request: a message is brought into the shape that its provider carries on its channel, or
 * refused. Nothing is changed silently: `changes` goes into the receipt.
 *
 *   provider-template  it went as a template that lies with the provider, in the words that are approved there
 *   smart              typography that GSM-7 lacks was replaced (channels.sms.smart, `smart` of the line)
 *   html-to-text       there was HTML alone, and the channel shows none
 *   links-tracked      links lead over the host that `track` names (track.h)
 *   link-to-text       the message's `link` stands below the text; link-left-out: a call has no use for it
 *   subject-to-text    the subject stands above the text, where the channel has none
 *   media-to-link      what cannot be shown is a link below the text
 *   buttons-to-text    "Reply 1 for Yes, 2 for No", "Track: https://…"
 *   truncated          cut, with an ellipsis (`overflow: truncate`)
 *   split              sent as several messages (`overflow: split`)
 *
 * A text that is too long is split, cut or refused as `overflow` of the line, else of the channel, says; without either
 * it is split on channels of conversation, cut on those of notification, and refused on all others, text messages among
 * them. A text message has at most `max_segments` (10) in any case.
 */
#ifndef MSG_FIT_H
#define MSG_FIT_H

#include "common/provider/provider.h"
#include "common/sms/sms.h"

enum fit_change {
	FIT_TEMPLATE,
	FIT_CONTENT,
	FIT_SMART,
	FIT_HTML,
	FIT_SUBJECT,
	FIT_TRACKED,
	FIT_LINK,
	FIT_NO_LINK,
	FIT_MEDIA,
	FIT_BUTTONS,
	FIT_TRUNCATED,
	FIT_SPLIT,
	FIT_CHANGES,
};

const char *fit_change_name(enum fit_change c);

struct fit {
	char *text, *html;              /* to be sent; NULL: as it was rendered */
	bool plain;                     /* no HTML is sent */
	json_t *message;                /* the line without the subject, media and buttons that are in the text; NULL: as it is */
	const char *subject;            /* or NULL */
	unsigned changes;               /* bits by enum fit_change */
	json_t *choices;                /* what the numbers mean that stand for buttons, from 1 on; NULL: there are none */
	unsigned parts;                 /* messages that it takes */
	bool counted;                   /* a text message: */
	struct sms_options sms;
	struct sms_count count;         /* of the part in hand */
	unsigned segments;              /* of all parts */
	const char *code;               /* when it was refused: "too-long", "media", "buttons", "link", "empty" */
};

/* What is to be fitted; all borrowed. */
struct fit_leg {
	const struct config *config;
	const struct provider *provider;
	const char *channel;
	const json_t *message, *recipient;
	const char *text, *html;        /* rendered; html may be NULL */
	unsigned part;                  /* which of the parts is wanted, from 0 */
};

/* EX_DATAERR: it cannot go this way; `ret_fit` says which kind of trouble, and is to be cleared all the same. */
int fit_leg(const struct fit_leg *l, struct fit *ret_fit, struct err *e);
void fit_clear(struct fit *f);

/* The same for a leg that goes as a template of the provider's: nothing of the message is measured or shown. */
void fit_template(const struct fit_leg *l, struct fit *ret_fit);

#endif
