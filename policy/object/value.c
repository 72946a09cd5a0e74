#include "policy/object/value.h"

#include "base/arena.h"
#include "base/json/json.h"
#include "base/text/float_text.h"
#include "base/yaml/node.h"
#include "base/yaml/yaml_scalar.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <yyjson.h>

/* --- numbers ---------------------------------------------------------------------------------- */

struct number value_of_integer(int64_t value)
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
        *out = value_of_integer(yyjson_get_sint(value));
    return true;
}

bool value_number_eq(struct number a, struct number b)
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
        return value_of_integer(scalar->integer);
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
        return value_number(value, &number) && value_number_eq(number, number_of_node(scalar));
    case NODE_STRING: return yyjson_is_str(value) && view_eq(json_text_of(value), scalar->text);
    case NODE_NULL:
    case NODE_WRONG:
    case NODE_LIST:
    case NODE_MAP: return false;
    }
    return false;
}

/* --- as text ---------------------------------------------------------------------------------- */

struct view value_number_text(yyjson_val *number, char room[static VALUE_NUMBER_ROOM])
{
    struct number n = {.real = 0};
    int length;

    value_number(number, &n);
    if (!n.whole)
        return float_text_print(n.real, room);
    length = snprintf(room, VALUE_NUMBER_ROOM, "%s%" PRIu64, n.negative ? "-" : "", n.size);
    return (struct view){room, (size_t)length};
}

struct view value_text(yyjson_val *value, struct arena *arena)
{
    char number[VALUE_NUMBER_ROOM];

    if (yyjson_is_str(value))
        return json_text_of(value);
    if (yyjson_is_bool(value))
        return yyjson_get_bool(value) ? VIEW("true") : VIEW("false");
    if (yyjson_is_num(value))
        return arena_copy(arena, value_number_text(value, number));
    if (yyjson_is_null(value))
        return VIEW("null");
    if (yyjson_is_arr(value))
        return arena_printf(arena, "a list of %zu", yyjson_arr_size(value));
    return arena_printf(arena, "a map of %zu", yyjson_obj_size(value));
}

struct view value_quoted(yyjson_val *value, struct arena *arena)
{
    struct view text = value_text(value, arena);

    if (!yyjson_is_str(value) || (yaml_scalar_is_text(text) && !view_eq_str(text, "nothing")))
        return text;
    return arena_printf(arena, "\"%.*s\"", VIEW_ARGS(text));
}
