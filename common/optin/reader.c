#include <stdlib.h>
#include <string.h>

#include "common/line/envelope.h"
#include "common/line/when.h"
#include "common/optin/reader.h"

#include "common/banned.h"

static const char *const members[] = {"type", "id", "address", "contact", "channel", "topic", "state", "strength", "method",
    "evidence", "source", "form", "ip", "code", "jurisdiction", "basis", "preferences", "until", "time", "recorded"};

int optin_format_parse(const char *word)
{
	if (strcmp(word, "jsonl") == 0)
		return OPTIN_LINES;
	return strcmp(word, "csv") == 0 ? OPTIN_CSV : -1;
}

static bool ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);

	return len >= end_len && strcmp(name + len - end_len, end) == 0;
}

static enum optin_format format_of(const char *name)
{
	if (ends_with(name, ".csv") || ends_with(name, ".tsv"))
		return OPTIN_CSV;
	return ends_with(name, ".json") || ends_with(name, ".jsonl") ? OPTIN_LINES : OPTIN_BY_NAME;
}

void optin_reader_init(struct optin_reader *r, int fd, const char *name, enum optin_format format)
{
	*r = (struct optin_reader){.format = format == OPTIN_BY_NAME ? format_of(name) : format};
	line_reader_init(&r->lines, fd);
	csv_init(&r->csv, fd);
	r->csv.keep = true;
}

void optin_reader_clear(struct optin_reader *r)
{
	json_decref(r->value);
	free(r->preference);
	line_reader_clear(&r->lines);
	csv_clear(&r->csv);
}

/* By the first byte that is not blank. What the line reader has taken to look at goes to the other. */
static int guess_format(struct optin_reader *r, struct err *e)
{
	const struct buf *b = &r->lines.buf;
	size_t blank = 0;
	int got = 1;

	while (got > 0 && blank == b->len) {
		if (blank > CSV_PIECE / 2)
			return err_set(e, EX_DATAERR, "nothing but blank lines");
		got = line_reader_fill(&r->lines, e);
		for (; blank < b->len && strchr(" \t\r\n", b->data[blank]); blank++)
			r->csv.now += b->data[blank] == '\n';
	}
	if (got < 0)
		return -1;
	r->format = blank == b->len || b->data[blank] == '{' ? OPTIN_LINES : OPTIN_CSV;
	if (r->format == OPTIN_CSV)
		csv_unread(&r->csv, b->data + blank, b->len - blank);
	return 0;
}

static int find_member(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(members); i++)
		if (strcmp(members[i], name) == 0)
			return (int)i;
	return -1;
}

static int read_header(struct optin_reader *r, struct err *e)
{
	int got = csv_next(&r->csv, e);

	r->record = (struct line){NULL, 0, r->csv.line};
	if (got <= 0)
		return got < 0 ? -1 : err_set(e, EX_DATAERR, "no header row with the names of the columns");
	for (size_t i = 0; i < r->csv.count; i++) {
		const char *name = csv_field(&r->csv, i);
		int member = find_member(name);

		if (member < 0)
			return err_set(e, EX_DATAERR, "no member of a consent is called like the column '%s'", err_quote(name));
		for (size_t k = 0; k < i; k++)
			if (r->columns[k] == members[member])
				return err_set(e, EX_DATAERR, "column '%s' is there twice", name);
		r->columns[r->column_count++] = members[member];
	}
	return 0;
}

static int set_field(json_t *value, const char *member, const char *text, struct err *e)
{
	bool object = strcmp(member, "preferences") == 0;
	json_t *field;

	if (!*text)
		return 0;
	field = object ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : json_string(text);
	if (!field)
		return err_set(e, EX_DATAERR, "%s: not %s", member, object ? "an object of JSON" : "UTF-8");
	json_object_set_new(value, member, field);
	return 0;
}

/* 1 with r->value, 0, -1. */
static int next_row(struct optin_reader *r, struct err *e)
{
	int got;

	if (!r->started) {
		r->started = true;
		if (read_header(r, e) < 0) {
			r->ended = true;
			return -1;
		}
	}
	got = csv_next(&r->csv, e);
	r->record = (struct line){r->csv.raw.data, r->csv.raw.len, r->csv.line};
	r->ended = got <= 0;
	if (got <= 0)
		return got;
	if (r->csv.count > r->column_count)
		return err_set(e, EX_DATAERR, "more fields than the header has (%zu)", r->column_count);
	r->value = json_object();
	for (size_t i = 0; i < r->csv.count; i++)
		if (set_field(r->value, r->columns[i], csv_field(&r->csv, i), e) < 0)
			return -1;
	return 1;
}

static int next_line(struct optin_reader *r, struct err *e)
{
	for (;;) {
		int got = line_reader_next(&r->lines, &r->record, e);

		if (got < 0)
			r->record = (struct line){NULL, 0, r->lines.number};
		if (got != 0)
			break;
		if (r->lines.eof) {
			r->ended = true;
			return 0;
		}
		if (line_reader_fill(&r->lines, e) < 0)
			return -1;
	}
	r->value = r->record.text ? line_parse(&r->record, e) : NULL;
	return r->value ? 1 : -1;
}

