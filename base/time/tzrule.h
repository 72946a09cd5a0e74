#ifndef TG_BASE_TIME_TZRULE_H
#define TG_BASE_TIME_TZRULE_H

#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

enum { TZ_ABBREVIATION = 16 };

/* One kind of local time: seconds east of UTC and what people call it ("CET", "+03"). */
struct tz_type {
    int32_t offset;
    char abbreviation[TZ_ABBREVIATION];
};

/* A stretch of time with one type: from inside, to outside, INT64_MIN and INT64_MAX where there is
 * no end. Neighbouring stretches may have the same offset. */
struct tz_span {
    int64_t from, to;
    const struct tz_type *type;
};

/* "The last Sunday of March at 02:00", in the three forms of POSIX. */
struct tz_day {
    enum { TZ_MONTH_WEEK_DAY, TZ_JULIAN, TZ_DAY_OF_YEAR } form;
    unsigned month, week, day;
    int32_t time; /* seconds from local midnight, -167 h to 167 h */
};

/* A POSIX TZ string as RFC 9636, section 3.3.1 has it: what holds after a zone file's table. */
struct tzrule {
    struct tz_type standard, daylight;
    bool has_daylight;
    struct tz_day start, end; /* of daylight time */
};

/* Reads the whole of text ("CET-1CEST,M3.5.0,M10.5.0/3"). Returns -1, *rule undefined, when it is
 * no such string. Any thread. */
int tzrule_parse(struct view text, struct tzrule *rule);

/* The stretch around t, which lies in the years 0 to 9999; span->type points into rule. */
void tzrule_span(const struct tzrule *rule, int64_t t, struct tz_span *span);

#endif
