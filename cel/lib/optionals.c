#include "cel/lib/libraries.h"

/* Optional values. https://pkg.go.dev/github.com/google/cel-go@v0.26.0/cel#OptionalTypes */

static struct cel_value call_of(struct cel_run *run, const struct cel_value *args)
{
    return cel_optional(run, *args);
}

static bool is_zero(struct cel_value v)
{
    switch ((enum cel_kind)v.kind) {
    case CEL_NULL: return true;
    case CEL_BOOL: return !v.truth;
    case CEL_INT:
    case CEL_UINT:
    case CEL_DURATION: return v.u == 0;
    case CEL_DOUBLE: return v.d == 0;
    case CEL_STRING:
    case CEL_BYTES: return v.n == 0;
    case CEL_LIST:
    case CEL_MAP: return cel_count(v) == 0;
    /* Of the first second of the year 1, which is Go's. */
    case CEL_TIMESTAMP: return v.i == INT64_C(-62135596800) && v.n == 0;
    case CEL_OPTIONAL: return !v.some;
    case CEL_ERROR:
    case CEL_TYPE:
    case CEL_OBJECT: break;
    }
    return false;
}

static struct cel_value call_of_nonzero(struct cel_run *run, const struct cel_value *args)
{
    return is_zero(*args) ? cel_some(NULL) : cel_optional(run, *args);
}

static struct cel_value call_none(struct cel_run *run, const struct cel_value *args)
{
    (void)run, (void)args;
    return cel_some(NULL);
}

static struct cel_value call_value(struct cel_run *run, const struct cel_value *args)
{
    if (args->some)
        return *args->some;
    return cel_fail(run, "optional.none() dereference", (struct view){NULL, 0});
}

static struct cel_value call_has_value(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_bool(args->some != NULL);
}

static struct cel_value call_first(struct cel_run *run, const struct cel_value *args)
{
    return cel_count(*args) == 0 ? cel_some(NULL) : cel_optional(run, cel_list_at(run, *args, 0));
}

static struct cel_value call_last(struct cel_run *run, const struct cel_value *args)
{
    size_t count = cel_count(*args);

    return count == 0 ? cel_some(NULL) : cel_optional(run, cel_list_at(run, *args, count - 1));
}

static struct cel_value call_unwrap(struct cel_run *run, const struct cel_value *args)
{
    struct cel_list *list = cel_list_create(run, cel_count(*args));
    struct cel_iter iter = cel_iter(*args);

    if (!list)
        return cel_no_memory(run);
    while (cel_iter_next(&iter) && cel_step(run, 1)) {
        if (iter.value.kind != CEL_OPTIONAL)
            return cel_failf(run, "value is not an optional: %s", cel_type_of(iter.value)->name);
        if (iter.value.some)
            list->items[list->count++] = *iter.value.some;
    }
    return cel_of_list(list);
}

/* or and orValue are the evaluator's own: their rows are for the checker. */
static const struct cel_function rows[] = {
    {.signature = "optional.of(A) -> optional(A)", .call = call_of},
    {.signature = "optional.ofNonZeroValue(A) -> optional(A)", .call = call_of_nonzero},
    {.signature = "optional.none() -> optional(A)", .call = call_none},
    {.signature = "(optional(A)).value() -> A", .call = call_value},
    {.signature = "(optional(A)).hasValue() -> bool", .call = call_has_value},
    {.signature = "(optional(A)).or(optional(A)) -> optional(A)"},
    {.signature = "(optional(A)).orValue(A) -> A"},
    {.signature = "(list(A)).first() -> optional(A)", .call = call_first},
    {.signature = "(list(A)).last() -> optional(A)", .call = call_last},
    {.signature = "optional.unwrap(list(optional(A))) -> list(A)", .call = call_unwrap},
    {.signature = "(list(optional(A))).unwrapOpt() -> list(A)", .call = call_unwrap},
};

const struct cel_library cel_lib_optionals = {"optionals", rows, sizeof(rows) / sizeof(rows[0]),
                                              NULL};
