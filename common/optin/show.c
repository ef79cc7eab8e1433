#include <stdio.h>
#include <string.h>

#include "common/config/contact.h"
#include "common/diag.h"
#include "common/line/when.h"
#include "common/optin/prefs.h"
#include "common/optin/record.h"
#include "common/optin/show.h"
#include "common/policy/implied.h"
#include "common/policy/require.h"
#include "common/store/consent_doubt.h"
#include "common/store/dead.h"

#include "common/banned.h"

#define FORMAT "%-20s  %-7s  %-28s  %-9s  %-10s  %-8s"

struct showing {
	struct store *store;
	const char *subject;    /* whose history is told */
	const json_t *contact;  /* who that is, when the contacts know */
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

/* "to sms, topic news" */
static void add_scope(struct buf *b, const struct consent_event *event)
{
	buf_addf(b, " %s", event->channel ? err_quote(event->channel) : "all channels");
	if (event->topic)
		buf_addf(b, ", topic %s", err_quote(event->topic));
}

/* The whole text, on one line whatever is in it. */
static void add_text(struct buf *b, const char *text)
{
	for (; *text; text++)
		buf_add_char(b, (unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text);
}

static void add_wishes(struct buf *b, const struct consent_event *event)
{
	json_t *wishes = json_loads(event->preference, 0, NULL);

	buf_add_char(b, ' ');
	optin_prefs_tell(wishes, "; ", b);
	json_decref(wishes);
}

static void add_part(struct buf *b, const char *words, const char *value)
{
	if (!value)
		return;
	buf_addf(b, "%s ", words);
	add_text(b, value);
}

/* Worth saying when it is more than the way of the line into the ledger. */
static void add_recorded(struct buf *b, const struct consent_event *event)
{
	char when[WHEN_SIZE];

	if (event->recorded_ms - event->time_ms < WHEN_MINUTE)
		return;
	format_second(event->recorded_ms, when);
	buf_addf(b, ", recorded %s", when);
}

static void add_proof(struct buf *b, const struct consent_event *event)
{
	if (event->state == CONSENT_IN && event->strength == CONSENT_DOUBLE)
		buf_add_text(b, " (confirmed)");
	add_part(b, ", by", event->method);
	add_part(b, ", on the form", event->form);
	add_part(b, ", from", event->ip);
	add_part(b, ", with the code", event->code);
	add_part(b, ", under the law of", event->jurisdiction);
	add_part(b, ", basis:", event->basis);
	add_recorded(b, event);
	if (!event->evidence)
		return;
	buf_add_text(b, ": \"");
	add_text(b, event->evidence);
	buf_add_char(b, '"');
}

/* What an event says that somebody did. */
static const char *verb_of(const struct consent_event *event)
{
	static const char *const verbs[] = {
	    [CONSENT_PENDING] = "was asked about", [CONSENT_IN] = "said yes to", [CONSENT_OUT] = "said no to",
	    [CONSENT_PREFERENCE] = "wants:",
	    [CONSENT_ERASE] = "was forgotten"};

	if (event->state == CONSENT_IN && event->strength == CONSENT_IMPLIED)
		return "gave an implied yes to";
	if (event->state == CONSENT_PENDING && event->until_ms)
		return "was asked whether this was a no to";
	if (event->state == CONSENT_PENDING && event->strength)
		return "was asked to confirm the yes to";
	return verbs[event->state];
}

/* Until when a question waits, and for whom it counts too. */
static void add_until(struct buf *b, const struct consent_event *event)
{
	char when[WHEN_SIZE];

	if (!event->until_ms)
		return;
	format_second(event->until_ms, when);
	buf_addf(b, ", to be answered by %s", when);
	if (event->contact)
		buf_addf(b, ", for %s as well", err_quote(event->contact));
}

/* A sentence of the history. */
static int tell_event(void *ctx, const struct consent_event *event)
{
	struct showing *show = ctx;
	char when[WHEN_SIZE];
	struct buf b;

	show->count++;
	format_second(event->time_ms, when);
	buf_init(&b, LINE_BYTES);
	buf_addf(&b, "  %s  %s", when, verb_of(event));
	if (event->state == CONSENT_PREFERENCE)
		add_wishes(&b, event);
	else if (event->state != CONSENT_ERASE)
		add_scope(&b, event);
	add_until(&b, event);
	add_proof(&b, event);
	show->result = line_write(show->out, b.data, b.len, show->e);
	buf_clear(&b);
	return show->result;
}

/* A yes that was only implied ends by itself where the person lives: until when, and by which row. */
static int add_end(struct showing *show, const struct consent_event *scope, struct buf *b)
{
	struct implied_question asked = {.purpose = PURPOSE_MARKETING, .channel = scope->channel, .topic = scope->topic};
	struct implied_yes yes = {0};
	struct address address;
	bool addressed = address_parse(show->subject, &address, NULL) == 0;
	char place[3], until[WHEN_SIZE];

	requirement_place(show->contact, addressed ? &address : NULL, place);
	asked.place = place;
	if (implied_look(show->store, show->subject, &asked, &yes, show->e) < 0)
		return -1;
	if (!yes.span)
		return 0;
	if (yes.until_ms == INT64_MAX) {
		buf_addf(b, ": counts for marketing until it is taken back (%s)", yes.span->name);
		return 0;
	}
	format_second(yes.until_ms, until);
	buf_addf(b, ": %s for marketing until %s (%s)", yes.until_ms > when_now_ms() ? "counts" : "counted", until, yes.span->name);
	return 0;
}

static int tell_scope(void *ctx, const struct consent_event *scope)
{
	static const char *const words[] = {
	    [CONSENT_PENDING] = "asked, and has not answered, about", [CONSENT_IN] = "yes to", [CONSENT_OUT] = "no to"};
	struct showing *show = ctx;
	struct consent_view stands;
	char when[WHEN_SIZE];
	struct buf b;

	/* A yes below a later no to more says nothing any more. */
	show->result = consent_view(show->store, show->subject, scope->channel, scope->topic, &stands, show->e);
	if (show->result < 0 || stands.state != scope->state)
		return show->result;
	format_second(scope->time_ms, when);
	buf_init(&b, LINE_BYTES);
	buf_addf(&b, "  now: %s", words[scope->state]);
	add_scope(&b, scope);
	buf_addf(&b, " since %s", when);
	if (stands.state == CONSENT_IN && stands.strength == CONSENT_IMPLIED)
		show->result = add_end(show, scope, &b);
	if (show->result == 0)
		show->result = line_write(show->out, b.data, b.len, show->e);
	buf_clear(&b);
	return show->result;
}

/* A yes that stands, and is to be confirmed. */
static int tell_confirmation(void *ctx, const struct consent_event *question)
{
	struct showing *show = ctx;
	char when[WHEN_SIZE];
	struct buf b;

	/* Others are what stands. */
	if (question->strength == CONSENT_UNSTATED)
		return 0;
	format_second(question->time_ms, when);
	buf_init(&b, LINE_BYTES);
	buf_add_text(&b, "  now: asked, and has not answered, to confirm the yes to");
	add_scope(&b, question);
	buf_addf(&b, " since %s", when);
	show->result = line_write(show->out, b.data, b.len, show->e);
	buf_clear(&b);
	return show->result;
}

/* The question that is open is said in the place of what it holds up. */
static int tell_doubt(struct store *s, struct showing *show)
{
	struct consent_doubt doubt;
	char when[WHEN_SIZE];
	struct buf b;
	int got = consent_doubt_find(s, show->subject, &doubt, show->e);

	if (got != 1)
		return got;
	format_second(doubt.due_ms, when);
	buf_init(&b, LINE_BYTES);
	buf_addf(&b, "  now: asked whether it was a no, and has not answered: no offers; without an answer a no to everything from %s on",
	    when);
	show->result = line_write(show->out, b.data, b.len, show->e);
	buf_clear(&b);
	return show->result;
}

/* What a provider has said of the address. Nothing of it is in the ledger: it is no wish of the person's. */
static int tell_dead(struct store *s, struct showing *show)
{
	struct dead dead;
	char when[WHEN_SIZE];
	struct buf b;
	int got = dead_look(s, show->subject, when_now_ms(), &dead, show->e);

	if (got != 1)
		return got;
	format_second(dead.since_ms, when);
	buf_init(&b, LINE_BYTES);
	buf_addf(&b, "  now: out of use: the provider called the address invalid (%s) on %s", err_quote(dead.code), when);
	show->result = line_write(show->out, b.data, b.len, show->e);
	buf_clear(&b);
	return show->result;
}

/* The history of one subject, then what stands. */
static int tell(struct store *s, const char *subject, struct showing *show)
{
	char text[ADDRESS_BYTES + 2];

	show->subject = subject;
	snprintf(text, sizeof(text), "%s", subject);
	write_text(show, text);
	if (show->result < 0 || consent_each(s, subject, tell_event, show, show->e) < 0 || show->result < 0)
		return -1;
	if (consent_each_scope(s, subject, tell_scope, show, show->e) < 0 || show->result < 0)
		return -1;
	if (consent_each_question(s, subject, tell_confirmation, show, show->e) < 0 || show->result < 0 || tell_doubt(s, show) < 0)
		return -1;
	return tell_dead(s, show);
}

static int count_event(void *ctx, const struct consent_event *event)
{
	struct showing *show = ctx;

	(void)event;
	return ++show->count > 0;
}

/* A subject of the person's, when something is recorded of it. */
static int show_subject(struct store *s, const char *subject, struct showing *show)
{
	size_t before = show->count;
	struct dead dead;
	int got;

	if (show->lines)
		return show_events(s, subject, show);
	got = dead_look(s, subject, when_now_ms(), &dead, show->e);
	if (got < 0 || consent_each(s, subject, count_event, show, show->e) < 0)
		return -1;
	show->count += (size_t)got;
	return show->count > before ? tell(s, subject, show) : 0;
}

struct addresses {
	struct store *store;
	struct showing *show;
};

static int show_address(void *ctx, const struct address *a)
{
	const struct addresses *all = ctx;
	char subject[ADDRESS_BYTES];

	address_subject(a, subject);
	return show_subject(all->store, subject, all->show);
}

/* What the contacts know to be the person's addresses belongs to the history of the person. */
static int show_contact(struct store *s, struct contacts *contacts, const char *subject, struct showing *show)
{
	struct addresses all = {s, show};
	json_t *contact = NULL;
	int found = contacts ? contacts_find(contacts, optin_subject_id(subject), &contact, show->e) : 0, got;

	show->contact = contact;
	got = show_subject(s, subject, show);
	if (got >= 0)
		got = contact ? contact_each_address(contact, show_address, &all) : found;
	show->contact = NULL;
	json_decref(contact);
	return got;
}

static int show_person(struct store *s, struct contacts *contacts, const char *who, struct showing *show)
{
	struct optin_subject subject;
	int result;

	show->count = 0;
	if (optin_subject(who, &subject, show->e) < 0)
		return -1;
	result = *subject.channel ? show_subject(s, subject.text, show) : show_contact(s, contacts, subject.text, show);
	if (result == 0 && show->count == 0)
		diag_note("nothing recorded for %s", optin_subject_shown(subject.text));
	return result;
}

/* That it did not get out shows when the rest does not. */
static void show_head(struct line_writer *out)
{
	char text[256];
	struct err ignored;

	snprintf(text, sizeof(text), FORMAT "  %s", "TIME", "STATE", "WHO", "CHANNEL", "TOPIC", "METHOD", "EVIDENCE");
	line_write(out, text, strlen(text), &ignored);
}

int optin_show(struct store *s, struct contacts *contacts, char *const *people, size_t count, bool lines, struct line_writer *out,
    struct err *e)
{
	struct showing show = {.store = s, .out = out, .lines = lines, .e = e};

	if (count == 0) {
		if (!lines)
			show_head(out);
		return show_events(s, NULL, &show);
	}
	for (size_t i = 0; i < count; i++)
		if (show_person(s, contacts, people[i], &show) < 0)
			return -1;
	return 0;
}
