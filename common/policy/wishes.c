#include <stdio.h>
#include <string.h>

#include "common/address/address.h"
#include "common/line/envelope.h"
#include "common/line/id.h"
#include "common/line/preference.h"
#include "common/policy/caps_set.h"
#include "common/policy/wishes.h"
#include "common/store/preference.h"

#include "common/banned.h"

static const json_t *wishes_of(const json_t *recipient)
{
	return json_object_get(recipient, "preferences");
}

static json_t *with_wishes(const json_t *recipient, json_t *wishes)
{
	static const char *const same[][2] = {{"channels", "prefer"}, {"lang", "lang"}, {"zone", "tz"}};
	json_t *changed = json_copy((json_t *)recipient);

	for (size_t i = 0; i < COUNT_OF(same); i++) {
		json_t *value = json_object_get(wishes, same[i][0]);

		if (value)
			json_object_set(changed, same[i][1], value);
	}
	json_object_set_new(changed, "preferences", wishes);
	return changed;
}

static int look_contact(struct store *s, const char *id, json_t **ret_wishes, struct err *e)
{
	char subject[ID_CONTACT];

	if (!id || !id_contact(id, subject))
		return 0;
	return preference_look(s, subject, ret_wishes, e);
}

static int look_address(struct store *s, const char *text, json_t **ret_wishes, struct err *e)
{
	char subject[ADDRESS_BYTES];
	struct address a;

	if (!text || address_parse(text, &a, NULL) < 0)
		return 0;
	address_subject(&a, subject);
	return preference_look(s, subject, ret_wishes, e);
}

int wishes_apply(struct store *s, json_t *recipient, json_t **ret_recipient, struct err *e)
{
	json_t *wishes;
	int got = s ? look_contact(s, envelope_text(recipient, "id", NULL), &wishes, e) : 0;

	if (got == 0 && s)
		got = look_address(s, envelope_text(recipient, "address", NULL), &wishes, e);
	if (got < 0)
		return -1;
	*ret_recipient = got ? with_wishes(recipient, wishes) : json_incref(recipient);
	return 0;
}

size_t wishes_rank(const json_t *recipient, const char *channel)
{
	const json_t *channels = json_object_get(wishes_of(recipient), "channels");
	size_t count = json_array_size(channels);

	for (size_t i = 0; i < count; i++)
		if (strcmp(json_string_value(json_array_get(channels, i)), channel) == 0)
			return count - i;
	return 0;
}

bool wishes_one_channel(const json_t *recipient)
{
	return json_is_true(json_object_get(wishes_of(recipient), "one_channel"));
}

static bool has_topic(const json_t *wishes, const char *topic)
{
	const json_t *topics = json_object_get(wishes, "topics");

	for (size_t i = 0; i < json_array_size(topics); i++)
		if (topic && strcmp(json_string_value(json_array_get(topics, i)), topic) == 0)
			return true;
	return !topics;
}

int wishes_want_topic(struct store *s, const char *contact, const char *subject, const char *topic, bool *ret_wanted, struct err *e)
{
	json_t *wishes = NULL;
	int got = look_contact(s, contact, &wishes, e);

	if (got == 0 && subject)
		got = preference_look(s, subject, &wishes, e);
	if (got < 0)
		return -1;
	*ret_wanted = !got || has_topic(wishes, topic);
	json_decref(wishes);
	return 0;
}

bool wishes_quiet(const json_t *recipient, unsigned *ret_from, unsigned *ret_to)
{
	const char *quiet = envelope_text(wishes_of(recipient), "quiet_hours", NULL);

	return quiet && preference_parse_quiet(quiet, ret_from, ret_to) == 0;
}

bool wishes_count(const json_t *recipient)
{
	return json_is_string(json_object_get(wishes_of(recipient), "frequency"));
}

int wishes_ask_frequency(const json_t *recipient, struct store *s, const struct caps_question *q, struct caps_answer *ret_answer,
    struct err *e)
{
	const char *limit = envelope_text(wishes_of(recipient), "frequency", NULL);
	struct cap cap = {.limit = limit, .name = "the frequency that they want", .purposes = 1u << PURPOSE_MARKETING, .hold = true};
	struct caps caps = {&cap, 1};

	*ret_answer = (struct caps_answer){.over = false};
	if (!limit || preference_parse_frequency(limit, &cap.count, &cap.window_ms) < 0)
		return 0;
	return caps_ask(&caps, s, q, ret_answer, e);
}
