#ifndef TG_ROLLOUT_TRACKED_ROLLOUTS_H
#define TG_ROLLOUT_TRACKED_ROLLOUTS_H

#include "base/buf.h"
#include "base/hash_table.h"
#include "base/limits.h"
#include "base/view.h"
#include "rollout/judge/rollout.h"
#include "rollout/rollout_counters.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct client;
struct sight;
struct text_cache;

/* One guarded workload at the replica that leads. */
struct roster_entry {
    struct table_link link; /* by uid */
    struct rollout rollout;
    char version[LIMIT_KUBE_VERSION]; /* of its record's ConfigMap; empty: there is none yet */
    int64_t next; /* the instant (Unix seconds) of the next look; 0: when something changes */
    bool untold;  /* it has news that waits until nobody waits for an act */
    struct buf last_words; /* of the container that the failure at `heard` is about */
    int64_t heard;
    char uid[];
};

/* All of them. One thread. */
struct roster {
    struct table entries;
    struct tally *tally;
};

/* Where records are. */
struct roster_source {
    struct text_cache *records; /* rollout/record/record_cache.h */
    struct client *client;      /* to read one that is newer */
    struct view namespace_;
};

void roster_init(struct roster *r, struct tally *tally);

/* Forgets all. */
void roster_release(struct roster *r);

/* The entry of a workload, or NULL. */
struct roster_entry *roster_find(const struct roster *r, struct view uid);

/* A new entry for the workload that is seen, made of what is recorded of it. What the watch showed
 * will do: if it is old, the first write meets a conflict, and then the record is read `anew` from
 * the API server. NULL when it cannot be had now. */
struct roster_entry *roster_adopt(struct roster *r, const struct roster_source *source,
                                  const struct sight *sight, bool anew, struct arena *arena);

/* Forgets one. */
void roster_forget(struct roster *r, struct roster_entry *entry);

/* Counts the state that a rollout left, `from`, and the one that it is in now. */
void roster_moved(struct roster *r, const struct roster_entry *entry, enum rollout_state from);

#endif
