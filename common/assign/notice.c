#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/address/address.h"
#include "common/assign/dossier.h"
#include "common/assign/notice.h"
#include "common/line/envelope.h"
#include "common/line/lang.h"
#include "common/line/line.h"
#include "common/line/member.h"
#include "common/line/when.h"
#include "common/line/words.h"
#include "common/template/template.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define TEXT_BYTES 4000
#define WHAT "{{{queue}}}: {{{name}}}{{#order}}, {{{order}}}{{/order}}{{#summary}}: {{{summary}}}{{/summary}}"

/* One SMS each as far as that goes, in the GSM alphabet. */
static const struct built_in {
	const char *lang, *text;
	const char *accept, *decline;   /* buttons */
} built_in[] = {
    {"en", WHAT "{{#within}} (yours for {{within}}){{/within}}", "Accept", "Decline"},
    {"es", WHAT "{{#within}} (reservado {{within}}){{/within}}", "Aceptar", "Rechazar"},
    {"fr", WHAT "{{#within}} (réservé {{within}}){{/within}}", "Accepter", "Refuser"},
    {"de", WHAT "{{#within}} (reserviert für {{within}}){{/within}}", "Annehmen", "Ablehnen"},
    {"pt", WHAT "{{#within}} (reservado {{within}}){{/within}}", "Aceitar", "Recusar"},
    {"it", WHAT "{{#within}} (riservato {{within}}){{/within}}", "Accetta", "Rifiuta"},
    {"nl", WHAT "{{#within}} (gereserveerd {{within}}){{/within}}", "Aannemen", "Weigeren"},
};

/* ---- the line ---- */

static void add_text(struct member_edit *edits, size_t *count, json_t *keep, const char *key, const char *text)
{
	json_t *value = text ? json_string(text) : json_null();
	char *dumped = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	json_t *holder = json_string(dumped);

	/* `keep` owns the bytes until the edit is done. */
	json_array_append_new(keep, holder);
	edits[(*count)++] = (struct member_edit){key, json_string_value(holder), strlen(dumped)};
	json_decref(value);
	free(dumped);
}

void notice_task(struct buf *b, const struct task *t, int64_t before)
{
	struct line l = {t->line, strlen(t->line), 1};
	json_t *json = line_parse(&l, NULL), *keep = json_array();
	struct member_edit edits[6];
	char time[WHEN_SIZE], position[24];
	size_t count = 0;

	add_text(edits, &count, keep, "status", task_status_name(t->status));
	if (t->agent[0] || json_object_get(json, "agent"))
		add_text(edits, &count, keep, "agent", t->agent[0] ? t->agent : envelope_text(json, "agent", NULL));
	add_text(edits, &count, keep, "queue", t->queue);
	add_text(edits, &count, keep, "priority", urgency_name((enum urgency)t->priority));
	if (t->status == TASK_RESERVED && t->due_ms) {
		when_format(t->due_ms, time);
		add_text(edits, &count, keep, "until", time);
	}
	if (t->status == TASK_QUEUED) {
		snprintf(position, sizeof(position), "%lld", (long long)before + 1);
		edits[count++] = (struct member_edit){"position", position, strlen(position)};
	}
	member_edit(b, &l, json, edits, count);
	json_decref(keep);
	json_decref(json);
}

/* ---- the message ---- */

static const struct built_in *find_built_in(const char *lang)
{
	for (size_t i = 0; lang && i < COUNT_OF(built_in); i++)
		if (lang_is_same(built_in[i].lang, lang))
			return &built_in[i];
	return &built_in[0];
}

static json_t *button(const char *label, const char *word, const char *task)
{
	char *reply = xformat("%s %s", word, task);
	json_t *result = json_pack("{s:s, s:s}", "text", label, "reply", reply);

	free(reply);
	return result;
}

static json_t *buttons(const char *lang, const char *task)
{
	const struct built_in *b = find_built_in(lang);

	return json_pack("[o, o]", button(b->accept, "accept", task), button(b->decline, "decline", task));
}

static const char *last_text(const json_t *context)
{
	const json_t *history = json_object_get(context, "history");

	for (size_t i = json_array_size(history); i-- > 0;)
		if (strcmp(envelope_text(json_array_get(history, i), "by", ""), "them") == 0)
			return envelope_text(json_array_get(history, i), "text", "");
	return envelope_text(context, "text", "");
}

