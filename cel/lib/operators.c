#include "cel/equal.h"
#include "cel/instant.h"
#include "cel/lib/libraries.h"

#include "base/arena.h"

/* The operators of https://github.com/google/cel-spec/blob/master/doc/langdef.md. Each answers for
 * all kinds by itself: what the checker chose by types that it does not know may be another. */

static const struct view nothing = {NULL, 0};

static struct cel_value overflow(struct cel_run *run, struct cel_value of)
{
    if (of.kind == CEL_UINT)
        return cel_fail(run, "unsigned integer overflow", nothing);
    if (of.kind == CEL_TIMESTAMP)
        return cel_fail(run, "timestamp overflow", nothing);
    return cel_fail(run, "integer overflow", nothing);
}

/* --- logic ------------------------------------------------------------------------------------ */

static struct cel_value call_not(struct cel_run *run, const struct cel_value *args)
{
    return args->kind == CEL_BOOL ? cel_bool(!args->truth) : cel_no_overload(run);
}

static struct cel_value call_negate(struct cel_run *run, const struct cel_value *args)
{
    if (args->kind == CEL_DOUBLE)
        return cel_double(-args->d);
    if (args->kind != CEL_INT && args->kind != CEL_DURATION)
        return cel_no_overload(run);
    if (args->i == INT64_MIN)
        return overflow(run, *args);
    return args->kind == CEL_INT ? cel_int(-args->i) : cel_duration(-args->i);
}

/* --- + ---------------------------------------------------------------------------------------- */

static struct cel_value add_texts(struct cel_run *run, struct cel_value a, struct cel_value b)
{
    size_t n = (size_t)a.n + b.n;
    char *text;

    if (a.n == 0 || b.n == 0)
        return a.n == 0 ? b : a;
    text = n <= UINT32_MAX ? arena_grow(run->arena, NULL, 0, n) : NULL;
    if (!text || !cel_step(run, n / 64))
        return cel_no_memory(run);
    memcpy(text, a.text, a.n);
    memcpy(text + a.n, b.text, b.n);
    return a.kind == CEL_STRING ? cel_string((struct view){text, n})
                                : cel_bytes((struct view){text, n});
}

static struct cel_value add_lists(struct cel_run *run, struct cel_value a, struct cel_value b)
{
    struct cel_value sum = {.kind = CEL_LIST, .form = CEL_FORM_JOIN};
    struct cel_join *join;

    if (cel_count(a) == 0 || cel_count(b) == 0)
        return cel_count(a) == 0 ? b : a;
    join = arena_grow(run->arena, NULL, 0, sizeof(*join));
    if (!join)
        return cel_no_memory(run);
    *join = (struct cel_join){cel_count(a) + cel_count(b), a, b};
    sum.join = join;
    return sum;
}

/* A timestamp and seconds, and nanoseconds of either sign. */
static struct cel_value move(struct cel_run *run, struct cel_value timestamp, int64_t seconds,
                             int64_t nanoseconds)
{
    int64_t n = timestamp.n + nanoseconds;

    timestamp.i += seconds;
    if (n < 0 || n >= 1000000000) {
        timestamp.i += n < 0 ? -1 : 1;
        n += n < 0 ? 1000000000 : -1000000000;
    }
    timestamp.n = (uint32_t)n;
    if (timestamp.i < CEL_TIMESTAMP_MIN || timestamp.i > CEL_TIMESTAMP_MAX)
        return overflow(run, timestamp);
    return timestamp;
}

static struct cel_value add_same(struct cel_run *run, struct cel_value a, struct cel_value b)
{
    struct cel_value sum = a;

