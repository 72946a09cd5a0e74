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

/* One pass over one workload: changes its record by what the snapshot shows, one transition at a
 * time. Pure; one thread. Part of rollout/judge/rollout.h. */
struct reconcile {
    struct rollout *r;
    struct record *record; /* that of r */
    const struct rollout_guard *guard;
    const struct snapshot *snapshot;
    const struct brake_count *brake;
    int64_t now;
    struct arena *arena;
    struct judgement judged; /* by the last reconcile_advance() */
    int64_t next;            /* when the next pass is due; 0: when something changes */
};

/* Makes one transition. Returns false when there is none, or none left. */
bool reconcile_advance(struct reconcile *rc);

/* The record is about the workload's generation as it is now. To be called once no transition is
 * left. */
void reconcile_note_generation(struct reconcile *rc);

/* Only updates since when the workload is healthy: for the time in which a transition is not
 * written to the record yet. */
void reconcile_track_health(struct reconcile *rc);

/* The next pass is due at that instant, or earlier. */
void reconcile_requeue_at(struct reconcile *rc, int64_t at);

/* True when `lasting` has passed since `since`; else the next pass is due at that instant. */
bool reconcile_has_passed(struct reconcile *rc, int64_t since, int64_t lasting);

bool reconcile_is_in(const struct reconcile *rc, enum rollout_state state);

/* Adds a step to the history, at the instant now. It is about the current template unless it names
 * another. When memory runs out, the rollout is lost. */
void reconcile_add_step(struct reconcile *rc, struct record_step step, bool untold);

/* Gives up a rollback that cannot be done. Uses only r, record and now. */
void reconcile_give_up(struct reconcile *rc, struct view message);

#endif
