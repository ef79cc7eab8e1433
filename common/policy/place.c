#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/line/envelope.h"
#include "common/policy/place.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define KEY_DIGITS 7            /* of a number, with its plus: no beginning in the tables is longer */
#define KEY_BYTES 96
#define NUMBER_BYTES 24
#define AREA_DIGITS 5           /* "+1212" */
#define MEMOS 256               /* a power of two */

/* Of postal codes "US100", of numbers "+5511"; ascending. */
static const struct beginning {
	const char *text, *country, *subdivision, *zones;
} beginnings[] = {
#include "gen/places.inc"
};

static const struct country {
	const char *code, *zones;
} countries[] = {
#include "gen/zones.inc"
};

/* Area codes of +1, ascending. */
static const struct area {
	int code;
	const char *subdivision, *zones;
} areas[] = {
#include "gen/areas.inc"
};

/* Places that were found, by what they depend on: most people of a bulk of messages share theirs with others. */
struct place_memo {
	char key[KEY_BYTES];            /* "": nothing is kept here */
	struct place place;
};

struct places {
	struct place_zone **zones;      /* in the order in which they were asked for */
	size_t count;
	struct place_memo memos[MEMOS];
	unsigned char depth[26][26];    /* by region: how many characters of a number tell a place */
};

/* What one thing that is known tells. Texts of the tables, or "". */
struct evidence {
	char country[3];
	const char *subdivision, *zones;
};

struct places *places_new(void)
{
	struct places *p = xcalloc(1, sizeof(*p));

	for (size_t i = 0; i < COUNT_OF(beginnings) && *beginnings[i].text == '+'; i++) {
		unsigned char *depth = &p->depth[beginnings[i].country[0] - 'A'][beginnings[i].country[1] - 'A'];
		size_t len = strlen(beginnings[i].text);

		if (len > *depth)
			*depth = (unsigned char)len;
	}
	return p;
}

void places_free(struct places *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++)
		free(p->zones[i]);
	free(p->zones);
	free(p);
}

const struct place_zone *place_zone(struct places *p, const char *name)
{
	const struct zone *zone;
	struct place_zone *added;
	struct err ignored;

	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->zones[i]->name, name) == 0)
			return p->zones[i];
	if (strlen(name) >= sizeof(added->name) || zone_load(name, &zone, &ignored) < 0)
		return NULL;
	added = xcalloc(1, sizeof(*added));
	snprintf(added->name, sizeof(added->name), "%s", name);
	added->zone = zone;
	p->zones = xrealloc(p->zones, (p->count + 1) * sizeof(struct place_zone *));
	p->zones[p->count++] = added;
	return added;
}

