/*
 * A waterfall: channels in order, each with how long to wait for what before the next one's turn. In the notation of
 * msg-policy(5): "push/5m:read", "whatsapp/10m", "sms", "others" (each other channel that the contact has an address
 * for), or a mapping {channel, via, from, wait, until}; a list of them is used at once.
 */
#ifndef MSG_WATERFALL_H
#define MSG_WATERFALL_H

#include <jansson.h>

#include "common/address/address.h"
#include "common/config/config.h"
#include "common/line/when.h"
#include "common/line/words.h"

struct waterfall_leg {
	char channel[ADDRESS_CHANNEL];  /* "" stands for "others" */
	char *via;              /* account, or NULL */
	char *from;             /* sender, or NULL */
	int64_t wait_ms;        /* 0: no wait, only a failure leads on */
	char wait[WHEN_SIZE];   /* the same as text */
	enum status until;      /* of a wait */
	const json_t *group;    /* those with the same one are used at once; NULL: it is used by itself. A name, not to be read */
	const json_t *item;     /* in the document, as long as that is there; or NULL */
};

struct waterfall {
	struct waterfall_leg *legs;
	size_t count;
	const struct waterfall_leg *others;     /* among the legs, or NULL */
};

/* From a document. Channels that neither this program nor the configuration knows are errors. EX_CONFIG, and *w is empty. */
int waterfall_read(struct waterfall *w, const json_t *list, const struct yaml *y, const struct config *c, struct err *e);

/* One leg in the notation. NULL, or what is wrong with it. */
const char *waterfall_parse_leg(const char *text, struct waterfall_leg *ret_leg);

/* From words with spaces between them; the program's own. Legs without a wait get `hurry_ms`, if not 0, until delivered. */
void waterfall_build(struct waterfall *w, const char *words, int64_t hurry_ms);
void waterfall_clear(struct waterfall *w);

/* The first leg of a channel, else the one for the others, else NULL. */
const struct waterfall_leg *waterfall_find(const struct waterfall *w, const char *channel);

#endif
