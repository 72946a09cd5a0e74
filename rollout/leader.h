#ifndef TG_ROLLOUT_LEADER_H
#define TG_ROLLOUT_LEADER_H

#include "base/view.h"
#include "rollout/notify/publish.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEADER_LEASE "tidegate-guard" /* by which one replica leads */

struct arena;
struct client;
struct cluster_view;
struct kube;
struct policy_set;
struct probe_answer;
struct probe_worker;
struct rollout_counters;
struct cache;

/* The leading replica: it has a rollout for each guarded workload, and carries out its intentions.
 * One thread, except for leader_answered and leader_counters. */
struct leader;

struct leader_options {
    const struct kube *kube;
    struct view own_namespace; /* where the records are */
    struct client *client;     /* of this thread */
    struct cache *store;       /* rollout/watch/store.h */
    struct cache *records;     /* rollout/record/record_cache.h */
    struct probe_worker *prober;
    struct publish publish;
    /* The instant of clock_monotonic_ns by which an action that begins now has to end; 0: this
     * replica no longer leads. Called before each action. */
    int64_t (*acts_until)(void *ctx);
    /* The uid, in the arena, of the ConfigMap that owns the records; absent: none does. */
    struct view (*owner)(void *ctx, struct arena *arena);
    /* Fills in what the rules may ask of the world; what they are told lives in the arena. */
    int (*enter)(void *ctx, struct arena *arena, struct cluster_view *cluster_view);
    void *ctx; /* of the three */
};

/* What the options point to outlives it. NULL when memory runs out. */
struct leader *leader_create(const struct leader_options *options);
void leader_free(struct leader *l);

/* Begins to lead, from the records alone; ceases to lead, and forgets everything. */
void leader_take_over(struct leader *l);
void leader_step_down(struct leader *l);

/* One round: a pass over each workload that changed or is due, by these rules, at the instant now
 * (Unix seconds). */
void leader_work(struct leader *l, const struct policy_set *set, int64_t now);

/* The answer of a request or query: struct probe_worker_options' answered. Any thread. */
void leader_answered(void *lead, struct view uid, bool prometheus, size_t index,
                     const struct probe_answer *answer);

/* What it counts. Any thread. */
struct rollout_counters *leader_counters(struct leader *l);

#endif
