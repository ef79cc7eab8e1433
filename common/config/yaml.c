/*
 * libyaml's events become jansson values. yaml_place.c remembers where each of them stood.
 *
 * Left out on purpose: aliases (a few lines of them expand to gigabytes), tags, and keys that are not scalars.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

#include "common/buf.h"
#include "common/config/yaml_place.h"
#include "common/xalloc.h"

#include "common/banned.h"

struct loader {
	yaml_parser_t parser;
	struct yaml *y;
	const char *text;
	unsigned depth;
	struct err *e;
};

COMPAT_PRINTF(4, 5)
static int load_fail(struct loader *l, size_t at, unsigned line, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	yaml_place_fail(l->y, at, line, l->e, fmt, args);
	va_end(args);
	return -1;
}

static unsigned line_of(const yaml_event_t *event)
{
	return (unsigned)event->start_mark.line + 1;
}

static unsigned line_of_byte(const char *text, size_t offset)
{
	unsigned line = 1;

	for (size_t i = 0; i < offset; i++)
		line += text[i] == '\n';
	return line;
}

static int syntax_fail(struct loader *l)
{
	const yaml_parser_t *p = &l->parser;
	const char *problem = p->problem ? p->problem : "cannot be read";

	if (p->error == YAML_READER_ERROR)
		return load_fail(l, YAML_NOWHERE, line_of_byte(l->text, p->problem_offset), "not UTF-8 text: %s", problem);
	if (p->context)
		return load_fail(l, YAML_NOWHERE, (unsigned)p->problem_mark.line + 1, "not YAML: %s (%s from line %u on)", problem,
		    p->context, (unsigned)p->context_mark.line + 1);
	return load_fail(l, YAML_NOWHERE, (unsigned)p->problem_mark.line + 1, "not YAML: %s", problem);
}

static int next(struct loader *l, yaml_event_t *ret_event)
{
	return yaml_parser_parse(&l->parser, ret_event) ? 0 : syntax_fail(l);
}

/* Passes over one event that must be there. */
static int skip(struct loader *l)
{
	yaml_event_t event;

	if (next(l, &event) < 0)
		return -1;
	yaml_event_delete(&event);
	return 0;
}

/* JSON's grammar of numbers. */
static bool is_number(const char *text)
{
	static const char digits[] = "0123456789";
	size_t len;

	text += *text == '-';
	len = strspn(text, digits);
	if (len == 0 || (len > 1 && *text == '0'))
		return false;
	text += len;
	if (*text == '.') {
		len = strspn(++text, digits);
		if (len == 0)
			return false;
		text += len;
	}
	if (*text == 'e' || *text == 'E') {
		text++;
		text += *text == '-' || *text == '+';
		len = strspn(text, digits);
		if (len == 0)
			return false;
		text += len;
	}
	return *text == '\0';
}

static json_t *plain_scalar(const char *text, size_t len)
{
	if (len == 0 || strcmp(text, "~") == 0 || strcmp(text, "null") == 0)
		return json_null();
	if (strcmp(text, "true") == 0)
		return json_true();
	if (strcmp(text, "false") == 0)
		return json_false();
	return is_number(text) ? json_loadb(text, len, JSON_DECODE_ANY, NULL) : NULL;
}

static json_t *load_scalar(struct loader *l, const yaml_event_t *event, size_t self)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	json_t *value = NULL;

	if (strlen(text) != len) {
		load_fail(l, self, line_of(event), "NUL byte");
		return NULL;
	}
	if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		value = plain_scalar(text, len);
	if (!value)
		value = json_stringn(text, len);
	if (!value)
		load_fail(l, self, line_of(event), "not UTF-8 text");
	return value;
}

static int load_value(struct loader *l, struct place at, const yaml_event_t *event, json_t **ret_value);

static int load_item(struct loader *l, json_t *array, size_t self, const yaml_event_t *event)
{
	struct place at = {NULL, self, NULL, json_array_size(array), line_of(event)};
	json_t *item;

	if (load_value(l, at, event, &item) < 0)
		return -1;
	json_array_append_new(array, item);
	return 0;
}

/* A key and its value. The key is put in first, so that the place can borrow it from the object. */
static int load_member(struct loader *l, json_t *object, size_t self, const yaml_event_t *key_event)
{
	const char *key = (const char *)key_event->data.scalar.value;
	struct place at = {NULL, self, NULL, 0, line_of(key_event)};
	yaml_event_t event;
	json_t *value;
	void *iter;
	int result;

	if (key_event->type != YAML_SCALAR_EVENT)
		return load_fail(l, self, at.line, "a key must be a word");
	if (key_event->data.scalar.tag || strlen(key) != key_event->data.scalar.length)
		return load_fail(l, self, at.line, "not a key: '%s'", err_quote(key));
	if (json_object_get(object, key))
		return load_fail(l, self, at.line, "key given twice: '%s'", err_quote(key));
	if (json_object_set_new(object, key, json_null()) < 0)
		return load_fail(l, self, at.line, "not a key: '%s'", err_quote(key));
	iter = json_object_iter_at(object, key);
	at.key = json_object_iter_key(iter);
	if (next(l, &event) < 0)
		return -1;
	result = load_value(l, at, &event, &value);
	yaml_event_delete(&event);
	if (result == 0)
		json_object_iter_set_new(object, iter, value);
	return result;
}

