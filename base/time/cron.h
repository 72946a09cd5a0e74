#ifndef TG_BASE_TIME_CRON_H
#define TG_BASE_TIME_CRON_H

#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

struct parse_error;
struct zone;

/* A compiled schedule: bit n of a set is the value n. */
struct cron {
    uint64_t minutes;
    uint32_t hours;
    uint32_t days; /* of the month, from 1 */
    uint16_t months;
    uint8_t weekdays; /* 0 is Sunday */
    bool last_day;    /* "L": the last day of the month too */
    bool any_day;     /* the day of month is a star */
    bool any_weekday; /* the day of week is one; without any star either of the two will do */
    bool elapsed;     /* the hour is a star or a step of one */
};

/* A start: the instant, and the local seconds that the schedule names, which clocks do not show
 * when daylight saving skips them. */
struct cron_start {
    int64_t at;
    int64_t local;
};

/* Reads the whole of text: minute, hour, day of month, month, day of week, as crontab(5) and Argo
 * CD have them: lists, ranges, steps, names of months and weekdays, "?" for "*", 0 and 7 for
 * Sunday, "L" for the last day of the month. When both days are restricted either will do; a step
 * of a star above 1 restricts. Returns -1 with *flaw filled on anything else, and on a schedule
 * that never comes ("0 0 30 2 *"). Any thread. */
int cron_parse(struct view text, struct cron *cron, struct parse_error *parse_error);

/* The first start after an instant, and the last at or before it, in a zone's local time. A start
 * that the zone skips comes at the first instant after the gap, one that it repeats comes the first
 * time; but when the hour is a star or a step of one, starts follow elapsed time: none in a gap,
 * and in both of the repeated hours. Returns -1 when there is none in the years 1 to 9998. Any
 * thread. */
int cron_next(const struct cron *cron, const struct zone *zone, int64_t after,
              struct cron_start *start);
int cron_prev(const struct cron *cron, const struct zone *zone, int64_t at,
              struct cron_start *start);

#endif
