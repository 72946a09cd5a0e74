#ifndef TG_ROLLOUT_JUDGE_PLAN_H
#define TG_ROLLOUT_JUDGE_PLAN_H

#include "base/view.h"
#include "rollout/judge/judge.h"
#include "rollout/judge/states.h"
#include "rollout/record/record.h"

struct arena;
struct brake_count;
struct rollout_guard;
struct snapshot;
struct snapshot_revision;

/* What is to be done about a template that failed. */
struct plan {
    enum states_input input; /* INPUT_UNDO or INPUT_STAY */
    struct view done;        /* "goes back to revision 3 (api:v1)", "is not rolled back: ..." */
    const struct snapshot_revision *target; /* of INPUT_UNDO, else NULL */
    struct view target_images;
};

/* Decides by the record, the guard and its brake. A person's word (CAUSE_PERSON) goes before all
 * but `mode: audit`, and that there has to be something healthy to go back to: the template that
 * became healthy last, did not fail, and is still a revision of the workload. The message is in the
 * arena or constants. Pure; any thread. */
void plan_of(const struct record *record, const struct rollout_guard *guard,
             const struct snapshot *snapshot, const struct brake_count *brake,
             enum cause_kind cause, struct arena *arena, struct plan *out);

/* The newest revision of that template that the workload owns, or NULL. */
const struct snapshot_revision *plan_revision(const struct snapshot *snapshot, struct view hash);

#endif
