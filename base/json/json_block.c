#include "base/json/json_block.h"

#include "base/arena.h"

#include <string.h>
#include <yyjson.h>

/* yyjson keeps a value and all that is in it one behind the other, in the order of the text; a list
 * or map knows by its offset where it ends, and a string points into the document. In a block, a
 * string has the place of its text in the block instead, and the texts, with a NUL each, follow the
 * values. */

static bool has_text(yyjson_val *value)
{
    return yyjson_is_str(value) || yyjson_is_raw(value);
}

static size_t text_size(yyjson_val *value)
{
    return has_text(value) ? unsafe_yyjson_get_len(value) + 1 : 0;
}

struct view json_block_write(yyjson_val *value, struct arena *arena)
{
    yyjson_val *end = unsafe_yyjson_get_next(value), *copy;
    size_t count = (size_t)(end - value), at = count * sizeof(*value), size = at;

    for (yyjson_val *v = value; v < end; v++)
        size += text_size(v);
    copy = arena_alloc(arena, size);
    if (!copy)
        return (struct view){NULL, 0};
    memcpy(copy, value, at);
    for (size_t i = 0; i < count; i++) {
        if (!has_text(&value[i]))
            continue;
        memcpy((char *)copy + at, value[i].uni.str, text_size(&value[i]) - 1);
        copy[i].uni.u64 = at;
        at += text_size(&value[i]);
    }
    return (struct view){(const char *)copy, size};
}

yyjson_val *json_block_open(struct view block)
{
    char *bytes = (char *)(uintptr_t)block.p;
    yyjson_val *value = (yyjson_val *)(void *)bytes, *end;

    if (!value)
        return NULL;
    end = unsafe_yyjson_get_next(value);
    for (yyjson_val *v = value; v < end; v++)
        if (has_text(v))
            v->uni.str = bytes + v->uni.u64;
    return value;
}
