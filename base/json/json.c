#include "base/json/json.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"

#include <jansson.h>
#include <stdint.h>

static void *take(void *arena, size_t n)
{
    return arena_grow(arena, NULL, 0, n);
}

static void *move(void *arena, void *p, size_t old, size_t n)
{
    return arena_grow(arena, p, old, n);
}

static void leave(void *arena, void *p)
{
    (void)arena, (void)p;
}

yyjson_alc json_memory(struct arena *arena)
{
    return (yyjson_alc){take, move, leave, arena};
}

struct view json_text_of(yyjson_val *value)
{
    if (!yyjson_is_str(value))
        return (struct view){NULL, 0};
    return (struct view){yyjson_get_str(value), yyjson_get_len(value)};
}

struct view json_text(yyjson_val *map, const char *key)
{
    return json_text_of(yyjson_obj_get(map, key));
}

/* --- what has no end -------------------------------------------------------------------------- */

/* The end of the string that begins at `at`, or of the text when it has none there. */
static size_t end_of_string(struct view v, size_t at)
{
    for (at++; at < v.n && v.p[at] != '"'; at++)
        at += v.p[at] == '\\';
    return at < v.n ? at : v.n;
}

/* What stands before a comma, and what was closed, is whole. */
void json_add_beginning(struct view v, struct buf *out)
{
    char closing[LIMIT_JSON_DEPTH];
    size_t depth = 0, whole = 0, open = 0;

    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i];

        if (c == '"') {
            i = end_of_string(v, i);
        } else if (c == '{' || c == '[') {
            if (depth == LIMIT_JSON_DEPTH)
                break;
            closing[depth++] = c == '{' ? '}' : ']';
        } else if (c == ',' || ((c == '}' || c == ']') && depth > 0)) {
            depth -= c != ',';
            whole = c == ',' ? i : i + 1;
            open = depth;
        }
    }
    buf_add(out, view_first(v, whole));
    while (whole > 0 && open > 0)
        buf_add_char(out, closing[--open]);
}

/* --- to jansson ------------------------------------------------------------------------------- */

static json_t *copy_value(yyjson_val *value, unsigned depth);

static json_t *copy_list(yyjson_val *list, unsigned depth)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(list);
    json_t *copy = json_array();
    yyjson_val *value;

    while (copy && (value = yyjson_arr_iter_next(&iter)))
        if (json_array_append_new(copy, copy_value(value, depth)) < 0) {
            json_decref(copy);
            return NULL;
        }
    return copy;
}

static json_t *copy_map(yyjson_val *map, unsigned depth)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(map);
    json_t *copy = json_object();
    yyjson_val *key;

    while (copy && (key = yyjson_obj_iter_next(&iter)))
        if (json_object_setn_new_nocheck(copy, yyjson_get_str(key), yyjson_get_len(key),
                                         copy_value(yyjson_obj_iter_get_val(key), depth)) < 0) {
            json_decref(copy);
            return NULL;
        }
    return copy;
}

/* `depth` lists and maps more may be opened. */
static json_t *copy_value(yyjson_val *value, unsigned depth)
{
    switch (yyjson_get_type(value)) {
    case YYJSON_TYPE_NULL: return json_null();
    case YYJSON_TYPE_BOOL: return json_boolean(yyjson_get_bool(value));
    case YYJSON_TYPE_NUM:
        if (yyjson_is_sint(value) || (yyjson_is_uint(value) && yyjson_get_uint(value) <= INT64_MAX))
            return json_integer(yyjson_get_sint(value));
        return json_real(yyjson_get_num(value));
    case YYJSON_TYPE_STR: return json_stringn_nocheck(yyjson_get_str(value), yyjson_get_len(value));
    case YYJSON_TYPE_ARR: return depth > 0 ? copy_list(value, depth - 1) : NULL;
    case YYJSON_TYPE_OBJ: return depth > 0 ? copy_map(value, depth - 1) : NULL;
    default: return NULL;
    }
}

json_t *json_of_value(yyjson_val *value)
{
    return copy_value(value, LIMIT_JSON_DEPTH);
}

const char *json_string_at(const json_t *map, const char *key)
{
    const char *text = json_string_value(json_object_get(map, key));

    return text ? text : "";
}
