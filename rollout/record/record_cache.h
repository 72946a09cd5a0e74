#ifndef TG_ROLLOUT_RECORD_RECORD_CACHE_H
#define TG_ROLLOUT_RECORD_RECORD_CACHE_H

#include "base/view.h"

#include <stddef.h>
#include <stdint.h>

struct arena;
struct cache;

/* The records of guarded workloads (rollout/record/record.h) as a watch shows them: the ConfigMaps
 * of Tidegate's own namespace with the label RECORD_CACHE_SELECTOR. kube/cache.h
 * keeps them, counts them and knows their age; a ConfigMap without the label, or without a record
 * that fits LIMIT_RECORD, is none. */
#define RECORD_CACHE_LABEL    "tidegate.dev/record"
#define RECORD_CACHE_KIND     "rollout"
#define RECORD_CACHE_SELECTOR RECORD_CACHE_LABEL "=" RECORD_CACHE_KIND
#define RECORD_CACHE_KEY      "record" /* of the ConfigMap's data: the text */
#define RECORD_CACHE_OWNER                                                                         \
    "tidegate-records" /* the ConfigMap that owns them, where there is one                         \
                        */

/* An empty cache that keeps at most limit bytes. NULL when memory runs out. */
struct cache *record_cache_create(size_t limit);

/* One ConfigMap as it was last seen. */
struct record_cache_entry {
    struct view name;    /* record_name() */
    struct view text;    /* for record_read() */
    struct view version; /* resourceVersion: the precondition of a write over it */
};

/* Finds the one of that name at the instant now (clock_monotonic_ns), copied into the arena.
 * Returns 1 when it is there; 0 when there is none; -1 when that is not known: no list was whole
 * yet, there was no word for LIMIT_RECORDS_AGE, or memory runs out. Any thread. */
int record_cache_find(struct cache *c, struct view name, int64_t now, struct arena *arena,
                      struct record_cache_entry *out);

/* Hands each over; it is valid during the call. What changes meanwhile is told of once, twice or
 * not at all. Returns -1 when some could not be told of: memory runs out, or they had no room. Any
 * thread. */
int record_cache_each(struct cache *c,
                      void (*take)(void *ctx, const struct record_cache_entry *entry), void *ctx);

#endif
