/* How somebody wants to be written to: recorded in the ledger, and shown. */
#ifndef MSG_OPTIN_PREFS_H
#define MSG_OPTIN_PREFS_H

#include "common/config/contacts.h"
#include "common/line/line.h"
#include "common/optin/terms.h"
#include "common/store/consent.h"

/* As the options give them; NULL: not given; "": taken back. */
struct optin_wishes {
	const char *channels, *quiet, *language, *zone, *topics, *frequency, *one_channel;
};

struct optin_prefs {
	struct store *store;            /* NULL: nothing was recorded yet */
	struct contacts *contacts;      /* or NULL */
	const struct optin_terms *terms;        /* checked */
	json_t *change;                 /* NULL: they are shown */
	bool lines;                     /* shown as consent lines */
};

/* The options as an object, a new reference; NULL when none was given. EX_USAGE names the option at fault. */
int optin_prefs_change(const struct optin_wishes *w, const struct config *c, json_t **ret_change, struct err *e);

/* Changes or shows those of one address or contact. An answer of struct optin_bulk; ctx is a struct optin_prefs. */
int optin_prefs(void *ctx, const char *who, struct line_writer *out, struct err *e);

/* "channels: whatsapp, sms; quiet hours: 22:00-08:00": `change` or what stands, for a person. */
void optin_prefs_tell(const json_t *preferences, const char *between, struct buf *b);

#endif
