#ifndef TG_CEL_MAP_H
#define TG_CEL_MAP_H

#include "cel/value.h"

struct arena;

/* Maps that an expression makes. One thread at a time until one is whole. */

/* An empty map with room for that many entries, or NULL when the arena is full. */
struct cel_map *cel_map_create(struct arena *arena, size_t room);

/* Puts an entry in, in the place of the one with this very key, if there is one. -1 when the arena
 * is full. */
int cel_map_put(struct arena *arena, struct cel_map *map, struct cel_value key,
                struct cel_value value);

/* Whether a value can be a key: cel-go takes all but bytes. */
bool cel_is_key(struct cel_value v);

/* The entry of a key, or NULL. Where `exact` is false, whole numbers that are equal are one key. */
const struct cel_entry *cel_map_find(const struct cel_map *map, struct cel_value key, bool exact);

#endif
