/*
 * A message as a person reads it: who and what for, then each leg with its states, when they were reached, how long
 * that took, and what the provider said.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/line/when.h"
#include "common/report/report.h"
#include "common/report/show.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define SHOW_BYTES (16u << 20)
#define MOST_TEXT 200

/* Legs are copied first: their receipts are a second question. */
struct found {
	struct receipt_leg *legs;
	size_t count;
};

static const char **texts_of(struct receipt_leg *l, size_t at)
{
	const char **all[] = {&l->message, &l->address, &l->contact, &l->channel, &l->via, &l->purpose, &l->topic,
	    &l->provider_id, &l->error_class, &l->error_code, &l->error_text, &l->amount, &l->currency, &l->digest};

	return at < COUNT_OF(all) ? all[at] : NULL;
}

static int keep(void *ctx, const struct receipt_leg *l)
{
	struct found *f = ctx;
	struct receipt_leg *copy;

	if (f->count % 16 == 0)
		f->legs = xrealloc(f->legs, (f->count + 16) * sizeof(*f->legs));
	copy = &f->legs[f->count++];
	*copy = *l;
	for (size_t i = 0; texts_of(copy, i); i++)
		*texts_of(copy, i) = xstrdup(*texts_of(copy, i));
	return 0;
}

static void forget(struct found *f)
{
	for (size_t i = 0; i < f->count; i++)
		for (size_t k = 0; texts_of(&f->legs[i], k); k++)
			free((char *)*texts_of(&f->legs[i], k));
	free(f->legs);
}

struct drawing {
	const struct terminal *t;
	struct buf b;
	int64_t now_ms;
	int64_t before_ms;      /* time of the receipt before; -1 */
	size_t events;
};

static enum terminal_style style_of(enum status status)
{
	if (status == STATUS_BLOCKED || status == STATUS_CANCELED || status == STATUS_DUPLICATE)
		return TERMINAL_STOP;
	if (status_bad(status))
		return TERMINAL_BAD;
	if (status >= STATUS_READ)
		return TERMINAL_BEST;
	return status == STATUS_DELIVERED ? TERMINAL_GOOD : TERMINAL_WAIT;
}

static const char *mark_of(const struct terminal *t, enum status status)
{
	if (status_bad(status))
		return terminal_pick(t, "×", "x");
	return status >= STATUS_DELIVERED ? terminal_pick(t, "●", "*") : terminal_pick(t, "○", "o");
}

/* Padded behind its text, so that what follows stands in a column. */
static void add_padded(struct drawing *d, enum terminal_style style, const char *text, size_t width)
{
	size_t columns = terminal_columns(text);

	terminal_add(d->t, &d->b, style, text);
	for (; columns < width; columns++)
		buf_add_char(&d->b, ' ');
}

static void add_ago(struct drawing *d, int64_t ms)
{
	char span[REPORT_SPAN];

	report_span(ms > d->now_ms ? ms - d->now_ms : d->now_ms - ms, span);
	buf_addf(&d->b, "%s%s%s", ms > d->now_ms ? "in " : "", span, ms > d->now_ms ? "" : " ago");
}

static void add_field(struct drawing *d, const char *name, const char *text)
{
	if (!*text)
		return;
	buf_add_text(&d->b, "  ");
	add_padded(d, TERMINAL_DIM, name, 12);
	terminal_add_foreign(d->t, &d->b, text, MOST_TEXT);
	buf_add_char(&d->b, '\n');
}

static void add_clock(struct drawing *d, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	char text[40] = "";
	struct tm local;

	if (localtime_r(&seconds, &local))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local);
	buf_addf(&d->b, "%s.%03d", text, (int)(ms % 1000 < 0 ? ms % 1000 + 1000 : ms % 1000));
}

static void add_error(struct drawing *d, const struct receipt_event *v)
{
	if (!*v->error_class)
		return;
	terminal_add(d->t, &d->b, TERMINAL_BAD, failure_parse(v->error_class) < 0 ? "unknown" : v->error_class);
	if (*v->error_code) {
		buf_add_char(&d->b, ' ');
		terminal_add_foreign(d->t, &d->b, v->error_code, 48);
	}
	if (*v->error_text) {
		buf_add_text(&d->b, ": ");
		terminal_add_foreign(d->t, &d->b, v->error_text, MOST_TEXT);
	}
}

