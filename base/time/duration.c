#include "base/time/duration.h"

#include "base/parse_error.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, YEAR = 365 * DAY };
#define NANOSECONDS INT64_C(1000000000)

static const struct unit {
    const char *name;
    int64_t ns;
} units[] = {
    {"h", HOUR *NANOSECONDS},
    {"m", MINUTE *NANOSECONDS},
    {"s", NANOSECONDS},
    {"ms", 1000000},
    {"us", 1000},
    {"\xc2\xb5s", 1000},
    {"\xce\xbcs", 1000},
    {"ns", 1},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int too_long(size_t at, struct parse_error *parse_error)
{
    return parse_error_set(parse_error, at, "it is longer than 292 years");
}

/* What a person who wrote days, weeks or nothing behind a number meant. */
static int unknown_unit(struct view text, size_t at, struct view name, int64_t whole,
                        struct parse_error *parse_error)
{
    int64_t hours = view_eq_str(name, "d") ? 24 : view_eq_str(name, "w") ? 168 : 0;

    if (name.n == 0)
        parse_error_set(parse_error, at, "no unit after \"%.*s\"", VIEW_ARGS(view_first(text, at)));
    else
        parse_error_set(parse_error, at, "\"%.*s\" is not a unit", VIEW_ARGS(view_first(name, 32)));
    if (hours > 0 && whole > 0 && whole < 100000)
        return parse_error_hint(parse_error, "write \"%" PRId64 "h\"", whole * hours);
    return parse_error_hint(parse_error, "units are h, m, s, ms: \"10h\", \"1h30m\"");
}

static const struct unit *find_unit(struct view name)
{
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (view_eq_str(name, units[i].name))
            return &units[i];
    return NULL;
}

/* The digits behind the point as nanoseconds of the unit; what is below one is cut, as Go does. */
static int64_t fraction_of(struct view digits, int64_t unit)
{
    int64_t ns = 0;

    for (size_t i = 0; i < digits.n && unit >= 10; i++) {
        unit /= 10;
        ns += (digits.p[i] - '0') * unit;
    }
    return ns;
}

static struct view take_digits(struct view text, size_t *at)
{
    size_t start = *at;

    while (*at < text.n && is_digit(text.p[*at]))
        ++*at;
    return (struct view){text.p + start, *at - start};
}

static int whole_number(struct view digits, int64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < digits.n; i++)
        if (__builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, digits.p[i] - '0', value))
            return -1;
    return 0;
}

/* One number and its unit from *at on, added to *total. */
static int parse_part(struct view text, size_t *at, int64_t *total, struct parse_error *parse_error)
{
    size_t start = *at, unit_at;
    struct view whole = take_digits(text, at), fraction = {NULL, 0}, name;
    const struct unit *unit;
    int64_t value, ns;

    if (*at < text.n && text.p[*at] == '.') {
        ++*at;
        fraction = take_digits(text, at);
    }
    if (whole.n + fraction.n == 0)
        return parse_error_set(parse_error, start, "a number is missing before \"%.*s\"",
                               VIEW_ARGS(view_first(view_from(text, start), 32)));
    if (whole_number(whole, &value) < 0)
        return too_long(start, parse_error);
    unit_at = *at;
    while (*at < text.n && text.p[*at] != '.' && !is_digit(text.p[*at]))
        ++*at;
    name = (struct view){text.p + unit_at, *at - unit_at};
    unit = find_unit(name);
    if (!unit)
        return unknown_unit(text, unit_at, name, value, parse_error);
    if (__builtin_mul_overflow(value, unit->ns, &ns) ||
        __builtin_add_overflow(ns, fraction_of(fraction, unit->ns), &ns) ||
        __builtin_add_overflow(*total, ns, total))
        return too_long(start, parse_error);
    return 0;
}

static int out_of_range(int64_t min, int64_t max, struct parse_error *parse_error)
{
    char low[DURATION_ROOM], high[DURATION_ROOM];

    return parse_error_set(parse_error, 0, "it is not between %s and %s", duration_go(min, low),
                           duration_go(max, high));
}

