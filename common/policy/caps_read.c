#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/address/address.h"
#include "common/line/id.h"
#include "common/line/when.h"
#include "common/policy/caps.h"
#include "common/policy/caps_set.h"
#include "common/policy/read_words.h"
#include "common/xalloc.h"

#include "common/banned.h"

/* Nobody waits for these three longer than it takes. */
#define AWAITED (1u << PURPOSE_OTP | 1u << PURPOSE_SERVICE | 1u << PURPOSE_EMERGENCY)
#define ALL_PURPOSES ((1u << (PURPOSE_EMERGENCY + 1)) - 1)

struct reader {
	const struct yaml *yaml;
	const struct config *config;
	const json_t *object;
	struct cap *cap;
};

static int read_limit(struct reader *r, struct err *e)
{
	static const char form[] = "not a limit such as 3/7d or \"50 EUR/30d\"";
	const char *text = json_string_value(json_object_get(r->object, "limit")), *slash = text ? strrchr(text, '/') : NULL;
	char amount[MONEY_SIZE];
	size_t digits;

	if (!json_object_get(r->object, "limit"))
		return yaml_fail(r->yaml, r->object, e, "limit is missing");
	if (!slash || (size_t)(slash - text) >= sizeof(amount) || when_parse_duration(slash + 1, &r->cap->window_ms) < 0 ||
	    r->cap->window_ms == 0)
		return yaml_fail_member(r->yaml, r->object, "limit", e, "%s", form);
	if (r->cap->window_ms > 365 * WHEN_DAY)
		return yaml_fail_member(r->yaml, r->object, "limit", e, "longer than a year");
	r->cap->limit = text;
	digits = strspn(text, "0123456789");
	if (text + digits == slash && digits > 0 && digits < 7) {
		r->cap->count = (unsigned)strtoul(text, NULL, 10);
		return r->cap->count ? 0 : yaml_fail_member(r->yaml, r->object, "limit", e, "0 would let nothing through");
	}
	snprintf(amount, sizeof(amount), "%.*s", (int)(slash - text), text);
	return money_parse(amount, &r->cap->money) == 0 ? 0 : yaml_fail_member(r->yaml, r->object, "limit", e, "%s", form);
}

static bool take_per(void *reader, const char *word)
{
	struct reader *r = reader;
	struct cap *cap = r->cap;

	cap->all = cap->all || strcmp(word, "all") == 0;
	cap->per_channel = cap->per_channel || strcmp(word, "channel") == 0;
	cap->per_topic = cap->per_topic || strcmp(word, "topic") == 0;
	return strcmp(word, "person") == 0 || strcmp(word, "all") == 0 || strcmp(word, "channel") == 0 || strcmp(word, "topic") == 0;
}

static bool take_purpose(void *reader, const char *word)
{
	struct reader *r = reader;
	int purpose = purpose_parse(word);

	if (purpose < 0)
		return false;
	r->cap->purposes |= 1u << purpose;
	return true;
}

static bool take_channel(void *reader, const char *word)
{
	struct reader *r = reader;

	return address_channel_known(word) || (r->config && json_object_get(r->config->channels, word));
}

static bool take_topic(void *reader, const char *word)
{
	(void)reader;
	return id_valid(word);
}

static int read_over(struct reader *r, struct err *e)
{
	const json_t *value = json_object_get(r->object, "over");
	const char *word = json_string_value(value);

	if (!value)
		return 0;
	if (!word || (strcmp(word, "hold") != 0 && strcmp(word, "block") != 0))
		return yaml_fail_member(r->yaml, r->object, "over", e, "not hold or block");
	r->cap->hold = strcmp(word, "hold") == 0;
	return 0;
}

static int read_cap(struct reader *r, struct err *e)
{
	static const char *const known[] = {"name", "limit", "per", "purpose", "channel", "topic", "over", NULL};
	const json_t *name = json_object_get(r->object, "name");

	if (yaml_only(r->yaml, r->object, known, e) < 0 || read_limit(r, e) < 0 ||
	    read_words(r->yaml, r->object, "per", take_per, r, "person, channel, topic or all", e) < 0 ||
	    read_words(r->yaml, r->object, "purpose", take_purpose, r, "a purpose", e) < 0 ||
	    read_words(r->yaml, r->object, "channel", take_channel, r, "a channel", e) < 0 ||
	    read_words(r->yaml, r->object, "topic", take_topic, r, "a topic", e) < 0)
		return -1;
	if (name && (!json_is_string(name) || !id_valid(json_string_value(name))))
		return yaml_fail_member(r->yaml, r->object, "name", e, "not a name");
	r->cap->name = json_string_value(name);
	r->cap->channels = json_object_get(r->object, "channel");
	r->cap->topics = json_object_get(r->object, "topic");
	if (!r->cap->purposes)
		r->cap->purposes = ALL_PURPOSES & ~AWAITED;
	return read_over(r, e);
}

int caps_read(const json_t *given, const struct yaml *y, const struct config *c, struct caps **ret_caps, struct err *e)
{
	struct caps *caps;

	if (!given)
		return 0;
	if (!json_is_array(given))
		return yaml_fail(y, given, e, "not a list of caps");
	caps = xcalloc(1, sizeof(*caps));
	caps->list = xcalloc(json_array_size(given) + 1, sizeof(*caps->list));
	for (; caps->count < json_array_size(given); caps->count++) {
		struct reader r = {y, c, json_array_get(given, caps->count), &caps->list[caps->count]};

		if (read_cap(&r, e) < 0) {
			caps_free(caps);
			return -1;
		}
	}
	*ret_caps = caps;
	return 0;
}
