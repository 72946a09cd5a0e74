#include "base/time/civil.h"

#include <stdbool.h>

enum { ERA_YEARS = 400, ERA_DAYS = 146097, FROM_MARCH_0000 = 719468 };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Years are counted from 1 March here, so that the leap day comes last; months then follow one
 * linear formula. */
int64_t civil_days(int64_t year, unsigned month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = floor_div(y, ERA_YEARS);
    int64_t of_era = y - era * ERA_YEARS;
    int64_t from_march = (month + 9) % 12;
    int64_t of_year = (153 * from_march + 2) / 5;

    return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year + day - 1 -
           FROM_MARCH_0000;
}

struct civil civil_of_days(int64_t days)
{
    int64_t shifted = days + FROM_MARCH_0000;
    int64_t era = floor_div(shifted, ERA_DAYS);
    int64_t day = shifted - era * ERA_DAYS;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t of_year = day - (365 * year + year / 4 - year / 100);
    int64_t from_march = (5 * of_year + 2) / 153;
    unsigned month = (unsigned)(from_march < 10 ? from_march + 3 : from_march - 9);

    return (struct civil){
        .year = era * ERA_YEARS + year + (month <= 2),
        .month = month,
        .day = (unsigned)(of_year - (153 * from_march + 2) / 5 + 1),
    };
}

int64_t civil_seconds(const struct civil *c)
{
    return civil_days(c->year, c->month, c->day) * CIVIL_DAY + c->hour * 3600 + c->minute * 60 +
           c->second;
}

struct civil civil_of(int64_t seconds)
{
    int64_t days = civil_day_of(seconds);
    unsigned rest = (unsigned)(seconds - days * CIVIL_DAY);
    struct civil c = civil_of_days(days);

    c.hour = rest / 3600;
    c.minute = rest / 60 % 60;
    c.second = rest % 60;
    return c;
}

int64_t civil_day_of(int64_t seconds)
{
    return floor_div(seconds, CIVIL_DAY);
}

unsigned civil_weekday(int64_t days)
{
    return (unsigned)(((days + 4) % 7 + 7) % 7);
}

unsigned civil_month_days(int64_t year, unsigned month)
{
    static const unsigned char length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap(year) ? 29 : length[month - 1];
}

const char *civil_weekday_name(unsigned weekday)
{
    static const char *const names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

    return names[weekday];
}

const char *civil_month_name(unsigned month)
{
    static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

    return names[month - 1];
}
