#include "rollout/judge/reconcile.h"

#include "base/arena.h"
#include "base/time/duration.h"
#include "policy/guard/guard.h"
#include "policy/object/guard_command.h"
#include "policy/object/guarded_kind.h"
#include "rollout/judge/plan.h"
#include "rollout/judge/probe_schedule.h"
#include "rollout/judge/rollout_data.h"
#include "rollout/judge/states.h"
#include "rollout/watch/snapshot.h"

/* Seconds. */
enum {
    SICK = 60, /* a good version is Degraded after it was unhealthy for this long, and back after it
                  was healthy */
    GENERATIONS = 10, /* between two writes of a record for its generation alone: an autoscaler may
                         make many */
    SHOWN = 60,       /* within which the watch must show an undo that was sent */
};

/* --- small steps ------------------------------------------------------------------------------ */

void reconcile_requeue_at(struct reconcile *rc, int64_t at)
{
    if (rc->next == 0 || at < rc->next)
        rc->next = at;
}

bool reconcile_has_passed(struct reconcile *rc, int64_t since, int64_t lasting)
{
    if (rc->now >= since + lasting)
        return true;
    reconcile_requeue_at(rc, since + lasting);
    return false;
}

bool reconcile_is_in(const struct reconcile *rc, enum rollout_state state)
{
    return rc->record->state == state;
}

void reconcile_add_step(struct reconcile *rc, struct record_step step, bool untold)
{
    step.at = rc->now;
    step.untold = untold;
    if (!step.hash.p) {
        step.hash = rc->record->hash;
        step.images = rc->record->images;
    }
    rc->r->lost |= record_add_step(rc->record, &step) < 0;
    rc->r->unsaved = true;
}

static struct record_step step_of_cause(const char *what, const struct cause *cause)
{
    return (struct record_step){.what = view_of(what),
                                .message = cause->message,
                                .cause = view_of(cause_name(cause->kind)),
                                .pod = cause->pod,
                                .container = cause->container,
                                .previous = cause->previous};
}

/* The one place where the state changes. */
static bool change_state(struct reconcile *rc, enum states_input input, struct view message)
{
    struct record *record = rc->record;

    record->state = states_next(record->state, input);
    record->since = rc->now;
    rc->r->lost |= record_keep(record, &record->message, message) < 0;
    rc->r->unsaved = true;
    return true;
}

/* --- a new template --------------------------------------------------------------------------- */

/* Closes the failure of the previous template, if it was to be rolled back. A person may have done
 * that before the guard did. */
static void leave_template(struct reconcile *rc)
{
    struct record_failure *failure = record_failure(rc->record, rc->record->hash);

    if (!failure || failure->target.n == 0 || failure->at < rc->record->begun)
        return;
    failure->undone = true;
    if (view_eq(failure->target, rc->snapshot->hash))
        reconcile_add_step(rc,
                           (struct record_step){.what = VIEW("RolledBack"),
                                                .hash = failure->hash,
                                                .images = failure->images,
                                                .message = failure->target_images,
                                                .cause = failure->cause},
                           true);
}

static void keep_identity(struct reconcile *rc)
{
    const struct snapshot *s = rc->snapshot;
    struct record *record = rc->record;

    rc->r->lost |= record_keep(record, &record->kind, view_of(s->guarded_kind->kind)) < 0 ||
                   record_keep(record, &record->namespace_, s->namespace_) < 0 ||
                   record_keep(record, &record->name, s->name) < 0 ||
                   record_keep(record, &record->uid, s->uid) < 0 ||
                   record_keep(record, &record->hash, s->hash) < 0 ||
                   record_keep(record, &record->restarted, s->restarted) < 0 ||
                   record_keep(record, &record->images, s->images) < 0;
}

/* The state of one template's pods and probes says nothing about the next template. */
static void forget_template(struct rollout *r)
{
    probe_schedule_forget(&r->probes);
    r->healthy_since = r->sick_since = r->well_since = r->unseen_since = r->acted = 0;
    r->refusals = 0;
    r->act = (struct rollout_retry){0};
}

static void start_deadline(struct reconcile *rc)
{
    rc->record->begun = rc->now;
    rc->record->need = rc->snapshot->desired;
    forget_template(rc->r);
}

/* A restart brings the same version into other pods, which may meet what has changed around it: a
 * ConfigMap. One of a version that is not done yet is a part of its rollout, whose deadline goes
 * on.
 */
