#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/diag.h"
#include "common/line/utf8.h"
#include "common/line/when.h"
#include "common/optin/import.h"
#include "common/store/consent_doubt.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define GROUP 1000      /* records a transaction */

/*
 * Questions whose time was over before they were recorded: their answers may follow, in this file or the next, so that
 * what nobody has answered is a no only at the end.
 */
struct past_question {
	char *subject, *channel, *contact, *evidence, source[CONSENT_HASH];
	int64_t time_ms, until_ms;
};

struct past {
	struct past_question *items;
	size_t count;
};

struct running {
	struct optin_import *im;
	struct past *past;
	const char *name;       /* of the file, */
	char *shown;            /* as the report calls it */
	uint64_t line;          /* the last one that was dealt with */
	int64_t recorded, known, refused;
	unsigned since_settle;
	bool undone;            /* what the sums count is not in the store */
};

static int report_sums(struct running *r, bool done, struct err *e)
{
	json_t *line = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "type", "import", "file", r->shown, "line", (json_int_t)r->line,
	    "recorded", (json_int_t)r->recorded, "known", (json_int_t)r->known, "refused", (json_int_t)r->refused);
	int result;

	if (done)
		json_object_set_new(line, "done", json_true());
	result = line_write_json(&r->im->filter->out, line, e);
	json_decref(line);
	return result;
}

/* What is printed is durable. */
static int settle(struct running *r, bool done, struct err *e)
{
	r->since_settle = 0;
	if (store_commit(r->im->store, e) < 0) {
		r->undone = true;
		return -1;
	}
	return report_sums(r, done, e) < 0 ? -1 : line_flush(&r->im->filter->out, e);
}

static int refuse(struct running *r, const struct line *record, struct err *why, struct err *e)
{
	char *reason = utf8_mended(why->text);
	json_t *line = json_pack("{s:s, s:s, s:I, s:s}", "type", "refused", "file", r->shown, "line", (json_int_t)record->number, "reason",
	    reason);
	int result = line_write_json(&r->im->filter->out, line, e);

	free(reason);
	json_decref(line);
	r->refused++;
	filter_reject(r->im->filter, strcmp(r->name, "-") == 0 ? NULL : r->name, record, why);
	return result;
}

static bool is_given(const char *text)
{
	return text && *text;
}

/*
 * What holds for all of the file is added to what a line says, but for the words of a yes after a no: such a yes needs a
 * proof of its own.
 */
static int add_terms(const struct optin_import *im, struct consent_event *event, struct err *e)
{
	const struct optin_terms *t = im->terms;
	struct consent_view view;

	if (!event->method)
		event->method = t->method;
	if (!event->jurisdiction)
		event->jurisdiction = t->jurisdiction;
	if (!event->basis)
		event->basis = t->basis;
	if (event->state == CONSENT_IN && event->strength == CONSENT_UNSTATED && t->strength)
		event->strength = (enum consent_strength)consent_strength_parse(t->strength);
	if (is_given(event->evidence) || is_given(event->form) || is_given(event->code) || !t->evidence)
		return 0;
	if (consent_view(im->store, event->subject, event->channel, event->topic, &view, e) < 0)
		return -1;
	if (event->state != CONSENT_IN || view.state != CONSENT_OUT || event->time_ms < view.since_ms)
		event->evidence = t->evidence;
	return 0;
}

/* A yes is worth nothing without the time it was given and something that shows it. */
static int check_yes(const struct consent_event *event, const struct optin_terms *t, struct err *e)
{
	if (event->state != CONSENT_IN)
		return 0;
	if (!event->time_ms)
		return err_set(e, EX_DATAERR, "time: missing (a yes needs the time when it was given)");
	if (!is_given(event->evidence) && !is_given(event->form) && !is_given(event->code) && !is_given(t->evidence))
		return err_set(e, EX_DATAERR, "evidence: missing (a yes needs evidence, a form or a code)");
	return 0;
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static void past_add(struct past *p, const struct consent_event *event)
{
	struct past_question *q;

	if (event->state != CONSENT_PENDING || event->until_ms == 0 || event->until_ms > when_now_ms())
		return;
	p->items = xrealloc(p->items, (p->count + 1) * sizeof(*p->items));
	q = &p->items[p->count++];
	*q = (struct past_question){.subject = copy(event->subject), .channel = copy(event->channel), .contact = copy(event->contact),
	    .evidence = copy(event->evidence), .time_ms = event->time_ms, .until_ms = event->until_ms};
	snprintf(q->source, sizeof(q->source), "%s", event->source);
}

static void past_clear(struct past *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->items[i].subject);
		free(p->items[i].channel);
		free(p->items[i].contact);
		free(p->items[i].evidence);
	}
	free(p->items);
	*p = (struct past){NULL, 0};
}