    switch ((enum cel_kind)a.kind) {
    case CEL_INT:
    case CEL_DURATION: return __builtin_add_overflow(a.i, b.i, &sum.i) ? overflow(run, a) : sum;
    case CEL_UINT: return __builtin_add_overflow(a.u, b.u, &sum.u) ? overflow(run, a) : sum;
    case CEL_DOUBLE: return cel_double(a.d + b.d);
    case CEL_STRING:
    case CEL_BYTES: return add_texts(run, a, b);
    case CEL_LIST: return add_lists(run, a, b);
    case CEL_ERROR:
    case CEL_NULL:
    case CEL_BOOL:
    case CEL_TIMESTAMP:
    case CEL_MAP:
    case CEL_TYPE:
    case CEL_OPTIONAL:
    case CEL_OBJECT: break;
    }
    return cel_no_overload(run);
}

static struct cel_value call_add(struct cel_run *run, const struct cel_value *args)
{
    struct cel_value a = args[0], b = args[1];

    if (a.kind == b.kind)
        return add_same(run, a, b);
    if (a.kind == CEL_DURATION && b.kind == CEL_TIMESTAMP)
        return move(run, b, a.i / 1000000000, a.i % 1000000000);
    if (a.kind == CEL_TIMESTAMP && b.kind == CEL_DURATION)
        return move(run, a, b.i / 1000000000, b.i % 1000000000);
    return cel_no_overload(run);
}

/* --- - ---------------------------------------------------------------------------------------- */

static struct cel_value time_between(struct cel_run *run, struct cel_value a, struct cel_value b)
{
    int64_t seconds = a.i - b.i, nanoseconds;

    if (__builtin_mul_overflow(seconds, INT64_C(1000000000), &nanoseconds) ||
        __builtin_add_overflow(nanoseconds, (int64_t)a.n - (int64_t)b.n, &nanoseconds))
        return cel_fail(run, "integer overflow", nothing);
    return cel_duration(nanoseconds);
}

static struct cel_value call_subtract(struct cel_run *run, const struct cel_value *args)
{
    struct cel_value a = args[0], b = args[1], rest = a;

    if (a.kind == CEL_TIMESTAMP && b.kind == CEL_DURATION)
        return move(run, a, -(b.i / 1000000000), -(b.i % 1000000000));
    if (a.kind != b.kind)
        return cel_no_overload(run);
    if (a.kind == CEL_INT || a.kind == CEL_DURATION)
        return __builtin_sub_overflow(a.i, b.i, &rest.i) ? overflow(run, a) : rest;
    if (a.kind == CEL_UINT)
        return __builtin_sub_overflow(a.u, b.u, &rest.u) ? overflow(run, a) : rest;
    if (a.kind == CEL_DOUBLE)
        return cel_double(a.d - b.d);
    return a.kind == CEL_TIMESTAMP ? time_between(run, a, b) : cel_no_overload(run);
}

/* --- * / % ------------------------------------------------------------------------------------ */

static struct cel_value call_multiply(struct cel_run *run, const struct cel_value *args)
{
    struct cel_value a = args[0], b = args[1], product = a;

    if (a.kind != b.kind)
        return cel_no_overload(run);
    if (a.kind == CEL_INT)
        return __builtin_mul_overflow(a.i, b.i, &product.i) ? overflow(run, a) : product;
    if (a.kind == CEL_UINT)
        return __builtin_mul_overflow(a.u, b.u, &product.u) ? overflow(run, a) : product;
    return a.kind == CEL_DOUBLE ? cel_double(a.d * b.d) : cel_no_overload(run);
}

static struct cel_value call_divide(struct cel_run *run, const struct cel_value *args)
{
    struct cel_value a = args[0], b = args[1];

    if (a.kind != b.kind || (a.kind != CEL_INT && a.kind != CEL_UINT && a.kind != CEL_DOUBLE))
        return cel_no_overload(run);
    if (a.kind == CEL_DOUBLE)
        return cel_double(a.d / b.d);
    if (b.u == 0)
        return cel_fail(run, "division by zero", nothing);
    if (a.kind == CEL_UINT)
        return cel_uint(a.u / b.u);
    return a.i == INT64_MIN && b.i == -1 ? overflow(run, a) : cel_int(a.i / b.i);
}

