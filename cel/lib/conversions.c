#include "base/arena.h"
#include "base/text/utf8.h"
#include "cel/instant.h"
#include "cel/lib/libraries.h"
#include "cel/number.h"

#include <math.h>

/* Conversions between types. */

static const struct view nothing = {NULL, 0};

static struct cel_value self(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return *args;
}

static struct cel_value cannot(struct cel_run *run, const struct cel_value *args, const char *to)
{
    return cel_failf(run, "type conversion error from '%s' to '%s'", cel_type_of(*args)->name, to);
}

static struct cel_value text_value(struct cel_run *run, struct view text)
{
    struct view copy = arena_copy(run->arena, text);

    return copy.p ? cel_string(copy) : cel_no_memory(run);
}

/* --- bool, bytes, type ------------------------------------------------------------------------ */

static struct cel_value text_to_bool(struct cel_run *run, const struct cel_value *args)
{
    static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True"};
    static const char *const no[] = {"0", "f", "F", "false", "FALSE", "False"};

    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        if (view_eq_str(cel_text(*args), yes[i]) || view_eq_str(cel_text(*args), no[i]))
            return cel_bool(view_eq_str(cel_text(*args), yes[i]));
    return cannot(run, args, "bool");
}

static struct cel_value text_to_bytes(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_bytes(cel_text(*args));
}

static struct cel_value to_type(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_of_type(cel_type_of(*args));
}

/* --- double ----------------------------------------------------------------------------------- */

static struct cel_value int_to_double(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_double((double)args->i);
}

static struct cel_value uint_to_double(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_double((double)args->u);
}

static struct cel_value text_to_double(struct cel_run *run, const struct cel_value *args)
{
    double d;

    return cel_double_parse(cel_text(*args), &d) ? cel_double(d) : cannot(run, args, "double");
}

/* --- int, uint -------------------------------------------------------------------------------- */

/* Both ends of the range are out of it, as in cel-go. */
static struct cel_value double_to_int(struct cel_run *run, const struct cel_value *args)
{
    if (args->d > -0x1p63 && args->d < 0x1p63)
        return cel_int((int64_t)args->d);
    return cel_fail(run, "integer overflow", nothing);
}

static struct cel_value duration_to_int(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_int(args->i);
}

static struct cel_value text_to_int(struct cel_run *run, const struct cel_value *args)
{
    int64_t i;

    return cel_int_parse(cel_text(*args), &i) ? cel_int(i) : cannot(run, args, "int");
}

static struct cel_value uint_to_int(struct cel_run *run, const struct cel_value *args)
{
    return args->u <= INT64_MAX ? cel_int(args->i) : cel_fail(run, "integer overflow", nothing);
}

static struct cel_value double_to_uint(struct cel_run *run, const struct cel_value *args)
{
    if (args->d >= 0 && args->d < 0x1p64)
        return cel_uint((uint64_t)args->d);
    return cel_fail(run, "unsigned integer overflow", nothing);
}

static struct cel_value int_to_uint(struct cel_run *run, const struct cel_value *args)
{
    return args->i >= 0 ? cel_uint(args->u) : cel_fail(run, "unsigned integer overflow", nothing);
}

static struct cel_value text_to_uint(struct cel_run *run, const struct cel_value *args)
{
    uint64_t u;

    return cel_uint_parse(cel_text(*args), &u) ? cel_uint(u) : cannot(run, args, "uint");
}

/* --- string ----------------------------------------------------------------------------------- */

static struct cel_value bool_to_text(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_string(args->truth ? VIEW("true") : VIEW("false"));
}

static struct cel_value bytes_to_text(struct cel_run *run, const struct cel_value *args)
{
    if (!utf8_valid(cel_text(*args)))
        return cel_fail(run, "invalid UTF-8 in bytes, cannot convert to string", nothing);
    return cel_string(cel_text(*args));
}

static struct cel_value double_to_text(struct cel_run *run, const struct cel_value *args)
{
    char room[CEL_NUMBER_ROOM];

    return text_value(run, cel_double_text(args->d, room));
}

static struct cel_value duration_to_text(struct cel_run *run, const struct cel_value *args)
{
    char room[CEL_INSTANT_ROOM];

    return text_value(run, cel_duration_text(*args, room));
}

static struct cel_value int_to_text(struct cel_run *run, const struct cel_value *args)
{
    struct view text = arena_printf(run->arena, "%lld", (long long)args->i);

    return text.p ? cel_string(text) : cel_no_memory(run);
}

