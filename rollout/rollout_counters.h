#ifndef TG_ROLLOUT_ROLLOUT_COUNTERS_H
#define TG_ROLLOUT_ROLLOUT_COUNTERS_H

#include "rollout/judge/judge.h"
#include "rollout/judge/rollout.h"
#include "rollout/record/record.h"

#include <stdatomic.h>
#include <stdint.h>

/* What there is and what was done, counted for metrics. One thread counts, any thread reads. */
struct rollout_counters {
    atomic_long states[ROLLOUT_STATES];       /* rollouts that are in a state now */
    atomic_ullong event[ROLLOUT_EVENT_KINDS]; /* pieces of news told since the start */
    atomic_ullong failures[CAUSES];           /* of them, versions that failed */
    atomic_ullong rollbacks[CAUSES];          /* of those, rolled back (or would have been) */
};

void rollout_counters_init(struct rollout_counters *t);

/* A rollout left a state for another; ROLLOUT_NONE is where it comes from and goes to. */
void rollout_counters_move(struct rollout_counters *t, enum rollout_state from,
                           enum rollout_state to);

/* A piece of news was told. */
void rollout_counters_event(struct rollout_counters *t, const struct rollout_event *event);

#endif
