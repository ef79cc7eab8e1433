/*
 * Time zones, from the IANA database as the system has it: TZif files (RFC 9636, versions 1 to 4) below $TZDIR or
 * /usr/share/zoneinfo, with the rule in their footer for all later years. Nothing here touches TZ or the C library's
 * idea of local time. What was read is kept until the program ends, so that asking again costs no file; any thread may
 * ask.
 */
#ifndef MSG_ZONE_H
#define MSG_ZONE_H

#include <stdint.h>

#include "common/err.h"
#include "common/line/civil.h"

struct zone;

/*
 * "Europe/Madrid", "UTC". EX_DATAERR: no such zone, or not a name (a leading '/', a "..", a character that zones do not
 * have); the text says which. EX_OSFILE: the file is none of the form, or counts leap seconds, which Unix time does not.
 */
int zone_load(const char *name, const struct zone **ret_zone, struct err *e);

/* The zone of this machine: $TZ (a name, a path, or a rule such as "CET-1CEST,M3.5.0,M10.5.0/3"), else /etc/localtime, else UTC. */
const struct zone *zone_here(void);

/* Always that many seconds east of UTC, less than a day. */
const struct zone *zone_fixed(int32_t offset);

/* Seconds east of UTC that clocks of the zone show at an instant; and what they show. */
int32_t zone_offset_at(const struct zone *z, int64_t seconds);
void zone_civil_at(const struct zone *z, int64_t seconds, struct civil *ret_civil);

enum zone_fit {
	ZONE_ONCE,              /* the clock shows that time once */
	ZONE_SKIPPED,           /* the clock is moved forward past it */
	ZONE_TWICE,             /* the clock is moved back and shows it again */
};

struct zone_instant {
	enum zone_fit fit;
	int64_t seconds;        /* the one to take, see below */
	int64_t other;          /* the one on the other side of the change; the same with ZONE_ONCE */
};

/*
 * When the clock shows a civil time (fields past their range count on). A time that is skipped moves forward by what
 * was skipped: 02:30 becomes 03:30; `other` is the same distance before the change, 01:30. Of a time that comes twice
 * the first counts; `other` is the second.
 */
void zone_from_local(const struct zone *z, const struct civil *local, struct zone_instant *ret_instant);

#endif
