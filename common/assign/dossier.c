#include <stdlib.h>
#include <string.h>

#include "common/address/address.h"
#include "common/assign/dossier.h"
#include "common/line/envelope.h"
#include "common/line/line.h"
#include "common/line/when.h"
#include "common/store/assign.h"
#include "common/store/conversation.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define HISTORY 6               /* the last texts */
#define HISTORY_BYTES 2000      /* of each */

/* Where the built-in context looks, first things first. */
static const char *const order_paths[] = {"context.order", "context.vars.order", "contact.attributes.last_order",
    "contact.attributes.order", "contact.attributes.orders"};
static const char *const issue_paths[] = {"context.issue", "context.vars.issue", "contact.attributes.last_issue",
    "contact.attributes.issue", "contact.attributes.issues"};

static json_t *context_of(json_t *task)
{
	json_t *context = json_object_get(task, "context");

	if (!json_is_object(context)) {
		context = json_object();
		json_object_set_new(task, "context", context);
	}
	return context;
}

const json_t *dossier_contact(const json_t *task)
{
	const json_t *contact = json_object_get(json_object_get(task, "context"), "contact");

	return json_is_object(contact) ? contact : NULL;
}

/* ---- who ---- */

static int look_up(struct contacts *contacts, const json_t *context, json_t **ret_contact, struct err *e)
{
	const json_t *given = json_object_get(context, "contact");
	const char *id = json_is_string(given) ? json_string_value(given) : envelope_text(given, "id", NULL);
	const char *from = envelope_text(context, "from", NULL);
	int got = id ? contacts_find(contacts, id, ret_contact, e) : 0;

	return got == 0 && from && !id ? contacts_find_address(contacts, from, ret_contact, e) : got;
}

int dossier_ask(struct contacts *contacts, json_t *task, char **ret_who, struct err *e)
{
	json_t *context = json_object_get(task, "context"), *contact = NULL;
	const char *from = envelope_text(context, "from", "");
	struct address a;
	const char *id;
	int got = look_up(contacts, context, &contact, e);

	if (got == 1)
		json_object_set_new(context_of(task), "contact", contact);
	contact = json_object_get(context, "contact");
	id = json_is_string(contact) ? json_string_value(contact) : envelope_text(contact, "id", NULL);
	*ret_who = xstrdup(id ? id : address_parse(from, &a, NULL) == 0 ? a.text : from);
	return got < 0 ? -1 : 0;
}

/* ---- about what ---- */

static const json_t *walk(const json_t *value, const char *path)
{
	while (value && *path) {
		size_t len = strcspn(path, ".");
		char *key = xstrndup(path, len);

		value = json_object_get(value, key);
		free(key);
		path += len + (path[len] == '.');
	}
	return value;
}

/* The value at one path of the task; of a list its last member. NULL for nothing. */
static const json_t *find_path(const json_t *task, const char *path)
{
	const json_t *value = strncmp(path, "contact.", 8) == 0 ? walk(dossier_contact(task), path + 8) : walk(task, path);

	if (json_is_array(value))
		value = json_array_get(value, json_array_size(value) - 1);
	return json_is_null(value) ? NULL : value;
}

static void set_found(json_t *task, const char *key, const json_t *value)
{
	if (value)
		json_object_set_new(context_of(task), key, json_deep_copy(value));
}

static void fill_builtin(json_t *task, const char *key, const char *const *paths, size_t count)
{
	const json_t *value = NULL;

	for (size_t i = 0; i < count && !value; i++)
		value = find_path(task, paths[i]);
	set_found(task, key, value);
}

static void fill_own(const struct desk *d, json_t *task)
{
	const char *key;
	json_t *paths;

	json_object_foreach((json_t *)d->context, key, paths) {
		const json_t *value = NULL;

		if (json_is_string(paths))
			value = find_path(task, json_string_value(paths));
		for (size_t i = 0; i < json_array_size(paths) && !value; i++)
			value = find_path(task, json_string_value(json_array_get(paths, i)));
		set_found(task, key, value);
	}
}

static void fill_last(json_t *task, const struct task *last)
{
	struct line l = {last->line, strlen(last->line), 1};
	json_t *was = line_parse(&l, NULL);
	json_t *entry = json_pack("{s:s, s:s, s:s}", "id", last->id, "status", task_status_name(last->status), "queue", last->queue);
	char time[WHEN_SIZE];

	when_format(last->ended_ms, time);
	json_object_set_new(entry, "time", json_string(time));
	if (last->agent[0])
		json_object_set_new(entry, "agent", json_string(last->agent));
	if (json_is_string(json_object_get(was, "reason")))
		json_object_set(entry, "reason", json_object_get(was, "reason"));
	json_object_set_new(context_of(task), "last_task", entry);
	json_decref(was);
}

/* ---- what was said ---- */

static json_t *clip(const char *text)
{
	size_t len = strlen(text);

	if (len > HISTORY_BYTES)
		for (len = HISTORY_BYTES; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;)
			len--;
	return json_stringn(text, len);
}

static int add_turn(void *history, const struct turn *turn)
{
	struct line l = {turn->line, strlen(turn->line), 1};
	json_t *line = turn->kind == TURN_TASK ? NULL : line_parse(&l, NULL), *entry;
	const char *text = envelope_text(line, "text", NULL);
	char time[WHEN_SIZE];

	if (text) {
		when_format(turn->time_ms, time);
		entry = json_pack("{s:s, s:s}", "by", turn->kind == TURN_IN ? "them" : "us", "time", time);
		json_object_set_new(entry, "text", clip(text));
		json_array_append_new(history, entry);
		if (json_array_size(history) > HISTORY)
			json_array_remove(history, 0);
	}
	json_decref(line);
	return 0;
}

static int fill_history(struct store *s, json_t *task, struct err *e)
{
	const char *thread = envelope_text(task, "thread", NULL);
	struct conversation *c = NULL;
	json_t *history;
	int got = thread ? conversation_handed(s, thread, &c, e) : 0;

	if (got != 1)
		return got;
	history = json_array();
	got = conversation_each_turn(s, c->id, add_turn, history, e);
	conversation_free(c);
	if (got == 0 && json_array_size(history) > 0)
		json_object_set(context_of(task), "history", history);
	json_decref(history);
	return got;
}

int dossier_fill(const struct desk *d, struct store *s, const char *who, json_t *task, struct err *e)
{
	struct task last;
	int got;

	fill_builtin(task, "order", order_paths, COUNT_OF(order_paths));
	fill_builtin(task, "issue", issue_paths, COUNT_OF(issue_paths));
	fill_own(d, task);
	got = task_last(s, who, &last, e);
	if (got < 0)
		return -1;
	if (got == 1) {
		fill_last(task, &last);
		task_clear(&last);
	}
	return fill_history(s, task, e);
}
