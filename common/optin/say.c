#include <string.h>

#include "common/optin/record.h"
#include "common/optin/say.h"

#include "common/banned.h"

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
		optin_note_stranger(say->contacts, who);
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