static int draw_event(void *ctx, const struct receipt_event *v)
{
	struct drawing *d = ctx;
	char span[1 + REPORT_SPAN] = "";

	buf_add_text(&d->b, "    ");
	terminal_add(d->t, &d->b, style_of(v->status), mark_of(d->t, v->status));
	buf_add_char(&d->b, ' ');
	add_padded(d, style_of(v->status), status_name(v->status), 13);
	add_clock(d, v->time_ms);
	buf_add_text(&d->b, "  ");
	if (d->before_ms >= 0) {
		*span = '+';
		report_span(v->time_ms - d->before_ms, span + 1);
	}
	add_padded(d, TERMINAL_DIM, span, 8);
	add_error(d, v);
	while (d->b.data[d->b.len - 1] == ' ')
		d->b.len--;
	buf_add_char(&d->b, '\n');
	d->before_ms = v->time_ms;
	return 0;
}

static void add_part(struct drawing *d, bool *first, const char *text)
{
	if (!*text)
		return;
	buf_add_text(&d->b, *first ? "    " : terminal_pick(d->t, " · ", ", "));
	terminal_add_foreign(d->t, &d->b, text, MOST_TEXT);
	*first = false;
}

/* "sms:+15551230001 · SM1 · 2 segments · 0.0150 USD" */
static void draw_particulars(struct drawing *d, const struct receipt_leg *l)
{
	char text[192] = "";
	bool first = true;

	add_part(d, &first, l->address);
	add_part(d, &first, l->provider_id);
	if (*l->digest) {
		snprintf(text, sizeof(text), "went with %s", l->digest);
		add_part(d, &first, text);
		*text = '\0';
	}
	if (l->segments > 0)
		snprintf(text, sizeof(text), "%lld segment%s", (long long)l->segments, l->segments == 1 ? "" : "s");
	add_part(d, &first, text);
	snprintf(text, sizeof(text), "%s%s%s", l->amount, *l->amount ? " " : "", l->currency);
	add_part(d, &first, text);
	if (!first)
		buf_add_char(&d->b, '\n');
}

static int draw_leg(struct drawing *d, struct store *s, const struct receipt_leg *l, struct err *e)
{
	buf_addf(&d->b, "\n  leg %u", l->leg);
	if (*l->channel) {
		buf_add_text(&d->b, "  ");
		terminal_add_foreign(d->t, &d->b, l->channel, 40);
	}
	if (*l->via) {
		buf_add_text(&d->b, " via ");
		terminal_add_foreign(d->t, &d->b, l->via, 60);
	}
	buf_add_text(&d->b, "  ");
	terminal_add(d->t, &d->b, style_of(l->status), status_name(l->status));
	buf_add_char(&d->b, ' ');
	add_ago(d, l->last_ms);
	buf_add_char(&d->b, '\n');
	draw_particulars(d, l);
	d->before_ms = -1;
	return receipt_each_event(s, l->row, draw_event, d, e) < 0 ? -1 : 0;
}

/* The recipient's part: once for all legs of one contact or address. */
static bool same_recipient(const struct receipt_leg *a, const struct receipt_leg *b)
{
	if (strcmp(a->message, b->message) != 0)
		return false;
	return *a->contact && *b->contact ? strcmp(a->contact, b->contact) == 0 : strcmp(a->address, b->address) == 0;
}

static void add_title(struct drawing *d, const char *text)
{
	struct buf shown;

	buf_init(&shown, SHOW_BYTES);
	terminal_add_foreign(d->t, &shown, text, MOST_TEXT);
	terminal_add(d->t, &d->b, TERMINAL_TITLE, shown.data);
	buf_clear(&shown);
}

