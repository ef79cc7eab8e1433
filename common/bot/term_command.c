/* The commands of the terminal: one function and one line of the table each. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/bot/session.h"
#include "common/diag.h"
#include "common/line/envelope.h"
#include "common/line/line.h"
#include "common/line/when.h"
#include "common/xalloc.h"

#include "common/banned.h"

static void note(const struct session *s, const char *text)
{
	session_show(s, SESSION_NOTE, "%s", text);
}

static void show_json(const struct session *s, const char *name, const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	session_show(s, SESSION_NOTE, "%-8s %s", name, text ? text : "{}");
	free(text);
}

/* ---- /as ---- */

/* The first address that a contact prefers, else the first it has. */
static int address_of(const json_t *contact, struct address *ret_address, struct err *e)
{
	json_t *addresses = json_object_get(contact, "addresses"), *value = NULL, *item;
	const char *channel = NULL, *key;
	size_t i;

	json_array_foreach(json_object_get(contact, "prefer"), i, item)
		if (!value && json_is_string(item)) {
			channel = json_string_value(item);
			value = json_object_get(addresses, channel);
		}
	json_object_foreach(addresses, key, item)
		if (!value) {
			channel = key;
			value = item;
		}
	if (json_is_array(value))
		value = json_array_get(value, 0);
	if (!json_is_string(value))
		return err_set(e, EX_DATAERR, "the contact has no address");
	return address_of_channel(channel, json_string_value(value), ret_address, e);
}

static void run_as(struct session *s, const char *who)
{
	json_t *contact = NULL;
	struct address a;
	struct err e;
	int got;

	if (!*who) {
		session_show(s, SESSION_NOTE, "%s%s%s", s->address, s->contact ? ", contact " : "", envelope_text(s->contact, "id", ""));
		return;
	}
	if (address_looks_like(who)) {
		got = address_parse(who, &a, &e);
		if (got == 0)
			got = contacts_find_address(s->contacts, a.text, &contact, &e);
	} else {
		got = contacts_find(s->contacts, who, &contact, &e);
		if (got == 0)
			got = err_set(&e, EX_DATAERR, "no such contact: '%s'", err_quote(who));
		else if (got > 0)
			got = address_of(contact, &a, &e);
	}
	if (got < 0) {
		diag_error(&e);
		json_decref(contact);
		return;
	}
	session_become(s, a.text, contact);
	run_as(s, "");
}

/* ---- /context ---- */

static void run_context(struct session *s, const char *text)
{
	const char *equals = strchr(text, '=');
	json_t *value;

	if (*text == '{') {
		value = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
		if (!json_is_object(value))
			note(s, "not a JSON object");
		else
			json_object_update(s->context, value);
		json_decref(value);
	} else if (equals && equals > text) {
		char *key = xstrndup(text, (size_t)(equals - text));

		value = json_loads(equals + 1, JSON_DECODE_ANY, NULL);
		if (json_object_set_new(s->context, key, value ? value : json_string(equals + 1)) < 0)
			note(s, "not UTF-8 text");
		free(key);
	} else if (*text) {
		note(s, "/context KEY=VALUE, or /context {\"key\":\"value\"}");
		return;
	}
	show_json(s, "context", s->context);
}

/* ---- /why and /state ---- */

static void show_rules(const struct session *s, const json_t *entry)
{
	size_t i;
	json_t *rule;

	json_array_foreach(json_object_get(entry, "rules"), i, rule)
		session_show(s, SESSION_NOTE, "  %s %-24s -> %s", json_is_true(json_object_get(rule, "matched")) ? "*" : " ",
		    envelope_text(rule, "rule", ""), envelope_text(rule, "to", ""));
}

static void run_why(struct session *s, const char *ignored)
{
	size_t i;
	json_t *entry, *status;

	(void)ignored;
	if (json_array_size(s->why) == 0)
		note(s, "no rule has been asked: the flow has only said what stands at its start");
	json_array_foreach(s->why, i, entry) {
		const char *by = envelope_text(entry, "by", "?"), *to = envelope_text(entry, "to", "?");

		status = json_object_get(entry, "status");
		if (status)
			session_show(s, SESSION_NOTE, "in '%s' the command ended with status %d", envelope_text(entry, "state", ""),
			    (int)json_integer_value(status));
		else
			session_show(s, SESSION_NOTE, "in '%s', %s:", envelope_text(entry, "state", ""), envelope_text(entry, "event", ""));
		show_rules(s, entry);
		session_show(s, SESSION_NOTE, "by '%s' to '%s'", by, to);
	}
}

