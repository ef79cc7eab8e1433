#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/diag.h"
#include "common/line/id.h"
#include "common/line/when.h"
#include "common/optin/ask.h"
#include "common/optin/confirm.h"
#include "common/store/code.h"
#include "common/template/template.h"
#include "common/xalloc.h"

#include "common/banned.h"

static json_t *make_message(const struct optin_subject *subject, const struct optin_question *question, const char *text,
    const char *language)
{
	char id[ID_SIZE];

	id_new(id);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s*}", "type", "message", "id", id, "to", subject->text, "text", text,
	    "purpose", "service", "lang", language, "topic", question->topic);
}

/* The question's text, with the code or the link behind it unless the text has a place for it. */
static int make_text(const struct optin *o, const struct optin_question *question, const char *code, char **ret_text,
    const char **ret_language, struct err *e)
{
	json_t *data = json_pack("{s:s*}", "topic", question->topic);
	const char *shown = code;
	char *link = NULL, *text = NULL;
	int result = 0;

	if (question->link) {
		json_t *token = json_pack("{s:s}", "code", code);
		struct buf b;

		buf_init(&b, LINE_BYTES);
		result = template_render(&b, question->link, token, NULL, e);
		link = buf_steal(&b);
		buf_clear(&b);
		json_decref(token);
		shown = link;
	}
	if (code)
		json_object_set_new(data, question->link ? "link" : "code", json_string(shown));
	if (result == 0)
		result = optin_text_with(o, OPTIN_ASK, &question->language, 1, data, &text, ret_language, e);
	if (result == 0)
		*ret_text = code && !strstr(text, shown) ? xformat("%s %s", text, shown) : xstrdup(text);
	json_decref(data);
	free(link);
	free(text);
	return result;
}

static int put_code(struct store *s, const struct optin_subject *subject, const struct optin_question *question, const char *code,
    struct err *e)
{
	struct code_question q;

	snprintf(q.subject, sizeof(q.subject), "%s", subject->text);
	snprintf(q.channel, sizeof(q.channel), "%s", subject->channel);
	snprintf(q.topic, sizeof(q.topic), "%s", question->topic ? question->topic : "");
	return code_put(s, &q, code, when_now_ms() + question->within_ms, e);
}

/* The question that is looked for among those that are open. */
struct search {
	const char *channel, *topic;
	bool found;
};

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static int match(void *ctx, const struct consent_event *question)
{
	struct search *search = ctx;

	search->found = same(question->channel, search->channel) && same(question->topic, search->topic);
	return search->found;
}

/* Does marketing need a double opt-in where they live? 1, 0, -1. */
static int needs_double(const struct optin_asking *asking, const struct optin_subject *subject, struct err *e)
{
	json_t *contact = NULL;
	struct address address;
	int need;

	if (address_parse(subject->text, &address, e) < 0 ||
	    (asking->contacts && contacts_find_address(asking->contacts, address.text, &contact, e) < 0))
		return -1;
	need = requirement_find(asking->require, PURPOSE_MARKETING, contact, &address, address.channel)->need;
	json_decref(contact);
	return need == CONSENT_DOUBLE;
}

/*
 * A yes that was said but not confirmed, and is not enough there: it would be refused for ever. 1: to be asked about;
 * 0: *ret_state is why not; -1.
 */
static int may_confirm(const struct optin_asking *asking, const struct optin_subject *subject, const struct consent_view *view,
    enum consent_state *ret_state, struct err *e)
{
	struct search search = {subject->channel, asking->question.topic, false};
	int needed;

	*ret_state = view->state;
	if (view->state != CONSENT_IN || view->strength != CONSENT_EXPLICIT)
		return 0;
	needed = needs_double(asking, subject, e);
	if (needed <= 0)
		return needed;
	if (consent_each_question(asking->store, subject->text, match, &search, e) < 0)
		return -1;
	if (search.found)
		*ret_state = CONSENT_PENDING;
	return !search.found;
}

/* The event and the message, which is made first: an event cannot be taken back. */
static int put_question(const struct optin_asking *asking, const struct optin_subject *subject, enum consent_strength strength,
    json_t **ret_lines, struct err *e)
{
	const struct optin_question *question = &asking->question;
	struct consent_event event = {.subject = subject->text, .channel = subject->channel, .topic = question->topic,
	    .state = CONSENT_PENDING, .strength = strength, .method = "ask", .evidence = question->evidence};
	bool coded = question->code || question->link;
	char code[OPTIN_CODE_BYTES];
	const char *language;
	char *text = NULL;

	if (coded)
		optin_code_new(question->link, code);
	if (make_text(asking->optin, question, coded ? code : NULL, &text, &language, e) < 0)
		return -1;
	if ((coded && put_code(asking->store, subject, question, code, e) < 0) || consent_add(asking->store, &event, e) < 0) {
		free(text);
		return -1;
	}
	*ret_lines = json_pack("[o, o]", optin_line(&event, NULL), make_message(subject, question, text, language));
	free(text);
	return 0;
}

int optin_ask(const struct optin_asking *asking, const struct optin_subject *subject, json_t **ret_lines,
    enum consent_state *ret_state, struct err *e)
{
	enum consent_strength strength = CONSENT_UNSTATED;
	struct consent_view view;

	if (consent_view(asking->store, subject->text, subject->channel, asking->question.topic, &view, e) < 0)
		return -1;
	if (view.state != CONSENT_NONE) {
		int got = may_confirm(asking, subject, &view, ret_state, e);

		if (got <= 0)
			return got < 0 ? -1 : 1;
		strength = CONSENT_DOUBLE;
	}
	return put_question(asking, subject, strength, ret_lines, e);
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
	got = optin_ask(asking, &subject, &lines, &state, e);
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
