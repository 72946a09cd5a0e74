#ifndef TG_ROLLOUT_WATCH_STORE_H
#define TG_ROLLOUT_WATCH_STORE_H

#include "base/view.h"
#include "rollout/watch/store_list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct cache;
struct snapshot;

/* The store: a cache (kube/cache.h) of workloads, their revisions and their pods, each cut to what
 * is judged by, so that memory follows what is kept. Its resources are enum store_list. A workload
 * is queued when it, one of its revisions or one of its pods changes. All functions may be called
 * by any thread. */

/* An empty one that keeps at most limit bytes, the caller's (cache_free). NULL when memory runs
 * out. */
struct cache *store_create(size_t limit);

/* The facts of one workload, put together in the arena. Returns 0; 1 when there is no such workload
 * (any more); -1 when memory runs out. */
int store_snapshot(struct cache *s, struct view uid, struct arena *arena, struct snapshot *out);

/* Whether there is a workload of that name. */
bool store_has(struct cache *s, struct view kind, struct view namespace_, struct view name);

/* For admission: the newest revision of that template that the workload owns, or 0. */
int64_t store_revision_of(struct cache *s, struct view uid, struct view hash);

#endif
