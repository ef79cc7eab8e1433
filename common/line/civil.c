#include <stdbool.h>

#include "common/line/civil.h"

#include "common/banned.h"

#define DAY INT64_C(86400)

/* H. Hinnant's civil calendar arithmetic: years that begin in March, eras of 400 of them. */
int64_t civil_days(int year, int month, int day)
{
	int64_t y = month <= 2 ? (int64_t)year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void civil_date(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t of_era = z - era * 146097;
	int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * of_year + 2) / 153;

	*ret_day = (int)(of_year - (153 * m + 2) / 5 + 1);
	*ret_month = (int)(m < 10 ? m + 3 : m - 9);
	*ret_year = (int)(y + era * 400 + (*ret_month <= 2));
}

int64_t civil_seconds(const struct civil *c)
{
	return civil_days(c->year, c->month, c->day) * DAY + c->hour * INT64_C(3600) + c->minute * INT64_C(60) + c->second;
}

void civil_of_seconds(int64_t seconds, struct civil *ret_civil)
{
	int64_t days = seconds / DAY, left = seconds % DAY;

	if (left < 0) {
		left += DAY;
		days--;
	}
	civil_date(days, &ret_civil->year, &ret_civil->month, &ret_civil->day);
	ret_civil->hour = (int)(left / 3600);
	ret_civil->minute = (int)(left / 60 % 60);
	ret_civil->second = (int)(left % 60);
}

int civil_days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

int civil_weekday(int64_t days)
{
	return (int)((days % 7 + 11) % 7);      /* 1970-01-01 was a Thursday */
}
