#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/line/quick.h"
#include "common/provider/leg.h"
#include "common/xalloc.h"

#include "common/banned.h"

static void set_text(json_t *data, const char *key, const char *text)
{
	if (text)
		json_object_set_new(data, key, json_string(text));
}

json_t *leg_data(const struct delivery *d)
{
	json_t *data = json_copy((json_t *)d->message);

	json_object_del(data, "plan");
	json_object_del(data, "template");
	set_text(data, "type", "message");
	set_text(data, "id", d->message_id);
	set_text(data, "delivery", d->id);
	json_object_set_new(data, "leg", json_integer((json_int_t)d->leg));
	json_object_set_new(data, "attempt", json_integer((json_int_t)d->attempt));
	set_text(data, "channel", d->address->channel);
	set_text(data, "address", d->address->text);
	set_text(data, "to", d->address->value);
	set_text(data, "from", d->from);
	set_text(data, "text", d->text);
	set_text(data, "html", d->html);
	set_text(data, "subject", d->subject);
	set_text(data, "purpose", purpose_name(d->purpose));
	if (d->recipient)
		json_object_set(data, "contact", (json_t *)d->recipient);
	if (d->template)
		json_object_set(data, "template", (json_t *)d->template);
	return data;
}

int leg_template(const json_t *template, struct err *e)
{
	(void)template;
	(void)e;
	return 0;
}

json_t *leg_answer(const struct reply *r)
{
	/* Some write a byte order mark before it (RFC 8259, section 8.1). */
	size_t mark = r->body.len >= 3 && memcmp(r->body.data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	json_t *value = r->body.len ? quick_parse(r->body.data + mark, r->body.len - mark) : NULL;

	if (!value)
		value = json_loadb(r->body.data + mark, r->body.len - mark, 0, NULL);
	if (json_is_object(value))
		return value;
	json_decref(value);
	return NULL;
}

static const json_t *step(const json_t *value, const char *key, size_t len)
{
	char name[64];

	if (len >= sizeof(name))
		return NULL;
	memcpy(name, key, len);
	name[len] = '\0';
	if (json_is_array(value) && strspn(name, "0123456789") == len && len > 0)
		return json_array_get(value, (size_t)strtoul(name, NULL, 10));
	return json_object_get(value, name);
}

bool leg_at(const json_t *value, const char *path, char *ret_text, size_t size)
{
	while (value && *path) {
		size_t len = strcspn(path, ".");

		value = step(value, path, len);
		path += len + (path[len] == '.');
	}
	if (json_is_string(value))
		snprintf(ret_text, size, "%s", json_string_value(value));
	else if (json_is_integer(value))
		snprintf(ret_text, size, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		snprintf(ret_text, size, "%.15g", json_real_value(value));
	else
		return false;
	return *ret_text != '\0';
}