static struct cel_value call_modulo(struct cel_run *run, const struct cel_value *args)
{
    struct cel_value a = args[0], b = args[1];

    if (a.kind != b.kind || (a.kind != CEL_INT && a.kind != CEL_UINT))
        return cel_no_overload(run);
    if (b.u == 0)
        return cel_fail(run, "modulus by zero", nothing);
    if (a.kind == CEL_UINT)
        return cel_uint(a.u % b.u);
    return a.i == INT64_MIN && b.i == -1 ? overflow(run, a) : cel_int(a.i % b.i);
}

/* --- order ------------------------------------------------------------------------------------ */

static bool order(struct cel_run *run, const struct cel_value *args, int *out,
                  struct cel_value *error)
{
    if (args[0].kind != CEL_NULL && cel_compare(args[0], args[1], out)) {
        if ((args[0].kind == CEL_DOUBLE && args[0].d != args[0].d) ||
            (args[1].kind == CEL_DOUBLE && args[1].d != args[1].d)) {
            *error = cel_fail(run, "NaN values cannot be ordered", nothing);
            return false;
        }
        return true;
    }
    *error = cel_no_overload(run);
    return false;
}

static struct cel_value call_less(struct cel_run *run, const struct cel_value *args)
{
    struct cel_value error;
    int is;

    return order(run, args, &is, &error) ? cel_bool(is < 0) : error;
}

static struct cel_value call_less_equal(struct cel_run *run, const struct cel_value *args)
{
    struct cel_value error;
    int is;

    return order(run, args, &is, &error) ? cel_bool(is <= 0) : error;
}

static struct cel_value call_greater(struct cel_run *run, const struct cel_value *args)
{
    struct cel_value error;
    int is;

    return order(run, args, &is, &error) ? cel_bool(is > 0) : error;
}

static struct cel_value call_greater_equal(struct cel_run *run, const struct cel_value *args)
{
    struct cel_value error;
    int is;

    return order(run, args, &is, &error) ? cel_bool(is >= 0) : error;
}

/* --- in --------------------------------------------------------------------------------------- */

static struct cel_value in_list(struct cel_run *run, struct cel_value v, struct cel_value list)
{
    struct cel_iter iter = cel_iter(list);

    while (cel_iter_next(&iter))
        if (!cel_step(run, 1) || cel_equal(run, v, iter.value))
            return cel_bool(true);
    return cel_bool(false);
}

static struct cel_value call_in(struct cel_run *run, const struct cel_value *args)
{
    struct cel_value found;

    if (args[1].kind == CEL_LIST)
        return in_list(run, args[0], args[1]);
    if (args[1].kind != CEL_MAP)
        return cel_no_overload(run);
    return cel_bool(cel_map_get(run, args[1], args[0], &found));
}

/* --- costs ------------------------------------------------------------------------------------ */

/* A tenth of the shorter one. */
static uint64_t cost_shorter(const struct cel_value *args, const struct cel_value *result,
                             bool sure)
{
    uint64_t a = cel_cost_size_within(args[0]), b = cel_cost_size_within(args[1]);

    (void)result, (void)sure;
    return cel_cost_tenth(a < b ? a : b);
}

/* A tenth of both. */
static uint64_t cost_both(const struct cel_value *args, const struct cel_value *result, bool sure)
{
    (void)result, (void)sure;
    return cel_cost_tenth(cel_cost_size_within(args[0]) + cel_cost_size_within(args[1]));
}

static uint64_t cost_list(const struct cel_value *args, const struct cel_value *result, bool sure)
{
    (void)result, (void)sure;
    return cel_cost_size_within(args[1]);
}

/* --- rows ------------------------------------------------------------------------------------- */

#define ROW(signature_, call_)                                                                     \
    {                                                                                              \
        .signature = (signature_), .call = (call_), .loose = true                                  \
    }
#define COSTS(signature_, call_, cost_)                                                            \
    {                                                                                              \
        .signature = (signature_), .call = (call_), .cost = (cost_), .loose = true                 \
    }

