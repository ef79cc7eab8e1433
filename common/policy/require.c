#include <stdlib.h>
#include <string.h>

#include "common/line/envelope.h"
#include "common/line/proof.h"
#include "common/policy/require.h"
#include "common/xalloc.h"

#include "common/banned.h"

static const struct requirement built_in[] = {
#include "gen/consent.inc"
};

void requirements_clear(struct requirements *r)
{
	for (size_t i = 0; i < r->count; i++)
		free((char *)r->own[i].name);
	free(r->own);
	*r = (struct requirements){0};
}

const char *requirement_word(enum consent_strength need)
{
	return need == CONSENT_UNSTATED ? "none" : consent_strength_name(need);
}

/* `name` is kept and freed. */
static void add(struct requirements *r, enum purpose purpose, const char *place, const char *channel, enum consent_strength need,
    char *name)
{
	r->own = xrealloc(r->own, (r->count + 1) * sizeof(*r->own));
	r->own[r->count++] = (struct requirement){purpose, strcmp(place, "*") == 0 ? "" : place, channel, need, 0, name, NULL};
}

void requirements_set(struct requirements *r, enum purpose purpose, enum consent_strength need)
{
	add(r, purpose, "", "", need, xformat("purposes.%s.require", purpose_name(purpose)));
}

static int read_word(struct requirements *r, enum purpose purpose, const char *place, const char *channel, const json_t *object,
    const char *key, const struct yaml *y, struct err *e)
{
	const char *word = json_string_value(json_object_get(object, key));
	int need = word && strcmp(word, "none") == 0 ? CONSENT_UNSTATED : word ? consent_strength_parse(word) : -1;
	char *name = xformat("purposes.%s.require%s%s%s%s", purpose_name(purpose), *place ? "." : "", place, *channel ? "." : "", channel);

	if (need < 0) {
		free(name);
		return yaml_fail_member(y, object, key, e, "not none, implied, explicit or double");
	}
	add(r, purpose, place, channel, (enum consent_strength)need, name);
	return 0;
}

static int read_channels(struct requirements *r, enum purpose purpose, const char *place, const json_t *channels,
    const struct yaml *y, const struct config *c, struct err *e)
{
	const char *channel;
	json_t *word;

	json_object_foreach((json_t *)channels, channel, word) {
		if (!config_knows_channel(c, channel))
			return yaml_fail_member(y, channels, channel, e, "unknown channel");
		if (read_word(r, purpose, place, channel, channels, channel, y, e) < 0)
			return -1;
	}
	return 0;
}

int requirements_read(struct requirements *r, enum purpose purpose, const json_t *object, const struct yaml *y,
    const struct config *c, struct err *e)
{
	const json_t *places = json_object_get(object, "require");
	const char *place;
	json_t *value;

	if (!places)
		return 0;
	if (!json_is_object(places))
		return read_word(r, purpose, "", "", object, "require", y, e);
	json_object_foreach((json_t *)places, place, value) {
		int result;

		if (strcmp(place, "*") != 0 && (proof_parse_jurisdiction(place) < 0 || strlen(place) != 2))
			return yaml_fail_member(y, places, place, e, "not a country such as DE, nor '*'");
		if (json_is_object(value))
			result = read_channels(r, purpose, place, value, y, c, e);
		else
			result = read_word(r, purpose, place, "", places, place, y, e);
		if (result < 0)
			return -1;
	}
	return 0;
}

/* Territories have codes of their own and the law of the United States. */
static const char *country_of(const char *code)
{
	static const char *const territories[] = {"AS", "GU", "MP", "PR", "VI"};

	for (size_t i = 0; i < COUNT_OF(territories); i++)
		if (strcmp(code, territories[i]) == 0)
			return "US";
	return code;
}

static void set_region(const char *channel, const json_t *value, char ret_place[3])
{
	struct address a;

	if (json_is_array(value))
		value = json_array_get(value, 0);
	if (json_is_string(value) && address_of_channel(channel, json_string_value(value), &a, NULL) == 0)
		memcpy(ret_place, country_of(a.region), 3);
}

void requirement_place(const json_t *recipient, const struct address *address, char ret_place[3])
{
	const char *country = envelope_text(json_object_get(recipient, "attributes"), "country", "");
	const char *channel;
	json_t *value;

	ret_place[0] = '\0';
	if (strlen(country) == 2 && proof_parse_jurisdiction(country) == 0)
		memcpy(ret_place, country_of(country), 3);
	else if (address && address->region[0])
		memcpy(ret_place, country_of(address->region), 3);
	else
		json_object_foreach(json_object_get(recipient, "addresses"), channel, value)
			if (!ret_place[0])
				set_region(channel, value, ret_place);
}

struct search {
	const json_t *recipient;
	const struct address *address;
	const char *channel;
	bool placed;
	char place[3];
};

/* How exactly a row is about what is looked for: -1 not at all. The place is worked out when a row asks for it. */
static int fit(struct search *s, const struct requirement *row)
{
	if (*row->channel && (!s->channel || strcmp(row->channel, s->channel) != 0))
		return -1;
	if (*row->place && !s->placed) {
		s->placed = true;
		requirement_place(s->recipient, s->address, s->place);
	}
	if (*row->place && (row->place[0] != s->place[0] || row->place[1] != s->place[1]))
		return -1;
	return (*row->place ? 2 : 0) + (*row->channel ? 1 : 0);
}

static const struct requirement *find_best(struct search *s, const struct requirement *rows, size_t count, enum purpose purpose)
{
	const struct requirement *best = NULL;
	int best_fit = -1;

	for (size_t i = 0; i < count; i++) {
		int now = rows[i].purpose == purpose ? fit(s, &rows[i]) : -1;

		if (now > best_fit) {
			best = &rows[i];
			best_fit = now;
		}
	}
	return best;
}

/* The table's rows of one purpose stand together. */
static const struct requirement *find_built_in(struct search *s, enum purpose purpose)
{
	size_t first = 0, end;

	while (first < COUNT_OF(built_in) && built_in[first].purpose != purpose)
		first++;
	for (end = first; end < COUNT_OF(built_in) && built_in[end].purpose == purpose; end++)
		;
	return find_best(s, built_in + first, end - first, purpose);
}

static bool has_place(const struct requirement *rows, size_t count, enum purpose purpose)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].purpose == purpose && *rows[i].place)
			return true;
	return false;
}

bool requirements_by_place(const struct requirements *r, enum purpose purpose)
{
	return has_place(built_in, COUNT_OF(built_in), purpose) || (r && has_place(r->own, r->count, purpose));
}

const struct requirement *requirement_find(const struct requirements *r, enum purpose purpose, const json_t *recipient,
    const struct address *address, const char *channel)
{
	struct search s = {.recipient = recipient, .address = address, .channel = channel};
	const struct requirement *own = r ? find_best(&s, r->own, r->count, purpose) : NULL;

	return own ? own : find_built_in(&s, purpose);
}
