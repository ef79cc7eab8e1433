#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/line/line.h"
#include "common/xalloc.h"
#include "tests/carrier/record.h"

#include "common/banned.h"

void record_put(json_t *object, const char *name, json_t *value)
{
	json_t *old = json_object_get(object, name);

	if (!old) {
		json_object_set_new(object, name, value);
	} else if (json_is_array(old)) {
		json_array_append_new(old, value);
	} else {
		json_t *both = json_array();

		json_array_append(both, old);
		json_array_append_new(both, value);
		json_object_set_new(object, name, both);
	}
}

void record_header(json_t *headers, const char *name, const char *value)
{
	char *key = xstrdup(name), *joined;
	const char *old;

	for (char *p = key; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + 32);
	old = json_string_value(json_object_get(headers, key));
	joined = old ? xformat("%s, %s", old, value) : xstrdup(value);
	json_object_set_new(headers, key, json_string(joined));
	free(joined);
	free(key);
}

/* The value of %XX at `text`, or -1. */
static int escaped(const char *text, size_t left)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const char *high, *low;

	if (left < 3 || text[0] != '%' || !text[1] || !text[2])
		return -1;
	high = strchr(digits, text[1]);
	low = strchr(digits, text[2]);
	if (!high || !low)
		return -1;
	return (int)((high - digits) - (high - digits > 15 ? 6 : 0)) * 16 + (int)((low - digits) - (low - digits > 15 ? 6 : 0));
}

static json_t *percent_decoded(const char *text, size_t len)
{
	char *out = xcalloc(len + 1, 1);
	size_t used = 0;
	json_t *value;

	for (size_t i = 0; i < len; i++) {
		int byte = escaped(text + i, len - i);

		out[used++] = byte >= 0 ? (char)byte : text[i] == '+' ? ' ' : text[i];
		if (byte >= 0)
			i += 2;
	}
	value = json_stringn(out, used);
	free(out);
	return value ? value : json_string("(not UTF-8)");
}

static json_t *form(const struct buf *body)
{
	json_t *out = json_object();
	const char *at = body->data, *end = body->data + body->len;

	while (at < end) {
		const char *stop = memchr(at, '&', (size_t)(end - at)), *equals;
		json_t *name;

		stop = stop ? stop : end;
		equals = memchr(at, '=', (size_t)(stop - at));
		name = percent_decoded(at, (size_t)((equals ? equals : stop) - at));
		equals = equals ? equals + 1 : stop;
		record_put(out, json_string_value(name), percent_decoded(equals, (size_t)(stop - equals)));
		json_decref(name);
		at = stop + 1;
	}
	return out;
}

static json_t *base64(const struct buf *b)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *out = xcalloc((b->len + 2) / 3 * 4 + 1, 1), *p = out;
	json_t *value;

	for (size_t i = 0; i < b->len; i += 3) {
		uint32_t three = (uint32_t)(uint8_t)b->data[i] << 16;

		for (size_t j = 1; j < 3 && i + j < b->len; j++)
			three |= (uint32_t)(uint8_t)b->data[i + j] << (16 - 8 * j);
		for (size_t j = 0; j < 4; j++)
			*p++ = i + j <= b->len ? digits[three >> (18 - 6 * j) & 63] : '=';
	}
	value = json_string(out);
	free(out);
	return value;
}

void record_body(json_t *request, const json_t *headers, const struct buf *body)
{
	const char *type = json_string_value(json_object_get(headers, "content-type"));
	json_t *text = json_stringn(body->data, body->len);

	if (!text) {
		json_object_set_new(request, "body_base64", base64(body));
		return;
	}
	json_object_set_new(request, "body", text);
	if (type && strncasecmp(type, "application/x-www-form-urlencoded", 33) == 0)
		json_object_set_new(request, "form", form(body));
	if (type && strncasecmp(type, "application/json", 16) == 0)
		json_object_set_new(request, "json", json_loadb(body->data, body->len, JSON_DECODE_ANY, NULL));
}

bool record_write(int fd, const json_t *request)
{
	struct buf b;
	size_t done = 0;

	buf_init(&b, SIZE_MAX / 2);
	line_dump(&b, request);
	buf_add_char(&b, '\n');
	while (done < b.len) {
		ssize_t put = write(fd, b.data + done, b.len - done);

		if (put < 0)
			break;
		done += (size_t)put;
	}
	buf_clear(&b);
	return done > 0;
}