static int past_settle(struct optin_import *im, const struct past *p, struct err *e)
{
	if (p->count == 0)
		return 0;
	if (store_begin(im->store, e) < 0)
		return -1;
	for (size_t i = 0; i < p->count; i++) {
		const struct past_question *q = &p->items[i];
		const struct consent_event event = {.subject = q->subject, .channel = q->channel, .contact = q->contact,
		    .evidence = q->evidence, .source = q->source, .time_ms = q->time_ms, .until_ms = q->until_ms};

		if (consent_doubt_settle_past(im->store, &event, e) < 0) {
			store_rollback(im->store);
			return -1;
		}
	}
	return store_commit(im->store, e);
}

/* 0, or -1: EX_DATAERR for this record alone. */
static int record(struct running *r, const struct optin_reader *reader, struct err *e)
{
	struct optin_import *im = r->im;
	char hash[CONSENT_HASH];
	struct optin_subject subject;
	struct consent_event event;
	int known;

	if (optin_read_event(reader, im->config, &subject, &event, e) < 0 || check_yes(&event, im->terms, e) < 0)
		return -1;
	if (!event.source) {
		consent_hash_line(reader->record.text, reader->record.len, hash);
		event.source = hash;
	}
	known = consent_known(im->store, &event, e);
	if (known < 0 || (known == 0 && (add_terms(im, &event, e) < 0 || consent_add(im->store, &event, e) < 0)))
		return -1;
	past_add(r->past, &event);
	if (known)
		r->known++;
	else
		r->recorded++;
	return 0;
}

/* One record was read (`got` > 0) or could not be, `why`. */
static int deal_with(struct running *r, const struct optin_reader *reader, int got, struct err *why, struct err *e)
{
	int result = got;

	if (store_begin(r->im->store, e) < 0)
		return -1;
	if (got > 0)
		result = record(r, reader, why);
	if (result < 0 && why->code != EX_DATAERR) {
		*e = *why;
		return -1;
	}
	if (result < 0 && refuse(r, &reader->record, why, e) < 0)
		return -1;
	r->line = reader->record.number;
	return ++r->since_settle < GROUP ? 0 : settle(r, false, e);
}

static int import_records(struct running *r, struct optin_reader *reader, struct err *e)
{
	struct err why;
	int got;

	while ((got = optin_reader_next(reader, &why)) != 0)
		if (deal_with(r, reader, got, &why, e) < 0)
			return -1;
	return 0;
}

static int import_file(struct optin_import *im, const char *path, struct past *past, struct err *e)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), result;
	struct running r = {.im = im, .past = past, .name = path};
	struct optin_reader reader;
	struct err ignored;

	if (fd < 0)
		return err_set(e, EX_USAGE, "cannot open '%s': %s", path, strerror(errno));
	r.shown = utf8_mended(path);
	optin_reader_init(&reader, fd, path, im->format);
	result = import_records(&r, &reader, e);
	/* The records before the one that failed are whole. */
	if (result == 0)
		result = settle(&r, true, e);
	else if (!r.undone)
		settle(&r, false, &ignored);
	optin_reader_clear(&reader);
	free(r.shown);
	if (!standard)
		close(fd);
	if (result == 0)
		diag_note("%s: %" PRId64 " recorded, %" PRId64 " known already, %" PRId64 " refused", standard ? "standard input" : path,
		    r.recorded, r.known, r.refused);
	return result;
}

int optin_import_run(struct optin_import *im, char *const *files, size_t count)
{
	static char *const standard_input[] = {(char *)"-"};
	struct past past = {NULL, 0};
	struct err e;
	int result = 0;

	if (count == 0 && isatty(STDIN_FILENO)) {
		err_set(&e, EX_USAGE, "no input: pipe consent lines or CSV in, or name a file (-h for help)");
		return diag_error(&e);
	}
	for (size_t i = 0; result == 0 && i < (count ? count : 1); i++)
		result = import_file(im, count ? files[i] : standard_input[0], &past, &e);
	if (result == 0)
		result = past_settle(im, &past, &e);
	past_clear(&past);
	return result < 0 ? err_worse(im->filter->status, diag_error(&e)) : im->filter->status;
}
