/*
 * One pass over the text: find the opening delimiter, take the tag, decide whether it stands alone on its line (then the
 * whole line belongs to it), and match section ends with a stack.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/template/mustache.h"
#include "common/xalloc.h"

#include "common/banned.h"

struct slice {
	const char *text;
	size_t len;
};

struct parser {
	struct slice all;
	size_t at;              /* everything before has become pieces */
	struct slice open, close;
	size_t sections[MUSTACHE_DEPTH];
	size_t depth;
	struct mustache *out;
	size_t cap;
};

/* A tag as it stands in the text. */
struct tag {
	size_t start, end;      /* offsets, delimiters included */
	char sign;              /* '#', '^', '/', '!', '>', '=', '&', '{', or 0 for a value */
	struct slice inner;     /* trimmed */
	size_t line, next;      /* when alone: where its line starts and the next begins */
	bool alone;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct slice trim(struct slice s)
{
	while (s.len > 0 && is_blank(s.text[0])) {
		s.text++;
		s.len--;
	}
	while (s.len > 0 && is_blank(s.text[s.len - 1]))
		s.len--;
	return s;
}

/* The offset of `what` at or behind `from`, or the length of the text. */
static size_t find(const struct slice *text, size_t from, struct slice what)
{
	while (from + what.len <= text->len) {
		const char *hit = memchr(text->text + from, what.text[0], text->len - from - what.len + 1);

		if (!hit)
			break;
		from = (size_t)(hit - text->text);
		if (memcmp(hit, what.text, what.len) == 0)
			return from;
		from++;
	}
	return text->len;
}

static size_t line_of(const char *text, size_t at)
{
	size_t line = 1;

	for (size_t i = 0; i < at; i++)
		line += text[i] == '\n';
	return line;
}

static int fail(const struct parser *p, const struct tag *t, const char *why, struct err *e)
{
	return err_set(e, EX_DATAERR, "line %zu: '%s': %s", line_of(p->all.text, t->start),
	    err_quote_n(p->all.text + t->start, t->end - t->start), why);
}

static struct mustache_piece *add(struct parser *p, enum mustache_kind kind, struct slice s)
{
	struct mustache_piece *piece;

