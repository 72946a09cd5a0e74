#include "cel/equal.h"
#include "cel/lib/libraries.h"

#include <stdlib.h>

/* https://pkg.go.dev/github.com/google/cel-go@v0.26.0/ext#Lists, in version 3. */

/* Appends to a list that grows; false with the run halted. */
static bool append(struct cel_run *run, struct cel_list **list, size_t *room, struct cel_value v)
{
    if (!cel_step(run, 1))
        return false;
    if ((*list)->count == *room) {
        struct cel_list *more = cel_list_create(run, 2 * *room);

        if (!more)
            return false;
        memcpy(more->items, (*list)->items, *room * sizeof(v));
        more->count = *room;
        *room *= 2;
        *list = more;
    }
    (*list)->items[(*list)->count++] = v;
    return true;
}

/* A copy of the list as an array, or NULL with the run halted. */
static struct cel_list *copy(struct cel_run *run, struct cel_value list)
{
    struct cel_list *out = cel_list_create(run, cel_count(list));
    struct cel_iter iter = cel_iter(list);

    while (out && cel_iter_next(&iter)) {
        if (!cel_step(run, 1))
            return NULL;
        out->items[out->count++] = iter.value;
    }
    return out;
}

static struct cel_value call_slice(struct cel_run *run, const struct cel_value *args)
{
    long long from = args[1].i, to = args[2].i, count = (long long)cel_count(args[0]);
    struct cel_list *out;

    if (from < 0 || to < 0)
        return cel_failf(run, "cannot slice(%lld, %lld), negative indexes not supported", from, to);
    if (from > to)
        return cel_failf(run,
                         "cannot slice(%lld, %lld), start index must be less than or equal to end "
                         "index",
                         from, to);
    if (count < to)
        return cel_failf(run, "cannot slice(%lld, %lld), list is length %lld", from, to, count);
    out = cel_list_create(run, (size_t)(to - from));
    while (out && from < to && cel_step(run, 1))
        out->items[out->count++] = cel_list_at(run, args[0], (size_t)from++);
    return out ? cel_of_list(out) : cel_null();
}

/* How deep lists are looked for in lists: no value is as deep as this. */
enum { DEEPEST = 1024 };

/* Lists in lists are dissolved, level by level. */
static struct cel_value flatten(struct cel_run *run, struct cel_value list, int64_t depth)
{
    struct cel_iter stack[DEEPEST];
    size_t room = 8, n = 1;
    struct cel_list *out = cel_list_create(run, room);

    if (depth >= DEEPEST)
        depth = DEEPEST - 1;
    stack[0] = cel_iter(list);
    while (out && n > 0) {
        struct cel_iter *top = &stack[n - 1];

        if (!cel_step(run, 1))
            return cel_null();
        if (!cel_iter_next(top))
            n--;
        else if (top->value.kind == CEL_LIST && n <= (size_t)depth)
            stack[n++] = cel_iter(top->value);
        else if (!append(run, &out, &room, top->value))
            return cel_null();
    }
    return out ? cel_of_list(out) : cel_null();
}

static struct cel_value call_flatten(struct cel_run *run, const struct cel_value *args)
{
    if (args[0].kind != CEL_LIST)
        return cel_no_overload(run);
    return flatten(run, args[0], 1);
}

static struct cel_value call_flatten_depth(struct cel_run *run, const struct cel_value *args)
{
    if (args[0].kind != CEL_LIST || args[1].kind != CEL_INT)
        return cel_no_overload(run);
    if (args[1].i < 0)
        return cel_fail(run, "level must be non-negative", (struct view){NULL, 0});
    return flatten(run, args[0], args[1].i);
}

static struct cel_value call_range(struct cel_run *run, const struct cel_value *args)
{
    int64_t n = args[0].i > 0 ? args[0].i : 0;
    struct cel_list *out = cel_list_create(run, (size_t)n);

    while (out && (int64_t)out->count < n) {
        if (!cel_step(run, 1))
            return cel_null();
        out->items[out->count] = cel_int((int64_t)out->count);
        out->count++;
    }
    return out ? cel_of_list(out) : cel_null();
}

