/*
 * What an account's messages cost, as its owner has written it down: an amount for each segment of a text message, by the
 * longest prefix of the number. Exact: amounts are decimal text, never floating point.
 */
#ifndef MSG_PRICE_H
#define MSG_PRICE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/config/config.h"

#define PRICE_BYTES 24          /* of an amount as text */

struct price {
	char currency[4];               /* "" when there is no price */
	const char *amount;             /* NULL: only for the prefixes */
	const json_t *prefixes;         /* {"+34": "0.0650"}, or NULL; of the configuration */
};

/* `given` is `price:` of `account`. EX_CONFIG with file, line and key. */
int price_read(const struct config *c, const json_t *account, struct price *ret_price, struct err *e);

/* "0.0158" for so many segments to a number in E.164; false when there is no price for it. */
bool price_of(const struct price *p, const char *number, unsigned segments, char ret_amount[PRICE_BYTES]);

/* The same in millionths, rounded up. */
bool price_micros(const struct price *p, const char *number, unsigned segments, int64_t *ret_micros);

#endif