static void run_state(struct session *s, const char *ignored)
{
	const json_t *data;
	char left[WHEN_SIZE];

	(void)ignored;
	if (!s->c) {
		note(s, "no conversation yet");
		return;
	}
	data = s->c->data;
	session_show(s, SESSION_NOTE, "%-8s %s (%s)", "state", s->c->state, conversation_status_name(s->c->status));
	show_json(s, "vars", json_object_get(data, "vars"));
	show_json(s, "context", json_object_get(data, "context"));
	session_show(s, SESSION_NOTE, "%-8s %s", "language", envelope_text(data, "lang", s->flow->lang ? s->flow->lang : "not known"));
	if (s->c->due_ms) {
		when_format_duration((s->c->due_ms - when_now_ms()) / 1000 * 1000, left);
		session_show(s, SESSION_NOTE, "%-8s in %s", "timeout", left);
	}
}

/* ---- /save ---- */

static int write_all(int fd, const json_t *lines, struct err *e)
{
	struct line_writer w;
	size_t i;
	json_t *line;
	int result = 0;

	line_writer_init(&w, fd);
	json_array_foreach((json_t *)lines, i, line)
		if (result == 0)
			result = line_write_json(&w, line, e);
	if (result == 0)
		result = line_flush(&w, e);
	line_writer_clear(&w);
	return result;
}

static void run_save(struct session *s, const char *path)
{
	struct err e;
	int fd, result;

	if (!*path) {
		note(s, "/save FILE");
		return;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		session_show(s, SESSION_NOTE, "cannot write '%s': %s", path, strerror(errno));
		return;
	}
	result = write_all(fd, s->transcript, &e);
	if (close(fd) < 0 && result == 0)
		result = err_set(&e, EX_IOERR, "cannot write '%s': %s", path, strerror(errno));
	if (result < 0)
		diag_error(&e);
	else
		session_show(s, SESSION_NOTE, "%zu lines in '%s'", json_array_size(s->transcript), path);
}

/* ---- the others ---- */

/* The word itself is said, so that it stands in the transcript. */
static void run_restart(struct session *s, const char *ignored)
{
	const char *word = answer_word(s->flow->restart, 0);

	(void)ignored;
	if (s->c && s->c->status == CONVERSATION_HANDED)
		note(s, "a person has the conversation; /return gives it back to the flow");
	else
		session_hear(s, word);
}

static void run_timeout(struct session *s, const char *ignored)
{
	(void)ignored;
	if (!session_timeout(s))
		note(s, "nothing here waits for a time");
}

static void run_return(struct session *s, const char *how)
{
	if (!*how)
		how = "completed";
	if (strcmp(how, "completed") != 0 && strcmp(how, "declined") != 0 && strcmp(how, "canceled") != 0)
		note(s, "/return [completed | declined | canceled]");
	else if (!session_return(s, how))
		note(s, "no person has the conversation");
}

static void run_quit(struct session *s, const char *ignored)
{
	(void)ignored;
	s->done = true;
}

static void run_help(struct session *s, const char *ignored);

static const struct {
	const char *name, *arg, *help;
	void (*run)(struct session *s, const char *arg);
} commands[] = {
    {"/as", "[CONTACT | ADDRESS]", "be somebody else", run_as},
    {"/context", "[KEY=VALUE | JSON]", "what is known about the matter", run_context},
    {"/why", "", "which rule matched, which did not", run_why},
    {"/state", "", "where the conversation stands", run_state},
    {"/timeout", "", "as if the time to answer were up", run_timeout},
    {"/return", "[completed | declined | canceled]", "as if a person gave it back", run_return},
    {"/restart", "", "from the start", run_restart},
    {"/save", "FILE", "transcript, for msg-bot FLOW FILE", run_save},
    {"/help", "", "this list", run_help},
    {"/quit", "", "the end, like Ctrl-D", run_quit},
};

static void run_help(struct session *s, const char *ignored)
{
	(void)ignored;
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		char left[64];

		snprintf(left, sizeof(left), "%s %s", commands[i].name, commands[i].arg);
		session_show(s, SESSION_NOTE, "%-42s %s", left, commands[i].help);
	}
	note(s, "a text that begins with a slash is written with two");
}

const char *const *term_command_names(void)
{
	static const char *names[COUNT_OF(commands) + 1];

	for (size_t i = 0; i < COUNT_OF(commands); i++)
		names[i] = commands[i].name;
	return names;
}

void term_command(struct session *s, const char *line)
{
	size_t len = strcspn(line, " \t");
	char *arg = answer_trim(line + len);

	for (size_t i = 0; i < COUNT_OF(commands); i++)
		if (strlen(commands[i].name) == len && strncmp(commands[i].name, line, len) == 0) {
			commands[i].run(s, arg);
			free(arg);
			return;
		}
	session_show(s, SESSION_NOTE, "no such command: '%.*s' (/help lists them)", (int)len, line);
	free(arg);
}
