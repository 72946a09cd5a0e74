#ifndef TG_ROLLOUT_RECORD_ADMISSION_LOOKUP_H
#define TG_ROLLOUT_RECORD_ADMISSION_LOOKUP_H

#include "base/view.h"
#include "policy/object/cluster_view.h"

struct arena;
struct request;
struct cache;

/* struct cluster_view's `rollout` in a cluster: what the workload's record
 * (rollout/record/record_cache.h) and the revisions that it owns (rollout/watch/store.h) tell of a
 * template. A workload without a record is one of which nothing is known, not one of which nothing
 * can be told. What was healthy counts for the very object, by its uid; what failed for its name,
 * since it may be created again. Texts are in the arena. Any thread. */
void admission_lookup(struct cache *records, struct cache *store, const struct request *request,
                      struct view hash, struct arena *arena, struct cluster_view_rollout *out);

#endif
