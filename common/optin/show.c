#include <stdio.h>
#include <string.h>

#include "common/diag.h"
#include "common/line/when.h"
#include "common/optin/record.h"
#include "common/optin/show.h"

#include "common/banned.h"

#define FORMAT "%-20s  %-7s  %-28s  %-9s  %-10s  %-8s"

struct showing {
	struct line_writer *out;
	bool lines;
	size_t count;
	int result;
	struct err *e;
};

/* To the second, which is what a person wants to know. */
static void format_second(int64_t ms, char text[WHEN_SIZE])
{
	when_format(ms, text);
	text[10] = ' ';
	snprintf(text + 19, 2, "Z");
}

static const char *or_all(const char *scope)
{
	return scope ? scope : "all";
}

static void write_text(struct showing *show, const char *text)
{
	show->result = line_write(show->out, text, strlen(text), show->e);
}

static int show_event(void *ctx, const struct consent_event *event)
{
	struct showing *show = ctx;
	char text[1024], when[WHEN_SIZE];

	show->count++;
	if (show->lines) {
		json_t *line = optin_line(event, NULL);

		show->result = line_write_json(show->out, line, show->e);
		json_decref(line);
		return show->result;
	}
	format_second(event->time_ms, when);
	snprintf(text, sizeof(text), FORMAT "  %s", when, consent_state_name(event->state), err_quote(event->subject),
	    or_all(event->channel), or_all(event->topic), event->method ? err_quote(event->method) : "",
	    event->evidence ? err_quote(event->evidence) : "");
	write_text(show, text);
	return show->result;
}

static int show_events(struct store *s, const char *subject, struct showing *show)
{
	return consent_each(s, subject, show_event, show, show->e) < 0 ? -1 : show->result;
}

static int show_scope(void *ctx, const struct consent_event *scope)
{
	struct showing *show = ctx;
	char text[512], when[WHEN_SIZE];

	format_second(scope->time_ms, when);
	snprintf(text, sizeof(text), "now: %s is %s of %s%s%s since %s", err_quote(scope->subject), consent_state_name(scope->state),
	    scope->channel ? scope->channel : "all channels", scope->topic ? ", topic " : "", scope->topic ? scope->topic : "", when);
	write_text(show, text);
	return show->result;
}

/* The history of one person, then what stands. */
static int show_person(struct store *s, const char *who, struct showing *show)
{
	struct optin_subject subject;

	show->count = 0;
	if (optin_subject(who, &subject, show->e) < 0 || show_events(s, subject.text, show) < 0)
		return -1;
	if (show->count == 0)
		diag_note("nothing recorded for %s", optin_subject_shown(subject.text));
	if (show->lines)
		return 0;
	return consent_each_scope(s, subject.text, show_scope, show, show->e) < 0 ? -1 : show->result;
}

/* That it did not get out shows when the rest does not. */
static void show_head(struct line_writer *out)
{
	char text[256];
	struct err ignored;

	snprintf(text, sizeof(text), FORMAT "  %s", "TIME", "STATE", "WHO", "CHANNEL", "TOPIC", "METHOD", "EVIDENCE");
	line_write(out, text, strlen(text), &ignored);
}

int optin_show(struct store *s, char *const *people, size_t count, bool lines, struct line_writer *out, struct err *e)
{
	struct showing show = {.out = out, .lines = lines, .e = e};

	if (!lines)
		show_head(out);
	if (show.result == 0 && count == 0)
		show.result = show_events(s, NULL, &show);
	for (size_t i = 0; show.result == 0 && i < count; i++)
		show.result = show_person(s, people[i], &show);
	return show.result;
}