	if (p->out->count == p->cap) {
		p->cap = p->cap * 2 + 8;
		p->out->pieces = xrealloc(p->out->pieces, p->cap * sizeof(*p->out->pieces));
	}
	piece = &p->out->pieces[p->out->count++];
	*piece = (struct mustache_piece){.kind = kind, .text = s.text, .len = s.len};
	return piece;
}

static void add_literal(struct parser *p, size_t end)
{
	if (end > p->at)
		add(p, MUSTACHE_TEXT, (struct slice){p->all.text + p->at, end - p->at});
}

/* Only blanks from the start of the line to the tag and from the tag to the end of the line. */
static void look_around(const struct parser *p, struct tag *t)
{
	const char *text = p->all.text;

	t->line = t->start;
	while (t->line > 0 && (text[t->line - 1] == ' ' || text[t->line - 1] == '\t'))
		t->line--;
	t->next = t->end;
	while (t->next < p->all.len && (text[t->next] == ' ' || text[t->next] == '\t'))
		t->next++;
	t->alone = t->line == 0 || text[t->line - 1] == '\n';
	if (t->next == p->all.len)
		return;
	if (text[t->next] == '\r' && t->next + 1 < p->all.len)
		t->next++;
	t->alone = t->alone && text[t->next] == '\n';
	t->next++;
}

/* Reads the tag that starts at t->start. */
static int take_tag(const struct parser *p, struct tag *t, struct err *e)
{
	size_t inside = t->start + p->open.len, end;

	t->end = p->all.len;
	t->sign = '\0';
	if (inside < p->all.len && p->all.text[inside] && strchr("#^/!>=&{", p->all.text[inside]))
		t->sign = p->all.text[inside++];
	end = find(&p->all, inside, p->close);
	while (t->sign == '{' && end < p->all.len && p->all.text[end - 1] != '}')
		end = find(&p->all, end + 1, p->close);
	if (end == p->all.len)
		return fail(p, t, "the tag does not end", e);
	t->inner = trim((struct slice){p->all.text + inside, end - inside - (t->sign == '{')});
	t->end = end + p->close.len;
	if (t->sign && t->sign != '&' && t->sign != '{')
		look_around(p, t);
	return 0;
}

/* "=<% %>=": the new delimiters are slices of the text itself. */
static int set_delimiters(struct parser *p, const struct tag *t, struct err *e)
{
	struct slice s = t->inner, rest;
	size_t first = 0;

	if (s.len == 0 || s.text[s.len - 1] != '=')
		return fail(p, t, "delimiters are set with {{=<% %>=}}", e);
	s.len--;
	s = trim(s);
	while (first < s.len && !is_blank(s.text[first]))
		first++;
	rest = trim((struct slice){s.text + first, s.len - first});
	if (first == 0 || rest.len == 0 || memchr(s.text, '=', s.len))
		return fail(p, t, "delimiters are set with {{=<% %>=}}", e);
	for (size_t i = 0; i < rest.len; i++)
		if (is_blank(rest.text[i]))
			return fail(p, t, "delimiters are set with {{=<% %>=}}", e);
	p->open = (struct slice){s.text, first};
	p->close = rest;
	return 0;
}

static int open_section(struct parser *p, const struct tag *t, struct err *e)
{
	if (p->depth == MUSTACHE_DEPTH)
		return fail(p, t, "sections nest too deep", e);
	p->sections[p->depth++] = p->out->count;
	add(p, t->sign == '#' ? MUSTACHE_SECTION : MUSTACHE_INVERTED, t->inner);
	return 0;
}

static int close_section(struct parser *p, const struct tag *t, struct err *e)
{
	struct mustache_piece *section;

	if (p->depth == 0)
		return fail(p, t, "closes no section", e);
	section = &p->out->pieces[p->sections[--p->depth]];
	if (section->len != t->inner.len || memcmp(section->text, t->inner.text, section->len) != 0) {
		char why[96];

		snprintf(why, sizeof(why), "the open section is '%s'", err_quote_n(section->text, section->len));
		return fail(p, t, why, e);
	}
	section->close = p->out->count;
	add(p, MUSTACHE_CLOSE, t->inner);
	return 0;
}

/* "name", "?name" that may be missing, or "name?text when missing". */
static int add_value(struct parser *p, const struct tag *t, struct err *e)
{
	struct slice name = t->inner, otherwise = {NULL, 0};
	const char *mark, *end = name.text + name.len;
	struct mustache_piece *piece;

	if (*name.text == '?') {
		name = (struct slice){name.text + 1, name.len - 1};
		otherwise = (struct slice){end, 0};
	}
	mark = memchr(name.text, '?', name.len);
	if (mark) {
		name.len = (size_t)(mark - name.text);
		otherwise = (struct slice){mark + 1, (size_t)(end - mark) - 1};
	}
	name = trim(name);
	if (name.len == 0)
		return fail(p, t, "the tag has no name", e);
	piece = add(p, t->sign ? MUSTACHE_RAW : MUSTACHE_VALUE, name);
	piece->otherwise = otherwise.text;
	piece->otherwise_len = otherwise.len;
	return 0;
}

static int add_tag(struct parser *p, const struct tag *t, struct err *e)
{
	struct mustache_piece *piece;

	if (t->inner.len == 0 && t->sign != '!')
		return fail(p, t, "the tag has no name", e);
	switch (t->sign) {
	case '!':
		return 0;
	case '=':
		return set_delimiters(p, t, e);
	case '#':
	case '^':
		return open_section(p, t, e);
	case '/':
		return close_section(p, t, e);
	case '>':
		piece = add(p, MUSTACHE_PARTIAL, t->inner);
		if (t->alone) {
			piece->indent = p->all.text + t->line;
			piece->indent_len = t->start - t->line;
		}
		return 0;
	default:
		return add_value(p, t, e);
	}
}

static int parse_all(struct parser *p, struct err *e)
{
	for (;;) {
		struct tag t = {.start = find(&p->all, p->at, p->open)};

		if (t.start == p->all.len)
			break;
		if (take_tag(p, &t, e) < 0)
			return -1;
		add_literal(p, t.alone ? t.line : t.start);
		if (add_tag(p, &t, e) < 0)
			return -1;
		p->at = t.alone ? t.next : t.end;
	}
	add_literal(p, p->all.len);
	if (p->depth > 0) {
		const struct mustache_piece *open = &p->out->pieces[p->sections[p->depth - 1]];

		return err_set(e, EX_DATAERR, "line %zu: section '%s' is not closed", mustache_line(p->out, open),
		    err_quote_n(open->text, open->len));
	}
	return 0;
}

int mustache_parse(const char *text, size_t len, struct mustache *ret_parsed, struct err *e)
{
	struct mustache parsed = {.text = text};
	struct parser p = {.all = {text, len}, .open = {"{{", 2}, .close = {"}}", 2}, .out = &parsed};

	if (parse_all(&p, e) < 0) {
		mustache_clear(&parsed);
		return -1;
	}
	*ret_parsed = parsed;
	return 0;
}

size_t mustache_line(const struct mustache *m, const struct mustache_piece *piece)
{
	return line_of(m->text, (size_t)(piece->text - m->text));
}

void mustache_clear(struct mustache *m)
{
	free(m->pieces);
	*m = (struct mustache){0};
}
