#include "cel/equal.h"
#include "cel/lib/libraries.h"

/* https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-list-library */

/* Whether cel-go can order it at all. */
static bool is_ordered(struct cel_value v)
{
    switch ((enum cel_kind)v.kind) {
    case CEL_BOOL:
    case CEL_INT:
    case CEL_UINT:
    case CEL_DOUBLE:
    case CEL_STRING:
    case CEL_BYTES:
    case CEL_TIMESTAMP:
    case CEL_DURATION: return true;
    case CEL_ERROR:
    case CEL_NULL:
    case CEL_LIST:
    case CEL_MAP:
    case CEL_TYPE:
    case CEL_OPTIONAL:
    case CEL_OBJECT: break;
    }
    return false;
}

/* What a call costs is summed up over the whole list, wherever the call ends. */
static bool take_list(struct cel_run *run, struct cel_value list)
{
    return cel_step(run, 1 + cel_count(list) / 8);
}

static struct cel_value call_is_sorted(struct cel_run *run, const struct cel_value *args)
{
    struct cel_iter iter = cel_iter(args[0]);
    struct cel_value before = cel_null();
    int order;

    if (!take_list(run, args[0]))
        return cel_null();
    while (cel_step(run, 1) && cel_iter_next(&iter)) {
        if (!is_ordered(iter.value))
            return cel_no_overload(run);
        if (iter.index > 1 && cel_compare(before, iter.value, &order) && order > 0)
            return cel_bool(false);
        before = iter.value;
    }
    return cel_bool(true);
}

/* The first element to which none other is preferred; prefer is the order of one to the next. */
static struct cel_value best(struct cel_run *run, struct cel_value list, int prefer,
                             const char *empty)
{
    struct cel_iter iter = cel_iter(list);
    struct cel_value best = cel_null();
    int order;

    if (cel_count(list) == 0)
        return cel_fail(run, empty, (struct view){NULL, 0});
    while (cel_step(run, 1) && cel_iter_next(&iter)) {
        if (!is_ordered(iter.value))
            return cel_no_overload(run);
        if (iter.index == 1 || (cel_compare(best, iter.value, &order) && order * prefer > 0))
            best = iter.value;
    }
    return best;
}

static struct cel_value call_max(struct cel_run *run, const struct cel_value *args)
{
    return best(run, args[0], -1, "max called on empty list");
}

static struct cel_value call_min(struct cel_run *run, const struct cel_value *args)
{
    return best(run, args[0], 1, "min called on empty list");
}

/* Adds b to *sum. False with an error in *sum. */
static bool add(struct cel_run *run, struct cel_value *sum, struct cel_value b)
{
    bool over = false;

    if (sum->kind != b.kind) {
        *sum = cel_no_overload(run);
        return false;
    }
    if (b.kind == CEL_DOUBLE)
        sum->d += b.d;
    else if (b.kind == CEL_UINT)
        over = __builtin_add_overflow(sum->u, b.u, &sum->u);
    else
        over = __builtin_add_overflow(sum->i, b.i, &sum->i);
    if (over)
        *sum = cel_fail(run,
                        b.kind == CEL_UINT  ? "unsigned integer overflow"
                        : b.kind == CEL_INT ? "integer overflow"
                                            : "duration overflow",
                        (struct view){NULL, 0});
    return !over;
}

static struct cel_value sum(struct cel_run *run, struct cel_value list, struct cel_value zero)
{
    struct cel_iter iter = cel_iter(list);

    while (cel_step(run, 1) && cel_iter_next(&iter))
        if (!add(run, &zero, iter.value))
            break;
    return zero;
}

static struct cel_value call_sum_int(struct cel_run *run, const struct cel_value *args)
{
    return sum(run, args[0], cel_int(0));
}

static struct cel_value call_sum_uint(struct cel_run *run, const struct cel_value *args)
{
    return sum(run, args[0], cel_uint(0));
}

static struct cel_value call_sum_double(struct cel_run *run, const struct cel_value *args)
{
    return sum(run, args[0], cel_double(0));
}

static struct cel_value call_sum_duration(struct cel_run *run, const struct cel_value *args)
{
    return sum(run, args[0], cel_duration(0));
}

static struct cel_value call_index_of(struct cel_run *run, const struct cel_value *args)
{
    struct cel_iter iter = cel_iter(args[0]);

    if (!take_list(run, args[0]))
        return cel_null();
    while (cel_step(run, 1) && cel_iter_next(&iter))
        if (cel_equal(run, iter.value, args[1]))
            return iter.key;
    return cel_int(-1);
}

static struct cel_value call_last_index_of(struct cel_run *run, const struct cel_value *args)
{
    struct cel_iter iter = cel_iter(args[0]);
    int64_t last = -1;

    while (cel_step(run, 1) && cel_iter_next(&iter))
        if (cel_equal(run, iter.value, args[1]))
            last = iter.key.i;
    return cel_int(last);
}

#define ROW(text, does)                                                                            \
    {                                                                                              \
        .signature = (text), .call = (does), .cost = cel_cost_traversal                            \
    }
#define ORDERED(function, result, call)                                                            \
    ROW("(list(int))." function "() -> " result("int"), call),                                     \
        ROW("(list(uint))." function "() -> " result("uint"), call),                               \
        ROW("(list(double))." function "() -> " result("double"), call),                           \
        ROW("(list(bool))." function "() -> " result("bool"), call),                               \
        ROW("(list(duration))." function "() -> " result("duration"), call),                       \
        ROW("(list(timestamp))." function "() -> " result("timestamp"), call),                     \
        ROW("(list(string))." function "() -> " result("string"), call),                           \
        ROW("(list(bytes))." function "() -> " result("bytes"), call)
#define ITSELF(type) type
#define BOOL(type)   "bool"

static const struct cel_function rows[] = {
    ORDERED("isSorted", BOOL, call_is_sorted),
    ORDERED("max", ITSELF, call_max),
    ORDERED("min", ITSELF, call_min),
    {.signature = "(list(int)).sum() -> int", .call = call_sum_int, .cost = cel_cost_traversal},
    {.signature = "(list(uint)).sum() -> uint", .call = call_sum_uint, .cost = cel_cost_traversal},
    {.signature = "(list(double)).sum() -> double",
     .call = call_sum_double,
     .cost = cel_cost_traversal},
    {.signature = "(list(duration)).sum() -> duration",
     .call = call_sum_duration,
     .cost = cel_cost_traversal},
    {.signature = "(list(A)).indexOf(A) -> int", .call = call_index_of, .cost = cel_cost_traversal},
    {.signature = "(list(A)).lastIndexOf(A) -> int",
     .call = call_last_index_of,
     .cost = cel_cost_traversal},
};

const struct cel_library cel_lib_kube_lists = {"Kubernetes' lists", rows,
                                               sizeof(rows) / sizeof(rows[0]), NULL};