/* The rest of a sequence or mapping. */
static int load_rest(struct loader *l, json_t *value, size_t self)
{
	for (;;) {
		yaml_event_t event;
		int result;

		if (next(l, &event) < 0)
			return -1;
		if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT) {
			yaml_event_delete(&event);
			return 0;
		}
		result = json_is_array(value) ? load_item(l, value, self, &event) : load_member(l, value, self, &event);
		yaml_event_delete(&event);
		if (result < 0)
			return -1;
	}
}

static const yaml_char_t *tag_of(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return event->data.scalar.tag;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.tag;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.tag;
	default:
		return NULL;
	}
}

static int load_value(struct loader *l, struct place at, const yaml_event_t *event, json_t **ret_value)
{
	size_t self = yaml_place_add(l->y, at);
	json_t *value;

	if (event->type == YAML_ALIAS_EVENT)
		return load_fail(l, self, line_of(event), "aliases are not supported: '*%s'",
		    err_quote((const char *)event->data.alias.anchor));
	if (tag_of(event))
		return load_fail(l, self, line_of(event), "tags are not supported: '%s'", err_quote((const char *)tag_of(event)));
	if (self >= YAML_VALUES)
		return load_fail(l, self, line_of(event), "more than %u values", YAML_VALUES);
	if (event->type == YAML_SCALAR_EVENT) {
		value = load_scalar(l, event, self);
		if (!value)
			return -1;
	} else {
		if (l->depth == YAML_DEPTH)
			return load_fail(l, self, line_of(event), "nested deeper than %u", YAML_DEPTH);
		value = event->type == YAML_SEQUENCE_START_EVENT ? json_array() : json_object();
		l->depth++;
		if (load_rest(l, value, self) < 0) {
			json_decref(value);
			return -1;
		}
		l->depth--;
	}
	l->y->places[self].value = value;
	*ret_value = value;
	return 0;
}

/* The events of one document: stream start, document start, the value, document end, stream end. */
static int load_document(struct loader *l)
{
	struct place root = {NULL, YAML_NOWHERE, NULL, 0, 1};
	yaml_event_t event;
	int result;

	if (skip(l) < 0 || next(l, &event) < 0)
		return -1;
	if (event.type == YAML_STREAM_END_EVENT) {
		yaml_event_delete(&event);
		l->y->root = json_null();
		root.value = l->y->root;
		yaml_place_add(l->y, root);
		return 0;
	}
	yaml_event_delete(&event);
	if (next(l, &event) < 0)
		return -1;
	root.line = line_of(&event);
	result = load_value(l, root, &event, &l->y->root);
	yaml_event_delete(&event);
	if (result < 0 || skip(l) < 0 || next(l, &event) < 0)
		return -1;
	if (event.type != YAML_STREAM_END_EVENT)
		result = load_fail(l, YAML_NOWHERE, line_of(&event), "a second document");
	yaml_event_delete(&event);
	return result;
}

int yaml_parse(const char *name, const char *text, size_t len, struct yaml **ret_yaml, struct err *e)
{
	struct loader l = {.text = text, .e = e};
	int result;

	if (len > YAML_BYTES)
		return err_set(e, EX_CONFIG, "%s: larger than %u MiB", name, YAML_BYTES >> 20);
	if (!yaml_parser_initialize(&l.parser))
		return err_set(e, EX_OSERR, "%s: out of memory", name);
	l.y = xcalloc(1, sizeof(*l.y));
	l.y->name = xstrdup(name);
	yaml_parser_set_input_string(&l.parser, (const unsigned char *)text, len);
	yaml_parser_set_encoding(&l.parser, YAML_UTF8_ENCODING);
	result = load_document(&l);
	yaml_parser_delete(&l.parser);
	if (result < 0)
		yaml_unload(l.y);
	else
		*ret_yaml = l.y;
	return result;
}

/* To the end of the file, or one byte past the ceiling. */
static int read_all(int fd, struct buf *b)
{
	for (;;) {
		size_t want = b->max - b->len < 65536 ? b->max - b->len : 65536;
		ssize_t got;

		if (want == 0 || !buf_room(b, want))
			return 0;
		got = read(fd, b->data + b->len, want);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -1 : 0;
		b->len += (size_t)got;
	}
}

int yaml_load(const char *path, struct yaml **ret_yaml, struct err *e)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct buf b;
	int result;

	if (fd < 0)
		return err_set(e, EX_CONFIG, "cannot open '%s': %s", path, strerror(errno));
	buf_init(&b, YAML_BYTES + 1);
	if (read_all(fd, &b) < 0)
		result = err_set(e, EX_CONFIG, "cannot read '%s': %s", path, strerror(errno));
	else
		result = yaml_parse(path, b.data, b.len, ret_yaml, e);
	buf_clear(&b);
	if (!standard)
		close(fd);
	return result;
}

void yaml_unload(struct yaml *y)
{
	if (!y)
		return;
	json_decref(y->root);
	free(y->places);
	free(y->name);
	free(y);
}
