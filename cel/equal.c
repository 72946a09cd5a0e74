#include "cel/equal.h"

#include "cel/list.h"
#include "cel/run.h"

/* --- numbers ---------------------------------------------------------------------------------- */

static int order_of(double a, double b)
{
    return (a > b) - (a < b);
}

/* As cel-go does it, a double beside a whole number is told from it at the precision of doubles.
 */
static int compare_double_int(double d, int64_t i)
{
    if (d < -0x1p63)
        return -1;
    return d > 0x1p63 ? 1 : order_of(d, (double)i);
}

static int compare_double_uint(double d, uint64_t u)
{
    if (d < 0)
        return -1;
    return d > 0x1p64 ? 1 : order_of(d, (double)u);
}

static int compare_int_uint(int64_t i, uint64_t u)
{
    if (i < 0 || u > INT64_MAX)
        return -1;
    return (i > (int64_t)u) - (i < (int64_t)u);
}

static int compare_int(struct cel_value a, struct cel_value b)
{
    if (b.kind == CEL_INT)
        return (a.i > b.i) - (a.i < b.i);
    return b.kind == CEL_UINT ? compare_int_uint(a.i, b.u) : -compare_double_int(b.d, a.i);
}

static int compare_uint(struct cel_value a, struct cel_value b)
{
    if (b.kind == CEL_UINT)
        return (a.u > b.u) - (a.u < b.u);
    return b.kind == CEL_INT ? -compare_int_uint(b.i, a.u) : -compare_double_uint(b.d, a.u);
}

static int compare_double(struct cel_value a, struct cel_value b)
{
    if (b.kind == CEL_DOUBLE)
        return order_of(a.d, b.d);
    return b.kind == CEL_INT ? compare_double_int(a.d, b.i) : compare_double_uint(a.d, b.u);
}

static bool is_number(struct cel_value v)
{
    return v.kind == CEL_INT || v.kind == CEL_UINT || v.kind == CEL_DOUBLE;
}

static int compare_numbers(struct cel_value a, struct cel_value b)
{
    if (a.kind == CEL_INT)
        return compare_int(a, b);
    return a.kind == CEL_UINT ? compare_uint(a, b) : compare_double(a, b);
}

static bool is_nan(struct cel_value v)
{
    return v.kind == CEL_DOUBLE && v.d != v.d;
}

/* --- order ------------------------------------------------------------------------------------ */

static int compare_times(struct cel_value a, struct cel_value b)
{
    if (a.i != b.i)
        return a.i < b.i ? -1 : 1;
    return (a.n > b.n) - (a.n < b.n);
}

bool cel_compare(struct cel_value a, struct cel_value b, int *order)
{
    if (is_number(a) && is_number(b)) {
        *order = compare_numbers(a, b);
        return true;
    }
    if (a.kind != b.kind)
        return false;
    if (a.kind == CEL_BOOL)
        *order = a.truth - b.truth;
    else if (a.kind == CEL_STRING || a.kind == CEL_BYTES)
        *order = view_cmp(cel_text(a), cel_text(b));
    else if (a.kind == CEL_TIMESTAMP)
        *order = compare_times(a, b);
    else if (a.kind == CEL_DURATION)
        *order = (a.i > b.i) - (a.i < b.i);
    else
        return false;
    return true;
}

/* --- equality --------------------------------------------------------------------------------- */

static enum cel_equality compare_lists(struct cel_run *run, struct cel_value a, struct cel_value b)
{
    struct cel_iter left = cel_iter(a), right = cel_iter(b);

    if (cel_count(a) != cel_count(b))
        return CEL_UNEQUAL;
    while (cel_iter_next(&left) && cel_iter_next(&right))
        if (!cel_step(run, 1) || cel_equality(run, left.value, right.value) == CEL_UNEQUAL)
            return CEL_UNEQUAL;
    return CEL_EQUAL;
}

static enum cel_equality compare_maps(struct cel_run *run, struct cel_value a, struct cel_value b)
{
    struct cel_iter left = cel_iter(a);
    struct cel_value other;

    if (cel_count(a) != cel_count(b))
        return CEL_UNEQUAL;
    while (cel_iter_next(&left))
        if (!cel_step(run, 1) || !cel_map_get(run, b, left.key, &other) ||
            cel_equality(run, left.value, other) == CEL_UNEQUAL)
            return CEL_UNEQUAL;
    return CEL_EQUAL;
}

static enum cel_equality compare_optionals(struct cel_run *run, struct cel_value a,
                                           struct cel_value b)
{
    if (!a.some || !b.some)
        return a.some == b.some ? CEL_EQUAL : CEL_UNEQUAL;
    return cel_equality(run, *a.some, *b.some);
}

static bool is_equal(struct cel_value a, struct cel_value b)
{
    switch ((enum cel_kind)a.kind) {
    case CEL_NULL: return true;
    case CEL_BOOL: return a.truth == b.truth;
    case CEL_STRING:
    case CEL_BYTES: return a.n == b.n && memcmp(a.text, b.text, a.n) == 0;
    case CEL_TIMESTAMP: return a.i == b.i && a.n == b.n;
    case CEL_DURATION: return a.i == b.i;
    case CEL_TYPE: return strcmp(a.type->name, b.type->name) == 0;
    case CEL_OBJECT: return a.object->class->equal(a.object, b.object);
    case CEL_LIST:
    case CEL_MAP:
    case CEL_OPTIONAL:
    case CEL_INT:
    case CEL_UINT:
    case CEL_DOUBLE:
    case CEL_ERROR: break;
    }
    return false;
}

enum cel_equality cel_equality(struct cel_run *run, struct cel_value a, struct cel_value b)
{
    if (is_number(a) && is_number(b))
        return !is_nan(a) && !is_nan(b) && compare_numbers(a, b) == 0 ? CEL_EQUAL : CEL_UNEQUAL;
    if (a.kind == CEL_OBJECT && b.kind != CEL_NULL &&
        (b.kind != CEL_OBJECT || a.object->class != b.object->class))
        return CEL_INCOMPARABLE;
    if (a.kind != b.kind)
        return CEL_UNEQUAL;
    if (a.kind == CEL_LIST)
        return compare_lists(run, a, b);
    if (a.kind == CEL_MAP)
        return compare_maps(run, a, b);
    if (a.kind == CEL_OPTIONAL)
        return compare_optionals(run, a, b);
    return is_equal(a, b) ? CEL_EQUAL : CEL_UNEQUAL;
}

bool cel_equal(struct cel_run *run, struct cel_value a, struct cel_value b)
{
    return cel_equality(run, a, b) == CEL_EQUAL;
}