static bool take_restart(struct reconcile *rc)
{
    struct record *record = rc->record;
    bool known = record->generation > 0 || rc->snapshot->generation == 0; /* by older records: no */

    if (view_eq(record->restarted, rc->snapshot->restarted))
        return false;
    rc->r->lost |= record_keep(record, &record->restarted, rc->snapshot->restarted) < 0;
    rc->r->unsaved = true;
    return known && rc->snapshot->restarted.n > 0 &&
           (reconcile_is_in(rc, ROLLOUT_HEALTHY) || reconcile_is_in(rc, ROLLOUT_DEGRADED) ||
            reconcile_is_in(rc, ROLLOUT_FAILED));
}

static bool take_new_template(struct reconcile *rc)
{
    struct record *record = rc->record;
    bool other = !view_eq(record->hash, rc->snapshot->hash);
    bool same = !other && view_eq(record->uid, rc->snapshot->uid) && record->state != ROLLOUT_NONE;

    if (same && !take_restart(rc))
        return false;
    if (other)
        leave_template(rc);
    keep_identity(rc);
    start_deadline(rc);
    record->returning = record_good(record, record->hash) != NULL;
    record->restart = same && record->returning;
    reconcile_add_step(
        rc, (struct record_step){.what = same ? VIEW("Restarted") : VIEW("Deployed")}, false);
    return change_state(rc, INPUT_TEMPLATE, VIEW(""));
}

/* --- failing ---------------------------------------------------------------------------------- */

static void keep_failure(struct reconcile *rc, const struct cause *cause, const struct plan *plan)
{
    const struct record_failure *before = record_failure(rc->record, rc->record->hash);
    bool undo = plan->input == INPUT_UNDO;
    const struct record_good *good = undo ? record_good(rc->record, plan->target->hash) : NULL;
    struct record_failure failure = {
        .hash = rc->record->hash,
        .images = rc->record->images,
        .cause = view_of(cause_name(cause->kind)),
        .message = cause->message,
        .at = rc->now,
        .target = undo ? plan->target->hash : (struct view){NULL, 0},
        .target_images = undo ? plan->target_images : (struct view){NULL, 0},
        .undone = before && before->undone && !undo,
        .again = before && (before->again || (before->undone && undo)),
        .quarantined = (before && before->quarantined) || (undo && rc->guard->quarantine),
        .owed = good && good->owners > 0,
    };

    rc->r->lost |= record_add_failure(rc->record, &failure) < 0;
}

/* Records the failure with its cause, and what is done about it. */
static bool fail_rollout(struct reconcile *rc, const struct cause *cause)
{
    struct record_step step = step_of_cause("Failed", cause);
    struct plan plan;
    struct view message;

    plan_of(rc->record, rc->guard, rc->snapshot, rc->brake, cause->kind, rc->arena, &plan);
    keep_failure(rc, cause, &plan);
    step.done = plan.done;
    reconcile_add_step(rc, step, true);
    message =
        arena_printf(rc->arena, "%.*s; %.*s", VIEW_ARGS(cause->message), VIEW_ARGS(plan.done));
    rc->r->lost |= !cause->message.p || !plan.done.p || !message.p;
    forget_template(rc->r);
    return change_state(rc, plan.input, message);
}

static bool fail_by_deadline(struct reconcile *rc)
{
    struct cause cause = rc->judged.missing;
    char deadline[DURATION_ROOM];

    cause.kind = CAUSE_DEADLINE;
    cause.message = arena_printf(
        rc->arena, "not healthy within %s: %.*s", duration_go(rc->guard->deadline, deadline),
        VIEW_ARGS(cause.message.n > 0 ? cause.message : VIEW("it did not stay healthy")));
    return fail_rollout(rc, &cause);
}

/* A version that was healthy at the deadline, and then lost a pod to a drain, has another soak to
 * get healthy again. It was healthy at the deadline if its state began after that. */
static int64_t deadline_of(const struct reconcile *rc)
{
    int64_t deadline = rc->record->begun + rc->guard->deadline;

    return rc->record->since < deadline ? deadline : deadline + rc->guard->soak;
}

/* --- commands of a person --------------------------------------------------------------------- */

static bool read_command(const struct reconcile *rc, struct view text,
                         struct guard_command *command)
{
    return text.n > 0 && guard_command_parse(text, command) == 0 &&
           command->at <= rc->now + GUARD_COMMAND_TOLERANCE;
}