static void draw_recipient(struct drawing *d, const struct receipt_leg *l, const struct receipt_leg *before)
{
	if (!before || strcmp(before->message, l->message) != 0) {
		if (before)
			buf_add_char(&d->b, '\n');
		buf_add_text(&d->b, *l->message ? "message " : "no message known");
		add_title(d, l->message);
		buf_add_char(&d->b, '\n');
		add_field(d, "purpose", l->purpose);
		add_field(d, "topic", l->topic);
	}
	add_field(d, "contact", l->contact);
}

static int by_leg(const void *a, const void *b)
{
	const struct receipt_leg *x = a, *y = b;
	int order = strcmp(x->message, y->message);

	if (order == 0)
		order = strcmp(*x->contact ? x->contact : x->address, *y->contact ? y->contact : y->address);
	return order ? order : x->leg != y->leg ? (x->leg > y->leg) - (x->leg < y->leg) : strcmp(x->address, y->address);
}

int show_draw(struct store *s, const char *id, const struct terminal *terminal, int64_t now_ms, struct err *e)
{
	struct found f = {0};
	struct drawing d = {.t = terminal, .now_ms = now_ms};
	int result = receipt_find(s, id, keep, &f, e);

	buf_init(&d.b, SHOW_BYTES);
	if (f.count > 1)
		qsort(f.legs, f.count, sizeof(*f.legs), by_leg);
	for (size_t i = 0; i < f.count && result >= 0; i++) {
		const struct receipt_leg *l = &f.legs[i], *before = i ? &f.legs[i - 1] : NULL;

		if (!before || !same_recipient(before, l))
			draw_recipient(&d, l, before);
		if (draw_leg(&d, s, l, e) < 0)
			result = -1;
		fwrite(d.b.data, 1, d.b.len, terminal->out);
		buf_reset(&d.b);
	}
	buf_clear(&d.b);
	forget(&f);
	return result;
}

struct listing {
	const struct receipt_leg *leg;
	struct line_writer *out;
	struct err *e;
	bool failed;
};

static void set_text(json_t *line, const char *key, const char *text)
{
	if (*text)
		json_object_set_new(line, key, json_string(text));
}

static int write_event(void *ctx, const struct receipt_event *v)
{
	struct listing *w = ctx;
	const struct receipt_leg *l = w->leg;
	json_t *line = json_pack("{s:s, s:s}", "type", "receipt", "id", v->id), *error;
	char time[WHEN_SIZE];

	set_text(line, "message", l->message);
	json_object_set_new(line, "leg", json_integer(l->leg));
	set_text(line, "channel", l->channel);
	set_text(line, "via", v->via);
	set_text(line, "address", l->address);
	set_text(line, "contact", l->contact);
	set_text(line, "purpose", l->purpose);
	set_text(line, "topic", l->topic);
	set_text(line, "status", status_name(v->status));
	when_format(v->time_ms, time);
	set_text(line, "time", time);
	set_text(line, "provider_id", v->provider_id);
	if (v->status >= STATUS_ACCEPTED)
		set_text(line, "digest", l->digest);
	if (*v->error_class) {
		error = json_pack("{s:s}", "class", v->error_class);
		set_text(error, "code", v->error_code);
		set_text(error, "text", v->error_text);
		json_object_set_new(line, "error", error);
	}
	if (v->segments >= 0)
		json_object_set_new(line, "segments", json_integer(v->segments));
	if (*v->amount)
		json_object_set_new(line, "cost", json_pack("{s:s, s:s}", "amount", v->amount, "currency", v->currency));
	w->failed = line_write_json(w->out, line, w->e) < 0;
	json_decref(line);
	return w->failed;
}

int show_lines(struct store *s, const char *id, struct line_writer *out, struct err *e)
{
	struct found f = {0};
	struct listing w = {.out = out, .e = e};
	int result = receipt_find(s, id, keep, &f, e);

	for (size_t i = 0; i < f.count && result >= 0; i++) {
		w.leg = &f.legs[i];
		if (receipt_each_event(s, f.legs[i].row, write_event, &w, e) < 0 || w.failed)
			result = -1;
	}
	forget(&f);
	return result;
}
