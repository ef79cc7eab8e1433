/*
 * What is wrong with a YAML document, said with file, line and the path of keys that leads there.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "common/closest.h"
#include "common/config/yaml_place.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define PATH_BYTES 200

size_t yaml_place_add(struct yaml *y, struct place at)
{
	if (y->count == y->cap) {
		y->cap = y->cap ? 2 * y->cap : 32;
		y->places = xrealloc(y->places, y->cap * sizeof(*y->places));
	}
	y->places[y->count] = at;
	return y->count++;
}

static void add_path(struct buf *b, const struct yaml *y, size_t at)
{
	const struct place *p = &y->places[at];

	if (p->parent == YAML_NOWHERE)
		return;
	add_path(b, y, p->parent);
	if (p->key)
		buf_addf(b, "%s%s", b->len ? "." : "", err_quote(p->key));
	else
		buf_addf(b, "[%zu]", p->index);
}

int yaml_place_fail(const struct yaml *y, size_t at, unsigned line, struct err *e, const char *fmt, va_list args)
{
	char text[256];
	struct buf path;

	vsnprintf(text, sizeof(text), fmt, args);
	buf_init(&path, PATH_BYTES);
	if (at != YAML_NOWHERE)
		add_path(&path, y, at);
	if (line)
		err_set(e, EX_CONFIG, "%s:%u: %s%s%s", y->name, line, path.data, path.len ? ": " : "", text);
	else
		err_set(e, EX_CONFIG, "%s: %s", y->name, text);
	buf_clear(&path);
	return -1;
}

json_t *yaml_root(const struct yaml *y)
{
	return y->root;
}

const char *yaml_name(const struct yaml *y)
{
	return y->name;
}

/* The only place of a value; YAML_NOWHERE when it has none, or several. */
static size_t find_value(const struct yaml *y, const json_t *value)
{
	size_t found = YAML_NOWHERE;

	for (size_t i = 0; value && i < y->count; i++) {
		if (y->places[i].value != value)
			continue;
		if (found != YAML_NOWHERE)
			return YAML_NOWHERE;
		found = i;
	}
	return found;
}

static size_t find_member(const struct yaml *y, const json_t *object, const char *key)
{
	size_t parent = find_value(y, object);

	for (size_t i = 0; parent != YAML_NOWHERE && i < y->count; i++)
		if (y->places[i].parent == parent && y->places[i].key && strcmp(y->places[i].key, key) == 0)
			return i;
	return parent;
}

unsigned yaml_line(const struct yaml *y, const json_t *value)
{
	size_t at = find_value(y, value);

	return at == YAML_NOWHERE ? 0 : y->places[at].line;
}

int yaml_fail(const struct yaml *y, const json_t *value, struct err *e, const char *fmt, ...)
{
	size_t at = find_value(y, value);
	va_list args;

	va_start(args, fmt);
	yaml_place_fail(y, at, at == YAML_NOWHERE ? 0 : y->places[at].line, e, fmt, args);
	va_end(args);
	return -1;
}

int yaml_fail_member(const struct yaml *y, const json_t *object, const char *key, struct err *e, const char *fmt, ...)
{
	size_t at = find_member(y, object, key);
	va_list args;

	va_start(args, fmt);
	yaml_place_fail(y, at, at == YAML_NOWHERE ? 0 : y->places[at].line, e, fmt, args);
	va_end(args);
	return -1;
}

static bool in(const char *word, const char *const *known)
{
	for (; *known; known++)
		if (strcmp(word, *known) == 0)
			return true;
	return false;
}

int yaml_only(const struct yaml *y, const json_t *object, const char *const *known, struct err *e)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return yaml_fail(y, object, e, "must be a map");
	json_object_foreach((json_t *)object, key, value) {
		if (in(key, known))
			continue;
		return yaml_fail_member(y, object, key, e, "unknown key%s", closest_hint(closest_word(key, known)));
	}
	return 0;
}
