#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/deliver/compose.h"
#include "common/diag.h"
#include "common/line/envelope.h"
#include "common/line/line.h"
#include "common/line/phrase.h"
#include "common/line/when.h"
#include "common/xalloc.h"

#include "common/banned.h"

static int read_all(int fd, struct buf *b, struct err *e)
{
	char piece[4096];
	ssize_t got;

	while ((got = read(fd, piece, sizeof(piece))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(e, EX_IOERR, "cannot read input: %s", strerror(errno));
		buf_add(b, piece, (size_t)got);
		if (buf_over(b))
			return err_set(e, EX_DATAERR, "text: longer than %u bytes", LINE_BYTES);
	}
	while (b->len > 0 && (b->data[b->len - 1] == '\n' || b->data[b->len - 1] == '\r'))
		b->data[--b->len] = '\0';
	return 0;
}

static int set_text(json_t *message, const char *key, const char *text, size_t len, struct err *e)
{
	json_t *value = json_stringn(text, len);

	if (!value)
		return err_set(e, EX_DATAERR, "%s: not UTF-8 text", key);
	json_object_set_new(message, key, value);
	return 0;
}

static int set_words(json_t *message, char *const *words, size_t count, int fd, const struct compose *c, struct err *e)
{
	struct buf b;
	int result = 0;

	buf_init(&b, LINE_BYTES);
	if (count == 0 ? !c->template && c->attach.count == 0 : count == 1 && strcmp(words[0], "-") == 0) {
		if (isatty(fd))
			result = err_set(e, EX_USAGE, "no text: give it as operands or pipe it in (-h for help)");
		else
			result = read_all(fd, &b, e);
		if (result == 0 && b.len == 0)
			result = err_set(e, EX_DATAERR, "text: empty");
	} else {
		for (size_t i = 0; i < count; i++)
			buf_addf(&b, "%s%s", i ? " " : "", words[i]);
		/* Most often a command in its place that printed nothing. */
		if (count > 0 && b.len == 0 && !c->template && c->attach.count == 0 && !c->subject)
			result = err_set(e, EX_DATAERR, "text: empty");
	}
	if (result == 0 && (b.len > 0 || !c->template))
		result = set_text(message, "text", b.data, b.len, e);
	buf_clear(&b);
	return result;
}

static int set_to(json_t *message, const char *to, struct err *e)
{
	json_t *list;
	const char *start = to;

	if (!strchr(to, ','))
		return set_text(message, "to", to, strlen(to), e);
	list = json_array();
	for (;;) {
		size_t len = strcspn(start, ",");
		json_t *one = json_stringn(start, len);

		if (!one) {
			json_decref(list);
			return err_set(e, EX_DATAERR, "to: not UTF-8 text");
		}
		json_array_append_new(list, one);
		if (!start[len])
			break;
		start += len + 1;
	}
	json_object_set_new(message, "to", list);
	return 0;
}

static int set_media(json_t *message, const struct option_list *attach, struct err *e)
{
	json_t *media = json_array();

	json_object_set_new(message, "media", media);
	for (size_t i = 0; i < attach->count; i++) {
		const char *what = attach->items[i];
		bool url = strncmp(what, "https://", 8) == 0 || strncmp(what, "http://", 7) == 0;
		json_t *one = json_object();

		json_array_append_new(media, one);
		if (!url && access(what, R_OK) < 0)
			return err_set(e, EX_DATAERR, "--attach: cannot read '%s': %s", err_quote(what), strerror(errno));
		if (set_text(one, url ? "url" : "path", what, strlen(what), e) < 0)
			return -1;
	}
	return 0;
}

static int set_template(json_t *message, const struct compose *c, struct err *e)
{
	json_t *template = json_object(), *data = json_object();

	json_object_set_new(message, "template", template);
	json_object_set_new(template, "data", data);
	if (set_text(template, "name", c->template, strlen(c->template), e) < 0)
		return -1;
	for (size_t i = 0; i < c->data.count; i++) {
		const char *pair = c->data.items[i], *equals = strchr(pair, '=');
		char *key;
		int result;

		if (!equals || equals == pair)
			return err_set(e, EX_USAGE, "--data: not key=value: '%s'", err_quote(pair));
		key = xstrndup(pair, (size_t)(equals - pair));
		result = set_text(data, key, equals + 1, strlen(equals + 1), e);
		free(key);
		if (result < 0)
			return -1;
	}
	return 0;
}

struct field {
	const char *key, *value;
};

/*
 * "tomorrow 09:00" into the time of a line. As with at(1) what has passed is refused: it was not meant. `must_come` is
 * false for an end that may have been reached.
 */
static int set_time(json_t *message, const char *key, const char *phrase, bool must_come, struct err *e)
{
	int64_t now = when_now_ms();
	struct phrase at;
	struct err why;
	char text[WHEN_SIZE];

	if (phrase_parse(phrase, now, &at, &why) < 0)
		return err_set(e, EX_USAGE, "--%s: %s", key, why.text);
	when_format_at(at.ms, at.offset, text);
	if (must_come && at.ms < now - WHEN_SECOND)
		return err_set(e, EX_USAGE, "--%s: has passed: '%s' is %s", key, err_quote(phrase), text);
	if (at.fit == ZONE_ONCE && at.ms > now && must_come)
		diag_note("not before %s", text);
	if (at.fit != ZONE_ONCE)
		diag_note("--%s: the clock %s at '%s': %s is meant", key,
		    at.fit == ZONE_SKIPPED ? "is moved forward" : "is moved back and shows it twice", err_quote(phrase), text);
	json_object_set_new(message, key, json_string(text));
	return 0;
}

#define FIELDS 13

static void list_fields(const struct compose *c, struct field ret_fields[FIELDS])
{
	const struct field fields[FIELDS] = {{"subject", c->subject}, {"purpose", c->purpose}, {"urgency", c->urgency},
	    {"topic", c->topic}, {"id", c->id}, {"dedupe", c->dedupe}, {"at", c->at}, {"expires", c->expires}, {"from", c->from},
	    {"lang", c->lang}, {"overflow", c->overflow}, {"ack", c->ack}, {"replace", c->replace}};

	memcpy(ret_fields, fields, sizeof(fields));
}

bool compose_given(const struct compose *c)
{
	struct field fields[FIELDS];

	list_fields(c, fields);
	for (size_t i = 0; i < FIELDS; i++)
		if (fields[i].value)
			return true;
	return c->smart || c->template || c->attach.count > 0 || c->data.count > 0;
}

static int set_options(json_t *message, const struct compose *c, struct err *e)
{
	struct field fields[FIELDS];

	list_fields(c, fields);
	for (size_t i = 0; i < FIELDS; i++)
		if (fields[i].value && set_text(message, fields[i].key, fields[i].value, strlen(fields[i].value), e) < 0)
			return -1;
	if (c->at && set_time(message, "at", c->at, true, e) < 0)
		return -1;
	if (c->expires && set_time(message, "expires", c->expires, false, e) < 0)
		return -1;
	if (c->smart)
		json_object_set_new(message, "smart", json_true());
	if (c->data.count && !c->template)
		return err_set(e, EX_USAGE, "--data needs --template");
	if (c->template && set_template(message, c, e) < 0)
		return -1;
	return c->attach.count ? set_media(message, &c->attach, e) : 0;
}

/* What is wrong with an option's value is wrong usage, and is called by the option's name. */
static int check(const json_t *message, const struct compose *c, struct err *e)
{
	struct field fields[FIELDS];
	struct err why;

	if (envelope_check(message, ENVELOPE_MESSAGE, &why) == 0)
		return 0;
	list_fields(c, fields);
	for (size_t i = 0; i < FIELDS; i++) {
		size_t len = strlen(fields[i].key);

		if (fields[i].value && strncmp(why.text, fields[i].key, len) == 0 && why.text[len] == ':')
			return err_set(e, EX_USAGE, "--%s", why.text);
	}
	*e = why;
	return -1;
}

int compose_message(const struct compose *c, char *const *operands, size_t count, int fd, json_t **ret_message, struct err *e)
{
	json_t *message = json_object();

	json_object_set_new(message, "type", json_string("message"));
	if (set_to(message, operands[0], e) < 0 || set_words(message, operands + 1, count - 1, fd, c, e) < 0 ||
	    set_options(message, c, e) < 0 || check(message, c, e) < 0) {
		json_decref(message);
		return -1;
	}
	*ret_message = message;
	return 0;
}
