#ifndef TG_TESTS_UNIT_BASE_TIME_ZONES_FIXTURE_H
#define TG_TESTS_UNIT_BASE_TIME_ZONES_FIXTURE_H

#include "base/arena.h"
#include "base/parse_error.h"
#include "base/time/zone.h"
#include "cmocka_all.h"

/* Setup and teardown of a group: its state is the time zones of this machine. */
static int zones_make(void **state)
{
    static struct arena arena;
    static struct zone_set zones;

    arena_init(&arena, 1 << 20);
    zone_set_init(&zones, NULL, &arena);
    *state = &zones;
    return 0;
}

static int zones_drop(void **state)
{
    struct zone_set *zones = *state;

    arena_release(zones->arena);
    return 0;
}

static const struct zone *zones_get(void **state, const char *name)
{
    struct parse_error parse_error = {0};
    const struct zone *zone = zone_get(*state, view_of(name), &parse_error);

    if (!zone)
        fail_msg("%s: %s", name, parse_error.why);
    return zone;
}

#endif
