/*
 * The files' contacts first, then the resolver's. contacts_resolve has a short way for the common `to`, one text, and a
 * gathering for everything that can mean several people.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/closest.h"
#include "common/config/book.h"
#include "common/config/contact.h"
#include "common/config/contacts.h"
#include "common/config/resolver.h"
#include "common/line/id.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define MOST_GUESSES 1000       /* contacts that a misspelt one is held against */

struct contacts {
	struct book book;
	struct resolver *resolver;      /* or NULL */
	struct yaml **pages;            /* YAML files whose groups are still to be checked; only while opening */
	size_t page_count;
};

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len > end_len && strcmp(text + len - end_len, end) == 0;
}

static int load_yaml(struct contacts *c, const char *path, struct err *e)
{
	struct yaml *y;

	if (book_load_yaml(&c->book, path, &y, e) < 0)
		return -1;
	c->pages = xrealloc(c->pages, (c->page_count + 1) * sizeof(struct yaml *));
	c->pages[c->page_count++] = y;
	return 0;
}

static bool is_table(const char *path)
{
	static const char *const ends[] = {".yaml", ".yml", ".csv", ".tsv", ".jsonl", ".ndjson", ".json"};

	for (size_t i = 0; i < COUNT_OF(ends); i++)
		if (ends_with(path, ends[i]))
			return true;
	return false;
}

static int load_file(struct contacts *c, const struct config *config, const char *name, struct err *e)
{
	char *path = config_path(config, name);
	int result;

	if (is_table(path) && access(path, R_OK) < 0)
		result = config_fail_member(config, yaml_root(config->yaml), "contacts", e, "cannot open '%s': %s", err_quote(path), strerror(errno));
	else if (ends_with(path, ".yaml") || ends_with(path, ".yml"))
		result = load_yaml(c, path, e);
	else if (ends_with(path, ".csv") || ends_with(path, ".tsv"))
		result = book_load_csv(&c->book, path, e);
	else if (ends_with(path, ".jsonl") || ends_with(path, ".ndjson") || ends_with(path, ".json"))
		result = book_load_lines(&c->book, path, e);
	else
		result = config_fail_member(config, yaml_root(config->yaml), "contacts", e,
		    "not a .yaml, .csv or .jsonl file or cmd:COMMAND: '%s'", err_quote(name));
	free(path);
	return result;
}

static int load(struct contacts *c, const struct config *config, const char *source, struct err *e)
{
	if (strncmp(source, "cmd:", 4) != 0)
		return load_file(c, config, source, e);
	if (c->resolver || !source[4])
		return config_fail_member(config, yaml_root(config->yaml), "contacts", e,
		    c->resolver ? "only one cmd: can be asked" : "no command behind cmd:");
	c->resolver = resolver_new(source + 4, RESOLVER_TIMEOUT_MS);
	return 0;
}

static int load_all(struct contacts *c, const struct config *config, struct err *e)
{
	const json_t *source;
	size_t i;

	if (json_is_string(config->contacts) && load(c, config, json_string_value(config->contacts), e) < 0)
		return -1;
	json_array_foreach(config->contacts, i, source)
		if (load(c, config, json_string_value(source), e) < 0)
			return -1;
	for (i = 0; i < c->page_count; i++)
		if (book_check_yaml(&c->book, c->pages[i], c->resolver != NULL, e) < 0)
			return -1;
	return 0;
}

static void forget_pages(struct contacts *c)
{
	for (size_t i = 0; i < c->page_count; i++)
		yaml_unload(c->pages[i]);
	free(c->pages);
	c->pages = NULL;
	c->page_count = 0;
}

int contacts_open(const struct config *config, struct contacts **ret_contacts, struct err *e)
{
	struct contacts *c = xcalloc(1, sizeof(*c));
	int result;

	book_init(&c->book, config);
	result = load_all(c, config, e);
	forget_pages(c);
	if (result < 0)
		contacts_free(c);
	else
		*ret_contacts = c;
	return result;
}

void contacts_free(struct contacts *c)
{
	if (!c)
		return;
	resolver_free(c->resolver);
	book_clear(&c->book);
	free(c);
}

