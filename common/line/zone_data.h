/* What a zone is made of, and its two notations. For zone*.c and their tests alone. */
#ifndef MSG_ZONE_DATA_H
#define MSG_ZONE_DATA_H

#include <stdbool.h>
#include <stddef.h>

#include "common/line/zone.h"

#define ZONE_LEAST_OFFSET (-89999)      /* what RFC 9636 lets an offset be: beyond -25 h and 26 h lies a mistake */
#define ZONE_MOST_OFFSET 93599

struct zone_day {
	enum zone_day_kind {
		ZONE_DAY_JULIAN,        /* 1 to 365, 29 February is never counted */
		ZONE_DAY_OF_YEAR,       /* 0 to 365, it is */
		ZONE_DAY_OF_WEEK,       /* `weekday` of `week` (5: the last) of `month` */
	} kind;
	int day, month, week, weekday;
	int32_t seconds;        /* after midnight, by the clock before the change */
};

/* The rule of POSIX's TZ. */
struct zone_rule {
	int32_t standard, daylight;
	bool changes;           /* there is daylight saving time, from `start` to `end` */
	struct zone_day start, end;
};

struct zone {
	size_t count;           /* of changes */
	int64_t *times;         /* ascending */
	unsigned char *kinds;   /* after each, an index into offsets */
	int32_t offsets[256];
	unsigned offset_count;  /* the first one holds before all changes */
	bool has_rule;          /* for what is after the last change */
	struct zone_rule rule;
};

/* A TZif file. EX_OSFILE without the file's name. */
int zone_parse(const void *data, size_t len, struct zone **ret_zone, struct err *e);
void zone_free(struct zone *z);

/* "CET-1CEST,M3.5.0,M10.5.0/3", the whole text. */
bool zone_rule_parse(const char *text, struct zone_rule *ret_rule);
int32_t zone_rule_offset(const struct zone_rule *r, int64_t seconds);

#endif
