#ifndef TG_KUBE_NAMESPACE_CACHE_H
#define TG_KUBE_NAMESPACE_CACHE_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct yyjson_val;

/* The labels of each namespace, filled by one thread, read by many. Instants are those of
 * clock_monotonic_ns. */
struct namespace_cache;

/* An empty cache that keeps at most limit bytes. NULL when memory is out. */
struct namespace_cache *namespace_cache_create(size_t limit);
void namespace_cache_free(struct namespace_cache *c);

/* The labels as a JSON map (empty: there are none), made in the arena. False when they are not
 * known at the instant now: there is no such namespace here, no list was whole yet, or there was no
 * word for LIMIT_NAMESPACES_AGE. Waits for nothing but another thread's look at the table. */
bool namespace_cache_labels(struct namespace_cache *c, struct view name, int64_t now,
                            struct arena *arena, struct yyjson_val **labels);

/* Nanoseconds since the last word, or -1 when no list was whole yet. Any thread. */
int64_t namespace_cache_age(struct namespace_cache *c, int64_t now);

/* How many namespaces and bytes it keeps. Any thread. */
size_t namespace_cache_count(struct namespace_cache *c);
size_t namespace_cache_held(struct namespace_cache *c);

/* What a watch tells: a list begins; an object (Namespace, or its metadata) is there; one is gone;
 * the list was whole, and what was not in it is gone; what is here is up to date now. A namespace
 * for which there is no room is not known. */
void namespace_cache_begin(struct namespace_cache *c);
void namespace_cache_put(struct namespace_cache *c, struct yyjson_val *object);
void namespace_cache_drop(struct namespace_cache *c, struct yyjson_val *object);
void namespace_cache_end(struct namespace_cache *c, int64_t now);
void namespace_cache_alive(struct namespace_cache *c, int64_t now);

#endif
