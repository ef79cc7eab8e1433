#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/address/address.h"
#include "common/policy/match_field.h"
#include "common/xalloc.h"

#include "common/banned.h"

/* FNV-1a. */
static uint32_t hash_text(const char *text, size_t len)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) * 16777619u;
	return hash;
}

static uint32_t *find_slot(const struct literals *l, const char *text, size_t len)
{
	size_t at = hash_text(text, len) & (l->slot_count - 1);

	while (l->slots[at]) {
		const char *known = l->texts[l->slots[at] - 1];

		if (strncmp(known, text, len) == 0 && known[len] == '\0')
			break;
		at = (at + 1) & (l->slot_count - 1);
	}
	return &l->slots[at];
}

static void grow(struct literals *l)
{
	free(l->slots);
	l->slot_count = l->slot_count ? l->slot_count * 2 : 64;
	l->slots = xcalloc(l->slot_count, sizeof(*l->slots));
	for (size_t i = 0; i < l->count; i++)
		*find_slot(l, l->texts[i], strlen(l->texts[i])) = (uint32_t)i + 1;
}

uint32_t literal_add(struct literals *l, const char *text)
{
	uint32_t *slot;

	if (l->count * 2 >= l->slot_count)
		grow(l);
	slot = find_slot(l, text, strlen(text));
	if (!*slot) {
		l->texts = xrealloc(l->texts, (l->count + 1) * sizeof(*l->texts));
		l->texts[l->count++] = xstrdup(text);
		*slot = (uint32_t)l->count;
	}
	return *slot;
}

uint32_t literal_find(const struct literals *l, const char *text, size_t len)
{
	return l->slot_count ? *find_slot(l, text, len) : 0;
}

void literals_clear(struct literals *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->texts[i]);
	free(l->texts);
	free(l->slots);
	*l = (struct literals){0};
}

const char *literal_text(const json_t *value, char room[LITERAL_BYTES], size_t *ret_len)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		*ret_len = json_string_length(value);
		return json_string_value(value);
	case JSON_INTEGER:
		*ret_len = (size_t)snprintf(room, LITERAL_BYTES, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return room;
	case JSON_REAL:
		*ret_len = (size_t)snprintf(room, LITERAL_BYTES, "%.15g", json_real_value(value));
		return room;
	case JSON_TRUE:
	case JSON_FALSE:
		*ret_len = (size_t)snprintf(room, LITERAL_BYTES, "%s", json_is_true(value) ? "true" : "false");
		return room;
	default:
		return NULL;
	}
}

void field_init(struct field *f, const char *path)
{
	*f = (struct field){.path = xstrdup(path)};
	if (strcmp(path, "purpose") == 0)
		f->otherwise = json_string("transactional");
	else if (strcmp(path, "urgency") == 0)
		f->otherwise = json_string("normal");
	else if (strcmp(path, "contact.region") == 0)
		f->origin = FIELD_REGION;
	if (strncmp(path, "contact.", 8) == 0) {
		f->origin = f->origin == FIELD_REGION ? FIELD_REGION : FIELD_CONTACT;
		path += 8;
	}
	for (const char *p = path;; p++) {
		size_t len = strcspn(p, ".");

		f->keys = xrealloc(f->keys, (f->key_count + 1) * sizeof(*f->keys));
		f->keys[f->key_count++] = xstrndup(p, len);
		p += len;
		if (!*p)
			break;
	}
}

void field_clear(struct field *f)
{
	for (size_t i = 0; i < f->key_count; i++)
		free(f->keys[i]);
	free(f->keys);
	free(f->path);
	json_decref(f->otherwise);
}

static const json_t *region_of(const char *channel, const json_t *value, json_t **ret_own)
{
	struct address a;
	const char *text = json_string_value(value);

	if (!text || (channel ? address_of_channel(channel, text, &a, NULL) : address_parse(text, &a, NULL)) < 0 || !a.region[0])
		return NULL;
	return *ret_own = json_string(a.region);
}

static const json_t *find_region(const json_t *recipient, json_t **ret_own)
{
	const json_t *asked = json_object_get(recipient, "address");
	json_t *addresses = json_object_get(recipient, "addresses"), *value;
	const char *channel;

	if (asked)
		return region_of(NULL, asked, ret_own);
	json_object_foreach(addresses, channel, value) {
		const json_t *first = json_is_array(value) ? json_array_get(value, 0) : value;
		const json_t *region = region_of(channel, first, ret_own);

		if (region)
			return region;
	}
	return NULL;
}

/* A key of an object, or the place in an array. */
static const json_t *member(const json_t *value, const char *key)
{
	char *end;
	unsigned long at;

	if (json_is_object(value))
		return json_object_get(value, key);
	if (!json_is_array(value) || *key < '0' || *key > '9')
		return NULL;
	at = strtoul(key, &end, 10);
	return *end ? NULL : json_array_get(value, at);
}

const json_t *field_value(const struct field *f, const json_t *message, const json_t *recipient, json_t **ret_own)
{
	const json_t *value = f->origin == FIELD_MESSAGE ? message : recipient;

	*ret_own = NULL;
	if (f->origin == FIELD_REGION)
		return find_region(recipient, ret_own);
	for (size_t i = 0; value && i < f->key_count; i++)
		value = member(value, f->keys[i]);
	return value && !json_is_null(value) ? value : f->otherwise;
}
