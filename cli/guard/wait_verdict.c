#include "cli/guard/wait_verdict.h"

#include "base/arena.h"
#include "rollout/record/record.h"

#include <stddef.h>

/* What is underway. */
struct verdict {
    const struct wait_question *question;
    const struct wait_sight *sight;
    struct view failed;
    struct record *record;
    struct arena *arena;
    struct view *message;
    const struct record_failure **failure;
};

static enum wait_answer say(struct verdict *v, enum wait_answer answer, struct view message)
{
    *v->message = message;
    return answer;
}

/* The failure whose rollback brought what is there now; NULL: a deploy did. */
static struct record_failure *rolled_back(struct record *record)
{
    for (size_t i = record->history_count; i-- > 0;) {
        const struct record_step *step = &record->history[i];

        if (step->at < record->begun)
            break;
        if (step->at == record->begun && view_eq_str(step->what, "RolledBack"))
            return record_failure(record, step->hash);
    }
    return NULL;
}

static enum wait_answer say_failed(struct verdict *v, const struct record_failure *failure)
{
    *v->failure = failure;
    if (failure->undone && failure->target.n > 0)
        return say(v, WAIT_NO,
                   arena_printf(v->arena, "%.*s failed and was rolled back to %.*s: %.*s",
                                VIEW_ARGS(failure->images), VIEW_ARGS(failure->target_images),
                                VIEW_ARGS(failure->message)));
    return say(v, WAIT_NO,
               arena_printf(v->arena, "%.*s failed: %.*s", VIEW_ARGS(failure->images),
                            VIEW_ARGS(failure->message)));
}

static enum wait_answer say_replaced(struct verdict *v)
{
    struct record_failure *failure =
        v->failed.n > 0 ? record_failure(v->record, v->failed) : rolled_back(v->record);

    if (failure)
        return say_failed(v, failure);
    return say(v, WAIT_NO,
               arena_printf(v->arena, "%.*s is not what it has: that is %.*s",
                            VIEW_ARGS(v->question->version), VIEW_ARGS(v->record->images)));
}

static enum wait_answer by_state(struct verdict *v)
{
    struct record *record = v->record;
    struct record_failure *failure = record_failure(record, record->hash);
    struct view state = view_of(rollout_state_name(record->state));

    switch (record->state) {
    case ROLLOUT_HEALTHY:
        return say(v, WAIT_YES,
                   arena_printf(v->arena, "%.*s is healthy", VIEW_ARGS(record->images)));
    case ROLLOUT_SOAKING:
        if (v->question->available)
            return say(v, WAIT_YES,
                       arena_printf(v->arena, "%.*s is available", VIEW_ARGS(record->images)));
        break;
    case ROLLOUT_FAILED:
    case ROLLOUT_ROLLING_BACK:
        if (failure)
            return say_failed(v, failure);
        return say(v, WAIT_NO,
                   arena_printf(v->arena, "%.*s failed: %.*s", VIEW_ARGS(record->images),
                                VIEW_ARGS(record->message)));
    case ROLLOUT_DEGRADED:
        return say(v, WAIT_NO,
                   arena_printf(v->arena, "%.*s was healthy and broke: %.*s",
                                VIEW_ARGS(record->images), VIEW_ARGS(record->message)));
    case ROLLOUT_SUSPENDED:
        return say(v, WAIT_UNKNOWN,
                   arena_printf(v->arena, "it is suspended: %.*s", VIEW_ARGS(record->message)));
    case ROLLOUT_NONE:
    case ROLLOUT_PROGRESSING:
    case ROLLOUT_STATES: break;
    }
    return say(v, WAIT_ON,
               arena_printf(v->arena, "%.*s is %.*s", VIEW_ARGS(record->images), VIEW_ARGS(state)));
}

/* The record is about this very workload as it is now. */
static bool is_observed(const struct record *record, const struct wait_sight *sight)
{
    return view_eq(record->uid, sight->uid) && record->generation >= sight->generation &&
           view_eq(record->hash, sight->hash);
}

enum wait_answer wait_verdict(const struct wait_question *question, const struct wait_sight *sight,
                              struct view failed, struct record *record, struct arena *arena,
                              struct view *message, const struct record_failure **failure)
{
    struct verdict v = {question, sight, failed, record, arena, message, failure};
    struct record_failure *undone;

    *failure = NULL;
    if (sight->paused)
        return say(&v, WAIT_UNKNOWN, VIEW("it is paused, and the guard leaves it alone"));
    if (sight->scaled_to_zero)
        return say(&v, WAIT_UNKNOWN, VIEW("it is scaled to zero, and no pod can tell"));
    if (!record)
        return say(&v, WAIT_ON, VIEW("no RolloutGuard matches it, or none has seen it yet"));
    if (record->guard.n == 0 && record->state != ROLLOUT_NONE)
        return say(&v, WAIT_UNKNOWN, VIEW("no RolloutGuard matches it any more"));
    if (!is_observed(record, sight))
        return say(&v, WAIT_ON, VIEW("the guard has not seen it as it is now"));
    undone = question->version.n > 0 ? NULL : rolled_back(record);
    if (undone)
        return say_failed(&v, undone);
    if (question->version.n > 0 && !sight->is_version)
        return say_replaced(&v);
    return by_state(&v);
}
