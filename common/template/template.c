/*
 * Rendering walks the pieces with a stack of contexts. Nothing is cached: a text is parsed when it is rendered, which
 * costs less than the line that it is rendered for.
 */
#include <stdlib.h>
#include <string.h>

#include "common/template/mustache.h"
#include "common/template/template.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define STEPS (4u << 20)
#define NAME_BYTES 256

/* The value that a section has entered, and what is around it. */
struct frame {
	const json_t *value;
	const struct frame *up;
	size_t depth;
};

struct render {
	struct buf *out;
	const struct template_options *o;
	size_t steps;
	struct err *e;
};

static int render_text(struct render *r, const char *text, size_t len, const struct frame *f);

/* ---- values ---- */

static const json_t *member(const json_t *object, const char *name, size_t len)
{
	char key[NAME_BYTES];

	if (!json_is_object(object) || len >= sizeof(key))
		return NULL;
	memcpy(key, name, len);
	key[len] = '\0';
	return json_object_get(object, key);
}

/* The first part of a dotted name is looked for outwards through the frames, the others only inside what was found. */
static const json_t *look_up(const struct frame *f, const char *name, size_t len)
{
	const char *dot = memchr(name, '.', len);
	size_t first = dot ? (size_t)(dot - name) : len;
	const json_t *value = NULL;

	if (len == 1 && dot)
		return f->value;
	for (; f && !value; f = f->up)
		value = member(f->value, name, first);
	while (value && dot) {
		const char *part = dot + 1;
		size_t left = len - (size_t)(part - name);

		dot = memchr(part, '.', left);
		value = member(value, part, dot ? (size_t)(dot - part) : left);
	}
	return value;
}

static bool is_nothing(const json_t *value)
{
	if (!value || json_is_null(value) || json_is_false(value))
		return true;
	if (json_is_string(value))
		return json_string_length(value) == 0;
	return json_is_array(value) && json_array_size(value) == 0;
}

static bool is_missing(const json_t *value)
{
	return !value || json_is_null(value);
}

/* ---- escaping ---- */

static void add_html(struct buf *b, unsigned char c)
{
	switch (c) {
	case '&':
		buf_add_text(b, "&amp;");
		break;
	case '<':
		buf_add_text(b, "&lt;");
		break;
	case '>':
		buf_add_text(b, "&gt;");
		break;
	case '"':
		buf_add_text(b, "&quot;");
		break;
	case '\'':
		buf_add_text(b, "&#39;");
		break;
	default:
		buf_add_char(b, (char)c);
	}
}

static void add_json(struct buf *b, unsigned char c)
{
	static const char plain[] = "\b\t\n\f\r\"\\", letter[] = "btnfr\"\\";
	const char *at = c ? strchr(plain, c) : NULL;

	if (at)
		buf_addf(b, "\\%c", letter[at - plain]);
	else if (c < 0x20)
		buf_addf(b, "\\u%04x", c);
	else
		buf_add_char(b, (char)c);
}

static bool is_unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c));
}

static void add_url(struct buf *b, unsigned char c)
{
	if (is_unreserved(c))
		buf_add_char(b, (char)c);
	else
		buf_addf(b, "%%%02X", c);
}

static void add_escaped(struct buf *b, const char *text, size_t len, enum template_escape escape)
{
	static void (*const add[])(struct buf *, unsigned char) = {
	    [TEMPLATE_HTML] = add_html,
	    [TEMPLATE_JSON] = add_json,
	    [TEMPLATE_URL] = add_url,
	};

	if (escape == TEMPLATE_PLAIN) {
		buf_add(b, text, len);
		return;
	}
	for (size_t i = 0; i < len; i++)
		add[escape](b, (unsigned char)text[i]);
}

/* The shortest digits that read back as the same number. */
static char *real_text(const json_t *value)
{
	char *text = NULL;

	for (size_t digits = 15; digits <= 17; digits++) {
		free(text);
		text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));
		if (text && strtod(text, NULL) == json_real_value(value))
			break;
	}
	return text;
}

static void add_value(struct buf *b, const json_t *value, enum template_escape escape)
{
	char *text;

	if (json_is_null(value))
		return;
	if (json_is_string(value)) {
		add_escaped(b, json_string_value(value), json_string_length(value), escape);
		return;
	}
	text = json_is_real(value) ? real_text(value) : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	if (text)
		add_escaped(b, text, strlen(text), escape);
	free(text);
}

/* ---- pieces ---- */

static int no_value(struct render *r, const struct mustache *m, const struct mustache_piece *piece)
{
	if (r->o->missing)
		json_array_append_new(r->o->missing, json_stringn(piece->text, piece->len));
	if (r->o->strict)
		return err_set(r->e, EX_DATAERR, "line %zu: %s: no value", mustache_line(m, piece), err_quote_n(piece->text, piece->len));
	return 0;
}

static int render_value(struct render *r, const struct mustache *m, const struct mustache_piece *piece, const struct frame *f)
{
	const json_t *value = look_up(f, piece->text, piece->len);
	enum template_escape escape = piece->kind == MUSTACHE_RAW ? TEMPLATE_PLAIN : r->o->escape;

	if (piece->otherwise && is_nothing(value))
		add_escaped(r->out, piece->otherwise, piece->otherwise_len, escape);
	else if (!is_missing(value))
		add_value(r->out, value, escape);
	else
		return no_value(r, m, piece);
	return 0;
}