int contacts_find(struct contacts *c, const char *id, json_t **ret_contact, struct err *e)
{
	json_t *contact = json_object_get(c->book.by_id, id);

	if (contact) {
		*ret_contact = json_incref(contact);
		return 1;
	}
	return c->resolver && id_valid(id) && *id != '@' ? resolver_ask_id(c->resolver, id, ret_contact, e) : 0;
}

static int find_owner(struct contacts *c, const struct address *a, json_t **ret_contact, struct err *e)
{
	char subject[ADDRESS_BYTES];
	json_t *contact;

	if (json_object_size(c->book.by_address) > 0) {
		address_subject(a, subject);
		contact = json_object_get(c->book.by_address, subject);
		if (contact) {
			*ret_contact = json_incref(contact);
			return 1;
		}
	}
	return c->resolver ? resolver_ask_address(c->resolver, a, ret_contact, e) : 0;
}

int contacts_find_address(struct contacts *c, const char *address, json_t **ret_contact, struct err *e)
{
	struct address a;

	return address_parse(address, &a, NULL) < 0 ? 0 : find_owner(c, &a, ret_contact, e);
}

static int resolve_address(struct contacts *c, const char *text, json_t **ret_recipient, struct err *e)
{
	json_t *owner = NULL;
	struct address a;

	if (address_parse(text, &a, e) < 0 || find_owner(c, &a, &owner, e) < 0)
		return -1;
	*ret_recipient = contact_of_address(&a, owner);
	json_decref(owner);
	return 0;
}

/* Whoever is none probably is a number without its country, an address without its channel, or misspelt. */
static int no_contact(const struct contacts *c, const char *text, struct err *e)
{
	const char *guess = NULL, *id, *hint;
	size_t left = MOST_GUESSES;
	json_t *contact;

	if (strlen(text) >= 6 && strspn(text, "0123456789 ()-./") == strlen(text))
		return err_set(e, EX_DATAERR, "no contact '%s' (a telephone number begins with + and its country's code)", err_quote(text));
	if (*text == '#')
		return err_set(e, EX_DATAERR, "no contact '%s' (an address names its channel: 'slack:%s')", err_quote(text), err_quote(text));
	json_object_foreach(c->book.by_id, id, contact) {
		if (left-- == 0)
			break;
		guess = closest_of(text, guess, id);
	}
	hint = json_object_size(c->book.by_id) == 0 && !c->resolver ? " (the configuration names no contacts)" : closest_hint(guess);
	return err_set(e, EX_DATAERR, "no contact '%s'%s", err_quote(text), hint);
}

/* The same for groups. */
static int no_group(const struct contacts *c, const char *text, struct err *e)
{
	const char *guess = NULL, *name;
	json_t *members;

	json_object_foreach(c->book.groups, name, members)
		guess = closest_of(text + 1, guess, name);
	return err_set(e, EX_DATAERR, "no group '%s'%s%s%s", err_quote(text), guess ? " (did you mean '@" : "", guess ? err_quote(guess) : "",
	    guess ? "'?)" : json_object_size(c->book.groups) == 0 ? " (the configuration names no groups)" : "");
}

/* An id or an address; an id comes first, whatever it looks like. */
static int resolve_text(struct contacts *c, const char *text, json_t **ret_recipient, struct err *e)
{
	json_t *contact = json_object_get(c->book.by_id, text);
	int found;

	if (contact) {
		*ret_recipient = json_incref(contact);
		return 0;
	}
	if (address_looks_like(text))
		return resolve_address(c, text, ret_recipient, e);
	found = contacts_find(c, text, ret_recipient, e);
	return found > 0 ? 0 : found < 0 ? -1 : no_contact(c, text, e);
}

static int resolve_inline(json_t *contact, json_t **ret_recipient, struct err *e)
{
	const char *address = json_string_value(json_object_get(contact, "address"));
	struct address a;

	if (json_object_size(json_object_get(contact, "addresses")) == 0)
		return err_set(e, EX_DATAERR, "a contact without addresses");
	if (address && address_parse(address, &a, e) < 0)
		return err_at(e, "address: ");
	return contact_canonical(contact, ret_recipient, e);
}

struct gathering {
	struct contacts *contacts;
	json_t *recipients;
	json_t *seen;           /* keys of recipients, and "@group" */
	bool parts;             /* somebody is there with one address only */
};