#define ORDER(name, call)                                                                          \
    ROW(name "(bool, bool) -> bool", call), ROW(name "(int, int) -> bool", call),                  \
        ROW(name "(int, double) -> bool", call), ROW(name "(int, uint) -> bool", call),            \
        ROW(name "(uint, uint) -> bool", call), ROW(name "(uint, double) -> bool", call),          \
        ROW(name "(uint, int) -> bool", call), ROW(name "(double, double) -> bool", call),         \
        ROW(name "(double, int) -> bool", call), ROW(name "(double, uint) -> bool", call),         \
        COSTS(name "(string, string) -> bool", call, cost_shorter),                                \
        COSTS(name "(bytes, bytes) -> bool", call, cost_shorter),                                  \
        ROW(name "(timestamp, timestamp) -> bool", call),                                          \
        ROW(name "(duration, duration) -> bool", call)

/* Equality and selection are the evaluator's own: their rows are for the checker. */
static const struct cel_function rows[] = {
    ROW("!_(bool) -> bool", call_not),
    ROW("-_(double) -> double", call_negate),
    ROW("-_(int) -> int", call_negate),
    COSTS("_+_(bytes, bytes) -> bytes", call_add, cost_both),
    ROW("_+_(double, double) -> double", call_add),
    ROW("_+_(duration, duration) -> duration", call_add),
    ROW("_+_(duration, timestamp) -> timestamp", call_add),
    ROW("_+_(timestamp, duration) -> timestamp", call_add),
    ROW("_+_(int, int) -> int", call_add),
    ROW("_+_(list(A), list(A)) -> list(A)", call_add),
    COSTS("_+_(string, string) -> string", call_add, cost_both),
    ROW("_+_(uint, uint) -> uint", call_add),
    ROW("_-_(double, double) -> double", call_subtract),
    ROW("_-_(duration, duration) -> duration", call_subtract),
    ROW("_-_(int, int) -> int", call_subtract),
    ROW("_-_(timestamp, duration) -> timestamp", call_subtract),
    ROW("_-_(timestamp, timestamp) -> duration", call_subtract),
    ROW("_-_(uint, uint) -> uint", call_subtract),
    ROW("_*_(double, double) -> double", call_multiply),
    ROW("_*_(int, int) -> int", call_multiply),
    ROW("_*_(uint, uint) -> uint", call_multiply),
    ROW("_/_(double, double) -> double", call_divide),
    ROW("_/_(int, int) -> int", call_divide),
    ROW("_/_(uint, uint) -> uint", call_divide),
    ROW("_%_(int, int) -> int", call_modulo),
    ROW("_%_(uint, uint) -> uint", call_modulo),
    ORDER("_<_", call_less),
    ORDER("_<=_", call_less_equal),
    ORDER("_>_", call_greater),
    ORDER("_>=_", call_greater_equal),
    COSTS("in(A, list(A)) -> bool", call_in, cost_list),
    ROW("in(A, map(A, B)) -> bool", call_in),
    ROW("_==_(A, A) -> bool", NULL),
    ROW("_!=_(A, A) -> bool", NULL),
    ROW("_[_](list(A), int) -> A", NULL),
    ROW("_[_](map(A, B), A) -> B", NULL),
    ROW("_[_](optional(list(A)), int) -> optional(A)", NULL),
    ROW("_[_](optional(map(A, B)), A) -> optional(B)", NULL),
    ROW("_[?_](list(A), int) -> optional(A)", NULL),
    ROW("_[?_](optional(list(A)), int) -> optional(A)", NULL),
    ROW("_[?_](map(A, B), A) -> optional(B)", NULL),
    ROW("_[?_](optional(map(A, B)), A) -> optional(B)", NULL),
};

const struct cel_library cel_lib_operators = {"operators", rows, sizeof(rows) / sizeof(rows[0]),
                                              NULL};
