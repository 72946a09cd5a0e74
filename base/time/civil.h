#ifndef TG_BASE_TIME_CIVIL_H
#define TG_BASE_TIME_CIVIL_H

#include <stdint.h>

/* Dates and times of day in the Gregorian calendar, without a time zone. All functions are pure
 * and exact for the years 0 to 9999 and some way beyond. */
struct civil {
    int64_t year;
    unsigned month; /* 1 to 12 */
    unsigned day;   /* 1 to 31 */
    unsigned hour;
    unsigned minute;
    unsigned second;
};

enum { CIVIL_DAY = 86400 };

/* The first second of year 0 and the last of year 9999, as UTC. */
#define CIVIL_MIN INT64_C(-62167219200)
#define CIVIL_MAX INT64_C(253402300799)

/* Days from 1970-01-01 to a date; day may lie outside its month and then counts on. */
int64_t civil_days(int64_t year, unsigned month, int64_t day);

/* The date (and midnight) of a day counted from 1970-01-01. */
struct civil civil_of_days(int64_t days);

/* Seconds from 1970-01-01T00:00:00 to a date and time, and back: Unix seconds where the civil time
 * is UTC, "local seconds" where it is of a zone (base/time/zone.h). */
int64_t civil_seconds(const struct civil *c);
struct civil civil_of(int64_t seconds);

/* The day that a second is in, rounded down before 1970 too. */
int64_t civil_day_of(int64_t seconds);

/* 0 is Sunday. */
unsigned civil_weekday(int64_t days);

unsigned civil_month_days(int64_t year, unsigned month);

/* "Mon", "Nov": weekday 0 to 6, month 1 to 12. */
const char *civil_weekday_name(unsigned weekday);
const char *civil_month_name(unsigned month);

#endif
