#include <stdlib.h>
#include <string.h>

#include "common/diag.h"
#include "common/optin/export.h"

#include "common/banned.h"

static const char *const columns[] = {"id", "address", "contact", "channel", "topic", "state", "strength", "method", "evidence",
    "source", "form", "ip", "code", "jurisdiction", "basis", "preferences", "until", "time", "recorded"};

struct exporting {
	struct line_writer *out;
	enum optin_format format;
	struct buf row;
	size_t count;
	int result;
	struct err *e;
};

/* In quotes where RFC 4180 asks for them. */
static void add_field(struct buf *b, const char *text)
{
	if (!strpbrk(text, ",\"\r\n") && *text != ' ') {
		buf_add_text(b, text);
		return;
	}
	buf_add_char(b, '"');
	for (; *text; text++) {
		if (*text == '"')
			buf_add_char(b, '"');
		buf_add_char(b, *text);
	}
	buf_add_char(b, '"');
}

static int write_row(struct exporting *x, const json_t *line)
{
	buf_reset(&x->row);
	for (size_t i = 0; i < COUNT_OF(columns); i++) {
		const json_t *value = json_object_get(line, columns[i]);
		char *object = json_is_object(value) ? json_dumps(value, JSON_COMPACT) : NULL;
		const char *text = line ? json_string_value(value) : columns[i];

		if (i > 0)
			buf_add_char(&x->row, ',');
		add_field(&x->row, object ? object : text ? text : "");
		free(object);
	}
	return line_write(x->out, x->row.data, x->row.len, x->e);
}

static int export_event(void *ctx, const struct consent_event *event)
{
	struct exporting *x = ctx;
	json_t *line = optin_line(event, NULL);

	x->count++;
	x->result = x->format == OPTIN_CSV ? write_row(x, line) : line_write_json(x->out, line, x->e);
	json_decref(line);
	return x->result;
}

static int export_person(struct store *s, const char *who, struct exporting *x)
{
	struct optin_subject subject;
	size_t before = x->count;

	if (optin_subject(who, &subject, x->e) < 0 || consent_each(s, subject.text, export_event, x, x->e) < 0)
		return -1;
	if (x->count == before)
		diag_note("nothing recorded for %s", optin_subject_shown(subject.text));
	return x->result;
}

int optin_export(struct store *s, char *const *people, size_t count, enum optin_format format, struct line_writer *out, struct err *e)
{
	struct exporting x = {.out = out, .format = format, .e = e};

	buf_init(&x.row, 4 * LINE_BYTES);
	if (format == OPTIN_CSV)
		x.result = write_row(&x, NULL);
	if (x.result == 0 && count == 0)
		x.result = consent_each(s, NULL, export_event, &x, e) < 0 ? -1 : x.result;
	for (size_t i = 0; x.result == 0 && i < count; i++)
		x.result = export_person(s, people[i], &x);
	buf_clear(&x.row);
	return x.result;
}
