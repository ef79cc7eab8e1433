/* The section `hours` of a policy. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/line/when.h"
#include "common/policy/hours_set.h"
#include "common/xalloc.h"

#include "common/banned.h"

struct reader {
	struct hours *h;
	const struct yaml *y;
};

static const char *hold_text(struct hours *h, char *text_take)
{
	h->texts = xrealloc(h->texts, (h->text_count + 1) * sizeof(char *));
	h->texts[h->text_count++] = text_take;
	return text_take;
}

static int read_flag(const struct reader *r, const json_t *object, const char *key, bool *ret_value, struct err *e)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return 0;
	if (!json_is_boolean(value))
		return yaml_fail_member(r->y, object, key, e, "not true or false");
	*ret_value = json_is_true(value);
	return 0;
}

/* A text or a list of texts. Calls `each` for every one. */
typedef int each_word_fn(const struct reader *r, const json_t *word, void *ctx, struct err *e);

static int each_word(const struct reader *r, const json_t *object, const char *key, each_word_fn *each, void *ctx, struct err *e)
{
	const json_t *value = json_object_get(object, key);
	size_t count = json_is_array(value) ? json_array_size(value) : 1;

	for (size_t i = 0; i < count; i++) {
		const json_t *word = json_is_array(value) ? json_array_get(value, i) : value;

		if (!json_is_string(word) || !*json_string_value(word))
			return yaml_fail_member(r->y, object, key, e, "not a word, nor a list of them");
		if (each(r, word, ctx, e) < 0)
			return -1;
	}
	return count > 0 ? 0 : yaml_fail_member(r->y, object, key, e, "an empty list");
}

static int add_purpose(const struct reader *r, const json_t *word, void *ctx, struct err *e)
{
	unsigned *purposes = ctx;
	int purpose = purpose_parse(json_string_value(word));

	if (purpose < 0)
		return yaml_fail(r->y, word, e, "not a purpose: '%s'", err_quote(json_string_value(word)));
	*purposes |= 1u << purpose;
	return 0;
}

static int add_channel(const struct reader *r, const json_t *word, void *ctx, struct err *e)
{
	char **list = ctx, *before = *list;
	const char *channel = json_string_value(word);

	if (!address_channel_known(channel))
		return yaml_fail(r->y, word, e, "unknown channel: '%s'", err_quote(channel));
	*list = xformat("%s%s%s", before ? before : "", before ? "," : "", channel);
	free(before);
	return 0;
}

struct list {
	const char **words;
	size_t count;
};

static bool is_code(const char *code)
{
	size_t len = strlen(code);

	for (size_t i = 0; i < len; i++)
		if (i == 2 ? code[i] != '-' : (code[i] < 'A' || code[i] > 'Z') && (i < 2 || code[i] < '0' || code[i] > '9'))
			return false;
	return len == 2 || (len >= 4 && len < PLACE_CODE);
}

static int add_code(const struct reader *r, const json_t *word, void *ctx, struct err *e)
{
	struct list *list = ctx;

	if (!is_code(json_string_value(word)))
		return yaml_fail(r->y, word, e, "not a country or state such as ES or US-FL: '%s'", err_quote(json_string_value(word)));
	list->words = xrealloc(list->words, (list->count + 2) * sizeof(char *));
	list->words[list->count++] = json_string_value(word);
	list->words[list->count] = NULL;
	return 0;
}

static int read_where(struct reader *r, const json_t *object, struct hours_row *row, struct err *e)
{
	struct hours *h = r->h;
	struct list list = {NULL, 0};
	int result = 0;

	if (json_object_get(object, "in"))
		result = each_word(r, object, "in", add_code, &list, e);
	if (list.words) {
		h->lists = xrealloc(h->lists, (h->list_count + 1) * sizeof(*h->lists));
		h->lists[h->list_count++] = list.words;
		row->jurisdictions = list.words;
	}
	return result;
}

static int read_channels(struct reader *r, const json_t *object, struct hours_row *row, struct err *e)
{
	char *list = NULL;
	int result = 0;

	if (json_object_get(object, "channel"))
		result = each_word(r, object, "channel", add_channel, &list, e);
	row->channels = list ? hold_text(r->h, list) : "all";
	return result;
}

static int read_zone(struct reader *r, const json_t *object, const char *key, const struct place_zone **ret_zone, struct err *e)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return 0;
	*ret_zone = json_is_string(value) ? place_zone(r->h->places, json_string_value(value)) : NULL;
	if (!*ret_zone)
		return yaml_fail_member(r->y, object, key, e, "not a time zone such as Europe/Madrid");
	return 0;
}

