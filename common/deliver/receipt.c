/*
 * A receipt is written once for every message: straight into the output buffer, without a value tree in between.
 */
#include <string.h>

#include "common/deliver/job.h"
#include "common/line/id.h"
#include "common/line/when.h"

#include "common/banned.h"

static void add_string(struct buf *b, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	buf_addf(b, ",\"%s\":\"", key);
	for (const char *p = value; *p;) {
		size_t plain = 0;

		while (p[plain] && p[plain] != '"' && p[plain] != '\\' && (unsigned char)p[plain] >= 0x20)
			plain++;
		buf_add(b, p, plain);
		p += plain;
		if (*p == '"' || *p == '\\')
			buf_addf(b, "\\%c", *p++);
		else if (*p)
			buf_addf(b, "\\u%04x", (unsigned char)*p++);
	}
	buf_add_char(b, '"');
}

static void add_error(struct buf *b, const struct receipt *r)
{
	const char *class = failure_name(r->failure);

	if (!class)
		return;
	buf_addf(b, ",\"error\":{\"class\":\"%s\"", class);
	add_string(b, "code", r->code);
	add_string(b, "text", r->text);
	buf_add_char(b, '}');
}

int receipt_write(struct line_writer *w, const struct receipt *r, struct err *e)
{
	char id[ID_SIZE], time[WHEN_SIZE];
	struct buf *b = &w->buf;

	id_new(id);
	when_format(r->time_ms, time);
	buf_addf(b, "{\"type\":\"receipt\",\"id\":\"%s\"", id);
	add_string(b, "message", r->message);
	if (r->leg >= 0)
		buf_addf(b, ",\"leg\":%d", r->leg);
	add_string(b, "channel", r->channel);
	add_string(b, "via", r->via);
	add_string(b, "address", r->address);
	add_string(b, "contact", r->contact);
	buf_addf(b, ",\"purpose\":\"%s\"", purpose_name(r->purpose));
	add_string(b, "topic", r->topic);
	buf_addf(b, ",\"status\":\"%s\",\"time\":\"%s\"", status_name(r->status), time);
	add_string(b, "provider_id", r->provider_id);
	add_error(b, r);
	if (r->segments)
		buf_addf(b, ",\"segments\":%u", r->segments);
	if (r->amount && *r->amount)
		buf_addf(b, ",\"cost\":{\"amount\":\"%s\",\"currency\":\"%s\"}", r->amount, r->currency);
	return line_write(w, "}", 1, e);
}
