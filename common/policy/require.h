/*
 * The least consent that a message needs, by its purpose, the place of the person and the channel: the rows of
 * data/consent.tsv, and before them what a policy says (`purposes.*.require` of msg-policy(5)).
 */
#ifndef MSG_REQUIRE_H
#define MSG_REQUIRE_H

#include <jansson.h>

#include "common/address/address.h"
#include "common/config/config.h"
#include "common/line/words.h"
#include "common/store/consent.h"

struct requirement {
	enum purpose purpose;
	const char *place;      /* ISO 3166; "": everywhere that has no row of its own */
	const char *channel;    /* "": all that have no row of their own */
	enum consent_strength need;     /* CONSENT_UNSTATED: none */
	int explicit_days;      /* after which a yes that was said has lapsed; 0: never. An implied one: common/policy/implied.h */
	const char *name;       /* "consent/DE/marketing", or the key of the policy */
	const char *source;     /* the law, or NULL */
};

/* What a policy says, borrowed from its document; all zero: nothing. */
struct requirements {
	struct requirement *own;
	size_t count;
};

void requirements_clear(struct requirements *r);

/*
 * `value` is the member `require` of the map `object`: a word for everybody, or a map from places ("*": all others) to a
 * word or a map from channels to words. EX_CONFIG with file, line and key.
 */
int requirements_read(struct requirements *r, enum purpose purpose, const json_t *object, const struct yaml *y,
    const struct config *c, struct err *e);

/* By hand: for everybody, over whatever the table says. */
void requirements_set(struct requirements *r, enum purpose purpose, enum consent_strength need);

/*
 * Where a person lives, by ISO 3166; "": nobody knows. The recipient (may be NULL) is a contact of msg(5), the address (may
 * be NULL) the one to be written to: attributes.country, else the region of this number, else that of the first number the
 * contact has.
 */
void requirement_place(const json_t *recipient, const struct address *address, char ret_place[3]);

/* The row that holds; there always is one. `r` may be NULL; the rest as above. */
const struct requirement *requirement_find(const struct requirements *r, enum purpose purpose, const json_t *recipient,
    const struct address *address, const char *channel);

/* Does what the purpose needs depend on where the person lives? */
bool requirements_by_place(const struct requirements *r, enum purpose purpose);

/* "none", "implied", … */
const char *requirement_word(enum consent_strength need);

#endif
