#include <string.h>

#include "common/config/contact.h"
#include "common/line/envelope.h"

#include "common/banned.h"

const char *contact_value(const struct address *a)
{
	size_t scheme = (size_t)(a->value - a->text) - 1;

	if (strncmp(a->channel, a->text, scheme) == 0 && a->channel[scheme] == '\0')
		return a->value;
	return strcmp(a->channel, "voice") == 0 || strcmp(a->channel, "email") == 0 ? a->value : a->text;
}

/* The canonical value of one address, a new reference; `value` itself when it is that already. */
static json_t *canonical_value(const char *channel, json_t *value, struct err *e)
{
	struct address a;

	if (address_of_channel(channel, json_string_value(value), &a, e) < 0)
		return NULL;
	return strcmp(contact_value(&a), json_string_value(value)) == 0 ? json_incref(value) : json_string(contact_value(&a));
}

static json_t *canonical_list(const char *channel, json_t *list, struct err *e)
{
	json_t *copy = json_array(), *item;
	bool changed = false;
	size_t i;

	json_array_foreach(list, i, item) {
		json_t *value = canonical_value(channel, item, e);

		if (!value) {
			json_decref(copy);
			return NULL;
		}
		changed = changed || value != item;
		json_array_append_new(copy, value);
	}
	if (changed)
		return copy;
	json_decref(copy);
	return json_incref(list);
}

/* Puts `value` in the place of a member of `addresses`, which are copied from `from` when that has not been done. */
static void replace(json_t **addresses, json_t *from, const char *channel, json_t *value)
{
	if (!*addresses)
		*addresses = json_copy(from);
	json_object_set_new(*addresses, channel, value);
}

/* *ret_addresses is a changed copy, or NULL when nothing changes. */
static int canonical_addresses(json_t *addresses, json_t **ret_addresses, struct err *e)
{
	json_t *member, *changed = NULL;
	const char *channel;

	json_object_foreach(addresses, channel, member) {
		json_t *value = json_is_array(member) ? canonical_list(channel, member, e) : canonical_value(channel, member, e);

		if (!value) {
			json_decref(changed);
			return err_at(e, "addresses.%s: ", err_quote(channel));
		}
		if (value == member)
			json_decref(value);
		else
			replace(&changed, addresses, channel, value);
	}
	*ret_addresses = changed;
	return 0;
}

int contact_canonical(json_t *contact, json_t **ret_contact, struct err *e)
{
	json_t *addresses = NULL;

	if (envelope_check_contact(contact, e) < 0)
		return -1;
	if (canonical_addresses(json_object_get(contact, "addresses"), &addresses, e) < 0)
		return -1;
	if (addresses) {
		*ret_contact = json_copy(contact);
		json_object_set_new(*ret_contact, "addresses", addresses);
	} else {
		*ret_contact = json_incref(contact);
	}
	return 0;
}

static int visit(const char *channel, const json_t *value, contact_each_fn *each, void *ctx)
{
	struct address a;

	if (!json_is_string(value) || address_of_channel(channel, json_string_value(value), &a, NULL) < 0)
		return 0;
	return each(ctx, &a);
}

int contact_each_address(const json_t *contact, contact_each_fn *each, void *ctx)
{
	const char *channel;
	json_t *member, *item;
	size_t i;
	int result = 0;

	json_object_foreach(json_object_get(contact, "addresses"), channel, member) {
		if (json_is_string(member))
			result = visit(channel, member, each, ctx);
		json_array_foreach(member, i, item)
			if (result == 0)
				result = visit(channel, item, each, ctx);
		if (result != 0)
			return result;
	}
	return 0;
}

json_t *contact_of_address(const struct address *a, const json_t *owner)
{
	json_t *recipient = json_object(), *addresses = json_object(), *member;
	const char *key;

	json_object_foreach((json_t *)owner, key, member)
		if (strcmp(key, "addresses") != 0)
			json_object_set_nocheck(recipient, key, member);
	json_object_set_new_nocheck(addresses, a->channel, json_string_nocheck(contact_value(a)));
	json_object_set_new_nocheck(recipient, "addresses", addresses);
	json_object_set_new_nocheck(recipient, "address", json_string_nocheck(a->text));
	return recipient;
}
