#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/transport/request.h"
#include "common/xalloc.h"

#include "common/banned.h"

void request_init(struct request *r)
{
	*r = (struct request){.kind = REQUEST_LOCAL};
	buf_init(&r->body, REQUEST_BYTES);
}

static void wipe_text(char *text)
{
	if (text)
		sodium_memzero(text, strlen(text));
	free(text);
}

void request_clear(struct request *r)
{
	for (size_t i = 0; i < r->header_count; i++)
		wipe_text(r->headers[i]);
	free(r->headers);
	wipe_text(r->url);
	free(r->mail_from);
	free(r->mail_to);
	free(r->mail_id);
	if (r->body.cap)
		sodium_memzero(r->body.data, r->body.len);
	buf_clear(&r->body);
	request_init(r);
}

bool request_is_header_name(const char *name)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";

	for (const char *p = name; *p; p++) {
		bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');

		if (!letter && !strchr(marks, *p))
			return false;
	}
	return *name;
}

bool request_header(struct request *r, const char *name, const char *value)
{
	if (!request_is_header_name(name) || strpbrk(value, "\r\n"))
		return false;
	r->headers = xrealloc(r->headers, (r->header_count + 1) * sizeof(*r->headers));
	/* curl drops a header without a value unless a semicolon stands in for the colon. */
	r->headers[r->header_count++] = *value ? xformat("%s: %s", name, value) : xformat("%s;", name);
	return true;
}

bool request_bearer(struct request *r, const char *token)
{
	char *value = xformat("Bearer %s", token);
	bool good = request_header(r, "Authorization", value);

	wipe_text(value);
	return good;
}

void request_percent(struct buf *b, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~", hex[] = "0123456789ABCDEF";
	static bool is_plain[256];
	char piece[256];
	size_t used = 0;

	for (const char *p = plain; !is_plain['~'] && *p; p++)
		is_plain[(unsigned char)*p] = true;
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (used + 3 > sizeof(piece)) {
			buf_add(b, piece, used);
			used = 0;
		}
		if (is_plain[c]) {
			piece[used++] = *text;
			continue;
		}
		piece[used++] = '%';
		piece[used++] = hex[c >> 4];
		piece[used++] = hex[c & 15];
	}
	buf_add(b, piece, used);
}

void request_form(struct request *r, const char *name, const char *value)
{
	if (r->body.len > 0)
		buf_add_char(&r->body, '&');
	request_percent(&r->body, name);
	buf_add_char(&r->body, '=');
	request_percent(&r->body, value);
}

void reply_init(struct reply *r)
{
	*r = (struct reply){.error = REPLY_OK, .retry_after_ms = -1};
	buf_init(&r->body, REPLY_BYTES);
}

void reply_clear(struct reply *r)
{
	buf_clear(&r->body);
	free(r->location);
	reply_init(r);
}
