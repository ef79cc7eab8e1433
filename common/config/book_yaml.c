/* {contacts: {ana: {…}, ben: {…}}, groups: {oncall: [ana, ben]}}, with a list of contacts instead of the inner map too, or
 * such a list alone. */
#include <string.h>

#include "common/config/book.h"

#include "common/banned.h"

/* Says where in `contact` an error that begins with a field's name belongs: "addresses.sms: …", "prefer[1]: …". */
static int fail_in(const struct yaml *y, const json_t *contact, struct err *e)
{
	char field[256], *dot;
	const char *colon = strstr(e->text, ": ");
	struct err inner = *e;
	size_t len = colon ? (size_t)(colon - e->text) : 0;

	if (len == 0 || len >= sizeof(field))
		return yaml_fail(y, contact, e, "%s", inner.text);
	memcpy(field, e->text, len);
	field[len] = '\0';
	field[strcspn(field, "[")] = '\0';
	dot = strchr(field, '.');
	if (dot) {
		*dot = '\0';
		return yaml_fail_member(y, json_object_get(contact, field), dot + 1, e, "%s", inner.text + len + 2);
	}
	if (!json_object_get(contact, field))
		return yaml_fail(y, contact, e, "%s", inner.text);
	return yaml_fail_member(y, contact, field, e, "%s", inner.text + len + 2);
}

/* `id` is the contact's key, or NULL. */
static int add_contact(struct book *b, const struct yaml *y, const char *id, json_t *contact, struct err *e)
{
	static const char *const known[] = {"id", "name", "addresses", "tz", "lang", "prefer", "attributes", "groups", NULL};
	const json_t *own = json_object_get(contact, "id");

	if (yaml_only(y, contact, known, e) < 0)
		return -1;
	if (id && own && (!json_is_string(own) || strcmp(json_string_value(own), id) != 0))
		return yaml_fail_member(y, contact, "id", e, "is not the key '%s'", err_quote(id));
	if (id && !own)
		json_object_set_new(contact, "id", json_string(id));
	return book_add(b, contact, e) < 0 ? fail_in(y, contact, e) : 0;
}

static int add_contacts(struct book *b, const struct yaml *y, json_t *contacts, struct err *e)
{
	json_t *contact;
	const char *id;
	size_t i;

	if (json_is_array(contacts)) {
		json_array_foreach(contacts, i, contact)
			if (add_contact(b, y, NULL, contact, e) < 0)
				return -1;
		return 0;
	}
	if (!json_is_object(contacts))
		return yaml_fail_member(y, yaml_root(y), "contacts", e, "must be a map or a list of contacts");
	json_object_foreach(contacts, id, contact) {
		if (!json_is_object(contact))
			return yaml_fail_member(y, contacts, id, e, "must be a map such as {addresses: {email: …}}");
		if (add_contact(b, y, id, contact, e) < 0)
			return -1;
	}
	return 0;
}

static int add_group(struct book *b, const struct yaml *y, const char *name, const json_t *members, struct err *e)
{
	const json_t *groups = json_object_get(yaml_root(y), "groups"), *member;
	struct err inner;
	size_t i;

	if (!json_is_array(members) || json_array_size(members) == 0)
		return yaml_fail_member(y, groups, name, e, "must be a list of contacts, groups and addresses");
	json_array_foreach(members, i, member) {
		if (!json_string_length(member))
			return yaml_fail_member(y, groups, name, e, "item %zu must be text", i + 1);
		if (book_add_member(b, name, json_string_value(member), &inner) < 0)
			return yaml_fail_member(y, groups, name, e, "%s", inner.text);
	}
	return 0;
}

static int add_groups(struct book *b, const struct yaml *y, const json_t *groups, struct err *e)
{
	const char *name;
	const json_t *members;

	if (groups && !json_is_object(groups))
		return yaml_fail_member(y, yaml_root(y), "groups", e, "must be a map of lists");
	json_object_foreach((json_t *)groups, name, members)
		if (add_group(b, y, name, members, e) < 0)
			return -1;
	return 0;
}

static int add_all(struct book *b, const struct yaml *y, struct err *e)
{
	static const char *const known[] = {"contacts", "groups", NULL};
	json_t *root = yaml_root(y), *contacts;

	if (json_is_null(root))
		return 0;
	if (json_is_array(root))
		return add_contacts(b, y, root, e);
	if (yaml_only(y, root, known, e) < 0)
		return -1;
	contacts = json_object_get(root, "contacts");
	if (contacts && add_contacts(b, y, contacts, e) < 0)
		return -1;
	return add_groups(b, y, json_object_get(root, "groups"), e);
}

int book_load_yaml(struct book *b, const char *path, struct yaml **ret_yaml, struct err *e)
{
	struct yaml *y;

	if (yaml_load(path, &y, e) < 0)
		return -1;
	if (add_all(b, y, e) < 0) {
		yaml_unload(y);
		return -1;
	}
	*ret_yaml = y;
	return 0;
}

int book_check_yaml(const struct book *b, const struct yaml *y, bool open, struct err *e)
{
	const json_t *groups = json_object_get(yaml_root(y), "groups"), *members;
	const char *name;
	struct err inner;

	json_object_foreach((json_t *)groups, name, members)
		if (book_check_group(b, name + (*name == '@'), open, &inner) < 0)
			return yaml_fail_member(y, groups, name, e, "%s", inner.text);
	return 0;
}