int optin_reader_next(struct optin_reader *r, struct err *e)
{
	const json_t *type;
	int got;

	json_decref(r->value);
	free(r->preference);
	r->value = NULL;
	r->preference = NULL;
	if (r->ended)
		return 0;
	if (r->format == OPTIN_BY_NAME && guess_format(r, e) < 0)
		return -1;
	got = r->format == OPTIN_CSV ? next_row(r, e) : next_line(r, e);
	if (got <= 0)
		return got;
	type = json_object_get(r->value, "type");
	if (type && strcmp(envelope_text(r->value, "type", ""), "consent") != 0)
		return err_set(e, EX_DATAERR, "type: not a consent");
	if (envelope_check(r->value, ENVELOPE_CONSENT, e) < 0)
		return -1;
	*r->owner = '\0';
	if (envelope_text(r->value, "until", NULL) && envelope_text(r->value, "address", NULL) && envelope_text(r->value, "contact", NULL) &&
	    optin_subject_contact(envelope_text(r->value, "contact", ""), r->owner, e) < 0)
		return err_at(e, "contact: ");
	if (strcmp(envelope_text(r->value, "state", ""), "preference") == 0)
		r->preference = json_dumps(json_object_get(r->value, "preferences"), JSON_COMPACT | JSON_SORT_KEYS);
	return 1;
}

static int read_subject(const json_t *line, struct optin_subject *subject, struct err *e)
{
	const char *address = envelope_text(line, "address", NULL), *contact = envelope_text(line, "contact", NULL);

	if (!address) {
		subject->channel[0] = subject->region[0] = '\0';
		return optin_subject_contact(contact, subject->text, e) < 0 ? err_at(e, "contact: ") : 0;
	}
	return optin_subject_address(address, subject, e) < 0 ? err_at(e, "address: ") : 0;
}

static const char *null_when_all(const char *scope)
{
	return scope && strcmp(scope, "*") == 0 ? NULL : scope;
}

static int read_channel(const json_t *line, const struct config *c, const struct optin_subject *subject, const char **ret_channel,
    struct err *e)
{
	const char *channel = null_when_all(envelope_text(line, "channel", NULL));

	if (*subject->channel && channel && strcmp(channel, subject->channel) != 0)
		return err_set(e, EX_DATAERR, "channel: the address is none of %s", err_quote(channel));
	if (!*subject->channel && channel && !config_knows_channel(c, channel))
		return err_set(e, EX_DATAERR, "channel: no such channel: '%s'", err_quote(channel));
	*ret_channel = *subject->channel ? subject->channel : channel;
	return 0;
}

int optin_read_event(const struct optin_reader *r, const struct config *c, struct optin_subject *ret_subject,
    struct consent_event *ret_event, struct err *e)
{
	const json_t *line = r->value;
	const char *strength = envelope_text(line, "strength", NULL), *channel = NULL;
	struct consent_event event = {
	    .subject = ret_subject->text,
	    .topic = null_when_all(envelope_text(line, "topic", NULL)),
	    .state = (enum consent_state)consent_state_parse(envelope_text(line, "state", "")),
	    .strength = strength ? (enum consent_strength)consent_strength_parse(strength) : CONSENT_UNSTATED,
	    .method = envelope_text(line, "method", NULL),
	    .evidence = envelope_text(line, "evidence", NULL),
	    .source = envelope_text(line, "source", NULL),
	    .form = envelope_text(line, "form", NULL),
	    .ip = envelope_text(line, "ip", NULL),
	    .code = envelope_text(line, "code", NULL),
	    .jurisdiction = envelope_text(line, "jurisdiction", NULL),
	    .basis = envelope_text(line, "basis", NULL),
	    .preference = r->preference,
	    .until_ms = envelope_time_ms(line, "until", 0),
	    .contact = *r->owner ? r->owner : NULL,
	    .time_ms = envelope_time_ms(line, "time", 0),
	};

	if (event.state == CONSENT_ERASE)
		return err_set(e, EX_DATAERR, "state: an erasure stays in the ledger that it was made in (forget them here too)");
	if (read_subject(line, ret_subject, e) < 0 || read_channel(line, c, ret_subject, &channel, e) < 0)
		return -1;
	/* Nobody said anything by these means before 1970, and 0 stands for no time. */
	if (event.time_ms <= 0 && envelope_text(line, "time", NULL))
		return err_set(e, EX_DATAERR, "time: is before 1970: '%s'", envelope_text(line, "time", ""));
	if (event.until_ms && event.state != CONSENT_PENDING)
		return err_set(e, EX_DATAERR, "until: only a question has one");
	if (event.until_ms && event.until_ms <= event.time_ms)
		return err_set(e, EX_DATAERR, "until: is before it was asked");
	if (event.until_ms && !event.time_ms)
		return err_set(e, EX_DATAERR, "time: missing (a question that lapses needs the time when it was asked)");
	if (event.time_ms > when_now_ms())
		return err_set(e, EX_DATAERR, "time: is yet to come: '%s'", envelope_text(line, "time", ""));
	/* How somebody wants to be written to is about all of it. */
	event.channel = event.state == CONSENT_PREFERENCE ? NULL : channel;
	if (event.state == CONSENT_PREFERENCE)
		event.topic = NULL;
	*ret_event = event;
	return 0;
}
