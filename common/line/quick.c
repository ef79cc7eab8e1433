/*
 * Reading lines is most of what a filter does, and most of that was jansson looking at each byte through three calls.
 * Here a string without escapes is found eight bytes at a time and copied once.
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/line/quick.h"

#include "common/banned.h"

#define DEPTH 64
#define NUMBER_BYTES 40
#define KEY_BYTES 256
#define TEXT_BYTES (16u << 20)  /* more than any line */

struct reader {
	const char *at, *end;
	struct buf text;        /* of a string with escapes, and of keys */
	unsigned depth;
};

static json_t *read_value(struct reader *r);

static void skip_blank(struct reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
		r->at++;
}

/* True when one of eight bytes is a quote, a backslash, a control byte or not ASCII. May be true for another, too. */
static bool is_special(const char *at)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = ones * 0x80;
	uint64_t w, quote, backslash;

	memcpy(&w, at, sizeof(w));
	quote = w ^ ones * '"';
	backslash = w ^ ones * '\\';
	return (((w - ones * 0x20) | (quote - ones) | (backslash - ones) | w) & high) != 0;
}

/* The length of a well-formed character of more than one byte; 0 when it is none (RFC 3629: shortest form, no surrogates). */
static size_t utf8_length(const unsigned char *p, size_t left)
{
	size_t len = *p >= 0xc2 && *p <= 0xdf ? 2 : *p >= 0xe0 && *p <= 0xef ? 3 : *p >= 0xf0 && *p <= 0xf4 ? 4 : 0;

	if (len == 0 || len > left)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) || (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Goes to the next quote or backslash; false at what a string must not hold, or the end. */
static bool skip_plain(struct reader *r)
{
	for (;;) {
		size_t len;

		while (r->end - r->at >= 8 && !is_special(r->at))
			r->at += 8;
		while (r->at < r->end && is_plain((unsigned char)*r->at))
			r->at++;
		if (r->at == r->end || (unsigned char)*r->at < 0x20)
			return false;
		if (*r->at == '"' || *r->at == '\\')
			return true;
		len = utf8_length((const unsigned char *)r->at, (size_t)(r->end - r->at));
		if (len == 0)
			return false;
		r->at += len;
	}
}

static bool read_hex(struct reader *r, uint32_t *ret_code)
{
	uint32_t code = 0;

	if (r->end - r->at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		char c = *r->at++;
		int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

		if (digit < 0)
			return false;
		code = code << 4 | (uint32_t)digit;
	}
	*ret_code = code;
	return true;
}

static void add_code(struct buf *b, uint32_t code)
{
	char c[4];

	if (code < 0x80) {
		buf_add_char(b, (char)code);
	} else if (code < 0x800) {
		c[0] = (char)(0xc0 | code >> 6);
		c[1] = (char)(0x80 | (code & 0x3f));
		buf_add(b, c, 2);
	} else if (code < 0x10000) {
		c[0] = (char)(0xe0 | code >> 12);
		c[1] = (char)(0x80 | (code >> 6 & 0x3f));
		c[2] = (char)(0x80 | (code & 0x3f));
		buf_add(b, c, 3);
	} else {
		c[0] = (char)(0xf0 | code >> 18);
		c[1] = (char)(0x80 | (code >> 12 & 0x3f));
		c[2] = (char)(0x80 | (code >> 6 & 0x3f));
		c[3] = (char)(0x80 | (code & 0x3f));
		buf_add(b, c, 4);
	}
}

/* Behind "\u": a character, or two halves of one. NUL and lone halves are jansson's to refuse. */
static bool read_unicode(struct reader *r)
{
	uint32_t code, low;

	if (!read_hex(r, &code) || code == 0)
		return false;
	if (code >= 0xd800 && code <= 0xdfff) {
		if (code > 0xdbff || r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u')
			return false;
		r->at += 2;
		if (!read_hex(r, &low) || low < 0xdc00 || low > 0xdfff)
			return false;
		code = 0x10000 + ((code - 0xd800) << 10 | (low - 0xdc00));
	}
	add_code(&r->text, code);
	return true;
}

static bool read_escape(struct reader *r)
{
	static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	const char *known;
	char c;

	if (r->end - r->at < 2)
		return false;
	c = r->at[1];
	r->at += 2;
	if (c == 'u')
		return read_unicode(r);
	known = c ? strchr(letters, c) : NULL;
	if (known)
		buf_add_char(&r->text, bytes[known - letters]);
	return known != NULL;
}

/* From behind the opening quote to behind the closing one: a slice of the line, or of r->text when there are escapes. */
static bool read_text(struct reader *r, const char **ret_text, size_t *ret_len)
{
	const char *start = r->at;

	if (!skip_plain(r))
		return false;
	if (*r->at == '"') {
		*ret_text = start;
		*ret_len = (size_t)(r->at++ - start);
		return true;
	}
	buf_reset(&r->text);
	for (;;) {
		buf_add(&r->text, start, (size_t)(r->at - start));
		if (*r->at == '"')
			break;
		if (!read_escape(r))
			return false;
		start = r->at;
		if (!skip_plain(r))
			return false;
	}
	r->at++;
	*ret_text = r->text.data;
	*ret_len = r->text.len;
	return !buf_over(&r->text);
}

static json_t *read_string(struct reader *r)
{
	const char *text;
	size_t len;

	r->at++;
	return read_text(r, &text, &len) ? json_stringn_nocheck(text, len) : NULL;
}

/* Its digits, from `from` on; 0 when there is none. */
static size_t digits(const struct reader *r, const char *from)
{
	const char *p = from;

	while (p < r->end && *p >= '0' && *p <= '9')
		p++;
	return (size_t)(p - from);
}

static json_t *read_real(const char *start, size_t len)
{
	char text[NUMBER_BYTES];
	char *end;
	double value;

	if (len >= sizeof(text))
		return NULL;
	memcpy(text, start, len);
	text[len] = '\0';
	errno = 0;
	value = strtod(text, &end);
	return *end == '\0' && errno == 0 && isfinite(value) ? json_real(value) : NULL;
}

static json_t *read_number(struct reader *r)
{
	const char *start = r->at, *p = start + (*start == '-');
	size_t whole = digits(r, p), part;
	json_int_t value = 0;
	bool real = false;

	if (whole == 0 || whole > 18 || (*p == '0' && whole > 1))
		return NULL;
	for (size_t i = 0; i < whole; i++)
		value = value * 10 + (p[i] - '0');
	p += whole;
	if (p < r->end && *p == '.') {
		part = digits(r, p + 1);
		p += 1 + part;
		real = true;
		if (part == 0)
			return NULL;
	}
	if (p < r->end && (*p == 'e' || *p == 'E'))
		return NULL;
	r->at = p;
	return real ? read_real(start, (size_t)(p - start)) : json_integer(*start == '-' ? -value : value);
}

static json_t *read_word(struct reader *r, const char *word, json_t *value)
{
	size_t len = strlen(word);

	if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
		return NULL;
	r->at += len;
	return value;
}

/* Behind a member or an item: 1 another one follows, 0 it was the last, -1 neither. */
static int read_next(struct reader *r, char close)
{
	skip_blank(r);
	if (r->at == r->end || (*r->at != ',' && *r->at != close))
		return -1;
	if (*r->at++ == close)
		return 0;
	skip_blank(r);
	return 1;
}

static int read_item(struct reader *r, json_t *array)
{
	json_t *value = read_value(r);

	if (!value)
		return -1;
	json_array_append_new(array, value);
	return read_next(r, ']');
}

/* A key that comes a second time does not make the object larger. */
static int read_member(struct reader *r, json_t *object)
{
	size_t before = json_object_size(object), len;
	const char *key;
	char name[KEY_BYTES];
	json_t *value;

	if (r->at == r->end || *r->at++ != '"' || !read_text(r, &key, &len))
		return -1;
	if (len >= sizeof(name))
		return -1;
	memcpy(name, key, len);
	name[len] = '\0';
	skip_blank(r);
	if (r->at == r->end || *r->at++ != ':')
		return -1;
	skip_blank(r);
	value = read_value(r);
	if (!value)
		return -1;
	json_object_set_new_nocheck(object, name, value);
	return json_object_size(object) == before + 1 ? read_next(r, '}') : -1;
}

static json_t *read_all(struct reader *r, json_t *container, char close, int read_one(struct reader *, json_t *))
{
	int next = 1;

	r->at++;
	skip_blank(r);
	if (r->at < r->end && *r->at == close) {
		r->at++;
		return container;
	}
	if (++r->depth > DEPTH)
		next = -1;
	while (next == 1)
		next = read_one(r, container);
	r->depth--;
	if (next == 0)
		return container;
	json_decref(container);
	return NULL;
}

static json_t *read_value(struct reader *r)
{
	if (r->at == r->end)
		return NULL;
	switch (*r->at) {
	case '"':
		return read_string(r);
	case '{':
		return read_all(r, json_object(), '}', read_member);
	case '[':
		return read_all(r, json_array(), ']', read_item);
	case 't':
		return read_word(r, "true", json_true());
	case 'f':
		return read_word(r, "false", json_false());
	case 'n':
		return read_word(r, "null", json_null());
	default:
		return read_number(r);
	}
}

json_t *quick_parse(const char *text, size_t len)
{
	struct reader r = {.at = text, .end = text + len};
	json_t *value = NULL;

	buf_init(&r.text, TEXT_BYTES);
	skip_blank(&r);
	if (r.at < r.end && (*r.at == '{' || *r.at == '['))
		value = read_value(&r);
	skip_blank(&r);
	if (value && r.at < r.end) {
		json_decref(value);
		value = NULL;
	}
	buf_clear(&r.text);
	return value;
}
