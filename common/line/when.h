/*
 * Times and durations. In the program: int64_t milliseconds, since 1970 in UTC for an instant.
 * On a line: RFC 3339 with an offset ("2026-11-24T09:00:00+01:00"), and durations such as "90s", "15m", "4h", "3d",
 * "2w", "250ms" or several of them, the largest first ("1h30m").
 */
#ifndef MSG_WHEN_H
#define MSG_WHEN_H

#include <stdint.h>

#define WHEN_SIZE 32
#define WHEN_SECOND INT64_C(1000)
#define WHEN_MINUTE (60 * WHEN_SECOND)
#define WHEN_HOUR (60 * WHEN_MINUTE)
#define WHEN_DAY (24 * WHEN_HOUR)

int64_t when_now_ms(void);
int64_t when_clock_ms(void);   /* since some moment in the past; setting the clock does not touch it */

/* 0 and *ret_ms, or -1 when the text is not of that form or out of range (years 0000 to 9999; 100 years). */
int when_parse(const char *text, int64_t *ret_ms);
int when_parse_duration(const char *text, int64_t *ret_ms);

/* "2026-11-24T08:00:00.000Z", and the shortest exact duration ("1h30m", "0s"). */
void when_format(int64_t ms, char ret_text[WHEN_SIZE]);

/* By a clock that many seconds east of UTC: "2026-11-24T09:00:00+01:00", milliseconds only where there are any. */
void when_format_at(int64_t ms, int32_t offset, char ret_text[WHEN_SIZE]);
void when_format_duration(int64_t ms, char ret_text[WHEN_SIZE]);

#endif
