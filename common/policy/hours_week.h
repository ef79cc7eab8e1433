/* Hours of a week, by a clock on the wall: "09:00-13:00 16:00-20:00" for each day and for holidays. */
#ifndef MSG_HOURS_WEEK_H
#define MSG_HOURS_WEEK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/config/yaml.h"
#include "common/line/zone.h"
#include "common/policy/holiday.h"

#define HOURS_SPANS 4
#define HOURS_NEVER INT64_MAX
#define HOURS_HORIZON_DAYS 400 /* further ahead nobody looks for an hour */

/* In minutes after midnight; `to` is not included; to 0: none. In order, without overlap. */
struct hours_span {
	uint16_t from, to;
};

struct hours_day {
	struct hours_span spans[HOURS_SPANS];
};

enum hours_holiday { HOURS_AS_ANY,
	HOURS_AS_SUNDAY,
	HOURS_OF_HOLIDAY };

struct hours_week {
	struct hours_day days[8];       /* 0: Sunday; 7: a holiday, if it has hours of its own */
	enum hours_holiday holidays;
};

/* "closed", "any", or spans with spaces or commas between them. False: it is none. */
bool hours_day_parse(const char *text, struct hours_day *ret_day);
bool hours_day_any(const struct hours_day *d);

/* "allowed", "sun", "closed", or hours. */
bool hours_holiday_parse(const char *text, struct hours_week *w);

/*
 * The week that a map of a document describes: {mon-fri: 09:00-13:00 16:00-20:00, sat: 10:00-13:00, holidays: closed}. The
 * keys are days or ranges of them, of which the narrower one counts, `daily` and `holidays`; others must be `known`
 * (NULL-ended). EX_CONFIG.
 */
int hours_week_read(const struct yaml *y, const json_t *object, const char *const *known, struct hours_week *ret_week, struct err *e);

/* The hours that hold on a day; `name`, when not NULL, gets the name of the holiday that it is, or NULL. */
const struct hours_day *hours_day_of(const struct hours_week *w, struct holidays *holidays, const char *jurisdiction, int64_t days,
    const char **ret_name);

/* What a week is looked at by: a zone, or, when it is NULL, a fixed offset. */
struct hours_clock {
	const struct zone *zone;
	int32_t offset;                 /* seconds east of UTC */
	int32_t margin;                 /* hours end so many seconds earlier, but for those that end with the day */
};

/*
 * The first second at or after `seconds` that lies in the week's hours; `seconds` itself when it does. HOURS_NEVER: none
 * in HOURS_HORIZON_DAYS.
 */
int64_t hours_week_next(const struct hours_week *w, const struct hours_clock *clock, struct holidays *holidays,
    const char *jurisdiction, int64_t seconds);

#endif
