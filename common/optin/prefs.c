#include <string.h>

#include "common/diag.h"
#include "common/line/preference.h"
#include "common/optin/prefs.h"
#include "common/optin/record.h"
#include "common/store/preference.h"

#include "common/banned.h"

/* "a,b c" */
static json_t *read_list(const char *text)
{
	json_t *list = json_array();

	for (;;) {
		size_t len;

		text += strspn(text, ", ");
		len = strcspn(text, ", ");
		if (len == 0)
			return list;
		json_array_append_new(list, json_stringn(text, len));
		text += len;
	}
}

static json_t *read_switch(const char *text)
{
	if (strcmp(text, "yes") == 0)
		return json_true();
	return strcmp(text, "no") == 0 ? json_false() : json_string(text);
}

static void set(json_t *change, const char *member, const char *text, json_t *read(const char *))
{
	if (text)
		json_object_set_new(change, member, *text ? read(text) : json_null());
}

static int check_channels(const json_t *change, const struct config *c, struct err *e)
{
	const json_t *channels = json_object_get(change, "channels");

	for (size_t i = 0; i < json_array_size(channels); i++) {
		const char *channel = json_string_value(json_array_get(channels, i));

		if (!channel || !config_knows_channel(c, channel))
			return err_set(e, EX_USAGE, "--channels: no such channel: '%s'", err_quote(channel ? channel : ""));
	}
	return 0;
}

/* "preferences.one_channel: …" as a user wrote it. */
static int name_option(struct err *e)
{
	static const char prefix[] = "preferences.";
	char *line, *colon;

	e->code = EX_USAGE;
	if (strncmp(e->text, prefix, sizeof(prefix) - 1) == 0)
		memmove(e->text, e->text + sizeof(prefix) - 1, strlen(e->text) - sizeof(prefix) + 2);
	line = strchr(e->text, '_');
	colon = strchr(e->text, ':');
	if (line && colon && line < colon)
		*line = '-';
	return err_at(e, "--");
}

int optin_prefs_change(const struct optin_wishes *w, const struct config *c, json_t **ret_change, struct err *e)
{
	json_t *change = json_object();

	set(change, "channels", w->channels, read_list);
	set(change, "quiet_hours", w->quiet, json_string);
	set(change, "lang", w->language, json_string);
	set(change, "zone", w->zone, json_string);
	set(change, "topics", w->topics, read_list);
	set(change, "frequency", w->frequency, json_string);
	set(change, "one_channel", w->one_channel, read_switch);
	*ret_change = NULL;
	if (json_object_size(change) == 0) {
		json_decref(change);
		return 0;
	}
	*ret_change = change;
	if (preference_check(change, "preferences", e) < 0)
		return name_option(e);
	return check_channels(change, c, e);
}

static void add_value(struct buf *b, const json_t *value)
{
	if (json_is_null(value))
		buf_add_text(b, "no longer said");
	else if (json_is_boolean(value))
		buf_add_text(b, json_is_true(value) ? "yes" : "no");
	else if (json_is_string(value))
		buf_add_text(b, json_string_value(value));
	for (size_t i = 0; i < json_array_size(value); i++)
		buf_addf(b, "%s%s", i ? ", " : "", json_string_value(json_array_get(value, i)));
}

void optin_prefs_tell(const json_t *preferences, const char *between, struct buf *b)
{
	static const char *const names[][2] = {{"channels", "channels"}, {"one_channel", "one channel at a time"}, {"quiet_hours", "quiet hours"},
	    {"lang", "language"}, {"zone", "time zone"}, {"topics", "topics"}, {"frequency", "frequency"}};
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const json_t *value = json_object_get(preferences, names[i][0]);

		if (!value)
			continue;
		buf_addf(b, "%s%s: ", count++ ? between : "", names[i][1]);
		add_value(b, value);
	}
}

static int show(const struct optin_prefs *p, const struct optin_subject *subject, struct line_writer *out, struct err *e)
{
	struct consent_event event = {.subject = subject->text, .state = CONSENT_PREFERENCE};
	json_t *preferences = NULL, *line;
	struct buf b;
	int got = p->store ? preference_look(p->store, subject->text, &preferences, e) : 0;

	if (got < 0)
		return -1;
	if (got == 0 || json_object_size(preferences) == 0) {
		json_decref(preferences);
		diag_note("nothing recorded of what %s wants", optin_subject_shown(subject->text));
		return 0;
	}
	if (p->lines) {
		line = json_pack("{s:s, s:s, s:s, s:o}", "type", "consent", optin_subject_id(event.subject) ? "contact" : "address",
		    optin_subject_id(event.subject) ? optin_subject_id(event.subject) : event.subject, "state", "preference",
		    "preferences", preferences);
		got = line_write_json(out, line, e);
		json_decref(line);
		return got;
	}
	buf_init(&b, LINE_BYTES);
	buf_addf(&b, "%s\n  ", subject->text);
	optin_prefs_tell(preferences, "\n  ", &b);
	got = line_write(out, b.data, b.len, e);
	buf_clear(&b);
	json_decref(preferences);
	return got;
}

static int change(const struct optin_prefs *p, const struct optin_subject *subject, struct line_writer *out, struct err *e)
{
	struct consent_event event = {.state = CONSENT_PREFERENCE};
	char *text = json_dumps(p->change, JSON_COMPACT | JSON_SORT_KEYS);
	json_t *line;
	int result;

	optin_terms_fill(p->terms, &event);
	event.subject = subject->text;
	event.preference = text;
	result = consent_add(p->store, &event, e);
	if (result == 0) {
		line = optin_line(&event, NULL);
		result = line_write_json(out, line, e);
		json_decref(line);
	} else {
		err_at(e, "%s: ", optin_subject_shown(subject->text));
	}
	free(text);
	return result;
}

int optin_prefs(void *ctx, const char *who, struct line_writer *out, struct err *e)
{
	const struct optin_prefs *p = ctx;
	struct optin_subject subject;

	if (optin_subject(who, &subject, e) < 0)
		return -1;
	if (!p->change)
		return show(p, &subject, out, e);
	if (!*subject.channel)
		optin_note_stranger(p->contacts, who);
	return change(p, &subject, out, e);
}
