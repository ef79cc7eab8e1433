/*
 * Where a recipient is, as far as that is known: whose rules hold for them, and which clocks may hang on their wall.
 *
 * The zone is the best that is known of these: the contact's `tz`; its postal code (attributes.postal_code); its state
 * (attributes.state), when that has one zone; the area code of its number: all its zones; the country: all its zones.
 * A number can be carried elsewhere, so that an area code never outweighs what the contact says; but both places' rules
 * hold. The tables are data/places.tsv, data/zones.tsv and common/address/data/nanp.tsv.
 */
#ifndef MSG_PLACE_H
#define MSG_PLACE_H

#include <jansson.h>

#include "common/address/address.h"
#include "common/line/zone.h"

#define PLACE_ZONES 32
#define PLACE_JURISDICTIONS 4
#define PLACE_CODE 8 /* "US-FL" */

enum place_by { PLACE_UNKNOWN,
	PLACE_COUNTRY,
	PLACE_AREA,
	PLACE_STATE,
	PLACE_POSTAL,
	PLACE_GIVEN };

struct place_zone {
	char name[64];
	const struct zone *zone;
};

struct place {
	char jurisdictions[PLACE_JURISDICTIONS][PLACE_CODE];    /* countries, and states of countries; none twice */
	size_t jurisdiction_count;
	const struct place_zone *zones[PLACE_ZONES];    /* candidates; none when nothing is known */
	size_t zone_count;
	enum place_by by;               /* what told the zone */
};

/* Keeps the zones that it has looked up. */
struct places;
struct places *places_new(void);
void places_free(struct places *p);

/*
 * `address` is the one that is written to, or NULL; a contact's other numbers tell when it does not. Zones that the system
 * lacks are left out.
 */
void place_find(struct places *p, const json_t *recipient, const struct address *address, struct place *ret_place);

/* One zone by name; NULL: there is none such. Lives as long as `p`. */
const struct place_zone *place_zone(struct places *p, const char *name);

/* "tz", "postal_code", "state", "area-code" or "country", as a receipt has it; NULL for PLACE_UNKNOWN. */
const char *place_by_word(enum place_by by);
enum place_by place_by_parse(const char *word);

#endif