static struct cel_value call_reverse(struct cel_run *run, const struct cel_value *args)
{
    struct cel_list *out = copy(run, args[0]);

    for (size_t i = 0; out && i < out->count / 2; i++) {
        struct cel_value first = out->items[i];

        out->items[i] = out->items[out->count - 1 - i];
        out->items[out->count - 1 - i] = first;
    }
    return out ? cel_of_list(out) : cel_null();
}

static struct cel_value call_distinct(struct cel_run *run, const struct cel_value *args)
{
    struct cel_list *out = cel_list_create(run, cel_count(args[0]));
    struct cel_iter iter = cel_iter(args[0]);

    while (out && cel_iter_next(&iter)) {
        bool seen = false;

        if (!cel_step(run, 1 + out->count / 8))
            return cel_null();
        for (size_t i = 0; i < out->count && !seen; i++)
            seen = cel_equal(run, iter.value, out->items[i]);
        if (!seen)
            out->items[out->count++] = iter.value;
    }
    return out ? cel_of_list(out) : cel_null();
}

/* --- sorting ---------------------------------------------------------------------------------- */

struct keyed {
    struct cel_value key, value;
};

/* Merges the sorted halves of n elements. */
static void merge(struct keyed *all, size_t half, size_t n, struct keyed *room)
{
    size_t i = 0, k = half, to = 0;
    int order;

    memcpy(room, all, half * sizeof(*all));
    while (i < half && k < n) {
        bool less = cel_compare(all[k].key, room[i].key, &order) && order < 0;

        all[to++] = less ? all[k++] : room[i++];
    }
    while (i < half)
        all[to++] = room[i++];
}

/* Runs of 1, 2, 4, ... are merged; equal ones stay in their order. False when it takes too long. */
static bool sort(struct cel_run *run, struct keyed *all, size_t n, struct keyed *room)
{
    for (size_t half = 1; half < n; half *= 2)
        for (size_t at = 0; at + half < n; at += 2 * half) {
            if (!cel_step(run, 2 * half))
                return false;
            merge(all + at, half, n - at < 2 * half ? n - at : 2 * half, room);
        }
    return true;
}

static bool can_be_key(struct cel_value v)
{
    int order;

    return cel_compare(v, v, &order) && v.kind != CEL_OBJECT;
}

static struct cel_value sort_by(struct cel_run *run, struct cel_value list, struct cel_value keys)
{
    struct cel_list *out = copy(run, list), *by = copy(run, keys), *scratch;
    struct keyed *all;
    size_t n;

    if (!out || !by)
        return cel_null();
    n = out->count;
    if (n != by->count)
        return cel_failf(run,
                         "@sortByAssociatedKeys() expected a list of the same size as the "
                         "associated keys list, but got %zu and %zu elements respectively",
                         n, by->count);
    if (n > 0 && !can_be_key(by->items[0]))
        return cel_fail(run, "list elements must be comparable", (struct view){NULL, 0});
    for (size_t i = 1; i < n; i++)
        if (by->items[i].kind != by->items[0].kind)
            return cel_fail(run, "list elements must have the same type", (struct view){NULL, 0});
    scratch = cel_list_create(run, 4 * n + 1);
    if (!scratch)
        return cel_null();
    all = (struct keyed *)(void *)scratch->items;
    for (size_t i = 0; i < n; i++)
        all[i] = (struct keyed){by->items[i], out->items[i]};
    if (!sort(run, all, n, all + n))
        return cel_null();
    for (size_t i = 0; i < n; i++)
        out->items[i] = all[i].value;
    return cel_of_list(out);
}

static struct cel_value call_sort(struct cel_run *run, const struct cel_value *args)
{
    if (args[0].kind != CEL_LIST)
        return cel_no_overload(run);
    return sort_by(run, args[0], args[0]);
}

