#ifndef TG_ROLLOUT_ROLLOUT_COUNTERS_H
#define TG_ROLLOUT_ROLLOUT_COUNTERS_H

#include "rollout/judge/judge.h"
#include "rollout/judge/rollout.h"
#include "rollout/record/record.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* A workload that is Failed, Degraded or RollingBack. Names are as long as Kubernetes has them. */
struct rollout_trouble {
    char kind[16], namespace_[64], name[254];
    enum rollout_state state;
};

/* What there is and what was done, counted for metrics. One thread counts, any thread reads. */
struct rollout_counters {
    atomic_long states[ROLLOUT_STATES];       /* rollouts that are in a state now */
    atomic_ullong event[ROLLOUT_EVENT_KINDS]; /* pieces of news told since the start */
    atomic_ullong failures[CAUSES];           /* of them, versions that failed */
    atomic_ullong rollbacks[CAUSES];          /* of those, rolled back (or would have been) */
    pthread_mutex_t lock;                     /* of what follows */
    struct rollout_trouble troubled[LIMIT_TROUBLED];
    size_t troubled_count;
};

void rollout_counters_init(struct rollout_counters *t);

/* A rollout left a state for another; ROLLOUT_NONE is where it comes from and goes to. */
void rollout_counters_move(struct rollout_counters *t, enum rollout_state from,
                           enum rollout_state to);

/* Names a workload for as long as it is in trouble, and forgets it in any other state: ROLLOUT_NONE
 * is that of one that is not guarded any more. With LIMIT_TROUBLED of them no more are named. */
void rollout_counters_name(struct rollout_counters *t, const struct record *r,
                           enum rollout_state state);

/* Puts those that are named into out. Returns how many. */
size_t rollout_counters_troubled(struct rollout_counters *t,
                                 struct rollout_trouble out[static LIMIT_TROUBLED]);

/* A piece of news was told. */
void rollout_counters_event(struct rollout_counters *t, const struct rollout_event *event);

#endif