static const struct country *find_country(const char *code)
{
	size_t low = 0, high = COUNT_OF(countries);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(code, countries[middle].code);

		if (order == 0)
			return &countries[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* The longest beginning in the table. */
static const struct beginning *find_beginning(const char *text)
{
	char key[24];
	int len = snprintf(key, sizeof(key), "%s", text);

	for (size_t n = len < KEY_DIGITS ? (size_t)len : KEY_DIGITS; n > 1; n--) {
		size_t low = 0, high = COUNT_OF(beginnings);

		key[n] = '\0';
		while (low < high) {
			size_t middle = low + (high - low) / 2;
			int order = strcmp(key, beginnings[middle].text);

			if (order == 0)
				return &beginnings[middle];
			if (order < 0)
				high = middle;
			else
				low = middle + 1;
		}
	}
	return NULL;
}

static const struct area *find_area(const char *number)
{
	int code = 0;

	if (strncmp(number, "+1", 2) != 0)
		return NULL;
	for (int i = 2; i < 5; i++)
		code = number[i] >= '0' && number[i] <= '9' ? code * 10 + (number[i] - '0') : -1000;
	for (size_t i = 0; i < COUNT_OF(areas); i++)
		if (areas[i].code == code)
			return &areas[i];
	return NULL;
}

/* The zones of a state, from its area codes: *ret_zones if they all have the same, else NULL. False: not known. */
static bool state_zones(const char *subdivision, const char **ret_zones)
{
	bool known = false;

	*ret_zones = NULL;
	for (size_t i = 0; i < COUNT_OF(areas); i++) {
		if (strcmp(areas[i].subdivision, subdivision) != 0)
			continue;
		if (known && (!*ret_zones || strcmp(*ret_zones, areas[i].zones) != 0))
			*ret_zones = NULL;
		else
			*ret_zones = areas[i].zones;
		known = true;
	}
	return known;
}

/* Territories have codes of their own and the rules of the United States. */
static bool is_territory(const char *country)
{
	static const char *const territories[] = {"AS", "GU", "MP", "PR", "VI"};

	for (size_t i = 0; i < COUNT_OF(territories); i++)
		if (strcmp(country, territories[i]) == 0)
			return true;
	return false;
}

static void add_code(struct place *place, const char *code)
{
	if (!*code || strlen(code) >= PLACE_CODE)
		return;
	for (size_t i = 0; i < place->jurisdiction_count; i++)
		if (strcmp(place->jurisdictions[i], code) == 0)
			return;
	if (place->jurisdiction_count < PLACE_JURISDICTIONS)
		snprintf(place->jurisdictions[place->jurisdiction_count++], PLACE_CODE, "%s", code);
}

static void add_jurisdiction(struct place *place, const char *country, const char *subdivision)
{
	char code[PLACE_CODE];

	if (is_territory(country)) {
		snprintf(code, sizeof(code), "US-%.2s", country);
		add_code(place, "US");
		add_code(place, code);
		return;
	}
	add_code(place, country);
	if (!strchr(subdivision, ';'))
		add_code(place, subdivision);
}

static void add_zones(struct places *p, struct place *place, const char *list)
{
	char name[64];

	while (*list) {
		size_t len = strcspn(list, ";");
		const struct place_zone *zone;
		bool there = false;

		snprintf(name, sizeof(name), "%.*s", (int)len, list);
		zone = place_zone(p, name);
		for (size_t i = 0; i < place->zone_count; i++)
			there = there || place->zones[i] == zone;
		if (zone && !there && place->zone_count < PLACE_ZONES)
			place->zones[place->zone_count++] = zone;
		list += len + (list[len] == ';');
	}
}

/* Takes the zones that a better kind of knowledge has not given yet. */
static void tell_zones(struct places *p, struct place *place, enum place_by by, const char *list)
{
	if (place->zone_count > 0 || !list)
		return;
	add_zones(p, place, list);
	if (place->zone_count > 0)
		place->by = by;
}

/* Letters and digits in upper case: what people write between them tells nothing. */
static void squeeze(const char *text, char *ret_text, size_t size)
{
	size_t len = 0;

	for (; *text && len + 1 < size; text++)
		if (isalnum((unsigned char)*text))
			ret_text[len++] = (char)toupper((unsigned char)*text);
	ret_text[len] = '\0';
}

/* An attribute as text, numbers too: a postal code may have been read as one. */
static const char *attribute(const json_t *attributes, const char *key, char room[24])
{
	const json_t *value = json_object_get(attributes, key);

	if (json_is_integer(value)) {
		snprintf(room, 24, "%05lld", (long long)json_integer_value(value));
		return room;
	}
	return json_is_string(value) ? json_string_value(value) : "";
}

static void set_country(char country[3], const char *code)
{
	if (strlen(code) == 2 && find_country(code))
		memcpy(country, code, 3);
}

/* The country that a zone lies in; the first one's of several. */
static void country_of_zone(const char *zone, char country[3])
{
	size_t len = strlen(zone);

	for (size_t i = 0; i < COUNT_OF(countries); i++)
		for (const char *at = strstr(countries[i].zones, zone); at; at = strstr(at + 1, zone))
			if ((at == countries[i].zones || at[-1] == ';') && (at[len] == ';' || at[len] == '\0')) {
				memcpy(country, countries[i].code, 3);
				return;
			}
}

struct number {
	char text[NUMBER_BYTES], region[3];
};

/* As much of it as tells a place. */
static void copy_number(char ret_text[NUMBER_BYTES], const char *number)
{
	size_t len = strnlen(number, NUMBER_BYTES - 1);

	memcpy(ret_text, number, len);
	ret_text[len] = '\0';
}

static int take_number(struct number *n, const char *channel, const json_t *value)
{
	struct address a;

	if (json_is_array(value))
		value = json_array_get(value, 0);
	if (!json_is_string(value) || address_of_channel(channel, json_string_value(value), &a, NULL) < 0 || !*a.region)
		return 0;
	copy_number(n->text, a.value);
	memcpy(n->region, a.region, sizeof(n->region));
	return 1;
}

static void find_number(const json_t *recipient, const struct address *address, struct number *ret_number)
{
	json_t *value;
	const char *channel;

	*ret_number = (struct number){.text = ""};
	if (address && *address->region) {
		copy_number(ret_number->text, address->value);
		memcpy(ret_number->region, address->region, sizeof(ret_number->region));
		return;
	}
	json_object_foreach(json_object_get(recipient, "addresses"), channel, value)
		if (take_number(ret_number, channel, value)) return;
}

static struct evidence of_number(const struct number *n)
{
	struct evidence e = {.subdivision = "", .zones = ""};
	const struct area *area;
	const struct beginning *b;

	memcpy(e.country, n->region, sizeof(e.country));
	if ((area = find_area(n->text))) {
		e.subdivision = area->subdivision;
		e.zones = area->zones;
	} else if (*n->text && (b = find_beginning(n->text))) {
		e.subdivision = b->subdivision;
		e.zones = b->zones;
	}
	return e;
}

/* "FL" of the United States, or "US-FL". */
static void read_state(const json_t *attributes, char country[3], char ret_state[PLACE_CODE])
{
	char room[24], text[PLACE_CODE];
	const char *state = attribute(attributes, "state", room);

	ret_state[0] = '\0';
	if (strlen(state) > 3 && state[2] == '-' && strlen(state) < PLACE_CODE) {
		snprintf(ret_state, PLACE_CODE, "%s", state);
		memcpy(country, state, 2);
		country[2] = '\0';
		return;
	}
	squeeze(state, text, sizeof(text));
	if (*country && *text && strlen(text) <= 3)
		snprintf(ret_state, PLACE_CODE, "%.2s-%.3s", country, text);
}

static const struct beginning *read_postal(const json_t *attributes, const char *country)
{
	char room[24], key[24];
	const struct beginning *b;

	snprintf(key, sizeof(key), "%.2s", *country ? country : "US");
	squeeze(attribute(attributes, "postal_code", room), key + 2, sizeof(key) - 2);
	if (!key[2] || !*country)
		return NULL;
	b = find_beginning(key);
	return b && strlen(b->text) > 2 ? b : NULL;
}

/* What the person, or who keeps the contact, says of them. */
static void by_contact(struct places *p, struct place *place, const json_t *recipient, const struct number *number)
{
	const json_t *attributes = json_object_get(recipient, "attributes");
	const char *tz = envelope_text(recipient, "tz", NULL), *zones = NULL;
	const struct beginning *postal;
	char country[3] = "", state[PLACE_CODE], room[24];

	set_country(country, attribute(attributes, "country", room));
	if (tz)
		tell_zones(p, place, PLACE_GIVEN, tz);
	if (!*country && place->zone_count > 0)
		country_of_zone(place->zones[0]->name, country);
	if (!*country)
		memcpy(country, number->region, sizeof(country));
	read_state(attributes, country, state);
	postal = read_postal(attributes, country);
	if (postal) {
		tell_zones(p, place, PLACE_POSTAL, *postal->zones ? postal->zones : state_zones(postal->subdivision, &zones) ? zones
															     : NULL);
		if (!*state)
			snprintf(state, sizeof(state), "%s", postal->subdivision);
	}
	add_jurisdiction(place, country, state);
	zones = NULL;
	if (*state && state_zones(state, &zones) && zones && !strchr(zones, ';'))
		tell_zones(p, place, PLACE_STATE, zones);
}

/* Of a state with several zones: those of all its area codes. */
static void add_state(struct places *p, struct place *place, const char *subdivision)
{
	if (place->zone_count > 0)
		return;
	for (size_t i = 0; i < COUNT_OF(areas); i++)
		if (strcmp(areas[i].subdivision, subdivision) == 0)
			add_zones(p, place, areas[i].zones);
	if (place->zone_count > 0)
		place->by = PLACE_STATE;
}

static void find(struct places *p, const json_t *recipient, const struct number *number, struct place *ret_place)
{
	struct evidence e;
	const struct country *country;
	const char *home, *state;

	*ret_place = (struct place){.by = PLACE_UNKNOWN};
	e = of_number(number);
	by_contact(p, ret_place, recipient, number);
	home = ret_place->jurisdiction_count > 0 ? ret_place->jurisdictions[0] : "";
	state = ret_place->jurisdiction_count > 1 ? ret_place->jurisdictions[1] : "";
	/* The area code tells the zone of somebody who lives there, or of whom no other place is known. */
	if (strcmp(home, is_territory(e.country) ? "US" : e.country) == 0 && (!*state || strcmp(state, e.subdivision) == 0))
		tell_zones(p, ret_place, PLACE_AREA, e.zones);
	if (*state)
		add_state(p, ret_place, state);
	country = find_country(home);
	tell_zones(p, ret_place, PLACE_COUNTRY, country ? country->zones : NULL);
	add_jurisdiction(ret_place, e.country, e.subdivision);
}

/* What a place depends on, as one text; false: it is too long to be kept. */
static bool make_key(const struct places *p, const json_t *recipient, const struct number *number, char key[KEY_BYTES])
{
	const json_t *attributes = json_object_get(recipient, "attributes");
	const char *texts[] = {json_string_value(json_object_get(recipient, "tz")), NULL, NULL, NULL, number->region, number->text};
	char room[24];
	size_t len = 0;

	if (attributes) {
		texts[1] = json_string_value(json_object_get(attributes, "country"));
		texts[2] = attribute(attributes, "state", room);
		if (texts[2] == room)
			return false;
		texts[3] = attribute(attributes, "postal_code", room);
	}
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		size_t most = KEY_BYTES;

		/* Of the number only as much as tells a place. */
		if (i == 5 && *number->region)
			most = strncmp(number->text, "+1", 2) == 0 ? AREA_DIGITS : p->depth[number->region[0] - 'A'][number->region[1] - 'A'];
		for (const char *c = texts[i]; c && *c && most > 0; c++, most--) {
			if (len + 2 >= KEY_BYTES)
				return false;
			key[len++] = *c;
		}
		key[len++] = '\n';
		if (len + 1 >= KEY_BYTES)
			return false;
	}
	key[len] = '\0';
	return true;
}

void place_find(struct places *p, const json_t *recipient, const struct address *address, struct place *ret_place)
{
	struct number number;
	struct place_memo *memo;
	char key[KEY_BYTES];
	uint32_t hash = 5381;

	find_number(recipient, address, &number);
	if (!make_key(p, recipient, &number, key)) {
		find(p, recipient, &number, ret_place);
		return;
	}
	for (const char *c = key; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	memo = &p->memos[(hash ^ hash >> 15) & (MEMOS - 1)];
	if (strcmp(memo->key, key) != 0) {
		memcpy(memo->key, key, sizeof(key));
		find(p, recipient, &number, &memo->place);
	}
	*ret_place = memo->place;
}

static const char *const by_words[] = {NULL, "country", "area-code", "state", "postal_code", "tz"};

const char *place_by_word(enum place_by by)
{
	return by_words[by];
}

enum place_by place_by_parse(const char *word)
{
	for (size_t i = 1; i < COUNT_OF(by_words); i++)
		if (strcmp(by_words[i], word) == 0)
			return (enum place_by)i;
	return PLACE_UNKNOWN;
}
