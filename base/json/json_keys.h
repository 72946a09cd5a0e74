#ifndef TG_BASE_JSON_JSON_KEYS_H
#define TG_BASE_JSON_JSON_KEYS_H

#include <stddef.h>
#include <stdint.h>
#include <yyjson.h>

struct arena;

/* One key of a map; its value is yyjson_obj_iter_get_val(key). */
struct json_key {
    yyjson_val *key;
    uint64_t head; /* of its text, for sorting */
};

/* The keys of a map (which may be none) by the bytes of their text, yyjson_obj_size(map) of them in
 * the arena: O(n log n) whatever their order is, and equal keys beside each other. NULL when memory
 * is out. Any thread. */
struct json_key *json_keys_sort(yyjson_val *map, struct arena *arena);

/* The same of keys that were picked out already. */
void json_keys_order(struct json_key *keys, size_t count);

#endif
