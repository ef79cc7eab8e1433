/*
 * What a refusal tells about an address beyond the message in hand: whom a provider calls opted out is out here too, and
 * an address that it calls invalid is not tried again.
 */
#include <stdio.h>
#include <string.h>

#include "common/deliver/job.h"
#include "common/line/when.h"
#include "common/store/consent.h"
#include "common/store/dead.h"

#include "common/banned.h"

static int opted_out(const struct job *j, const char *subject, const struct verdict *v, struct err *e)
{
	char evidence[ID_BYTES + sizeof(v->code) + sizeof(v->text) + 4];
	struct consent_event event = {
	    .subject = subject,
	    .channel = j->address.channel,
	    .state = CONSENT_OUT,
	    .method = "provider",
	    .evidence = evidence,
	};

	snprintf(evidence, sizeof(evidence), "%s %s: %s", account_name(j->account), v->code, v->text);
	return consent_add(j->d->o.store, &event, e);
}

/* A mail server's bare 550 stands for whatever it does not like; its enhanced code says what (RFC 3463). */
static bool is_certain(const struct job *j, const struct verdict *v)
{
	return strcmp(j->address.channel, "email") != 0 || strncmp(v->code, "5.1.", 4) == 0;
}

int learn(const struct job *j, const struct verdict *v, struct err *e)
{
	int64_t now = when_now_ms(), dead_for = j->d->settings.dead_for_ms;
	char subject[ADDRESS_BYTES];

	/* The sandbox only plays these parts. */
	if (j->x.request.kind == REQUEST_LOCAL)
		return 0;
	address_subject(&j->address, subject);
	if (v->failure == FAILURE_OPTED_OUT)
		return opted_out(j, subject, v, e);
	if (v->failure == FAILURE_INVALID_ADDRESS && dead_for > 0 && is_certain(j, v))
		return dead_add(j->d->o.store, subject, v->code, now, now + dead_for, e);
	return 0;
}
