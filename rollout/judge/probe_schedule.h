#ifndef TG_ROLLOUT_JUDGE_PROBE_SCHEDULE_H
#define TG_ROLLOUT_JUDGE_PROBE_SCHEDULE_H

#include "rollout/judge/judge.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rollout_guard;

/* When the smoke requests and queries of a guard are asked during one rollout, and what their
 * answers come to. Pure; one thread. */

/* Makes room for those of this guard, none of which was asked yet, in place of what was there; a
 * guard that asks nothing takes no room. When memory runs out there is none: nothing is asked,
 * nothing went well, and probe_schedule_fits says so. */
void probe_schedule_begin(struct probes *probes, const struct rollout_guard *guard);

/* True when there is room for what this guard asks. */
bool probe_schedule_fits(const struct probes *probes, const struct rollout_guard *guard);

/* None was asked yet. */
void probe_schedule_forget(struct probes *probes);

/* Gives the room back; an empty one is allowed. */
void probe_schedule_release(struct probes *probes);

/* True when one is to be asked now: which, into *prometheus and *index. Each is asked from
 * begun + delay on, every period, at once when the soaking (0: none) began after it was asked last,
 * and not while an answer is awaited. *next (0: never) is brought forward to when one is due. */
bool probe_schedule_due(const struct rollout_guard *guard, const struct probes *probes,
                        int64_t begun, int64_t soaking, int64_t now, int64_t *next,
                        bool *prometheus, size_t *index);

/* True when each was asked and answered since then: requests well, queries at least not badly. A
 * query without data holds nobody up; *no_data says that there was one. */
bool probe_schedule_went_well(const struct rollout_guard *guard, const struct probes *probes,
                              int64_t since, bool *no_data);

/* True when the last answer of one was a failure. */
bool probe_schedule_goes_badly(const struct probes *probes);

/* The one of that list and index; NULL when the guard asks it no more. */
struct probe_state *probe_schedule_find(struct probes *probes, bool prometheus, size_t index);

/* Takes an answer in. One that was not asked for (any more) is left out: that of an earlier
 * question, for another template or by other rules, may come late. */
void probe_schedule_answered(struct probe_state *probe, const struct probe_answer *answer);

#endif
