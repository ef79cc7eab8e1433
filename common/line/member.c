/*
 * A walk over the bytes, which are known to be JSON: strings are passed over as a whole, brackets are counted.
 */
#include <string.h>

#include "common/line/member.h"

#include "common/banned.h"

static size_t skip_blank(const char *text, size_t at)
{
	while (text[at] == ' ' || text[at] == '\t' || text[at] == '\r' || text[at] == '\n')
		at++;
	return at;
}

/* From the opening quote to behind the closing one. */
static size_t skip_string(const char *text, size_t at)
{
	for (at++; text[at] != '"'; at++)
		if (text[at] == '\\')
			at++;
	return at + 1;
}

/* A number or a literal ends where a comma, a bracket or a blank begins. */
static size_t skip_value(const char *text, size_t at)
{
	unsigned depth = 0;

	if (text[at] == '"')
		return skip_string(text, at);
	if (text[at] != '{' && text[at] != '[')
		return at + strcspn(text + at, ",}] \t\r\n");
	do {
		if (text[at] == '"') {
			at = skip_string(text, at);
			continue;
		}
		if (text[at] == '{' || text[at] == '[')
			depth++;
		else if (text[at] == '}' || text[at] == ']')
			depth--;
		at++;
	} while (depth > 0);
	return at;
}

/* `at` is on a key's quote. One with escapes is read as JSON reads it. */
static bool is_key(const char *text, size_t at, size_t end, const char *key)
{
	size_t len = end - at;
	json_t *value;
	bool same;

	if (!memchr(text + at, '\\', len))
		return len == strlen(key) + 2 && memcmp(text + at + 1, key, len - 2) == 0;
	value = json_loadb(text + at, len, JSON_DECODE_ANY, NULL);
	same = value && strcmp(json_string_value(value), key) == 0;
	json_decref(value);
	return same;
}

bool member_find(const struct line *l, const char *key, struct member *ret_member)
{
	const char *text = l->text;
	size_t at = skip_blank(text, skip_blank(text, 0) + 1);

	while (text[at] == '"') {
		size_t key_end = skip_string(text, at), start = skip_blank(text, skip_blank(text, key_end) + 1);
		size_t end = skip_value(text, start);

		if (is_key(text, at, key_end, key)) {
			*ret_member = (struct member){start, end - start};
			return true;
		}
		at = skip_blank(text, end);
		if (text[at] != ',')
			return false;
		at = skip_blank(text, at + 1);
	}
	return false;
}

/* Up to the last member's end: what stands behind is blank and the brace. */
static size_t body_end(const struct line *l)
{
	size_t end = l->len;

	while (end > 0 && l->text[end - 1] != '}')
		end--;
	end--;
	while (end > 0 && strchr(" \t\r\n", l->text[end - 1]))
		end--;
	return end;
}

/* The edit whose member comes next behind `from`; NULL when there is none. */
static const struct member_edit *next_edit(const struct line *l, const json_t *value, const struct member_edit *edits, size_t count,
    size_t from, struct member *ret_member)
{
	const struct member_edit *next = NULL;
	struct member m;

	for (size_t i = 0; i < count; i++) {
		if (!json_object_get(value, edits[i].key) || !member_find(l, edits[i].key, &m) || m.start < from)
			continue;
		if (next && ret_member->start < m.start)
			continue;
		next = &edits[i];
		*ret_member = m;
	}
	return next;
}

void member_edit(struct buf *b, const struct line *l, const json_t *value, const struct member_edit *edits, size_t count)
{
	const struct member_edit *edit;
	struct member m;
	size_t done = 0, end = body_end(l);
	bool empty = l->text[end - 1] == '{';

	while ((edit = next_edit(l, value, edits, count, done, &m))) {
		buf_add(b, l->text + done, m.start - done);
		buf_add(b, edit->text, edit->len);
		done = m.start + m.len;
	}
	buf_add(b, l->text + done, end - done);
	for (size_t i = 0; i < count; i++) {
		if (json_object_get(value, edits[i].key))
			continue;
		buf_add_text(b, empty ? "\"" : ",\"");
		buf_add_text(b, edits[i].key);
		buf_add_text(b, "\":");
		buf_add(b, edits[i].text, edits[i].len);
		empty = false;
	}
	buf_add_char(b, '}');
}

int member_write(struct line_writer *w, const struct line *l, const json_t *value, const char *key, const json_t *member,
    struct err *e)
{
	struct member_edit edit = {.key = key};
	struct buf text, whole;
	int result;

	buf_init(&text, LINE_BYTES);
	buf_init(&whole, (size_t)2 * LINE_BYTES);
	line_dump(&text, member);
	edit.text = text.data;
	edit.len = text.len;
	member_edit(&whole, l, value, &edit, 1);
	result = line_write(w, whole.data, whole.len, e);
	buf_clear(&text);
	buf_clear(&whole);
	return result;
}
