#ifndef TG_ROLLOUT_ROLLOUT_COUNTERS_H
#define TG_ROLLOUT_ROLLOUT_COUNTERS_H

#include "rollout/judge/judge.h"
#include "rollout/judge/rollout.h"
#include "rollout/record/record.h"

#include <stdatomic.h>
#include <stdint.h>

/* What there is and what was done, counted for metrics. One thread counts, any thread reads. */
struct tally {
    atomic_long states[ROLLOUT_STATES]; /* rollouts that are in a state now */
    atomic_ullong news[NEWS_KINDS];     /* pieces of news told since the start */
    atomic_ullong failures[CAUSES];     /* of them, versions that failed */
    atomic_ullong rollbacks[CAUSES];    /* of those, rolled back (or would have been) */
};

void tally_init(struct tally *t);

/* A rollout left a state for another; ROLLOUT_NONE is where it comes from and goes to. */
void tally_move(struct tally *t, enum rollout_state from, enum rollout_state to);

/* A piece of news was told. */
void tally_news(struct tally *t, const struct news *news);

#endif