static bool first_time(struct gathering *g, const char *key)
{
	if (json_object_get(g->seen, key))
		return false;
	json_object_set_new(g->seen, key, json_true());
	return true;
}

static int add_subject(void *ctx, const struct address *a)
{
	char subject[ADDRESS_BYTES];

	address_subject(a, subject);
	buf_add_text(ctx, subject);
	buf_add_char(ctx, ' ');
	return 0;
}

static bool is_part(const json_t *recipient)
{
	return json_object_get(recipient, "address") != NULL;
}

/* Somebody whole is known by the id; an address, and somebody without id, by the addresses. */
static void add_recipient_new(struct gathering *g, json_t *recipient)
{
	const char *id = json_string_value(json_object_get(recipient, "id"));
	struct buf key;

	g->parts = g->parts || is_part(recipient);
	buf_init(&key, 64u << 10);
	if (id && !is_part(recipient))
		buf_addf(&key, "id %s", id);
	else
		contact_each_address(recipient, add_subject, &key);
	if (first_time(g, key.data))
		json_array_append(g->recipients, recipient);
	buf_clear(&key);
	json_decref(recipient);
}

static int gather_text(struct gathering *g, const char *text, struct err *e)
{
	const json_t *members, *member;
	json_t *recipient = NULL;
	size_t i;

	if (*text != '@') {
		if (resolve_text(g->contacts, text, &recipient, e) < 0)
			return -1;
		add_recipient_new(g, recipient);
		return 0;
	}
	members = json_object_get(g->contacts->book.groups, text + 1);
	if (!members)
		return no_group(g->contacts, text, e);
	if (!first_time(g, text))
		return 0;
	json_array_foreach(members, i, member)
		if (gather_text(g, json_string_value(member), e) < 0)
			return err_at(e, "%s: ", err_quote(text));
	return 0;
}

static int gather(struct gathering *g, json_t *to, struct err *e)
{
	json_t *recipient = NULL;

	if (json_is_string(to))
		return gather_text(g, json_string_value(to), e);
	if (!json_is_object(to))
		return err_set(e, EX_DATAERR, "not a contact, an address or a group");
	if (resolve_inline(to, &recipient, e) < 0)
		return -1;
	add_recipient_new(g, recipient);
	return 0;
}

/* Drops the single addresses of those who are there whole. */
static void drop_covered(struct gathering *g)
{
	json_t *kept = json_array(), *recipient;
	size_t i;

	json_array_foreach(g->recipients, i, recipient) {
		const char *id = json_string_value(json_object_get(recipient, "id"));
		char *key = xformat("id %s", id ? id : "");

		if (!id || !is_part(recipient) || !json_object_get(g->seen, key))
			json_array_append(kept, recipient);
		free(key);
	}
	json_decref(g->recipients);
	g->recipients = kept;
}

static int gather_all(struct gathering *g, const json_t *to, struct err *e)
{
	json_t *item;
	size_t i;

	if (!json_is_array(to))
		return gather(g, (json_t *)to, e) < 0 ? err_at(e, "to: ") : 0;
	json_array_foreach(to, i, item)
		if (gather(g, item, e) < 0)
			return err_at(e, "to[%zu]: ", i);
	return json_array_size(to) > 0 ? 0 : err_set(e, EX_DATAERR, "to: empty");
}

int contacts_resolve(struct contacts *c, const json_t *to, json_t **ret_recipients, struct err *e)
{
	const char *text = json_string_value(to);
	struct gathering g = {.contacts = c};
	json_t *recipient = NULL;
	int result;

	if (text && *text != '@') {
		if (resolve_text(c, text, &recipient, e) < 0)
			return err_at(e, "to: ");
		*ret_recipients = json_array();
		json_array_append_new(*ret_recipients, recipient);
		return 0;
	}
	g.recipients = json_array();
	g.seen = json_object();
	result = gather_all(&g, to, e);
	if (result == 0 && g.parts)
		drop_covered(&g);
	json_decref(g.seen);
	if (result == 0)
		*ret_recipients = g.recipients;
	else
		json_decref(g.recipients);
	return result;
}