static int read_row(struct reader *r, const json_t *object, size_t place, struct err *e)
{
	static const char *const known[] = {"name", "in", "purpose", "channel", "zone", "holidays", "override", "daily", NULL};
	struct hours_row *row = &r->h->own[r->h->own_count++];
	const json_t *name = json_object_get(object, "name");

	*row = (struct hours_row){.channels = "all", .caps = ""};
	if (!json_is_object(object))
		return yaml_fail(r->y, object, e, "not a map");
	if (name && (!json_is_string(name) || !*json_string_value(name)))
		return yaml_fail_member(r->y, object, "name", e, "not a name");
	row->name = name ? json_string_value(name) : hold_text(r->h, xformat("hours.rules[%zu]", place));
	if (hours_week_read(r->y, object, known, &row->week, e) < 0 || read_where(r, object, row, e) < 0 ||
	    read_channels(r, object, row, e) < 0 || read_zone(r, object, "zone", &row->zone, e) < 0 ||
	    read_flag(r, object, "override", &row->override, e) < 0)
		return -1;
	if (json_object_get(object, "purpose"))
		return each_word(r, object, "purpose", add_purpose, &row->purposes, e);
	row->purposes = 1u << PURPOSE_MARKETING;
	return 0;
}

/* How much earlier hours end, for what a carrier may take. */
static int read_margin(struct reader *r, const json_t *section, struct err *e)
{
	const json_t *margin = json_object_get(section, "margin");
	int64_t ms = 0;

	if (margin && (!json_is_string(margin) || when_parse_duration(json_string_value(margin), &ms) < 0 || ms > 6 * WHEN_HOUR))
		return yaml_fail_member(r->y, section, "margin", e, "not a duration such as 10m, of six hours at most");
	r->h->margin = (int32_t)(ms / WHEN_SECOND);
	return 0;
}

static int read_rows(struct reader *r, const json_t *section, struct err *e)
{
	const json_t *rules = json_object_get(section, "rules");

	if (!rules)
		return 0;
	if (!json_is_array(rules))
		return yaml_fail_member(r->y, section, "rules", e, "not a list of rules");
	r->h->own = xcalloc(json_array_size(rules) + 1, sizeof(*r->h->own));
	for (size_t i = 0; i < json_array_size(rules); i++)
		if (read_row(r, json_array_get(rules, i), i, e) < 0)
			return -1;
	return 0;
}

/* Where those are of whom nothing is known: {in: ES, zone: Europe/Madrid}. */
static int read_home(struct reader *r, const json_t *section, struct err *e)
{
	static const char *const known[] = {"in", "zone", NULL};
	const json_t *home = json_object_get(section, "unknown"), *in = json_object_get(home, "in");

	if (!home)
		return 0;
	if (!json_is_object(home))
		return yaml_fail_member(r->y, section, "unknown", e, "not a map of in and zone");
	if (yaml_only(r->y, home, known, e) < 0 || read_zone(r, home, "zone", &r->h->home_zone, e) < 0)
		return -1;
	if (in && (!json_is_string(in) || !is_code(json_string_value(in))))
		return yaml_fail_member(r->y, home, "in", e, "not a country or state such as ES or US-FL");
	r->h->home_country = json_string_value(in);
	return 0;
}

static int read_digest(struct reader *r, const json_t *section, struct err *e)
{
	const json_t *digest = json_object_get(section, "digest");
	bool all = false;

	if (!digest)
		return 0;
	if (!json_is_boolean(digest))
		return each_word(r, section, "digest", add_purpose, &r->h->digest, e);
	if (read_flag(r, section, "digest", &all, e) < 0)
		return -1;
	r->h->digest = all ? (1u << HOURS_PURPOSES) - 1 : 0;
	return 0;
}

/* A file of holidays lies beside the policy. */
static int read_holiday_file(struct reader *r, const json_t *section, struct err *e)
{
	const json_t *file = json_object_get(section, "holidays");
	const char *name = yaml_name(r->y), *slash = strrchr(name, '/'), *path = json_string_value(file);
	char *whole;
	int result;

	if (!file)
		return 0;
	if (!path || !*path)
		return yaml_fail_member(r->y, section, "holidays", e, "not a file");
	whole = *path == '/' || !slash ? xstrdup(path) : xformat("%.*s/%s", (int)(slash - name), name, path);
	r->h->holidays = holidays_new();
	result = holidays_read(r->h->holidays, whole, e);
	free(whole);
	return result;
}

int hours_read(struct hours *h, const json_t *section, const struct yaml *y, struct err *e)
{
	static const char *const known[] = {"law", "advice", "digest", "holidays", "unknown", "margin", "rules", NULL};
	struct reader r = {h, y};
	bool law = true;

	if (!section)
		return 0;
	if (!json_is_object(section))
		return yaml_fail(y, section, e, "not a map");
	if (yaml_only(y, section, known, e) < 0 || read_flag(&r, section, "law", &law, e) < 0 ||
	    read_flag(&r, section, "advice", &h->advice, e) < 0 || read_digest(&r, section, e) < 0 || read_home(&r, section, e) < 0 ||
	    read_margin(&r, section, e) < 0 ||
	    read_holiday_file(&r, section, e) < 0)
		return -1;
	h->no_law = !law;
	return read_rows(&r, section, e);
}
