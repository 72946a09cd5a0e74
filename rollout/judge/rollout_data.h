#ifndef TG_ROLLOUT_JUDGE_ROLLOUT_DATA_H
#define TG_ROLLOUT_JUDGE_ROLLOUT_DATA_H

#include "rollout/judge/judge.h"
#include "rollout/record/record.h"

#include <stdbool.h>
#include <stdint.h>

/* What the replica that leads knows of the rollout of one workload: the record, and what need not
 * survive a restart. rollout/judge/rollout.h makes it and decides by it. */

/* What did not work is not tried again before `at`. */
struct rollout_retry {
    int64_t at;
    unsigned tries; /* in a row */
};

struct rollout {
    struct record record;
    bool unsaved;      /* the record differs from what is stored */
    bool lost;         /* memory was out amid a change: only what is stored can be gone on from */
    const void *guard; /* that the probes are of; only compared */
    struct probes probes;
    int64_t healthy_since; /* 0: it is not */
    unsigned exits, flaps; /* the fewest since then: more is not healthy */
    int64_t sick_since, well_since;
    int64_t unseen_since; /* its controller has not taken the template up */
    int64_t acted;        /* when the undo or the pause was done; 0: not since it was decided */
    int64_t noted;        /* when the generation was written last */
    unsigned refusals;
    struct rollout_retry write, act, tell, own;
};

#endif
