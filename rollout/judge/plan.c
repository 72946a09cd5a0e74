#include "rollout/judge/plan.h"

#include "base/arena.h"
#include "base/time/duration.h"
#include "policy/guard/guard.h"
#include "policy/object/guarded_kind.h"
#include "rollout/judge/brake.h"
#include "rollout/watch/snapshot.h"

#include <inttypes.h>

static const struct record_failure *failure_of(const struct record *record, struct view hash)
{
    for (size_t i = 0; i < record->failure_count; i++)
        if (view_eq(record->failures[i].hash, hash))
            return &record->failures[i];
    return NULL;
}

const struct snapshot_revision *plan_revision(const struct snapshot *snapshot, struct view hash)
{
    for (size_t i = 0; i < snapshot->revision_count; i++)
        if (view_eq(snapshot->revisions[i].hash, hash))
            return &snapshot->revisions[i];
    return NULL;
}

static void find_target(const struct record *record, const struct snapshot *snapshot,
                        struct plan *out)
{
    for (size_t i = record->good_count; i-- > 0 && !out->target;) {
        const struct record_good *good = &record->goods[i];

        if (view_eq(good->hash, snapshot->hash) || failure_of(record, good->hash))
            continue;
        out->target = plan_revision(snapshot, good->hash);
        out->target_images = good->images;
    }
}

static struct view workload_arg_text(const struct plan *d, struct arena *arena)
{
    return arena_printf(arena, "revision %" PRId64 " (%.*s)", d->target->number,
                        VIEW_ARGS(d->target_images));
}

static bool brakes(const struct guard_brake *brake, const struct brake_count *count)
{
    return count->namespace_ >= brake->in_namespace || count->all >= brake->in_all;
}

/* "3 rollbacks in shop within 1 h" */
static struct view brake_text(const struct guard_brake *brake, const struct brake_count *count,
                              struct view namespace_, struct arena *arena)
{
    char within[DURATION_ROOM];

    duration_go(brake->within, within);
    if (count->namespace_ >= brake->in_namespace)
        return arena_printf(arena, "%u rollbacks in %.*s within %s", count->namespace_,
                            VIEW_ARGS(namespace_), within);
    return arena_printf(arena, "%u rollbacks within %s", count->all, within);
}

/* Why the guard leaves it as it is, whatever there is to go back to; absent: it does not. */
static struct view why_left(const struct record *record, const struct rollout_guard *guard,
                            const struct snapshot *snapshot)
{
    const struct record_failure *before = failure_of(record, snapshot->hash);

    if (before && (before->undone || before->again))
        return VIEW("is not rolled back: it was rolled back before, and was deployed again");
    if (record->restart)
        return VIEW("is not rolled back: it is the version that was healthy, restarted");
    if (record->returning)
        return VIEW("is not rolled back: it was healthy here before");
    if (guard->act == GUARD_NOTIFY)
        return VIEW("is left as it is: onFailure is notify");
    if (guard->act == GUARD_ROLLBACK)
        return (struct view){NULL, 0};
    if (!snapshot->guarded_kind->can_pause)
        return VIEW("is left as it is: its kind cannot be paused");
    return guard->audit ? VIEW("would be paused (mode: audit)") : VIEW("is paused");
}

void plan_of(const struct record *record, const struct rollout_guard *guard,
             const struct snapshot *snapshot, const struct brake_count *brake,
             enum cause_kind cause, struct arena *arena, struct plan *out)
{
    bool asked = cause == CAUSE_PERSON;

    *out = (struct plan){.input = INPUT_STAY};
    if (!asked)
        out->done = why_left(record, guard, snapshot);
    if (out->done.n > 0)
        return;
    find_target(record, snapshot, out);
    if (!out->target) {
        out->done = VIEW("is not rolled back: there is nothing healthy to go back to");
        return;
    }
    if (guard->audit) {
        out->done = arena_printf(arena, "would go back to %.*s (mode: audit)",
                                 VIEW_ARGS(workload_arg_text(out, arena)));
    } else if (!asked && brakes(&guard->brake, brake)) {
        out->done =
            arena_printf(arena, "is not rolled back: %.*s, a person has to decide",
                         VIEW_ARGS(brake_text(&guard->brake, brake, snapshot->namespace_, arena)));
    } else {
        out->input = INPUT_UNDO;
        out->done =
            arena_printf(arena, "goes back to %.*s", VIEW_ARGS(workload_arg_text(out, arena)));
        return;
    }
    out->target = NULL;
}
