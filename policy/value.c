#include "policy/value.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/real.h"

#include <yyjson.h>

static struct view real_text(double value, struct arena *arena)
{
    struct view text = {NULL, 0};
    struct buf out;

    buf_init(&out, 64);
    real_write(value, &out);
    if (!out.failed)
        text = arena_copy(arena, buf_view(&out));
    buf_release(&out);
    return text;
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