static struct cel_value call_sort_by(struct cel_run *run, const struct cel_value *args)
{
    if (args[0].kind != CEL_LIST || args[1].kind != CEL_LIST)
        return cel_no_overload(run);
    return sort_by(run, args[0], args[1]);
}

/* --- costs ------------------------------------------------------------------------------------ */

/* A call and a new list. */
enum { BASE = 1 + 10 };

static uint64_t cost_result(const struct cel_value *args, const struct cel_value *result, bool sure)
{
    (void)args, (void)sure;
    return BASE + cel_cost_size(*result);
}

static uint64_t cost_flatten(const struct cel_value *args, const struct cel_value *result,
                             bool sure)
{
    (void)result;
    return sure ? BASE + cel_cost_size(args[0]) : 1;
}

static uint64_t cost_flatten_depth(const struct cel_value *args, const struct cel_value *result,
                                   bool sure)
{
    (void)result;
    /* Of a negative depth, too, which makes it less. */
    return sure ? BASE + cel_cost_size(args[0]) * args[1].u : 1;
}

/* Twice each with each, and a tenth more of texts. */
static uint64_t self_compare(struct cel_value list)
{
    struct cel_iter iter = cel_iter(list);
    double n = (double)cel_count(list), factor = 2;

    if (cel_iter_next(&iter) && (iter.value.kind == CEL_STRING || iter.value.kind == CEL_BYTES))
        factor += 0.1;
    return BASE + (uint64_t)(n * n * factor);
}

static uint64_t cost_distinct(const struct cel_value *args, const struct cel_value *result,
                              bool sure)
{
    (void)result, (void)sure;
    return self_compare(args[0]);
}

static uint64_t cost_sort(const struct cel_value *args, const struct cel_value *result, bool sure)
{
    (void)result;
    return sure ? self_compare(args[0]) : 1;
}

static uint64_t cost_sort_by(const struct cel_value *args, const struct cel_value *result,
                             bool sure)
{
    (void)result;
    return sure ? self_compare(args[1]) : 1;
}

#define SORT(type)                                                                                 \
    {                                                                                              \
        .signature = "(list(" type ")).sort() -> list(" type ")", .call = call_sort,               \
        .cost = cost_sort, .since = 34, .loose = true                                              \
    }
#define SORT_BY(type)                                                                              \
    {                                                                                              \
        .signature = "(list(T)).@sortByAssociatedKeys(list(" type ")) -> list(T)",                 \
        .call = call_sort_by, .cost = cost_sort_by, .since = 34, .loose = true                     \
    }

static const struct cel_function rows[] = {
    {.signature = "(list(T)).slice(int, int) -> list(T)",
     .call = call_slice,
     .cost = cost_result,
     .since = 34},
    {.signature = "(list(list(T))).flatten() -> list(T)",
     .call = call_flatten,
     .cost = cost_flatten,
     .since = 34,
     .loose = true},
    {.signature = "(list(dyn)).flatten(int) -> list(dyn)",
     .call = call_flatten_depth,
     .cost = cost_flatten_depth,
     .since = 34,
     .loose = true},
    SORT("int"),
    SORT("uint"),
    SORT("double"),
    SORT("bool"),
    SORT("duration"),
    SORT("timestamp"),
    SORT("string"),
    SORT("bytes"),
    SORT_BY("int"),
    SORT_BY("uint"),
    SORT_BY("double"),
    SORT_BY("bool"),
    SORT_BY("duration"),
    SORT_BY("timestamp"),
    SORT_BY("string"),
    SORT_BY("bytes"),
    {.signature = "lists.range(int) -> list(int)",
     .call = call_range,
     .cost = cost_result,
     .since = 34},
    {.signature = "(list(T)).reverse() -> list(T)",
     .call = call_reverse,
     .cost = cost_result,
     .since = 34},
    {.signature = "(list(T)).distinct() -> list(T)",
     .call = call_distinct,
     .cost = cost_distinct,
     .since = 34},
};

const struct cel_library cel_lib_ext_lists = {"lists", rows, sizeof(rows) / sizeof(rows[0]), NULL};