static bool obey_rollback(struct reconcile *rc)
{
    const struct record_failure *failure = record_failure(rc->record, rc->record->hash);
    struct cause cause = {.kind = CAUSE_PERSON};
    struct plan plan;
    struct guard_command command;

    if (!read_command(rc, rc->snapshot->rollback_order, &command) ||
        !view_eq(command.hash, rc->record->hash) || command.at <= rc->record->begun ||
        command.at <= rc->record->obeyed || (failure && command.at <= failure->at) ||
        states_next(rc->record->state, INPUT_UNDO) == rc->record->state)
        return false;
    cause.message = command.reason.n > 0
                        ? arena_printf(rc->arena, "%.*s asked for it: %.*s", VIEW_ARGS(command.by),
                                       VIEW_ARGS(command.reason))
                        : arena_printf(rc->arena, "%.*s asked for it", VIEW_ARGS(command.by));
    rc->r->lost |= !cause.message.p;
    rc->record->obeyed = command.at;
    plan_of(rc->record, rc->guard, rc->snapshot, rc->brake, CAUSE_PERSON, rc->arena, &plan);
    if (plan.input == INPUT_UNDO)
        return fail_rollout(rc, &cause);
    reconcile_add_step(rc, (struct record_step){.what = VIEW("Refused"), .message = plan.done},
                       true);
    return false;
}

/* A template is not released while its rollback is underway: the command holds once that is done.
 */
static void obey_release(struct reconcile *rc)
{
    struct record_failure *failure;
    struct guard_command command;

    if (!read_command(rc, rc->snapshot->release_order, &command))
        return;
    failure = record_failure(rc->record, command.hash);
    if (!failure || command.at <= failure->at ||
        (reconcile_is_in(rc, ROLLOUT_ROLLING_BACK) && view_eq(command.hash, rc->record->hash)))
        return;
    reconcile_add_step(
        rc,
        (struct record_step){.what = VIEW("Released"),
                             .hash = failure->hash,
                             .images = failure->images,
                             .message = arena_printf(rc->arena, "by %.*s", VIEW_ARGS(command.by))},
        true);
    record_forgive(rc->record, command.hash);
}

/* --- health ----------------------------------------------------------------------------------- */

/* A deleted pod takes its counts along, so a sum counts as grown only above its lowest value. */
static void track_health(struct reconcile *rc)
{
    struct rollout *r = rc->r;
    const struct judgement *j = &rc->judged;

    if (!j->healthy) {
        r->healthy_since = 0;
        return;
    }
    if (r->healthy_since == 0 || j->exits > r->exits)
        r->healthy_since = rc->now;
    if (r->healthy_since == rc->now || j->exits < r->exits)
        r->exits = j->exits;
    if (r->healthy_since == rc->now || j->flaps < r->flaps)
        r->flaps = j->flaps;
}

/* The template is good: it is no longer a failure, and it releases the templates that failed before
 * it, unless it is itself the target of a rollback. */
static bool become_good(struct reconcile *rc, bool no_data)
{
    struct record *record = rc->record;
    const struct record_good good = {.hash = record->hash, .images = record->images, .at = rc->now};
    bool first = record->good_count == 0 && record->failure_count == 0;

    rc->r->lost |= record_add_good(record, &good) < 0;
    record_forgive(record, record->hash);
    for (size_t i = record->failure_count; !record->returning && i-- > 0;)
        if (record->failures[i].at <= record->begun)
            record_forgive(record, record->failures[i].hash);
    reconcile_add_step(
        rc,
        (struct record_step){.what = VIEW("Healthy"),
                             .message = no_data ? VIEW("a query gave no data") : VIEW(""),
                             .returning = record->returning},
        !first);
    forget_template(rc->r);
    return change_state(rc, INPUT_SOAKED, VIEW(""));
}

static bool end_soak(struct reconcile *rc)
{
    struct rollout *r = rc->r;
    bool no_data;

    if (r->healthy_since == 0 || !reconcile_has_passed(rc, r->healthy_since, rc->guard->soak) ||
        !probe_schedule_went_well(rc->guard, &r->probes, r->healthy_since, &no_data))
        return false;
    return become_good(rc, no_data);
}

