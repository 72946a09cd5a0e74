#ifndef TG_ROLLOUT_LEADER_H
#define TG_ROLLOUT_LEADER_H

#include "base/view.h"
#include "rollout/notify/publish.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct client;
struct policy_set;
struct probe_answer;
struct prober;
struct store;
struct tally;
struct text_cache;

/* What the replica that leads does: it holds one rollout for each guarded workload and carries out
 * what that wants. One thread, but for lead_answered and lead_tally. */
struct lead;

struct lead_options {
    const struct controller_options *controller;
    struct client *client; /* of this thread */
    struct store *store;
    struct text_cache *records; /* rollout/record/record_cache.h */
    struct prober *prober;
    struct tell tell;
    /* The instant of clock_monotonic_ns by which what is begun now has to be over; 0: this replica
     * leads no more. Asked before each act. */
    int64_t (*acts_until)(void *ctx);
    /* The uid, in the arena, of the ConfigMap that owns the records; absent: none does. */
    struct view (*owner)(void *ctx, struct arena *arena);
    void *ctx; /* of both */
};

/* What the options point to outlives it. NULL when memory is out. */
struct lead *lead_create(const struct lead_options *options);
void lead_free(struct lead *l);

/* Begins to lead, knowing nothing but what the records say; ends it, forgetting all. */
void lead_take_over(struct lead *l);
void lead_step_down(struct lead *l);

/* Looks at each workload that changed or whose time has come, by these rules, at the instant now
 * (Unix seconds). */
void lead_work(struct lead *l, const struct policy_set *set, int64_t now);

/* The answer of a request or query: struct prober_options' answered. Any thread. */
void lead_answered(void *lead, struct view uid, bool prometheus, size_t index,
                   const struct probe_answer *answer);

/* What it counts. Any thread. */
const struct tally *lead_tally(const struct lead *l);

#endif
