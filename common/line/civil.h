/*
 * Civil time: a date and a time of day as a wall clock shows them, without a zone. The calendar is the proleptic
 * Gregorian one.
 */
#ifndef MSG_CIVIL_H
#define MSG_CIVIL_H

#include <stdint.h>

struct civil {
	int year, month, day;           /* month and day from 1 */
	int hour, minute, second;
};

/* Days since 1970-01-01. The month is 1 to 12; a day past the month's end counts on into the next ones. */
int64_t civil_days(int year, int month, int day);
void civil_date(int64_t days, int *ret_year, int *ret_month, int *ret_day);

/* Seconds since 1970-01-01 00:00 of the same clock. Fields past their range count on: day 32, hour -1. */
int64_t civil_seconds(const struct civil *c);
void civil_of_seconds(int64_t seconds, struct civil *ret_civil);

int civil_days_in_month(int year, int month);
int civil_weekday(int64_t days);        /* 0: Sunday */

#endif
