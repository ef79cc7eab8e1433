/*
 * Public holidays: the table data/holidays.tsv, and files of the same form that a policy adds. The head of the table
 * explains the notation.
 */
#ifndef MSG_HOLIDAY_H
#define MSG_HOLIDAY_H

#include <stdint.h>

#include "common/err.h"

struct holidays;

struct holidays *holidays_new(void);
void holidays_free(struct holidays *h);

/* Adds the rows of a file; columns: jurisdiction, when, name (may be missing). EX_CONFIG names file and line. */
int holidays_read(struct holidays *h, const char *path, struct err *e);

/*
 * The name of the holiday that a day is in a jurisdiction, "ES" or "US-FL", where its country's count too; NULL when it
 * is none. `days` since 1970-01-01 by the calendar on the wall.
 */
const char *holidays_on(struct holidays *h, const char *jurisdiction, int64_t days);

/* Easter Sunday of a year, in days since 1970-01-01: of the Western churches, and of the Eastern ones. */
int64_t holiday_easter(int year);
int64_t holiday_pascha(int year);

#endif
