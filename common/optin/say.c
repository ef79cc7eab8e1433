#include <string.h>

#include "common/diag.h"
#include "common/optin/record.h"
#include "common/optin/say.h"

#include "common/banned.h"

/* Likely a slip of the pen; recorded all the same, because a no must not depend on who is in the contacts. */
static void note_stranger(struct contacts *contacts, const char *id)
{
	json_t *contact = NULL;
	struct err ignored;

	if (!contacts || contacts_find(contacts, id, &contact, &ignored) == 0)
		diag_note("no contact is called '%s'; recorded all the same", err_quote(id));
	json_decref(contact);
}

int optin_say(void *ctx, const char *who, struct line_writer *out, struct err *e)
{
	const struct optin_say *say = ctx;
	const struct optin_terms *t = say->terms;
	struct consent_event event = {.state = say->state};
	struct optin_subject subject;
	json_t *line;
	int result;

	if (optin_subject(who, &subject, e) < 0)
		return -1;
	if (!*subject.channel)
		note_stranger(say->contacts, who);
	if (*subject.channel && t->channel && strcmp(t->channel, subject.channel) != 0)
		return err_set(e, EX_DATAERR, "'%s' is no address of %s", optin_subject_shown(subject.text), t->channel);
	optin_terms_fill(t, &event);
	event.subject = subject.text;
	event.channel = *subject.channel ? subject.channel : t->channel;
	if (consent_add(say->store, &event, e) < 0)
		return err_at(e, "%s: ", optin_subject_shown(subject.text));
	line = optin_line(&event, NULL);
	result = line_write_json(out, line, e);
	json_decref(line);
	return result;
}
