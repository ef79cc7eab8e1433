#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/line/when.h"
#include "common/policy/windows.h"
#include "common/store/conversation.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define OPEN_MS WHEN_DAY        /* what WhatsApp and Messenger have */

struct window {
	const char *channel;
	int64_t open_ms;
	const char *template;           /* for all topics that `templates` does not name; or NULL */
	const json_t *templates;        /* from topics to names, or NULL */
};

struct windows {
	struct window *list;
	size_t count;
};

void windows_free(struct windows *w)
{
	if (!w)
		return;
	free(w->list);
	free(w);
}

static bool is_name(const json_t *value)
{
	return json_is_string(value) && *json_string_value(value);
}

static int read_templates(const struct yaml *y, const json_t *object, struct window *w, struct err *e)
{
	const json_t *template = json_object_get(object, "template"), *templates = json_object_get(object, "templates");
	const char *topic;
	json_t *name;

	if (template && !is_name(template))
		return yaml_fail_member(y, object, "template", e, "not the name of a template");
	if (templates && !json_is_object(templates))
		return yaml_fail_member(y, object, "templates", e, "not a map from topics to templates");
	json_object_foreach((json_t *)templates, topic, name)
		if (!is_name(name))
			return yaml_fail_member(y, templates, topic, e, "not the name of a template");
	w->template = json_string_value(template);
	w->templates = templates;
	return 0;
}

static int read_window(const struct yaml *y, const json_t *given, const char *channel, const json_t *object, struct window *w,
    struct err *e)
{
	static const char *const known[] = {"open", "template", "templates", NULL};
	const json_t *open = json_object_get(object, "open");

	*w = (struct window){.channel = channel, .open_ms = OPEN_MS};
	if (!json_is_object(object))
		return yaml_fail_member(y, given, channel, e, "not a map");
	if (yaml_only(y, object, known, e) < 0)
		return -1;
	if (open && (!json_is_string(open) || when_parse_duration(json_string_value(open), &w->open_ms) < 0 || w->open_ms == 0))
		return yaml_fail_member(y, object, "open", e, "not a duration such as 24h");
	return read_templates(y, object, w, e);
}

int windows_read(const json_t *given, const struct yaml *y, const struct config *c, struct windows **ret_windows, struct err *e)
{
	struct windows *w;
	const char *channel;
	json_t *object;

	if (!given)
		return 0;
	if (!json_is_object(given))
		return yaml_fail(y, given, e, "not a map of channels");
	w = xcalloc(1, sizeof(*w));
	w->list = xcalloc(json_object_size(given) + 1, sizeof(*w->list));
	json_object_foreach((json_t *)given, channel, object) {
		int result = config_knows_channel(c, channel) ? read_window(y, given, channel, object, &w->list[w->count++], e)
							      : yaml_fail_member(y, given, channel, e, "unknown channel");

		if (result < 0) {
			windows_free(w);
			return -1;
		}
	}
	*ret_windows = w;
	return 0;
}

static const struct window *find(const struct windows *w, const char *channel)
{
	for (size_t i = 0; w && i < w->count; i++)
		if (strcmp(w->list[i].channel, channel) == 0)
			return &w->list[i];
	return NULL;
}

int windows_ask(const struct windows *w, struct store *s, const struct address *a, const char *topic, int64_t now_ms,
    struct window_answer *ret_answer, struct err *e)
{
	const struct window *window = find(w, a->channel);
	const char *named;
	char since[WHEN_SIZE];
	int64_t heard_ms = 0;
	int got = 0;

	*ret_answer = (struct window_answer){.closed = false};
	if (!window)
		return 0;
	if (s)
		got = conversation_last_heard(s, a->text, &heard_ms, e);
	if (got < 0)
		return -1;
	if (got == 1 && now_ms < heard_ms + window->open_ms)
		return 0;
	ret_answer->closed = true;
	named = topic ? json_string_value(json_object_get(window->templates, topic)) : NULL;
	ret_answer->template = named ? named : window->template;
	when_format(heard_ms + window->open_ms, since);
	if (got == 1)
		snprintf(ret_answer->text, sizeof(ret_answer->text), "%s has been closed since %s", a->channel, since);
	else
		snprintf(ret_answer->text, sizeof(ret_answer->text), "%s is closed: they have never written", a->channel);
	return 0;
}
