#include <stdlib.h>
#include <string.h>

#include "common/policy/sender_id.h"
#include "common/policy/senders.h"
#include "common/policy/senders_set.h"
#include "common/xalloc.h"

#include "common/banned.h"

typedef const char *wrong_fn(const char *text);

static const char *wrong_sender(const char *text)
{
	if (!*text)
		return "not a sender";
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return "has a control byte";
	return NULL;
}

static bool is_country(const char *text)
{
	return strlen(text) == 2 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 2;
}

static const char *wrong_destination(const char *text)
{
	if (*text == '+')
		return text[1] && strspn(text + 1, "0123456789") == strlen(text + 1) ? NULL : "not a prefix such as +4477";
	return is_country(text) ? NULL : "not a country such as ES, nor a prefix such as +4477";
}

static const char *wrong_country(const char *text)
{
	return is_country(text) ? NULL : "not a country such as ES";
}

/* A text or a list of texts, each of which `wrong` has nothing against. */
static int read_texts(const json_t *object, const char *key, const struct yaml *y, wrong_fn *wrong, const char ***ret_texts,
    size_t *ret_count, struct err *e)
{
	const json_t *value = json_object_get(object, key);
	size_t count = json_is_array(value) ? json_array_size(value) : value != NULL;

	if (!value)
		return 0;
	if (count == 0)
		return yaml_fail_member(y, object, key, e, "empty");
	*ret_texts = xcalloc(count, sizeof(char *));
	*ret_count = count;
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_is_array(value) ? json_array_get(value, i) : value;
		const char *text = json_string_value(item), *why = text ? wrong(text) : "not a text";

		if (why && text)
			return yaml_fail(y, item, e, "%s: '%s'", why, err_quote(text));
		if (why)
			return yaml_fail_member(y, object, key, e, "%s", why);
		(*ret_texts)[i] = text;
	}
	return 0;
}

static void take_senders(struct senders_entry *entry, const char *const *texts)
{
	entry->from = xcalloc(entry->from_count, sizeof(*entry->from));
	for (size_t i = 0; i < entry->from_count; i++) {
		struct senders_from *from = &entry->from[i];
		struct err ignored;

		from->text = texts[i];
		from->name = sender_id_is_name(texts[i]);
		if (*texts[i] != '+' || phone_parse(texts[i], &from->phone, &ignored) < 0)
			from->phone = (struct phone){.number = ""};
	}
}

static int read_senders(struct senders_entry *entry, const json_t *object, const struct yaml *y, struct err *e)
{
	const char **texts = NULL;
	int result = read_texts(object, "from", y, wrong_sender, &texts, &entry->from_count, e);

	if (result == 0)
		take_senders(entry, texts);
	free(texts);
	return result;
}

static int read_entry(struct senders *s, const char *channel, const json_t *object, const struct yaml *y, struct err *e)
{
	static const char *const known[] = {"to", "from", "registered", NULL};
	struct senders_entry *entry;
	const char **countries = NULL;
	size_t count = 0;
	int result;

	s->entries = xrealloc(s->entries, (s->count + 1) * sizeof(*s->entries));
	entry = &s->entries[s->count++];
	*entry = (struct senders_entry){.channel = channel};
	if (yaml_only(y, object, known, e) < 0)
		return -1;
	if (!json_object_get(object, "from"))
		return yaml_fail(y, object, e, "from is missing");
	if (read_senders(entry, object, y, e) < 0 ||
	    read_texts(object, "to", y, wrong_destination, &entry->to, &entry->to_count, e) < 0)
		return -1;
	entry->registered = json_object_get(object, "registered");
	if (entry->registered && !json_is_array(entry->registered))
		return yaml_fail_member(y, object, "registered", e, "not a list of countries");
	result = read_texts(object, "registered", y, wrong_country, &countries, &count, e);
	free(countries);
	return result;
}

static int read_channel(struct senders *s, const json_t *given, const char *channel, const json_t *list, const struct yaml *y,
    const struct config *c, struct err *e)
{
	if (!address_channel_known(channel) && !(c && json_object_get(c->channels, channel)))
		return yaml_fail_member(y, given, channel, e, "unknown channel");
	if (!json_is_array(list))
		return yaml_fail_member(y, given, channel, e, "not a list of senders");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (read_entry(s, channel, json_array_get(list, i), y, e) < 0)
			return -1;
	return 0;
}

int senders_read(const json_t *given, const struct yaml *y, const struct config *c, struct senders **ret_senders, struct err *e)
{
	struct senders *s;
	const char *channel;
	json_t *list;

	if (!given)
		return 0;
	if (!json_is_object(given))
		return yaml_fail(y, given, e, "not a map of senders by channel");
	s = xcalloc(1, sizeof(*s));
	json_object_foreach((json_t *)given, channel, list)
		if (read_channel(s, given, channel, list, y, c, e) < 0) {
			senders_free(s);
			return -1;
		}
	*ret_senders = s;
	return 0;
}
