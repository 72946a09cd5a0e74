#include "policy/value.h"

#include "base/arena.h"
#include "base/json.h"
#include "base/node.h"
#include "base/real.h"
#include "base/yaml_scalar.h"

#include <math.h>
#include <yyjson.h>

/* --- numbers ---------------------------------------------------------------------------------- */

static struct number number_of_integer(int64_t value)
{
    uint64_t size = (uint64_t)value;

    return (struct number){
        .whole = true, .negative = value < 0, .size = value < 0 ? 0 - size : size};
}

static struct number number_of_real(double value)
{
    double size = fabs(value);

    if (size != trunc(size) || size >= 0x1p64)
        return (struct number){.real = value};
    return (struct number){.whole = true, .negative = value < 0, .size = (uint64_t)size};
}

bool value_number(yyjson_val *value, struct number *out)
{
    if (!yyjson_is_num(value))
        return false;
    if (yyjson_is_real(value))
        *out = number_of_real(yyjson_get_real(value));
    else if (yyjson_is_uint(value))
        *out = (struct number){.whole = true, .size = yyjson_get_uint(value)};
    else
        *out = number_of_integer(yyjson_get_sint(value));
    return true;
}

bool number_eq(struct number a, struct number b)
{
    if (a.whole != b.whole)
        return false;
    return a.whole ? a.size == b.size && a.negative == b.negative : a.real == b.real;
}

/* A rule's integer beyond int64 is kept whole in its text only. */
static struct number number_of_node(const struct node *scalar)
{
    uint64_t large;

    if (scalar->kind == NODE_INT)
        return number_of_integer(scalar->integer);
    large = yaml_scalar_loose(scalar->text).large;
    if (large > 0)
        return (struct number){.whole = true, .size = large};
    return number_of_real(scalar->real);
}

bool value_is(yyjson_val *value, const struct node *scalar)
{
    struct number number;

    switch (scalar->kind) {
    case NODE_BOOL: return yyjson_is_bool(value) && yyjson_get_bool(value) == scalar->truth;
    case NODE_INT:
    case NODE_FLOAT:
        return value_number(value, &number) && number_eq(number, number_of_node(scalar));
    case NODE_STRING: return yyjson_is_str(value) && view_eq(json_text_of(value), scalar->text);
    case NODE_NULL:
    case NODE_WRONG:
    case NODE_LIST:
    case NODE_MAP: return false;
    }
    return false;
}

/* --- as text ---------------------------------------------------------------------------------- */

static struct view real_text(double value, struct arena *arena)
{
    char text[REAL_ROOM];

    return arena_copy(arena, real_print(value, text));
}

struct view value_text(yyjson_val *value, struct arena *arena)
{
    if (yyjson_is_str(value))
        return json_text_of(value);
    if (yyjson_is_bool(value))
        return yyjson_get_bool(value) ? VIEW("true") : VIEW("false");
    if (yyjson_is_uint(value))
        return arena_printf(arena, "%llu", (unsigned long long)yyjson_get_uint(value));
    if (yyjson_is_int(value))
        return arena_printf(arena, "%lld", (long long)yyjson_get_sint(value));
    if (yyjson_is_real(value))
        return real_text(yyjson_get_real(value), arena);
    if (yyjson_is_arr(value))
        return arena_printf(arena, "a list of %zu", yyjson_arr_size(value));
    return arena_printf(arena, "a map of %zu", yyjson_obj_size(value));
}
