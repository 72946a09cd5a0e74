#include "cel/function.h"

#include "base/text/utf8.h"

uint64_t cel_cost_size(struct cel_value v)
{
    if (v.kind == CEL_STRING)
        return utf8_count(cel_text(v));
    if (v.kind == CEL_BYTES)
        return v.n;
    if (v.kind == CEL_LIST || v.kind == CEL_MAP)
        return cel_count(v);
    return v.kind == CEL_OBJECT && v.object->class->size ? v.object->class->size(v.object) : 1;
}

uint64_t cel_cost_size_within(struct cel_value v)
{
    while (v.kind == CEL_OPTIONAL && v.some)
        v = *v.some;
    return cel_cost_size(v);
}

/* Go multiplies by 0.1, whose double is a little more than a tenth, and rounds up; for sizes below
 * 2^50 the product of no multiple of ten is more than the tenth. */
uint64_t cel_cost_tenth(uint64_t size)
{
    return size / 10 + (size % 10 > 0);
}

uint64_t cel_cost_text(const struct cel_value *args, const struct cel_value *result, bool sure)
{
    (void)result, (void)sure;
    return cel_cost_tenth(cel_cost_size(args[0]));
}

uint64_t cel_cost_text_twice(const struct cel_value *args, const struct cel_value *result,
                             bool sure)
{
    (void)result, (void)sure;
    return cel_cost_tenth(2 * cel_cost_size(args[0]));
}

static uint64_t traversal(struct cel_value v)
{
    struct cel_iter iter;
    uint64_t cost = 0;

    if (v.kind == CEL_STRING || v.kind == CEL_BYTES)
        return v.n / 10;
    if (v.kind != CEL_LIST && v.kind != CEL_MAP)
        return 1;
    iter = cel_iter(v);
    while (cel_iter_next(&iter))
        cost += traversal(iter.value) + (v.kind == CEL_MAP ? traversal(iter.key) : 0);
    return cost;
}

uint64_t cel_cost_traversal(const struct cel_value *args, const struct cel_value *result, bool sure)
{
    (void)result, (void)sure;
    return traversal(args[0]);
}
