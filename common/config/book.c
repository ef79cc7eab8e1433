#include <string.h>

#include "common/config/book.h"
#include "common/config/contact.h"
#include "common/line/id.h"

#include "common/banned.h"

#define GROUP_DEPTH 16

void book_init(struct book *b, const struct config *c)
{
	*b = (struct book){c, json_object(), json_object(), json_object()};
}

void book_clear(struct book *b)
{
	json_decref(b->by_id);
	json_decref(b->by_address);
	json_decref(b->groups);
	*b = (struct book){.config = b->config};
}

struct indexing {
	struct book *book;
	json_t *contact;
};

static int index_address(void *ctx, const struct address *a)
{
	struct indexing *i = ctx;
	char subject[ADDRESS_BYTES];

	address_subject(a, subject);
	if (!json_object_get(i->book->by_address, subject))
		json_object_set(i->book->by_address, subject, i->contact);
	return 0;
}

static int add_memberships(struct book *b, const json_t *contact, const char *id, struct err *e)
{
	json_t *group;
	size_t i;

	json_array_foreach(json_object_get(contact, "groups"), i, group)
		if (book_add_member(b, json_string_value(group), id, e) < 0)
			return err_at(e, "groups: ");
	return 0;
}

static int check_channels(const struct book *b, const json_t *contact, struct err *e)
{
	const char *channel;
	json_t *member;
	size_t i;

	json_object_foreach(json_object_get(contact, "addresses"), channel, member)
		if (!config_knows_channel(b->config, channel))
			return err_set(e, EX_DATAERR, "addresses.%s: no such channel", err_quote(channel));
	json_array_foreach(json_object_get(contact, "prefer"), i, member)
		if (!config_knows_channel(b->config, json_string_value(member)))
			return err_set(e, EX_DATAERR, "prefer: no such channel: '%s'", err_quote(json_string_value(member)));
	return 0;
}

int book_add(struct book *b, json_t *contact, struct err *e)
{
	struct indexing i = {b, NULL};
	const char *id;

	if (contact_canonical(contact, &i.contact, e) < 0)
		return -1;
	id = json_string_value(json_object_get(i.contact, "id"));
	if (!id)
		err_set(e, EX_DATAERR, "id: missing");
	else if (*id == '@')
		err_set(e, EX_DATAERR, "id: '%s' would be a group", err_quote(id));
	else if (json_object_get(i.contact, "address"))
		err_set(e, EX_DATAERR, "address: belongs below 'addresses', under its channel");
	else if (json_object_get(b->by_id, id))
		err_set(e, EX_DATAERR, "id: '%s' is there already", err_quote(id));
	else if (check_channels(b, i.contact, e) == 0 && add_memberships(b, i.contact, id, e) == 0) {
		json_object_set_new(b->by_id, id, i.contact);
		contact_each_address(i.contact, index_address, &i);
		return 0;
	}
	json_decref(i.contact);
	return -1;
}

int book_add_member(struct book *b, const char *group, const char *member, struct err *e)
{
	const char *name = group + (*group == '@');
	json_t *members;

	if (!id_valid(name) || strpbrk(name, " @"))
		return err_set(e, EX_DATAERR, "not a group's name: '%s'", err_quote(group));
	members = json_object_get(b->groups, name);
	if (!members) {
		members = json_array();
		json_object_set_new(b->groups, name, members);
	}
	json_array_append_new(members, json_string(member));
	return 0;
}

struct check {
	const struct book *book;
	bool open;
	json_t *done;           /* the groups that have been found whole */
};

static int check_group(const struct check *c, const char *name, unsigned depth, struct err *e);

static int check_member(const struct check *c, const char *member, unsigned depth, struct err *e)
{
	struct address a;

	if (*member == '@')
		return check_group(c, member + 1, depth + 1, e);
	if (json_object_get(c->book->by_id, member))
		return 0;
	if (address_looks_like(member))
		return address_parse(member, &a, e);
	return c->open && id_valid(member) ? 0 : err_set(e, EX_DATAERR, "no contact '%s'", err_quote(member));
}

static int check_group(const struct check *c, const char *name, unsigned depth, struct err *e)
{
	const json_t *members = json_object_get(c->book->groups, name), *member;
	size_t i;

	if (json_object_get(c->done, name))
		return 0;
	if (depth > GROUP_DEPTH)
		return err_set(e, EX_DATAERR, "contains itself, or is nested deeper than %d", GROUP_DEPTH);
	if (!members)
		return err_set(e, EX_DATAERR, "no group '@%s'", err_quote(name));
	json_array_foreach(members, i, member)
		if (check_member(c, json_string_value(member), depth, e) < 0)
			return -1;
	json_object_set_new(c->done, name, json_true());
	return 0;
}

int book_check_group(const struct book *b, const char *group, bool open, struct err *e)
{
	struct check c = {b, open, json_object()};
	int result = check_group(&c, group, 1, e);

	json_decref(c.done);
	return result;
}
