#include "cel/map.h"

#include "base/arena.h"
#include "base/siphash.h"

#include <math.h>

/* As many are compared one by one. */
enum { FEW = 8 };

bool cel_is_key(struct cel_value v)
{
    return v.kind != CEL_BYTES && v.kind != CEL_ERROR;
}

/* --- keys ------------------------------------------------------------------------------------- */

/* Callers choose keys: without the secret nobody can choose those that share a slot. */
static uint64_t hash_of(struct cel_value key)
{
    uint64_t bits = key.kind == CEL_NULL || (key.kind == CEL_DOUBLE && key.d == 0) ? 0 : key.u;

    if (key.kind == CEL_STRING)
        return siphash_secret(cel_text(key));
    return siphash_secret((struct view){(const char *)&bits, sizeof(bits)}) + key.kind;
}

/* As in cel-go, lists, maps and objects are keys by what they are and not by what is in them. */
static bool same_key(struct cel_value a, struct cel_value b)
{
    if (a.kind != b.kind)
        return false;
    if (a.kind == CEL_STRING)
        return a.n == b.n && memcmp(a.text, b.text, a.n) == 0;
    if (a.kind == CEL_DOUBLE)
        return a.d == b.d;
    if (a.kind == CEL_NULL)
        return true;
    return a.u == b.u && (a.kind != CEL_TIMESTAMP || a.n == b.n);
}

/* --- entries ---------------------------------------------------------------------------------- */

/* The slot of a key, or the empty one where it belongs. */
static size_t slot_of(const struct cel_map *map, struct cel_value key)
{
    size_t slot = hash_of(key) & (map->slot_count - 1);

    while (map->slots[slot] && !same_key(map->entries[map->slots[slot] - 1].key, key))
        slot = (slot + 1) & (map->slot_count - 1);
    return slot;
}

static struct cel_entry *find_exact(const struct cel_map *map, struct cel_value key)
{
    if (map->slots) {
        uint32_t number = map->slots[slot_of(map, key)];

        return number ? &map->entries[number - 1] : NULL;
    }
    for (size_t i = 0; i < map->count; i++)
        if (same_key(map->entries[i].key, key))
            return &map->entries[i];
    return NULL;
}

/* The double that a key is when it is a whole number of int or uint. */
static bool whole_double(struct cel_value key, struct cel_value *as_int, struct cel_value *as_uint)
{
    *as_int = *as_uint = key;
    if (key.d != trunc(key.d))
        return false;
    if (key.d >= -0x1p63 && key.d < 0x1p63)
        *as_int = cel_int((int64_t)key.d);
    if (key.d >= 0 && key.d < 0x1p64)
        *as_uint = cel_uint((uint64_t)key.d);
    return true;
}

const struct cel_entry *cel_map_find(const struct cel_map *map, struct cel_value key, bool exact)
{
    const struct cel_entry *entry = map->count > 0 ? find_exact(map, key) : NULL;
    struct cel_value as_int, as_uint;

    if (entry || exact || map->count == 0)
        return entry;
    if (key.kind == CEL_INT)
        return key.i >= 0 ? find_exact(map, cel_uint(key.u)) : NULL;
    if (key.kind == CEL_UINT)
        return key.i >= 0 ? find_exact(map, cel_int(key.i)) : NULL;
    if (key.kind != CEL_DOUBLE || !whole_double(key, &as_int, &as_uint))
        return NULL;
    entry = find_exact(map, as_int);
    return entry ? entry : find_exact(map, as_uint);
}

/* --- making ----------------------------------------------------------------------------------- */

struct cel_map *cel_map_create(struct arena *arena, size_t room)
{
    struct cel_map *map = arena_alloc(arena, sizeof(*map));

    if (!map || room == 0)
        return map;
    map->entries = arena_array(arena, room, sizeof(*map->entries));
    map->room = room;
    return map->entries ? map : NULL;
}

static int make_slots(struct arena *arena, struct cel_map *map)
{
    size_t count = 4 * FEW;

    while (count < 2 * map->room)
        count *= 2;
    map->slots = arena_array(arena, count, sizeof(*map->slots));
    map->slot_count = count;
    if (!map->slots)
        return -1;
    for (size_t i = 0; i < map->count; i++)
        map->slots[slot_of(map, map->entries[i].key)] = (uint32_t)i + 1;
    return 0;
}

static int make_room(struct arena *arena, struct cel_map *map)
{
    size_t room = map->room ? 2 * map->room : FEW;
    size_t size = sizeof(*map->entries);
    struct cel_entry *entries = arena_grow(arena, map->entries, map->room * size, room * size);

    if (!entries)
        return -1;
    map->entries = entries;
    map->room = room;
    return map->slots ? make_slots(arena, map) : 0;
}

int cel_map_put(struct arena *arena, struct cel_map *map, struct cel_value key,
                struct cel_value value)
{
    struct cel_entry *entry = find_exact(map, key);

    if (entry) {
        entry->value = value;
        return 0;
    }
    if (map->count == map->room && make_room(arena, map) < 0)
        return -1;
    if (map->count == FEW && !map->slots && make_slots(arena, map) < 0)
        return -1;
    map->entries[map->count] = (struct cel_entry){key, value};
    if (map->slots)
        map->slots[slot_of(map, key)] = (uint32_t)map->count + 1;
    map->count++;
    return 0;
}
