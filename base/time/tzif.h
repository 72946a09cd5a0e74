#ifndef TG_BASE_TIME_TZIF_H
#define TG_BASE_TIME_TZIF_H

#include "base/time/tzrule.h"
#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* A compiled time zone file (RFC 9636). */
struct tzif {
    size_t count;        /* changes */
    const int64_t *at;   /* when each is, ascending */
    const uint8_t *type; /* into types: what holds from then on */
    size_t type_count;   /* at least 1; types[0] holds before the first change */
    const struct tz_type *types;
    bool has_rule; /* else the last type holds for ever */
    struct tzrule rule;
};

/* Reads a whole file of version 1 to 4. On success *tz points into arena only. Returns NULL, or
 * what is wrong with the file, *tz then undefined: a phrase like "is cut short". Files that count
 * leap seconds are refused, since Unix time does not. */
const char *tzif_parse(struct view bytes, struct arena *arena, struct tzif *tz);

/* The stretch around t, which lies in the years 0 to 9999; span->type points into tz. Any thread.
 */
void tzif_span(const struct tzif *tz, int64_t t, struct tz_span *span);

#endif
