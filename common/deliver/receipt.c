/*
 * A receipt is written once for every message: straight into the output buffer, without a value tree in between.
 */
#include <string.h>

#include "common/deliver/job.h"
#include "common/line/id.h"
#include "common/line/when.h"

#include "common/banned.h"

static void add_escaped(struct buf *b, const char *value)
{
	static const char hex[] = "0123456789abcdef";

	for (const char *p = value; *p;) {
		size_t plain = 0;

		while (p[plain] && p[plain] != '"' && p[plain] != '\\' && (unsigned char)p[plain] >= 0x20)
			plain++;
		buf_add(b, p, plain);
		p += plain;
		if (!*p)
			break;
		if (*p == '"' || *p == '\\') {
			buf_add_char(b, '\\');
			buf_add_char(b, *p++);
		} else {
			buf_add_text(b, "\\u00");
			buf_add_char(b, hex[(unsigned char)*p >> 4]);
			buf_add_char(b, hex[(unsigned char)*p++ & 15]);
		}
	}
}

static void add_string(struct buf *b, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	buf_add_text(b, ",\"");
	buf_add_text(b, key);
	buf_add_text(b, "\":\"");
	add_escaped(b, value);
	buf_add_char(b, '"');
}

static void add_number(struct buf *b, const char *key, long long value)
{
	buf_add_text(b, ",\"");
	buf_add_text(b, key);
	buf_add_text(b, "\":");
	buf_add_int(b, value);
}

static void add_error(struct buf *b, const struct receipt *r)
{
	const char *class = failure_name(r->failure);

	if (!class)
		return;
	buf_add_text(b, ",\"error\":{\"class\":\"");
	buf_add_text(b, class);
	buf_add_char(b, '"');
	add_string(b, "code", r->code);
	add_string(b, "text", r->text);
	buf_add_char(b, '}');
}

static void add_changes(struct buf *b, unsigned changes)
{
	const char *before = ",\"changes\":[\"";

	for (int c = 0; c < FIT_CHANGES; c++)
		if (changes & 1u << c) {
			buf_add_text(b, before);
			buf_add_text(b, fit_change_name((enum fit_change)c));
			before = "\",\"";
		}
	if (changes)
		buf_add_text(b, "\"]");
}

int receipt_write(struct line_writer *w, const struct receipt *r, struct err *e)
{
	char id[ID_SIZE], time[WHEN_SIZE];
	struct buf *b = &w->buf;

	id_new(id);
	when_format(r->time_ms, time);
	buf_add_text(b, "{\"type\":\"receipt\"");
	add_string(b, "id", id);
	add_string(b, "message", r->message);
	if (r->leg >= 0)
		add_number(b, "leg", r->leg);
	add_string(b, "channel", r->channel);
	add_string(b, "via", r->via);
	add_string(b, "address", r->address);
	add_string(b, "contact", r->contact);
	add_string(b, "purpose", purpose_name(r->purpose));
	add_string(b, "topic", r->topic);
	add_string(b, "status", status_name(r->status));
	add_string(b, "time", time);
	add_string(b, "provider_id", r->provider_id);
	add_error(b, r);
	add_changes(b, r->changes);
	if (r->hours) {
		buf_add_text(b, ",\"hours\":");
		hours_note(r->hours, b);
	}
	add_string(b, "digest", r->digest);
	if (r->parts > 1) {
		add_number(b, "part", r->part);
		add_number(b, "parts", r->parts);
	}
	if (r->segments)
		add_number(b, "segments", r->segments);
	if (r->amount && *r->amount) {
		buf_add_text(b, ",\"cost\":{\"amount\":\"");
		add_escaped(b, r->amount);
		buf_add_char(b, '"');
		add_string(b, "currency", r->currency);
		buf_add_text(b, r->estimated ? ",\"estimated\":true}" : "}");
	}
	return line_write(w, "}", 1, e);
}
