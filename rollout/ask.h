#ifndef TG_ROLLOUT_ASK_H
#define TG_ROLLOUT_ASK_H

#include "rollout/judge.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rollout_guard;

/* When the smoke requests and queries of a guard are asked during one rollout, and what their
 * answers come to. Pure; one thread. */

/* True when one is to be asked now: which, into *prometheus and *index. Each is asked from
 * begun + delay on, every period, at once when the soaking (0: none) began after it was asked last,
 * and not while an answer is awaited. *next (0: never) is brought forward to when one is due. */
bool ask_due(const struct rollout_guard *guard, const struct probes *probes, int64_t begun,
             int64_t soaking, int64_t now, int64_t *next, bool *prometheus, size_t *index);

/* True when each was asked and answered since then: requests well, queries at least not badly. A
 * query without data holds nobody up; *no_data says that there was one. */
bool ask_went_well(const struct rollout_guard *guard, const struct probes *probes, int64_t since,
                   bool *no_data);

/* True when the last answer of one was a failure. */
bool ask_goes_badly(const struct rollout_guard *guard, const struct probes *probes);

/* Takes an answer in. One that was not asked for (any more) is left out. */
void ask_answered(struct probe_state *probe, const struct probe_answer *answer);

#endif