int duration_parse(struct view text, int64_t min, int64_t max, int64_t *seconds,
                   struct parse_error *parse_error)
{
    int64_t total = 0;
    size_t at = 0;

    if (text.n == 0) {
        parse_error_set(parse_error, 0, "it is empty");
        return parse_error_hint(parse_error, "write one like \"10h\" or \"1h30m\"");
    }
    if (text.p[0] == '-' || text.p[0] == '+')
        return parse_error_set(parse_error, 0, "it has a sign");
    if (!view_eq_str(text, "0"))
        while (at < text.n)
            if (parse_part(text, &at, &total, parse_error) < 0)
                return -1;
    if (total % NANOSECONDS != 0)
        return parse_error_set(parse_error, 0, "it is not whole seconds");
    if (total / NANOSECONDS < min || total / NANOSECONDS > max)
        return out_of_range(min, max, parse_error);
    *seconds = total / NANOSECONDS;
    return 0;
}

static const char *two_units(int64_t big, const char *big_name, int64_t small,
                             const char *small_name, char out[static DURATION_ROOM])
{
    if (small == 0)
        snprintf(out, DURATION_ROOM, "%" PRId64 " %s", big, big_name);
    else
        snprintf(out, DURATION_ROOM, "%" PRId64 " %s %" PRId64 " %s", big, big_name, small,
                 small_name);
    return out;
}

const char *duration_text(int64_t seconds, char out[static DURATION_ROOM])
{
    int64_t minutes = seconds / MINUTE + (seconds % MINUTE > 0);
    int64_t hours = seconds / HOUR + (seconds % HOUR > 0);

    if (seconds < MINUTE)
        return two_units(seconds, "s", 0, "", out);
    if (minutes < 60)
        return two_units(minutes, "min", 0, "", out);
    if (minutes < 48 * 60)
        return two_units(minutes / 60, "h", minutes % 60, "min", out);
    return two_units(hours / 24, "d", hours % 24, "h", out);
}

const char *duration_age(int64_t seconds, char out[static DURATION_ROOM])
{
    /* Below `until`, in units of `big`, and with `small` of them beside it where that is not 0. */
    static const struct {
        int64_t until, big, small;
        char big_name, small_name;
    } rows[] = {
        {2 * MINUTE, 1, 0, 's', 0},    {10 * MINUTE, MINUTE, 1, 'm', 's'},
        {3 * HOUR, MINUTE, 0, 'm', 0}, {8 * HOUR, HOUR, MINUTE, 'h', 'm'},
        {2 * DAY, HOUR, 0, 'h', 0},    {8 * DAY, DAY, HOUR, 'd', 'h'},
        {2 * YEAR, DAY, 0, 'd', 0},    {8 * YEAR, YEAR, DAY, 'y', 'd'},
        {INT64_MAX, YEAR, 0, 'y', 0},
    };
    int64_t age = seconds < 0 ? 0 : seconds, rest;
    int i = 0, n;

    while (age >= rows[i].until)
        i++;
    n = snprintf(out, DURATION_ROOM, "%" PRId64 "%c", age / rows[i].big, rows[i].big_name);
    rest = rows[i].small > 0 ? age % rows[i].big / rows[i].small : 0;
    if (rest > 0)
        snprintf(out + n, DURATION_ROOM - (size_t)n, "%" PRId64 "%c", rest, rows[i].small_name);
    return out;
}

const char *duration_go(int64_t seconds, char out[static DURATION_ROOM])
{
    int64_t h = seconds / HOUR, m = seconds % HOUR / MINUTE, s = seconds % MINUTE;
    int n = 0;

    if (h > 0)
        n += snprintf(out, DURATION_ROOM, "%" PRId64 "h", h);
    if (m > 0)
        n += snprintf(out + n, DURATION_ROOM - (size_t)n, "%" PRId64 "m", m);
    if (s > 0 || n == 0)
        snprintf(out + n, DURATION_ROOM - (size_t)n, "%" PRId64 "s", s);
    return out;
}
