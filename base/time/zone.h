#ifndef TG_BASE_TIME_ZONE_H
#define TG_BASE_TIME_ZONE_H

#include "base/time/civil.h"
#include "base/view.h"

#include <stdint.h>

struct arena;
struct parse_error;
struct tz_span;

#define ZONE_FOLDER "/usr/share/zoneinfo"

/* An IANA time zone. Never changes once loaded; any number of threads may share it. "Local seconds"
 * are what its clocks and calendars show, counted as base/time/civil.h does. Instants lie in the
 * years 0 to 9999. */
struct zone;

/* The zones that one rule set uses, each file read once. One thread at a time while it is filled.
 */
struct zone_set {
    const char *folder;
    struct arena *arena;
    struct zone *first;
};

/* An empty set of zones from folder (as tzdata lays it out; NULL is ZONE_FOLDER), which live as
 * long as arena. Reads nothing yet; folder is kept. */
void zone_set_init(struct zone_set *set, const char *folder, struct arena *arena);

/* The zone of that name ("Europe/Paris"; "UTC" needs no file). Returns NULL with the error filled
 * in when there is no such zone, with the nearest name as its hint, or when the file cannot be
 * used. */
const struct zone *zone_get(struct zone_set *set, struct view name,
                            struct parse_error *parse_error);

struct view zone_name(const struct zone *zone);

/* The stretch of time around an instant in which the zone's clocks are not moved. */
void zone_span(const struct zone *zone, int64_t at, struct tz_span *span);

/* Seconds east of UTC at an instant, and what people call that time ("CET"), which lives as long as
 * the zone; abbreviation may be NULL. */
int32_t zone_offset(const struct zone *zone, int64_t at, const char **abbreviation);

/* What the zone's clocks and calendars show at an instant. */
struct civil zone_civil(const struct zone *zone, int64_t at);

/* The instants at which the zone's clocks show `local` seconds: usually 1; 2, the earlier first,
 * when they are set back over it; 0 when they are set forward over it, and then at[0] is the first
 * instant after that. Returns the count. */
int zone_instants(const struct zone *zone, int64_t local, int64_t at[static 2]);

#endif