static bool step_progressing(struct reconcile *rc)
{
    track_health(rc);
    if (rc->judged.healthy)
        return change_state(rc, INPUT_HEALTHY, VIEW(""));
    return rc->now >= deadline_of(rc) ? fail_by_deadline(rc)
                                      : (reconcile_requeue_at(rc, deadline_of(rc)), false);
}

static bool step_soaking(struct reconcile *rc)
{
    struct rollout *r = rc->r;
    const struct judgement *j = &rc->judged;
    bool known = r->healthy_since > 0;
    bool ended = known && j->exits > r->exits, flapped = known && j->flaps > r->flaps;
    int64_t deadline = rc->record->begun + rc->guard->deadline;

    if (j->healthy && !ended && !flapped) {
        track_health(rc);
        return end_soak(rc);
    }
    r->healthy_since = 0;
    if (rc->now >= deadline && (ended || flapped || rc->now >= deadline + rc->guard->soak))
        return fail_by_deadline(rc);
    return change_state(rc, INPUT_UNHEALTHY, VIEW(""));
}

/* Healthy pods do not clear a template that a person or a probe rejected. */
static bool step_failed(struct reconcile *rc)
{
    struct rollout *r = rc->r;
    const struct record_failure *failure = record_failure(rc->record, rc->record->hash);

    track_health(rc);
    if (probe_schedule_goes_badly(&r->probes))
        r->healthy_since = 0;
    if (failure && cause_of_name(failure->cause) == CAUSE_PERSON)
        return false;
    return end_soak(rc);
}

static bool is_sick(const struct reconcile *rc)
{
    return rc->snapshot->available < rc->snapshot->desired &&
           (rc->judged.cause.kind != CAUSE_NONE || rc->judged.backoff);
}

static bool step_healthy(struct reconcile *rc)
{
    struct cause cause = rc->judged.cause.kind ? rc->judged.cause : rc->judged.missing;

    if (!is_sick(rc)) {
        rc->r->sick_since = 0;
        return false;
    }
    if (rc->r->sick_since == 0)
        rc->r->sick_since = rc->now;
    if (!reconcile_has_passed(rc, rc->r->sick_since, SICK))
        return false;
    if (cause.message.n == 0)
        cause.message = VIEW("a container ends again and again");
    rc->r->well_since = 0;
    reconcile_add_step(rc, step_of_cause("Degraded", &cause), true);
    return change_state(rc, INPUT_SICK, cause.message);
}

static bool step_degraded(struct reconcile *rc)
{
    if (rc->snapshot->available < rc->snapshot->desired) {
        rc->r->well_since = 0;
        return false;
    }
    if (rc->r->well_since == 0)
        rc->r->well_since = rc->now;
    if (!reconcile_has_passed(rc, rc->r->well_since, SICK))
        return false;
    rc->r->sick_since = 0;
    reconcile_add_step(rc, (struct record_step){.what = VIEW("Recovered")}, true);
    return change_state(rc, INPUT_WELL, VIEW(""));
}

/* --- going back ------------------------------------------------------------------------------- */

void reconcile_give_up(struct reconcile *rc, struct view message)
{
    reconcile_add_step(rc, (struct record_step){.what = VIEW("Refused"), .message = message}, true);
    change_state(rc, INPUT_REFUSED, message);
}

static bool give_up(struct reconcile *rc, const char *message)
{
    reconcile_give_up(rc, view_of(message));
    return true;
}

static bool step_rolling_back(struct reconcile *rc)
{
    const struct record_failure *failure = record_failure(rc->record, rc->record->hash);
    bool asked = failure && cause_of_name(failure->cause) == CAUSE_PERSON;

    if (!failure)
        return give_up(rc, "the decision is not recorded yet");
    if (failure->undone) {
        if (rc->r->acted == 0)
            rc->r->acted = rc->now;
        return reconcile_has_passed(rc, rc->r->acted, SHOWN) &&
               give_up(rc, "it was rolled back, and is there again");
    }
    if (rc->guard->audit || (rc->guard->act != GUARD_ROLLBACK && !asked))
        return give_up(rc, "the guard does not roll back any more");
    if (!plan_revision(rc->snapshot, failure->target))
        return give_up(rc, "the revision to go back to is gone");
    return false;
}

/* --- one pass --------------------------------------------------------------------------------- */

static bool is_suspended(const struct snapshot *s)
{
    return s->paused || s->on_delete || s->desired == 0;
}

