#include <string.h>

#include "common/compat.h"
#include "common/line/envelope.h"
#include "common/policy/score.h"

#include "common/banned.h"

#define LONG_BYTES 480
#define ASKED 6                 /* of a quality that the message names in `needs` */
#define COUNTED 20              /* messages that the expected rate counts for: a few say little */

static const char *const signal_names[SIGNALS] = {"prefer", "habit", "presence", "enabled", "share", "delivery", "reading",
    "others"};

/* Generated from data/channels.tsv, ascending. */
static const struct channel {
	const char *name;
	unsigned char gives[QUALITIES];
} channels[] = {
#include "gen/channels.inc"
};

static const unsigned char middling[QUALITIES] = {5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5};

enum need {
	NEED_PURPOSE_OTP,
	NEED_PURPOSE_TRANSACTIONAL,
	NEED_PURPOSE_SERVICE,
	NEED_PURPOSE_MARKETING,
	NEED_PURPOSE_EMERGENCY,
	NEED_URGENCY_LOW,
	NEED_URGENCY_HIGH,
	NEED_URGENCY_CRITICAL,
	NEED_MEDIA,
	NEED_BUTTONS,
	NEED_HTML,
	NEED_LONG,
	NEED_APP,
};

/* Generated from data/needs.tsv. */
static const signed char needs[][QUALITIES] = {
#include "gen/needs.inc"
};

/* Generated from data/shares.tsv, ascending. */
static const struct share {
	char region[3];
	const char *channel;
	unsigned char percent;
} shares[] = {
#include "gen/shares.inc"
};

void score_weights_init(struct score_weights *w)
{
	for (size_t i = 0; i < QUALITIES; i++)
		w->quality[i] = 100;
	for (size_t i = 0; i < SIGNALS; i++)
		w->signal[i] = 100;
}

static unsigned *weight_of(struct score_weights *w, const char *name)
{
	int quality = quality_parse(name);

	if (quality >= 0)
		return &w->quality[quality];
	for (size_t i = 0; i < SIGNALS; i++)
		if (strcmp(signal_names[i], name) == 0)
			return &w->signal[i];
	return NULL;
}

static int check_names(const json_t *weights, const struct yaml *y, struct err *e)
{
	const char *known[QUALITIES + SIGNALS + 1];

	for (size_t i = 0; i < QUALITIES; i++)
		known[i] = quality_name((enum quality)i);
	memcpy(known + QUALITIES, signal_names, sizeof(signal_names));
	known[QUALITIES + SIGNALS] = NULL;
	return yaml_only(y, weights, known, e);
}

int score_weights_read(const json_t *object, const struct yaml *y, struct score_weights *w, struct err *e)
{
	const json_t *weights = json_object_get(object, "weights");
	const char *name;
	json_t *value;

	if (!weights)
		return 1;
	if (!json_is_object(weights))
		return yaml_fail_member(y, object, "weights", e, "not a map of factors");
	if (check_names(weights, y, e) < 0)
		return -1;
	json_object_foreach((json_t *)weights, name, value) {
		double factor = json_number_value(value);
		unsigned *weight = weight_of(w, name);

		if (!weight || !json_is_number(value) || factor < 0 || factor > 10)
			return yaml_fail_member(y, weights, name, e, "not a factor from 0 to 10");
		*weight = (unsigned)(factor * 100 + 0.5);
	}
	return 0;
}

static void add_need(struct score *s, enum need need)
{
	for (size_t i = 0; i < QUALITIES; i++)
		s->need[i] += needs[need][i];
}

static bool has(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return value && !json_is_null(value) && !(json_is_array(value) && json_array_size(value) == 0);
}

static void add_needs_of_message(struct score *s, const json_t *context)
{
	const json_t *asked = json_object_get(s->message, "needs");
	size_t len = json_string_length(json_object_get(s->message, "text"));

	if (has(s->message, "media"))
		add_need(s, NEED_MEDIA);
	if (has(s->message, "buttons"))
		add_need(s, NEED_BUTTONS);
	if (has(s->message, "html"))
		add_need(s, NEED_HTML);
	if (len > LONG_BYTES)
		add_need(s, NEED_LONG);
	if (has(context, "app"))
		add_need(s, NEED_APP);
	for (size_t n = 0; n < json_array_size(asked); n++) {
		const char *name = json_string_value(json_array_get(asked, n));
		int quality = name ? quality_parse(name) : -1;

		if (quality >= 0)
			s->need[quality] += ASKED;
	}
}

void score_begin(struct score *s, enum purpose purpose, enum urgency urgency)
{
	static const enum need urgencies[] = {[URGENCY_LOW] = NEED_URGENCY_LOW, [URGENCY_HIGH] = NEED_URGENCY_HIGH,
	    [URGENCY_CRITICAL] = NEED_URGENCY_CRITICAL};

	const json_t *context = json_object_get(s->message, "context");
	const json_t *attributes = json_object_get(s->recipient, "attributes");

	s->preferred = json_object_get(s->recipient, "prefer");
	s->active = json_object_get(context, "app_active");
	s->presence = json_object_get(context, "presence");
	if (!s->presence)
		s->presence = json_object_get(attributes, "presence");
	s->mute = json_is_false(json_object_get(attributes, "push_enabled"));
	memset(s->need, 0, sizeof(s->need));
	add_need(s, (enum need)(NEED_PURPOSE_OTP + (int)purpose));
	/* A code is urgent by itself, and an advertisement never is. */
	if (urgency != URGENCY_NORMAL && purpose != PURPOSE_OTP && purpose != PURPOSE_MARKETING)
		add_need(s, urgencies[urgency]);
	add_needs_of_message(s, context);
	s->total = 0;
	for (size_t i = 0; i < QUALITIES; i++) {
		s->need[i] = s->need[i] < 0 ? 0 : s->need[i] * (int)s->weights->quality[i];
		s->total += s->need[i];
	}
}

