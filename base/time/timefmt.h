#ifndef TG_BASE_TIME_TIMEFMT_H
#define TG_BASE_TIME_TIMEFMT_H

#include "base/view.h"

#include <stdint.h>

struct zone;

enum { TIMEFMT_ROOM = 48 };

/* Reads the whole of text as an RFC 3339 timestamp with seconds, an optional fraction (dropped) and
 * "Z" or an offset, as Kubernetes reads its own (no lower case, no leap second). Returns -1,
 * *seconds untouched, on anything else. Any thread. */
int timefmt_parse(struct view text, int64_t *seconds);

/* Reads the whole of text as a date, "2026-12-24", into days since 1970-01-01. Returns -1 on
 * anything else and on days that do not exist. Any thread. */
int timefmt_parse_date(struct view text, int64_t *days);

/* Reads the whole of text as a time of day, "18:00", up to "24:00", into seconds. Returns -1 on
 * anything else. Any thread. */
int timefmt_parse_clock(struct view text, int64_t *seconds);

/* An instant between the years 0 and 9999 as "2026-11-24T18:00:00+01:00" in zone, or with "Z" when
 * zone is NULL. Writes into out and returns it. */
const char *timefmt_rfc3339(int64_t at, const struct zone *zone, char out[static TIMEFMT_ROOM]);

/* For people: "Tue 24 Nov 18:00 CET", in UTC when zone is NULL; the year is there when it is not
 * that of now. Writes into out and returns it. */
const char *timefmt_text(int64_t at, int64_t now, const struct zone *zone,
                         char out[static TIMEFMT_ROOM]);

#endif
