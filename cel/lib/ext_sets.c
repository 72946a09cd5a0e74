#include "cel/equal.h"
#include "cel/lib/libraries.h"

/* https://pkg.go.dev/github.com/google/cel-go@v0.26.0/ext#Sets */

/* Whether a list has an element that equals the value. */
static bool has(struct cel_run *run, struct cel_value list, struct cel_value value)
{
    struct cel_iter iter = cel_iter(list);

    while (cel_step(run, 1) && cel_iter_next(&iter))
        if (cel_equal(run, iter.value, value))
            return true;
    return false;
}

static bool contains(struct cel_run *run, struct cel_value list, struct cel_value others)
{
    struct cel_iter iter = cel_iter(others);

    while (cel_step(run, 1) && cel_iter_next(&iter))
        if (!has(run, list, iter.value))
            return false;
    return true;
}

static struct cel_value call_contains(struct cel_run *run, const struct cel_value *args)
{
    return cel_bool(contains(run, args[0], args[1]));
}

static struct cel_value call_equivalent(struct cel_run *run, const struct cel_value *args)
{
    return cel_bool(contains(run, args[0], args[1]) && contains(run, args[1], args[0]));
}

static struct cel_value call_intersects(struct cel_run *run, const struct cel_value *args)
{
    struct cel_iter iter = cel_iter(args[0]);

    while (cel_step(run, 1) && cel_iter_next(&iter))
        if (has(run, args[1], iter.value))
            return cel_bool(true);
    return cel_bool(false);
}

/* Each is compared with each. */
static uint64_t cost_product(const struct cel_value *args, const struct cel_value *result,
                             bool sure)
{
    (void)result, (void)sure;
    return 1 + cel_cost_size(args[0]) * cel_cost_size(args[1]);
}

static uint64_t cost_product_twice(const struct cel_value *args, const struct cel_value *result,
                                   bool sure)
{
    (void)result, (void)sure;
    return 1 + 2 * cel_cost_size(args[0]) * cel_cost_size(args[1]);
}

static const struct cel_function rows[] = {
    {.signature = "sets.contains(list(T), list(T)) -> bool",
     .call = call_contains,
     .cost = cost_product,
     .since = 29},
    {.signature = "sets.equivalent(list(T), list(T)) -> bool",
     .call = call_equivalent,
     .cost = cost_product_twice,
     .since = 29},
    {.signature = "sets.intersects(list(T), list(T)) -> bool",
     .call = call_intersects,
     .cost = cost_product,
     .since = 29},
};

const struct cel_library cel_lib_ext_sets = {"sets", rows, sizeof(rows) / sizeof(rows[0]), NULL};
