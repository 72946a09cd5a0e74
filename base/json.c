#include "base/json.h"

#include "base/arena.h"

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
