#ifndef TG_ROLLOUT_TRACKED_ROLLOUTS_H
#define TG_ROLLOUT_TRACKED_ROLLOUTS_H

#include "base/buf.h"
#include "base/hash_table.h"
#include "base/view.h"
#include "kube/limits.h"
#include "rollout/judge/rollout.h"
#include "rollout/rollout_counters.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct client;
struct snapshot;
struct cache;

/* One guarded workload at the replica that leads. */
struct tracked_rollouts_entry {
    struct hash_table_link link; /* by uid */
    struct rollout rollout;
    char version[LIMIT_KUBE_VERSION]; /* of its record's ConfigMap; empty: there is none yet */
    int64_t next; /* the instant (Unix seconds) of the next look; 0: when something changes */
    bool untold;  /* it has news, or owners to keep, until nobody waits for an act */
    struct buf last_words; /* of the container that the failure at `heard` is about */
    int64_t heard;
    int64_t told_at; /* of its last Event */
    char uid[];
};

/* All of them. One thread. */
struct tracked_rollouts {
    struct hash_table entries;
    struct rollout_counters *counters;
};

/* Where records are. */
struct tracked_rollouts_source {
    struct cache *records; /* rollout/record/record_cache.h */
    struct client *client; /* to read one that is newer */
    struct view namespace_;
};

void tracked_rollouts_init(struct tracked_rollouts *r, struct rollout_counters *counters);

/* Forgets all. */
void tracked_rollouts_release(struct tracked_rollouts *r);

/* The entry of a workload, or NULL. */
struct tracked_rollouts_entry *tracked_rollouts_find(const struct tracked_rollouts *r,
                                                     struct view uid);

/* A new entry for the workload that is seen, made of what is recorded of it. What the watch showed
 * will do: if it is old, the first write meets a conflict, and then the record is read `again` from
 * the API server. NULL when it cannot be had now. */
struct tracked_rollouts_entry *tracked_rollouts_adopt(struct tracked_rollouts *r,
                                                      const struct tracked_rollouts_source *source,
                                                      const struct snapshot *snapshot, bool again,
                                                      struct arena *arena);

/* Forgets one. */
void tracked_rollouts_forget(struct tracked_rollouts *r, struct tracked_rollouts_entry *entry);

/* Counts the state that a rollout left, `from`, and the one that it is in now. */
void tracked_rollouts_moved(struct tracked_rollouts *r, const struct tracked_rollouts_entry *entry,
                            enum rollout_state from);

#endif
