#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bot/session.h"
#include "common/buf.h"
#include "common/diag.h"
#include "common/line/envelope.h"
#include "common/line/line.h"
#include "common/line/utf8.h"
#include "common/line/when.h"
#include "common/visible.h"
#include "common/xalloc.h"

#include "common/banned.h"

/* A number that is set aside for fiction. */
#define NOBODY "sms:+12025550143"

void session_init(struct session *s, const struct flow *f, struct contacts *contacts, bool colour)
{
	*s = (struct session){.flow = f, .contacts = contacts, .colour = colour, .context = json_object(), .transcript = json_array()};
	session_become(s, NOBODY, NULL);
}

void session_clear(struct session *s)
{
	conversation_free(s->c);
	json_decref(s->contact);
	json_decref(s->context);
	json_decref(s->transcript);
	json_decref(s->why);
}

void session_become(struct session *s, const char *address, json_t *contact)
{
	snprintf(s->address, sizeof(s->address), "%s", address);
	json_decref(s->contact);
	s->contact = contact;
	conversation_free(s->c);
	s->c = NULL;
}

const struct flow_state *session_state(const struct session *s)
{
	return s->c && s->c->status != CONVERSATION_ENDED ? flow_state(s->flow, s->c->state) : NULL;
}

/* ---- showing ---- */

/* Control bytes of a text would be orders to the terminal. */
static void add_visible(struct buf *b, const char *text, const char *indent)
{
	while (*text) {
		size_t len = visible_length(text, strlen(text));
		unsigned char c = (unsigned char)*text;

		if (len || c == '\t')
			buf_add(b, text, len ? len : 1);
		else if (c == '\n')
			buf_addf(b, "\n%s", indent);
		else if (c < 0x20)
			buf_addf(b, "^%c", c + '@');
		else if (c == 0x7f)
			buf_add_text(b, "^?");
		else
			buf_addf(b, "<U+%04X>", (unsigned)utf8_next(&text));
		text += len ? len : c < 0x80;
	}
}

void session_show(const struct session *s, enum session_look look, const char *fmt, ...)
{
	static const struct {
		const char *colour, *lead, *indent;
	} looks[] = {
	    [SESSION_BOT] = {"\033[36m", "bot> ", "     "},
	    [SESSION_TASK] = {"\033[33m", "task> ", "      "},
	    [SESSION_NOTE] = {"\033[2m", "-- ", "   "},
	};
	struct buf text, shown;
	va_list args;
	char *plain;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	plain = xcalloc(1, (size_t)(len < 0 ? 0 : len) + 1);
	va_start(args, fmt);
	vsnprintf(plain, (size_t)(len < 0 ? 0 : len) + 1, fmt, args);
	va_end(args);
	buf_init(&text, LINE_BYTES);
	buf_init(&shown, LINE_BYTES);
	add_visible(&text, plain, looks[look].indent);
	buf_addf(&shown, "%s%s%s%s\n", s->colour ? looks[look].colour : "", looks[look].lead, text.data, s->colour ? "\033[0m" : "");
	fwrite(shown.data, 1, shown.len, stdout);
	fflush(stdout);
	buf_clear(&shown);
	buf_clear(&text);
	free(plain);
}

static void show_task(const struct session *s, const json_t *task)
{
	json_t *skills = json_object_get(task, "skills");
	char *list = skills ? json_dumps(skills, JSON_COMPACT) : NULL;

	session_show(s, SESSION_TASK, "a person is asked to take over%s%s%s%s%s%s", list ? ", skills " : "", list ? list : "",
	    json_object_get(task, "priority") ? ", priority " : "", envelope_text(task, "priority", ""),
	    json_object_get(task, "reason") ? ": " : "", envelope_text(task, "reason", ""));
	free(list);
}

static void show_missing(const struct session *s)
{
	size_t i, k;
	json_t *entry, *name;

	json_array_foreach(s->why, i, entry)
		json_array_foreach(json_object_get(entry, "missing"), k, name)
			session_show(s, SESSION_NOTE, "in state '%s' a text had no value for {{%s}}", envelope_text(entry, "state", ""),
			    json_string_value(name));
}

static void show_lines(const struct session *s, const json_t *lines)
{
	size_t i;
	json_t *line;

	json_array_foreach((json_t *)lines, i, line)
		if (strcmp(envelope_text(line, "type", ""), "task") == 0)
			show_task(s, line);
		else
			session_show(s, SESSION_BOT, "%s", envelope_text(line, "text", ""));
	show_missing(s);
	if (s->c->status == CONVERSATION_ENDED)
		session_show(s, SESSION_NOTE, "the conversation has ended; the next text starts a new one");
}

/* ---- steps ---- */

enum happening {
	HEARD,
	TIMED_OUT,
	RETURNED,
};

static int take(struct session *s, struct step *step, enum happening what, const json_t *inbound, const char *how, struct err *e)
{
	switch (what) {
	case HEARD:
		step_hear(step, inbound, s->contact);
		return *s->c->state ? step_answer(step, e) : step_open(step, e);
	case TIMED_OUT:
		return step_timeout(step, e);
	default:
		return step_return(step, how, e);
	}
}

static void carry(struct session *s, enum happening what, const char *base, const json_t *inbound, const char *how)
{
	struct step step;
	struct err e;

	step_init(&step, s->flow, s->c, base, when_now_ms());
	step.explain = true;
	if (take(s, &step, what, inbound, how, &e) < 0) {
		diag_error(&e);
		conversation_free(s->c);
		s->c = NULL;
	} else {
		json_decref(s->why);
		s->why = json_incref(step.why);
		json_array_extend(s->transcript, step.out);
		show_lines(s, step.out);
	}
	step_clear(&step);
}

void session_hear(struct session *s, const char *text)
{
	char id[ID_SIZE], now[WHEN_SIZE];
	json_t *inbound;

	if (s->c && s->c->status != CONVERSATION_HANDED && step_starts_anew(s->flow, s->c, text)) {
		conversation_free(s->c);
		s->c = NULL;
	}
	if (!s->c)
		s->c = conversation_new(s->address, "", s->flow->name, when_now_ms());
	id_new(id);
	when_format(when_now_ms(), now);
	inbound = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:O*}", "type", "inbound", "id", id, "from", s->address, "text", text, "time",
	    now, "thread", s->c->thread, "contact", s->contact);
	if (!inbound) {
		session_show(s, SESSION_NOTE, "that is not UTF-8 text");
		return;
	}
	if (json_object_size(s->context) > 0)
		json_object_set_new(inbound, "context", json_deep_copy(s->context));
	json_array_append(s->transcript, inbound);
	if (s->c->status == CONVERSATION_HANDED)
		session_show(s, SESSION_NOTE, "passed on to the person who has the conversation; /return gives it back to the flow");
	else
		carry(s, HEARD, id, inbound, NULL);
	json_decref(inbound);
}

bool session_timeout(struct session *s)
{
	const struct flow_state *state = session_state(s);
	char id[ID_SIZE];

	if (!state || state->kind != FLOW_ASK || !s->c->due_ms)
		return false;
	id_new(id);
	carry(s, TIMED_OUT, id, NULL, NULL);
	return true;
}

bool session_return(struct session *s, const char *how)
{
	const struct flow_state *state = session_state(s);
	char id[ID_SIZE];

	if (!state || s->c->status != CONVERSATION_HANDED)
		return false;
	json_array_append_new(s->transcript, json_pack("{s:s, s:s, s:s, s:s}", "type", "task", "id", s->c->task, "thread", s->c->thread,
	    "status", how));
	id_new(id);
	carry(s, RETURNED, id, NULL, how);
	return true;
}
