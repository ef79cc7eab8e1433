/* What a user says, once, about every answer that a run records: its scope, and what proves it. */
#ifndef MSG_OPTIN_TERMS_H
#define MSG_OPTIN_TERMS_H

#include "common/config/config.h"
#include "common/store/consent.h"

/* As the options give it, until optin_terms_check has seen it. */
struct optin_terms {
	const char *channel, *topic;            /* NULL or "*": all */
	const char *strength;                   /* of a yes, or NULL */
	const char *method, *evidence, *form, *ip, *jurisdiction, *basis;       /* or NULL */
	const char *time;                       /* when it was said; NULL: now */
	int64_t time_ms;                        /* of `time`, else 0 */
};

/* EX_USAGE names the option whose value cannot be recorded. Sets time_ms, and what means all to NULL. */
int optin_terms_check(struct optin_terms *t, const struct config *c, struct err *e);

/* Sets all that does not depend on who said it. */
void optin_terms_fill(const struct optin_terms *t, struct consent_event *event);

#endif
