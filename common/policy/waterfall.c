#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/line/id.h"
#include "common/policy/waterfall.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define OTHERS "others"

const char *waterfall_parse_leg(const char *text, struct waterfall_leg *leg)
{
	size_t len = strcspn(text, "/");
	char wait[WHEN_SIZE];
	int until;

	if (len == 0 || len >= sizeof(leg->channel))
		return "not a channel such as sms or push/5m:read";
	snprintf(leg->channel, sizeof(leg->channel), "%.*s", (int)len, text);
	if (text[len] == '\0')
		return NULL;
	text += len + 1;
	len = strcspn(text, ":");
	snprintf(wait, sizeof(wait), "%.*s", (int)(len < sizeof(wait) ? len : 0), text);
	if (when_parse_duration(wait, &leg->wait_ms) < 0 || leg->wait_ms == 0)
		return "the wait is not a duration such as 15m";
	if (text[len] == '\0')
		return NULL;
	until = status_parse(text + len + 1);
	if (until < STATUS_ACCEPTED || until > STATUS_ANSWERED)
		return "it can wait until accepted, sent, delivered, read, clicked or answered";
	leg->until = (enum status)until;
	return NULL;
}

static struct waterfall_leg *add_leg(struct waterfall *w)
{
	w->legs = xrealloc(w->legs, (w->count + 1) * sizeof(*w->legs));
	w->legs[w->count] = (struct waterfall_leg){.until = STATUS_DELIVERED};
	return &w->legs[w->count++];
}

/* Once all legs are there: the pointer must not move any more. */
static void complete(struct waterfall *w)
{
	for (size_t i = 0; i < w->count; i++) {
		when_format_duration(w->legs[i].wait_ms, w->legs[i].wait);
		if (w->legs[i].channel[0] == '\0')
			w->others = &w->legs[i];
	}
}

static int check_channel(struct waterfall *w, const json_t *value, const struct yaml *y, const struct config *c, struct err *e)
{
	struct waterfall_leg *leg = &w->legs[w->count - 1];

	if (strcmp(leg->channel, OTHERS) == 0) {
		for (size_t i = 0; i + 1 < w->count; i++)
			if (w->legs[i].channel[0] == '\0')
				return yaml_fail(y, value, e, "'" OTHERS "' stands here a second time");
		leg->channel[0] = '\0';
		return 0;
	}
	if (address_channel_known(leg->channel) || (c && json_object_get(c->channels, leg->channel)))
		return 0;
	return yaml_fail(y, value, e, "unknown channel: '%s'", err_quote(leg->channel));
}

static int read_text(const json_t *object, const char *key, const struct yaml *y, const char **ret_text, struct err *e)
{
	const json_t *value = json_object_get(object, key);

	*ret_text = json_string_value(value);
	if (value && (!*ret_text || !**ret_text))
		return yaml_fail_member(y, object, key, e, "not a text");
	for (const char *p = *ret_text; p && *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return yaml_fail_member(y, object, key, e, "has a control byte");
	return 0;
}

static int read_wait(struct waterfall_leg *leg, const json_t *object, const struct yaml *y, struct err *e)
{
	const char *wait, *until;
	int status;

	if (read_text(object, "wait", y, &wait, e) < 0 || read_text(object, "until", y, &until, e) < 0)
		return -1;
	if (wait && (when_parse_duration(wait, &leg->wait_ms) < 0 || leg->wait_ms == 0))
		return yaml_fail_member(y, object, "wait", e, "not a duration such as 15m: '%s'", err_quote(wait));
	if (!until)
		return 0;
	if (!wait)
		return yaml_fail_member(y, object, "until", e, "has no effect without a wait");
	status = status_parse(until);
	if (status < STATUS_ACCEPTED || status > STATUS_ANSWERED)
		return yaml_fail_member(y, object, "until", e, "not accepted, sent, delivered, read, clicked or answered: '%s'",
		    err_quote(until));
	leg->until = (enum status)status;
	return 0;
}

static int read_mapping(struct waterfall_leg *leg, const json_t *object, const struct yaml *y, struct err *e)
{
	static const char *const known[] = {"channel", "via", "from", "wait", "until", NULL};
	const char *channel, *via, *from;

	if (yaml_only(y, object, known, e) < 0 || read_text(object, "channel", y, &channel, e) < 0 ||
	    read_text(object, "via", y, &via, e) < 0 || read_text(object, "from", y, &from, e) < 0 ||
	    read_wait(leg, object, y, e) < 0)
		return -1;
	if (!channel || strlen(channel) >= sizeof(leg->channel))
		return yaml_fail(y, object, e, channel ? "no channel has so long a name" : "channel is missing");
	if (via && !id_valid(via))
		return yaml_fail_member(y, object, "via", e, "not an account's name");
	snprintf(leg->channel, sizeof(leg->channel), "%s", channel);
	leg->via = xstrdup(via);
	leg->from = xstrdup(from);
	return 0;
}

static int read_leg(struct waterfall *w, const json_t *value, const struct yaml *y, const struct config *c, struct err *e)
{
	struct waterfall_leg *leg = add_leg(w);
	const char *text = json_string_value(value), *why;

	leg->item = value;
	if (json_is_object(value)) {
		if (read_mapping(leg, value, y, e) < 0)
			return -1;
	} else {
		why = text ? waterfall_parse_leg(text, leg) : "not a channel such as sms or push/5m:read";
		if (why)
			return yaml_fail(y, value, e, "%s%s%s%s", why, text ? ": '" : "", text ? err_quote(text) : "", text ? "'" : "");
	}
	return check_channel(w, value, y, c, e);
}

static int read_group(struct waterfall *w, const json_t *list, const struct yaml *y, const struct config *c, struct err *e)
{
	const json_t *value;
	size_t i;

	if (json_array_size(list) == 0)
		return yaml_fail(y, list, e, "an empty list of channels");
	json_array_foreach(list, i, value) {
		if (read_leg(w, value, y, c, e) < 0)
			return -1;
		w->legs[w->count - 1].group = list;
	}
	return 0;
}

int waterfall_read(struct waterfall *w, const json_t *list, const struct yaml *y, const struct config *c, struct err *e)
{
	const json_t *value;
	size_t i;

	*w = (struct waterfall){0};
	if (!json_is_array(list))
		return yaml_fail(y, list, e, "not a list of channels");
	json_array_foreach(list, i, value)
		if ((json_is_array(value) ? read_group : read_leg)(w, value, y, c, e) < 0) {
			waterfall_clear(w);
			return -1;
		}
	complete(w);
	return 0;
}

void waterfall_build(struct waterfall *w, const char *words, int64_t hurry_ms)
{
	*w = (struct waterfall){0};
	while (*words) {
		size_t len = strcspn(words, " ");
		struct waterfall_leg *leg = add_leg(w);
		char *word = xstrndup(words, len);

		waterfall_parse_leg(word, leg);
		free(word);
		if (strcmp(leg->channel, OTHERS) == 0)
			leg->channel[0] = '\0';
		if (!leg->wait_ms)
			leg->wait_ms = hurry_ms;
		words += len + strspn(words + len, " ");
	}
	complete(w);
}

void waterfall_clear(struct waterfall *w)
{
	for (size_t i = 0; i < w->count; i++) {
		free(w->legs[i].via);
		free(w->legs[i].from);
	}
	free(w->legs);
	*w = (struct waterfall){0};
}

const struct waterfall_leg *waterfall_find(const struct waterfall *w, const char *channel)
{
	for (size_t i = 0; i < w->count; i++)
		if (strcmp(w->legs[i].channel, channel) == 0)
			return &w->legs[i];
	return w->others;
}
