/*
 * How a person wants to be written to, as the `preferences` of a consent line have it:
 *
 *     {"channels":["whatsapp","sms"],"quiet_hours":"22:00-08:00","lang":"es","zone":"Europe/Madrid","topics":["news"],
 *      "frequency":"3/7d","one_channel":true}
 *
 * Each may be missing; null takes an earlier one back. Members that are not here are left alone.
 */
#ifndef MSG_PREFERENCE_H
#define MSG_PREFERENCE_H

#include <jansson.h>
#include <stdint.h>

#include "common/err.h"

/* EX_DATAERR begins with `place` and the member: "preferences.quiet: …". */
int preference_check(const json_t *object, const char *place, struct err *e);

/* "22:00-08:00" in minutes after midnight, never the same; 0 or -1. */
int preference_parse_quiet(const char *text, unsigned *ret_from, unsigned *ret_to);

/* "3/7d": how many in how long, at most a year; 0 or -1. */
int preference_parse_frequency(const char *text, unsigned *ret_count, int64_t *ret_within_ms);

#endif