/* Puts the indentation before every line of a partial, as if it had been written in its place. */
static void indent_lines(struct buf *b, const char *text, const char *indent, size_t len)
{
	while (*text) {
		const char *end = strchr(text, '\n');
		size_t line = end ? (size_t)(end + 1 - text) : strlen(text);

		buf_add(b, indent, len);
		buf_add(b, text, line);
		text += line;
	}
}

static int render_partial_text(struct render *r, const char *text, const struct mustache_piece *piece, const struct frame *f)
{
	struct buf indented;
	int result;

	if (piece->indent_len == 0)
		return render_text(r, text, strlen(text), f);
	buf_init(&indented, r->out->max);
	indent_lines(&indented, text, piece->indent, piece->indent_len);
	result = buf_over(&indented) ? err_set(r->e, EX_DATAERR, "too long") : render_text(r, indented.data, indented.len, f);
	buf_clear(&indented);
	return result;
}

static int render_partial(struct render *r, const struct mustache *m, const struct mustache_piece *piece, const struct frame *f)
{
	struct frame inner = {f->value, f->up, f->depth + 1};
	char *name = xstrndup(piece->text, piece->len);
	const char *text = NULL;
	int result = 0;

	if (r->o->partial && r->o->partial(r->o->ctx, name, &text, r->e) < 0)
		result = -1;
	else if (!text && r->o->strict)
		result = err_set(r->e, EX_DATAERR, "line %zu: %s: no such partial", mustache_line(m, piece), err_quote(name));
	else if (text && inner.depth > MUSTACHE_DEPTH)
		result = err_set(r->e, EX_DATAERR, "line %zu: partial '%s': nested deeper than %d", mustache_line(m, piece), err_quote(name),
		    MUSTACHE_DEPTH);
	else if (text && render_partial_text(r, text, piece, &inner) < 0)
		/* The place is said once, not for each of the partials around it. */
		result = strncmp(r->e ? r->e->text : "", "partial '", 9) == 0 ? -1 : err_at(r->e, "partial '%s': ", err_quote(name));
	free(name);
	return result;
}

static int render_pieces(struct render *r, const struct mustache *m, size_t from, size_t to, const struct frame *f);

static int render_section(struct render *r, const struct mustache *m, size_t at, const struct frame *f)
{
	const struct mustache_piece *piece = &m->pieces[at];
	const json_t *value = look_up(f, piece->text, piece->len);
	struct frame inner = {value, f, f->depth + 1};

	if (piece->kind == MUSTACHE_INVERTED)
		return is_nothing(value) ? render_pieces(r, m, at + 1, piece->close, f) : 0;
	if (is_nothing(value))
		return 0;
	if (inner.depth > MUSTACHE_DEPTH)
		return err_set(r->e, EX_DATAERR, "line %zu: section '%s': nested deeper than %d", mustache_line(m, piece),
		    err_quote_n(piece->text, piece->len), MUSTACHE_DEPTH);
	if (!json_is_array(value))
		return render_pieces(r, m, at + 1, piece->close, &inner);
	for (size_t i = 0; i < json_array_size(value); i++) {
		inner.value = json_array_get(value, i);
		if (render_pieces(r, m, at + 1, piece->close, &inner) < 0)
			return -1;
	}
	return 0;
}

static int render_pieces(struct render *r, const struct mustache *m, size_t from, size_t to, const struct frame *f)
{
	/* An empty round counts too: lists over lists over lists may go round for ever without a byte of output. */
	if (++r->steps > STEPS)
		return err_set(r->e, EX_DATAERR, "takes more than %u steps", STEPS);
	for (size_t i = from; i < to; i++) {
		const struct mustache_piece *piece = &m->pieces[i];
		int result = 0;

		if (++r->steps > STEPS)
			return err_set(r->e, EX_DATAERR, "takes more than %u steps", STEPS);
		if (piece->kind == MUSTACHE_TEXT)
			buf_add(r->out, piece->text, piece->len);
		else if (piece->kind == MUSTACHE_PARTIAL)
			result = render_partial(r, m, piece, f);
		else if (piece->kind == MUSTACHE_VALUE || piece->kind == MUSTACHE_RAW)
			result = render_value(r, m, piece, f);
		else {
			result = render_section(r, m, i, f);
			i = piece->close;
		}
		if (result < 0)
			return -1;
		if (buf_over(r->out))
			return err_set(r->e, EX_DATAERR, "result longer than %zu bytes", r->out->max);
	}
	return 0;
}

static int render_text(struct render *r, const char *text, size_t len, const struct frame *f)
{
	struct mustache m;
	int result;

	if (mustache_parse(text, len, &m, r->e) < 0)
		return -1;
	result = render_pieces(r, &m, 0, m.count, f);
	mustache_clear(&m);
	return result;
}

int template_render(struct buf *b, const char *text, const json_t *data, const struct template_options *o, struct err *e)
{
	static const struct template_options plain = {.escape = TEMPLATE_PLAIN};
	struct render r = {.out = b, .o = o ? o : &plain, .e = e};
	struct frame top = {.value = data};

	return render_text(&r, text, strlen(text), &top);
}

int template_check(const char *text, struct err *e)
{
	struct mustache m;

	if (mustache_parse(text, strlen(text), &m, e) < 0)
		return -1;
	mustache_clear(&m);
	return 0;
}