static struct cel_value timestamp_to_text(struct cel_run *run, const struct cel_value *args)
{
    char room[CEL_INSTANT_ROOM];

    return text_value(run, cel_timestamp_text(*args, room));
}

static struct cel_value uint_to_text(struct cel_run *run, const struct cel_value *args)
{
    struct view text = arena_printf(run->arena, "%llu", (unsigned long long)args->u);

    return text.p ? cel_string(text) : cel_no_memory(run);
}

/* --- duration, timestamp ---------------------------------------------------------------------- */

/* The checker takes an int, which no conversion does. */
static struct cel_value int_to_duration(struct cel_run *run, const struct cel_value *args)
{
    return cannot(run, args, "google.protobuf.Duration");
}

static struct cel_value text_to_duration(struct cel_run *run, const struct cel_value *args)
{
    struct cel_value duration;

    if (!cel_duration_parse(cel_text(*args), &duration))
        return cannot(run, args, "google.protobuf.Duration");
    return duration;
}

static bool in_range(struct cel_value timestamp)
{
    return timestamp.i >= CEL_TIMESTAMP_MIN && timestamp.i <= CEL_TIMESTAMP_MAX;
}

static struct cel_value int_to_timestamp(struct cel_run *run, const struct cel_value *args)
{
    struct cel_value timestamp = cel_timestamp(args->i, 0);

    return in_range(timestamp) ? timestamp : cel_fail(run, "timestamp overflow", nothing);
}

static struct cel_value text_to_timestamp(struct cel_run *run, const struct cel_value *args)
{
    struct cel_value timestamp;

    if (!cel_timestamp_parse(cel_text(*args), &timestamp))
        return cannot(run, args, "google.protobuf.Timestamp");
    return in_range(timestamp) ? timestamp : cel_fail(run, "timestamp overflow", nothing);
}

/* --- rows ------------------------------------------------------------------------------------- */

static const struct cel_function rows[] = {
    {.signature = "type(A) -> type(A)", .call = to_type},
    {.signature = "dyn(A) -> dyn", .call = self},
    {.signature = "bool(bool) -> bool", .call = self},
    {.signature = "bool(string) -> bool", .call = text_to_bool},
    {.signature = "bytes(bytes) -> bytes", .call = self},
    {.signature = "bytes(string) -> bytes", .call = text_to_bytes, .cost = cel_cost_text},
    {.signature = "double(double) -> double", .call = self},
    {.signature = "double(int) -> double", .call = int_to_double},
    {.signature = "double(string) -> double", .call = text_to_double},
    {.signature = "double(uint) -> double", .call = uint_to_double},
    {.signature = "duration(duration) -> duration", .call = self},
    {.signature = "duration(int) -> duration", .call = int_to_duration},
    {.signature = "duration(string) -> duration", .call = text_to_duration},
    {.signature = "int(int) -> int", .call = self},
    {.signature = "int(double) -> int", .call = double_to_int},
    {.signature = "int(duration) -> int", .call = duration_to_int},
    {.signature = "int(string) -> int", .call = text_to_int},
    {.signature = "int(timestamp) -> int", .call = duration_to_int},
    {.signature = "int(uint) -> int", .call = uint_to_int},
    {.signature = "string(string) -> string", .call = self},
    {.signature = "string(bool) -> string", .call = bool_to_text},
    {.signature = "string(bytes) -> string", .call = bytes_to_text, .cost = cel_cost_text},
    {.signature = "string(double) -> string", .call = double_to_text},
    {.signature = "string(duration) -> string", .call = duration_to_text},
    {.signature = "string(int) -> string", .call = int_to_text},
    {.signature = "string(timestamp) -> string", .call = timestamp_to_text},
    {.signature = "string(uint) -> string", .call = uint_to_text},
    {.signature = "timestamp(timestamp) -> timestamp", .call = self},
    {.signature = "timestamp(int) -> timestamp", .call = int_to_timestamp},
    {.signature = "timestamp(string) -> timestamp", .call = text_to_timestamp},
    {.signature = "uint(uint) -> uint", .call = self},
    {.signature = "uint(double) -> uint", .call = double_to_uint},
    {.signature = "uint(int) -> uint", .call = int_to_uint},
    {.signature = "uint(string) -> uint", .call = text_to_uint},
};

const struct cel_library cel_lib_conversions = {"conversions", rows, sizeof(rows) / sizeof(rows[0]),
                                                NULL};
