#include "base/time/cron.h"

#include "base/time/civil.h"
#include "base/time/tzrule.h"
#include "base/time/zone.h"

enum { MINUTE = 60, HOUR = 3600 };
#define EARLIEST (CIVIL_MIN + 366 * (int64_t)CIVIL_DAY)
#define LATEST   (CIVIL_MAX - 366 * (int64_t)CIVIL_DAY)

/* The days of a month on which the schedule comes, bit n for day n. */
static uint32_t days_in(const struct cron *cron, int64_t year, unsigned month)
{
    unsigned length = civil_month_days(year, month);
    unsigned weekday = civil_weekday(civil_days(year, month, 1));
    uint64_t weeks = cron->weekdays * UINT64_C(0x810204081); /* every seventh bit, from 0 on */
    uint32_t by_weekday = (uint32_t)(weeks >> weekday << 1);
    uint32_t by_day = cron->days;
    uint32_t all = (uint32_t)((UINT64_C(2) << length) - 2);

    if (!(cron->months >> month & 1))
        return 0;
    if (cron->last_day)
        by_day |= UINT32_C(1) << length;
    if (cron->any_day || cron->any_weekday)
        return by_day & by_weekday & all;
    return (by_day | by_weekday) & all;
}

/* The lowest and highest member of a set that is not empty. */
static unsigned lowest(uint64_t set)
{
    return (unsigned)__builtin_ctzll(set);
}

static unsigned highest(uint64_t set)
{
    return 63 - (unsigned)__builtin_clzll(set);
}

/* Members from n on, and members up to n. */
static uint64_t from(uint64_t set, unsigned n)
{
    return n > 63 ? 0 : set >> n << n;
}

static uint64_t until(uint64_t set, unsigned n)
{
    return set & (((UINT64_C(1) << n) - 1) | UINT64_C(1) << n);
}

/* The first time of day at or after one, in seconds; -1 when the day has no more. */
static int first_time(const struct cron *cron, unsigned hour, unsigned minute)
{
    uint64_t hours = from(cron->hours, hour);
    uint64_t minutes = from(cron->minutes, minute);

    if (cron->hours >> hour & 1 && minutes)
        return (int)(hour * HOUR + lowest(minutes) * MINUTE);
    hours = from(hours, hour + 1);
    return hours ? (int)(lowest(hours) * HOUR + lowest(cron->minutes) * MINUTE) : -1;
}

/* The last time of day at or before one; -1 when the day has none before. */
static int last_time(const struct cron *cron, unsigned hour, unsigned minute)
{
    uint64_t hours = until(cron->hours, hour);
    uint64_t minutes = until(cron->minutes, minute);

    if (cron->hours >> hour & 1 && minutes)
        return (int)(hour * HOUR + highest(minutes) * MINUTE);
    hours &= ~(UINT64_C(1) << hour);
    return hours ? (int)(highest(hours) * HOUR + highest(cron->minutes) * MINUTE) : -1;
}

/* The first local time at or after one (whole minutes) that the schedule names. */
static int64_t local_from(const struct cron *cron, int64_t local)
{
    struct civil c = civil_of(local + MINUTE - 1);
    int time = first_time(cron, c.hour, c.minute);
    uint64_t days = days_in(cron, c.year, c.month);

    days = from(days, time < 0 ? c.day + 1 : c.day);
    if (!days || lowest(days) != c.day)
        time = first_time(cron, 0, 0);
    for (; !days && c.year <= 9999; days = days_in(cron, c.year, c.month))
        if (++c.month > 12) {
            c.month = 1;
            c.year++;
        }
    if (!days)
        return CIVIL_MAX;
    return civil_days(c.year, c.month, lowest(days)) * CIVIL_DAY + time;
}

/* The last local time at or before one that the schedule names. */
static int64_t local_until(const struct cron *cron, int64_t local)
{
    struct civil c = civil_of(local);
    int time = last_time(cron, c.hour, c.minute);
    uint64_t days = until(days_in(cron, c.year, c.month), time < 0 ? c.day - 1 : c.day);

    if (!days || highest(days) != c.day)
        time = last_time(cron, 23, 59);
    for (; !days && c.year >= 0; days = days_in(cron, c.year, c.month))
        if (--c.month < 1) {
            c.month = 12;
            c.year--;
        }
    if (!days)
        return CIVIL_MIN;
    return civil_days(c.year, c.month, highest(days)) * CIVIL_DAY + time;
}

/* Starts at fixed hours: each named local time has one instant, and these keep the order. */
static int next_fixed(const struct cron *cron, const struct zone *zone, int64_t after,
                      struct cron_start *start)
{
    int64_t local = after + zone_offset(zone, after, NULL), at[2];

    do {
        local = local_from(cron, local + 1);
        if (local > LATEST)
            return -1;
        zone_instants(zone, local, at);
    } while (at[0] <= after);
    *start = (struct cron_start){at[0], local};
    return 0;
}

/* In a repeated hour the later times of its first run are before now, though clocks show less. */
static int prev_fixed(const struct cron *cron, const struct zone *zone, int64_t at,
                      struct cron_start *start)
{
    int64_t local, before, instants[2];
    struct tz_span span;

    zone_span(zone, at, &span);
    local = at + span.type->offset;
    if (span.from > EARLIEST) {
        before = span.from - 1 + zone_offset(zone, span.from - 1, NULL);
        local = before > local ? before : local;
    }
    local = local_until(cron, local);
    if (local < EARLIEST)
        return -1;
    zone_instants(zone, local, instants);
    *start = (struct cron_start){instants[0], local};
    return 0;
}

/* Starts that follow elapsed time: every instant at which clocks show a named time. */
static int next_elapsed(const struct cron *cron, const struct zone *zone, int64_t after,
                        struct cron_start *start)
{
    struct tz_span span;

    for (int64_t t = after + 1; t < LATEST; t = span.to) {
        zone_span(zone, t, &span);
        start->local = local_from(cron, t + span.type->offset);
        start->at = start->local - span.type->offset;
        if (start->at < span.to && start->at < LATEST)
            return 0;
    }
    return -1;
}

static int prev_elapsed(const struct cron *cron, const struct zone *zone, int64_t at,
                        struct cron_start *start)
{
    struct tz_span span;

    for (int64_t t = at; t > EARLIEST; t = span.from - 1) {
        zone_span(zone, t, &span);
        start->local = local_until(cron, t + span.type->offset);
        start->at = start->local - span.type->offset;
        if (start->at >= span.from && start->at > EARLIEST)
            return 0;
    }
    return -1;
}

static bool in_reach(int64_t t)
{
    return t > EARLIEST && t < LATEST;
}

int cron_next(const struct cron *cron, const struct zone *zone, int64_t after,
              struct cron_start *start)
{
    if (!in_reach(after))
        return -1;
    return cron->elapsed ? next_elapsed(cron, zone, after, start)
                         : next_fixed(cron, zone, after, start);
}

int cron_prev(const struct cron *cron, const struct zone *zone, int64_t at,
              struct cron_start *start)
{
    if (!in_reach(at))
        return -1;
    return cron->elapsed ? prev_elapsed(cron, zone, at, start) : prev_fixed(cron, zone, at, start);
}