static const unsigned char *gives_of(const char *name)
{
	size_t low = 0, high = COUNT_OF(channels);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(channels[middle].name, name);

		if (order == 0)
			return channels[middle].gives;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return middling;
}

static int prefer_points(const struct score *s, const char *channel)
{
	for (size_t i = 0; i < json_array_size(s->preferred) && i < 5; i++) {
		const char *name = json_string_value(json_array_get(s->preferred, i));

		if (name && strcmp(name, channel) == 0)
			return 120 - 20 * (int)i;
	}
	return 0;
}

/* Where they answered last, or else read last, or have ever. */
static int habit_points(const struct score *s, const struct habit_channel *own)
{
	int64_t answered_ms = 0, read_ms = 0;

	if (!own->answered_ms && !own->read_ms)
		return 0;
	for (size_t i = 0; i < s->habit->count; i++) {
		const struct habit_channel *c = &s->habit->list[i];

		answered_ms = c->answered_ms > answered_ms ? c->answered_ms : answered_ms;
		read_ms = c->read_ms > read_ms ? c->read_ms : read_ms;
	}
	if (own->answered_ms)
		return own->answered_ms == answered_ms ? 20 : 12;
	return own->read_ms == read_ms && !answered_ms ? 10 : 6;
}

static int presence_points(const struct score *s, const char *channel)
{
	bool chat = strcmp(channel, "chat") == 0, general = json_is_string(s->presence);
	const char *word;

	if (chat && json_is_boolean(s->active))
		return json_is_true(s->active) ? 40 : -30;
	word = json_string_value(json_is_object(s->presence) ? json_object_get(s->presence, channel) : s->presence);
	if (!word)
		return chat ? -10 : 0;
	/* A text alone says where somebody is in general: at a screen, or not. */
	if (general && !chat)
		return 0;
	if (strcmp(word, "online") == 0 || strcmp(word, "active") == 0)
		return chat ? 40 : 10;
	return chat ? -30 : -10;
}

static int share_points(const struct score *s, const char *channel)
{
	size_t low = 0, high = COUNT_OF(shares);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(shares[middle].region, s->region);

		if (order == 0)
			order = strcmp(shares[middle].channel, channel);
		if (order == 0)
			return ((int)shares[middle].percent - 50) / 5;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}

/* From what nobody would wonder at, 90 in a hundred, five points for ten more or less. */
static int delivery_points(const struct habit_channel *c)
{
	int rate = (int)((c->delivered * 1000 + COUNTED * 900) / (c->sent + COUNTED));

	return (rate - 900) / 20;
}

static int reading_points(const struct habit_channel *c)
{
	int rate = (int)((c->read * 1000 + COUNTED * 500) / (c->sent + COUNTED));

	return c->reads ? (rate - 500) / 50 : 0;
}

/* `c`: what is known of the channel, or NULL. */
static int signal_points(const struct score *s, enum signal signal, const char *channel, const struct habit_channel *c, bool others)
{
	switch (signal) {
	case SIGNAL_PREFER:
		return s->prefer ? prefer_points(s, channel) : 0;
	case SIGNAL_HABIT:
		return c ? habit_points(s, c) : 0;
	case SIGNAL_PRESENCE:
		return presence_points(s, channel);
	case SIGNAL_ENABLED:
		return s->mute && strcmp(channel, "push") == 0 ? -200 : 0;
	case SIGNAL_SHARE:
		return *s->region ? share_points(s, channel) : 0;
	case SIGNAL_DELIVERY:
		return c ? delivery_points(c) : 0;
	case SIGNAL_READING:
		return c ? reading_points(c) : 0;
	case SIGNAL_OTHERS:
		return others ? -20 : 0;
	default:
		return 0;
	}
}

static int add(json_t *parts, const char *name, int points)
{
	if (parts && points)
		json_object_set_new(parts, name, json_integer(points));
	return points;
}

int score_channel(const struct score *s, const char *channel, bool others, json_t *parts)
{
	const struct habit_channel *c = s->habit ? habit_find(s->habit, channel) : NULL;
	const unsigned char *gives = gives_of(channel);
	int points = 0;

	for (size_t i = 0; s->total && i < QUALITIES; i++)
		if (s->need[i])
			points += add(parts, quality_name((enum quality)i), (s->need[i] * gives[i] * 10 + s->total / 2) / s->total);
	for (size_t i = 0; i < SIGNALS; i++) {
		int part = signal_points(s, (enum signal)i, channel, c, others);

		if (part)
			points += add(parts, signal_names[i], part * (int)s->weights->signal[i] / 100);
	}
	return points;
}
