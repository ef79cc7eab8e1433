/*
 * A contact a row. The header names the columns: id, name, tz, lang, prefer, groups, channels; any other column becomes
 * an attribute. Empty fields are left out.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/config/book.h"
#include "common/config/csv.h"
#include "common/xalloc.h"

#include "common/banned.h"

enum column_kind { COLUMN_TEXT, COLUMN_WORDS, COLUMN_CHANNEL, COLUMN_ATTRIBUTE };

struct column {
	char *name;
	enum column_kind kind;
};

struct table {
	const struct config *config;
	struct csv csv;
	struct column *columns;
	size_t count;
};

/* The field without the white space around it. */
static char *trimmed(const char *text)
{
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		len--;
	return xstrndup(text, len);
}

static enum column_kind kind_of(const struct table *t, const char *name)
{
	static const char *const texts[] = {"id", "name", "tz", "lang"};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (strcmp(name, texts[i]) == 0)
			return COLUMN_TEXT;
	if (strcmp(name, "prefer") == 0 || strcmp(name, "groups") == 0)
		return COLUMN_WORDS;
	if (config_knows_channel(t->config, name))
		return COLUMN_CHANNEL;
	return COLUMN_ATTRIBUTE;
}

static const struct column *find_column(const struct table *t, const char *name)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->columns[i].name, name) == 0)
			return &t->columns[i];
	return NULL;
}

/* Attributes and no address at all: more likely a channel goes by another name here, such as phone. */
static int check_channels(const struct table *t, struct err *e)
{
	const char *other = NULL;

	for (size_t i = t->count; i-- > 0;) {
		if (t->columns[i].kind == COLUMN_CHANNEL)
			return 0;
		if (t->columns[i].kind == COLUMN_ATTRIBUTE)
			other = t->columns[i].name;
	}
	return other ? err_set(e, EX_DATAERR, "no column is called like a channel, such as sms or email; '%s' is none", err_quote(other)) : 0;
}

static int read_header(struct table *t, struct err *e)
{
	int got = csv_next(&t->csv, e);

	if (got <= 0)
		return got < 0 ? -1 : err_set(e, EX_DATAERR, "no header row with the names of the columns");
	t->columns = xcalloc(t->csv.count, sizeof(*t->columns));
	for (size_t i = 0; i < t->csv.count; i++) {
		struct column c = {trimmed(csv_field(&t->csv, i)), COLUMN_TEXT};
		bool twice = find_column(t, c.name) != NULL;

		c.kind = kind_of(t, c.name);
		t->columns[t->count++] = c;
		if (!*c.name)
			return err_set(e, EX_DATAERR, "column %zu has no name", i + 1);
		if (twice)
			return err_set(e, EX_DATAERR, "column '%s' is there twice", err_quote(c.name));
	}
	if (!find_column(t, "id"))
		return err_set(e, EX_DATAERR, "no column 'id'");
	return check_channels(t, e);
}

/* "a; b c" */
static json_t *words(const char *text)
{
	json_t *list = json_array();

	for (;;) {
		size_t len;

		text += strspn(text, " ;\t");
		len = strcspn(text, " ;\t");
		if (len == 0)
			return list;
		json_array_append_new(list, json_stringn(text, len));
		text += len;
	}
}

static json_t *member_object(json_t *object, const char *key)
{
	json_t *member = json_object_get(object, key);

	if (!member) {
		member = json_object();
		json_object_set_new(object, key, member);
	}
	return member;
}

static int set_member(json_t *contact, const struct column *c, const char *text, struct err *e)
{
	json_t *object = contact, *value = json_string(text);

	if (!value)
		return err_set(e, EX_DATAERR, "%s: not UTF-8 text", err_quote(c->name));
	if (c->kind == COLUMN_WORDS) {
		json_decref(value);
		value = words(text);
	} else if (c->kind == COLUMN_CHANNEL) {
		object = member_object(contact, "addresses");
	} else if (c->kind == COLUMN_ATTRIBUTE) {
		object = member_object(contact, "attributes");
	}
	if (json_object_set_new(object, c->name, value) < 0)
		return err_set(e, EX_DATAERR, "not a column's name: '%s'", err_quote(c->name));
	return 0;
}

static int read_contact(const struct table *t, json_t *contact, struct err *e)
{
	for (size_t i = 0; i < t->csv.count; i++) {
		char *text = trimmed(csv_field(&t->csv, i));
		int result = 0;

		if (*text && i >= t->count)
			result = err_set(e, EX_DATAERR, "more fields than the header has (%zu)", t->count);
		else if (*text)
			result = set_member(contact, &t->columns[i], text, e);
		free(text);
		if (result < 0)
			return -1;
	}
	return 0;
}

static int add_row(struct book *b, const struct table *t, struct err *e)
{
	static const char inner[] = "addresses.";
	json_t *contact = json_object();
	int result = read_contact(t, contact, e);

	if (result == 0)
		result = book_add(b, contact, e);
	if (result < 0 && strncmp(e->text, inner, sizeof(inner) - 1) == 0)
		memmove(e->text, e->text + sizeof(inner) - 1, strlen(e->text) - sizeof(inner) + 2);
	json_decref(contact);
	return result;
}

static int add_table(struct book *b, struct table *t, struct err *e)
{
	int got;

	if (read_header(t, e) < 0)
		return -1;
	while ((got = csv_next(&t->csv, e)) > 0)
		if (add_row(b, t, e) < 0)
			return -1;
	return got;
}

int book_load_csv(struct book *b, const char *path, struct err *e)
{
	struct table t = {.config = b->config};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), result;

	if (fd < 0)
		return err_set(e, EX_CONFIG, "cannot open '%s': %s", path, strerror(errno));
	csv_init(&t.csv, fd);
	result = add_table(b, &t, e);
	if (result < 0) {
		e->code = EX_CONFIG;
		err_at(e, "%s:%u: ", path, t.csv.line);
	}
	for (size_t i = 0; i < t.count; i++)
		free(t.columns[i].name);
	free(t.columns);
	csv_clear(&t.csv);
	close(fd);
	return result;
}
