#include <stdlib.h>

#include "common/diag.h"
#include "common/line/id.h"
#include "common/optin/ask.h"

#include "common/banned.h"

static json_t *make_message(const struct optin_subject *subject, const struct optin_question *question, const char *text,
    const char *language)
{
	char id[ID_SIZE];

	id_new(id);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s*}", "type", "message", "id", id, "to", subject->text, "text", text,
	    "purpose", "service", "lang", language, "topic", question->topic);
}

int optin_ask(const struct optin *o, struct store *s, const struct optin_subject *subject, const struct optin_question *question,
    json_t **ret_lines, enum consent_state *ret_state, struct err *e)
{
	struct consent_event event = {.subject = subject->text, .channel = subject->channel, .topic = question->topic,
	    .state = CONSENT_PENDING, .method = "ask", .evidence = question->evidence};
	const char *language;
	char *text;

	if (consent_look(s, subject->text, subject->channel, question->topic, ret_state, NULL, e) < 0)
		return -1;
	if (*ret_state != CONSENT_NONE)
		return 1;
	if (optin_text(o, OPTIN_ASK, &question->language, 1, question->topic, &text, &language, e) < 0)
		return -1;
	if (consent_add(s, &event, e) < 0) {
		free(text);
		return -1;
	}
	*ret_lines = json_pack("[o, o]", optin_line(&event, NULL), make_message(subject, question, text, language));
	free(text);
	return 0;
}

int optin_ask_one(void *ctx, const char *who, struct line_writer *out, struct err *e)
{
	const struct optin_asking *asking = ctx;
	struct optin_subject subject;
	enum consent_state state;
	json_t *lines = NULL, *line;
	size_t i;
	int got;

	if (optin_subject_address(who, &subject, e) < 0)
		return -1;
	got = optin_ask(asking->optin, asking->store, &subject, &asking->question, &lines, &state, e);
	if (got > 0) {
		diag_note("not asked: %s is %s", optin_subject_shown(subject.text),
		    state == CONSENT_PENDING ? "asked already" : consent_state_name(state));
		return state == CONSENT_OUT ? EX_UNDELIVERED : 0;
	}
	json_array_foreach(lines, i, line)
		if (got == 0)
			got = line_write_json(out, line, e);
	json_decref(lines);
	return got;
}
