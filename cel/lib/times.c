#include "base/arena.h"
#include "base/parse_error.h"
#include "base/time/civil.h"
#include "base/time/zone.h"
#include "cel/lib/libraries.h"
#include "cel/number.h"

/* Parts of timestamps and durations. */

enum { MINUTE = 60, HOUR = 3600, SECOND = 1000000000, MILLISECOND = 1000000 };

/* --- time zones ------------------------------------------------------------------------------- */

/* A zone that a constant names: an IANA zone, or minutes east of UTC. */
struct place_in_time {
    const struct zone *zone; /* NULL: UTC, and offset */
    int64_t offset;          /* seconds */
};

/* "+02:00", "-08:30"; false when the text is none. */
static bool read_offset(struct view text, int64_t *offset)
{
    struct view hour, minute;
    int64_t h, m;

    if (!view_cut(text, ':', &hour, &minute) || !cel_int_parse(hour, &h) ||
        !cel_int_parse(minute, &m) || h > 10000 || h < -10000 || m > 10000 || m < -10000)
        return false;
    *offset = (h * 60 + (text.p[0] == '-' ? -m : m)) * MINUTE;
    return true;
}

/* Fills in what a text says; false with the reason. */
static bool read_zone(struct view text, struct arena *arena, struct place_in_time *place,
                      struct view *why)
{
    struct zone_set set;
    struct parse_error error;

    *place = (struct place_in_time){NULL, 0};
    if (view_find(text, ':') >= 0) {
        if (read_offset(text, &place->offset))
            return true;
        *why = arena_printf(arena, "\"%.*s\" is not an offset from UTC, such as \"+02:00\"",
                            VIEW_ARGS(text));
        return false;
    }
    if (text.n == 0 || view_eq(text, VIEW("UTC")))
        return true;
    zone_set_init(&set, NULL, arena);
    place->zone = zone_get(&set, text, &error);
    if (!place->zone)
        *why = arena_printf(arena, "unknown time zone %.*s", VIEW_ARGS(text));
    return place->zone != NULL;
}

static const void *prepare_zone(const struct cel_value *const *args, struct arena *arena,
                                struct view *why)
{
    struct place_in_time *place;

    if (!args[1] || args[1]->kind != CEL_STRING)
        return NULL;
    place = arena_alloc(arena, sizeof(*place));
    if (!place)
        return NULL;
    /* A zone that is none is an error of the evaluation, as in cel-go. */
    if (read_zone(cel_text(*args[1]), arena, place, why))
        return place;
    *why = (struct view){NULL, 0};
    return NULL;
}

/* --- timestamps ------------------------------------------------------------------------------- */

/* What the clocks and calendars show at the timestamp, in UTC or in the zone of a second argument.
 */
static bool civil_at(struct cel_run *run, const struct cel_value *args, bool zoned,
                     struct civil *out, struct cel_value *error)
{
    const struct place_in_time *place = run->prepared;
    struct place_in_time own = {NULL, 0};
    struct view why = {NULL, 0};

    if (zoned && !place) {
        if (!cel_step(run, 1) || !read_zone(cel_text(args[1]), run->arena, &own, &why)) {
            *error = why.p ? cel_fail(run, "", why) : cel_no_memory(run);
            return false;
        }
        place = &own;
    }
    if (zoned && place->zone)
        *out = zone_civil(place->zone, args[0].i);
    else
        *out = civil_of(args[0].i + (zoned ? place->offset : 0));
    return true;
}

static int64_t days_of(const struct civil *c)
{
    return civil_days(c->year, c->month, c->day);
}

enum part { YEAR, MONTH, DAY_OF_YEAR, DAY_OF_MONTH, DATE, DAY_OF_WEEK, HOURS, MINUTES, SECONDS };

static struct cel_value part_of(struct cel_run *run, const struct cel_value *args, bool zoned,
                                enum part part)
{
    struct cel_value error;
    struct civil c;

    if (!civil_at(run, args, zoned, &c, &error))
        return error;
    switch (part) {
    case YEAR: return cel_int(c.year);
    case MONTH: return cel_int(c.month - 1);
    case DAY_OF_YEAR: return cel_int(days_of(&c) - civil_days(c.year, 1, 1));
    case DAY_OF_MONTH: return cel_int(c.day - 1);
    case DATE: return cel_int(c.day);
    case DAY_OF_WEEK: return cel_int(civil_weekday(days_of(&c)));
    case HOURS: return cel_int(c.hour);
    case MINUTES: return cel_int(c.minute);
    case SECONDS: return cel_int(c.second);
    }
    return cel_null();
}

/* Two calls for a part: in UTC, and in the zone of the second argument. */
#define PART(name, part)                                                                           \
    static struct cel_value name(struct cel_run *run, const struct cel_value *args)                \
    {                                                                                              \
        return part_of(run, args, false, part);                                                    \
    }                                                                                              \
    static struct cel_value name##_in(struct cel_run *run, const struct cel_value *args)           \
    {                                                                                              \
        return part_of(run, args, true, part);                                                     \
    }

PART(call_year, YEAR)
PART(call_month, MONTH)
PART(call_day_of_year, DAY_OF_YEAR)
PART(call_day_of_month, DAY_OF_MONTH)
PART(call_date, DATE)
PART(call_day_of_week, DAY_OF_WEEK)
PART(call_hours, HOURS)
PART(call_minutes, MINUTES)
PART(call_seconds, SECONDS)

/* No zone moves the part of a second; but it has to be one. */
static struct cel_value call_milliseconds(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_int(args->n / MILLISECOND);
}

static struct cel_value call_milliseconds_in(struct cel_run *run, const struct cel_value *args)
{
    struct cel_value error;
    struct civil c;

    return civil_at(run, args, true, &c, &error) ? cel_int(args->n / MILLISECOND) : error;
}

/* --- durations -------------------------------------------------------------------------------- */

static struct cel_value duration_hours(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_int(args->i / SECOND / HOUR);
}

static struct cel_value duration_minutes(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_int(args->i / SECOND / MINUTE);
}

static struct cel_value duration_seconds(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_int(args->i / SECOND);
}

static struct cel_value duration_milliseconds(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_int(args->i / MILLISECOND);
}

/* --- rows ------------------------------------------------------------------------------------- */

#define TIMESTAMP(name, call_)                                                                     \
    {.signature = "(timestamp)." name "() -> int", .call = call_},                                 \
    {                                                                                              \
        .signature = "(timestamp)." name "(string) -> int", .call = call_##_in,                    \
        .prepare = prepare_zone                                                                    \
    }

static const struct cel_function rows[] = {
    TIMESTAMP("getFullYear", call_year),
    TIMESTAMP("getMonth", call_month),
    TIMESTAMP("getDayOfYear", call_day_of_year),
    TIMESTAMP("getDayOfMonth", call_day_of_month),
    TIMESTAMP("getDate", call_date),
    TIMESTAMP("getDayOfWeek", call_day_of_week),
    TIMESTAMP("getHours", call_hours),
    {.signature = "(duration).getHours() -> int", .call = duration_hours},
    TIMESTAMP("getMinutes", call_minutes),
    {.signature = "(duration).getMinutes() -> int", .call = duration_minutes},
    TIMESTAMP("getSeconds", call_seconds),
    {.signature = "(duration).getSeconds() -> int", .call = duration_seconds},
    TIMESTAMP("getMilliseconds", call_milliseconds),
    {.signature = "(duration).getMilliseconds() -> int", .call = duration_milliseconds},
};

const struct cel_library cel_lib_times = {"times", rows, sizeof(rows) / sizeof(rows[0]), NULL};
