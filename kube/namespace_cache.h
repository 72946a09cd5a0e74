#ifndef TG_KUBE_NAMESPACE_CACHE_H
#define TG_KUBE_NAMESPACE_CACHE_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct cache;
struct yyjson_val;

/* The labels of each namespace (kube/cache.h), filled from a watch of namespaces, or of their
 * metadata. */

/* An empty cache that keeps at most limit bytes. NULL when memory runs out. */
struct cache *namespace_cache_create(size_t limit);

/* The labels as a JSON map (empty: there are none), a copy in the arena. False when they are not
 * known at the instant now (clock_monotonic_ns): there is no such namespace here, no list was whole
 * yet, or there was no word for LIMIT_NAMESPACES_AGE. Any thread. */
bool namespace_cache_labels(struct cache *c, struct view name, int64_t now, struct arena *arena,
                            struct yyjson_val **labels);

#endif
