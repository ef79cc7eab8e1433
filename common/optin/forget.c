#include <inttypes.h>
#include <stdio.h>

#include "common/config/contact.h"
#include "common/diag.h"
#include "common/optin/forget.h"
#include "common/optin/record.h"

#include "common/banned.h"

struct forgetting {
	const struct optin_forget *f;
	struct line_writer *out;
	struct err *e;
};

static int forget(const struct forgetting *g, const char *subject)
{
	const struct optin_terms *t = g->f->terms;
	struct consent_event event = {.method = t->method, .jurisdiction = t->jurisdiction, .basis = t->basis};
	struct consent_forgotten gone;
	char evidence[48];
	json_t *line;
	int result;

	if (consent_forget(g->f->store, subject, &event, &gone, g->e) < 0)
		return -1;
	snprintf(evidence, sizeof(evidence), "%" PRId64 " event%s", gone.events, gone.events == 1 ? "" : "s");
	event.evidence = evidence;
	line = optin_line(&event, NULL);
	result = line_write_json(g->out, line, g->e);
	json_decref(line);
	return result;
}

static int forget_address(void *ctx, const struct address *a)
{
	char subject[ADDRESS_BYTES];

	address_subject(a, subject);
	return forget(ctx, subject);
}

static int forget_addresses(const struct forgetting *g, const char *id)
{
	json_t *contact = NULL;
	int got = g->f->contacts ? contacts_find(g->f->contacts, id, &contact, g->e) : 0;

	if (got > 0) {
		diag_note("'%s' still stands in the contacts: take them out there", err_quote(id));
		got = contact_each_address(contact, forget_address, (void *)g);
	}
	json_decref(contact);
	return got < 0 ? -1 : 0;
}

int optin_forget(void *ctx, const char *who, struct line_writer *out, struct err *e)
{
	struct forgetting g = {ctx, out, e};
	struct optin_subject subject;

	if (optin_subject(who, &subject, e) < 0 || forget(&g, subject.text) < 0)
		return -1;
	return *subject.channel ? 0 : forget_addresses(&g, optin_subject_id(subject.text));
}
