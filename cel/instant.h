#ifndef TG_CEL_INSTANT_H
#define TG_CEL_INSTANT_H

#include "cel/value.h"

/* Timestamps and durations as Go reads and writes them. Pure; any thread. */

enum { CEL_INSTANT_ROOM = 64 };

/* The seconds of the years 1 to 9999, which are all that there are. */
#define CEL_TIMESTAMP_MIN INT64_C(-62135596800)
#define CEL_TIMESTAMP_MAX INT64_C(253402300799)

/* time.Parse(time.RFC3339, text): false when text is none. The year may be 0. */
bool cel_timestamp_parse(struct view text, struct cel_value *out);

/* "2006-01-02T15:04:05.999999999Z07:00", in the zone in which it was written. */
struct view cel_timestamp_text(struct cel_value timestamp, char out[static CEL_INSTANT_ROOM]);

/* time.ParseDuration(text): "1h30m", "-1.5s". */
bool cel_duration_parse(struct view text, struct cel_value *out);

/* In seconds: "5400s", "0.5s". */
struct view cel_duration_text(struct cel_value duration, char out[static CEL_INSTANT_ROOM]);

#endif