/* The deadline begins when the controller has accepted the template. Waiting for that is bounded by
 * the deadline too: a quota or a webhook may refuse a ReplicaSet for ever. */
static bool await_controller(struct reconcile *rc)
{
    if (rc->r->unseen_since == 0)
        rc->r->unseen_since = rc->now;
    if (!reconcile_has_passed(rc, rc->r->unseen_since, rc->guard->deadline))
        return false;
    rc->judged.missing.message = rc->judged.why;
    return fail_by_deadline(rc);
}

/* The workload cannot be judged. Its timers restart. */
static bool step_suspended(struct reconcile *rc)
{
    enum rollout_state held = states_next(rc->record->state, INPUT_SUSPEND);

    rc->r->healthy_since = rc->r->sick_since = rc->r->well_since = 0;
    if (reconcile_is_in(rc, ROLLOUT_PROGRESSING))
        rc->record->begun = rc->record->since = rc->now;
    if (is_suspended(rc->snapshot)) {
        rc->r->unseen_since = 0;
        return held != rc->record->state && change_state(rc, INPUT_SUSPEND, rc->judged.why);
    }
    if (reconcile_is_in(rc, ROLLOUT_PROGRESSING))
        return await_controller(rc);
    return reconcile_is_in(rc, ROLLOUT_ROLLING_BACK) && step_rolling_back(rc);
}

/* After a rollback the window of a query still contains the errors of the failed version. Until the
 * deadline such errors keep the version from being good, but do not fail it. */
static bool is_excused(struct reconcile *rc, enum cause_kind kind)
{
    return rc->record->returning && !rc->record->restart &&
           (kind == CAUSE_HTTP || kind == CAUSE_PROMETHEUS) &&
           !reconcile_has_passed(rc, rc->record->begun, rc->guard->deadline);
}

static bool step(struct reconcile *rc)
{
    const struct cause *cause = &rc->judged.cause;

    rc->r->unseen_since = 0;
    if ((reconcile_is_in(rc, ROLLOUT_PROGRESSING) || reconcile_is_in(rc, ROLLOUT_SOAKING)) &&
        cause->kind != CAUSE_NONE && !is_excused(rc, cause->kind))
        return fail_rollout(rc, cause);
    switch (rc->record->state) {
    case ROLLOUT_PROGRESSING: return step_progressing(rc);
    case ROLLOUT_SOAKING: return step_soaking(rc);
    case ROLLOUT_HEALTHY: return step_healthy(rc);
    case ROLLOUT_DEGRADED: return step_degraded(rc);
    case ROLLOUT_FAILED: return step_failed(rc);
    case ROLLOUT_ROLLING_BACK: return step_rolling_back(rc);
    case ROLLOUT_SUSPENDED: start_deadline(rc); return change_state(rc, INPUT_RESUME, VIEW(""));
    case ROLLOUT_NONE:
    case ROLLOUT_STATES: break;
    }
    return false;
}

void reconcile_track_health(struct reconcile *rc)
{
    struct rollout *r = rc->r;
    struct judgement *j = &rc->judged;

    judge(rc->guard, rc->snapshot, &r->probes, rc->record->need, rc->now, rc->arena, j);
    if (!j->healthy || j->exits > r->exits || j->flaps > r->flaps ||
        !view_eq(rc->record->hash, rc->snapshot->hash))
        r->healthy_since = 0;
}

void reconcile_note_generation(struct reconcile *rc)
{
    if (rc->record->generation == rc->snapshot->generation ||
        (!rc->r->unsaved && !reconcile_has_passed(rc, rc->r->noted, GENERATIONS)))
        return;
    rc->record->generation = rc->snapshot->generation;
    rc->r->noted = rc->now;
    rc->r->unsaved = true;
}

bool reconcile_advance(struct reconcile *rc)
{
    rc->next = 0;
    if (take_new_template(rc))
        return true;
    obey_release(rc);
    if (obey_rollback(rc))
        return true;
    if (rc->snapshot->desired > 0 && rc->snapshot->desired < rc->record->need)
        rc->record->need = rc->snapshot->desired;
    judge(rc->guard, rc->snapshot, &rc->r->probes, rc->record->need, rc->now, rc->arena,
          &rc->judged);
    if (rc->judged.next > 0)
        reconcile_requeue_at(rc, rc->judged.next);
    return rc->judged.suspended ? step_suspended(rc) : step(rc);
}
