#ifndef TG_ROLLOUT_JUDGE_RECONCILE_H
#define TG_ROLLOUT_JUDGE_RECONCILE_H

#include "base/view.h"
#include "rollout/judge/judge.h"
#include "rollout/record/record.h"

#include <stdbool.h>
#include <stdint.h>

struct brake_count;
struct rollout;
struct rollout_guard;
struct snapshot;

/* One look of a rollout at its workload: what the facts change in its record, transition by
 * transition. Pure; one thread. Part of rollout/judge/rollout.h. */
struct reconcile {
    struct rollout *r;
    struct record *record; /* that of r */
    const struct rollout_guard *guard;
    const struct snapshot *snapshot;
    const struct brake_count *brake;
    int64_t now;
    struct arena *arena;
    struct judgement judged; /* once it advanced */
    int64_t next;            /* look again; 0: when something changes */
};

/* Makes one transition, if the facts make one; false when there is none (left). */
bool reconcile_advance(struct reconcile *l);

/* Only sees whether it stays healthy, while a transition that was made is not written yet. */
void reconcile_on(struct reconcile *l);

/* It is to be looked again at that instant, if not before. */
void reconcile_again(struct reconcile *l, int64_t at);

/* True when it is so long after `since`; else it is looked again then. */
bool reconcile_is_over(struct reconcile *l, int64_t since, int64_t lasting);

bool reconcile_is_in(const struct reconcile *l, enum rollout_state state);

/* Adds a line to the history, now, and about the template that is there when it names no other.
 * When memory runs out, the rollout is lost. */
void reconcile_note(struct reconcile *l, struct record_step step, bool untold);

/* What was decided cannot be done, and is given up. Only r, record and now are looked at. */
void reconcile_refuse(struct reconcile *l, struct view words);

#endif