/* What a person calls an order: of a record, its number. */
static json_t *label_of(const json_t *value)
{
	static const char *const keys[] = {"number", "id", "name", "title"};

	for (size_t i = 0; json_is_object(value) && i < COUNT_OF(keys); i++)
		if (json_object_get(value, keys[i]))
			return json_incref(json_object_get(value, keys[i]));
	return json_incref((json_t *)value);
}

static void set_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, json_string(text));
}

static json_t *notice_data(const struct worker *w, const struct task *t, const json_t *json, int64_t now_ms)
{
	const json_t *context = json_object_get(json, "context"), *contact = dossier_contact(json);
	const char *from = envelope_text(context, "from", *t->who ? t->who : t->id), *reason = envelope_text(json, "reason", "");
	json_t *data = json_object();
	char within[WHEN_SIZE];

	set_text(data, "task", t->id);
	set_text(data, "queue", t->queue);
	set_text(data, "priority", urgency_name((enum urgency)t->priority));
	set_text(data, "name", envelope_text(contact, "name", envelope_text(contact, "id", from)));
	set_text(data, "from", from);
	set_text(data, "reason", reason);
	set_text(data, "text", last_text(context));
	set_text(data, "summary", *reason ? reason : last_text(context));
	if (json_object_get(context, "order"))
		json_object_set_new(data, "order", label_of(json_object_get(context, "order")));
	if (json_object_get(context, "issue"))
		json_object_set_new(data, "issue", label_of(json_object_get(context, "issue")));
	if (context)
		json_object_set(data, "context", (json_t *)context);
	json_object_set(data, "agent", w->json);
	if (t->status == TASK_RESERVED && t->due_ms > now_ms) {
		when_format_duration(t->due_ms - now_ms, within);
		set_text(data, "within", within);
	}
	return data;
}

static json_t *fill(const char *text, const json_t *data)
{
	struct buf b;
	json_t *result;
	size_t len;

	buf_init(&b, 4 * TEXT_BYTES);
	template_render(&b, text, data, NULL, NULL);
	len = b.len;
	if (len > TEXT_BYTES)
		for (len = TEXT_BYTES; len > 0 && ((unsigned char)b.data[len] & 0xc0) == 0x80;)
			len--;
	result = json_stringn(b.data, len);
	buf_clear(&b);
	return result;
}

const char *notice_contact(const struct worker *w)
{
	const char *id = w->to ? json_string_value(w->to) : w->row.id;

	return id && !address_looks_like(id) ? id : NULL;
}

/* What templates and rules may want to know. */
static json_t *notice_context(const struct task *t, const json_t *json)
{
	static const char *const keys[] = {"from", "contact", "order", "issue", "last_task", "history"};
	const json_t *context = json_object_get(json, "context");
	json_t *result = json_object();

	set_text(result, "task", t->id);
	set_text(result, "queue", t->queue);
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		if (json_object_get(context, keys[i]))
			json_object_set(result, keys[i], json_object_get(context, keys[i]));
	return result;
}

json_t *notice_message(const struct desk *d, const struct worker *w, const json_t *contact, const char *lang, const struct task *t,
    const json_t *json, int64_t now_ms)
{
	const char *text = d->notice ? lang_choose(d->notice, lang, NULL) : find_built_in(lang)->text;
	json_t *to, *data, *message;
	char id[ID_SIZE], expires[WHEN_SIZE];

	if (!contact && !w->to)
		return NULL;
	id_new(id);
	to = w->to ? json_incref(w->to) : json_string(w->row.id);
	data = notice_data(w, t, json, now_ms);
	message = json_pack("{s:s, s:s, s:o, s:o, s:s, s:s, s:s}", "type", "message", "id", id, "to", to, "text",
	    fill(text, data), "urgency", urgency_name((enum urgency)t->priority), "topic", "tasks", "purpose",
	    "transactional");
	if (lang)
		set_text(message, "lang", lang);
	if (t->status == TASK_RESERVED && t->due_ms) {
		when_format(t->due_ms, expires);
		set_text(message, "expires", expires);
		json_object_set_new(message, "buttons", buttons(lang, t->id));
	}
	json_object_set_new(message, "context", notice_context(t, json));
	json_decref(data);
	return message;
}
