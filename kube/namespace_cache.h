#ifndef TG_KUBE_NAMESPACE_CACHE_H
#define TG_KUBE_NAMESPACE_CACHE_H

#include "base/view.h"
#include "kube/watch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct text_cache;
struct yyjson_val;

/* The labels of each namespace, kept as texts (kube/text_cache.h) of JSON. */

/* An empty cache that keeps at most limit bytes. NULL when memory runs out. */
struct text_cache *namespace_cache_create(size_t limit);

/* The handler of a watch of namespaces, or their metadata, whose ctx is the cache; and what it does
 * with one of them. */
struct watch_handler namespace_cache_handler(void);
int namespace_cache_put(void *cache, struct yyjson_val *object);
void namespace_cache_drop(void *cache, struct yyjson_val *object);

/* The labels as a JSON map (empty: there are none), made in the arena. False when they are not
 * known at the instant now (clock_monotonic_ns): there is no such namespace here, no list was whole
 * yet, or there was no word for LIMIT_NAMESPACES_AGE. Any thread. */
bool namespace_cache_labels(struct text_cache *c, struct view name, int64_t now,
                            struct arena *arena, struct yyjson_val **labels);

#endif
