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
    SICK = 60,  /* a good one has to be sick this long before it is Degraded, and well after */
    SHOWN = 60, /* within which the watch shows an undo that was done */
};

/* --- small steps ------------------------------------------------------------------------------ */

void reconcile_again(struct reconcile *l, int64_t at)
{
    if (l->next == 0 || at < l->next)
        l->next = at;
}

bool reconcile_is_over(struct reconcile *l, int64_t since, int64_t lasting)
{
    if (l->now >= since + lasting)
        return true;
    reconcile_again(l, since + lasting);
    return false;
}

bool reconcile_is_in(const struct reconcile *l, enum rollout_state state)
{
    return l->record->state == state;
}

void reconcile_note(struct reconcile *l, struct record_step step, bool untold)
{
    step.at = l->now;
    step.untold = untold;
    if (!step.hash.p) {
        step.hash = l->record->hash;
        step.images = l->record->images;
    }
    l->r->lost |= record_add_step(l->record, &step) < 0;
    l->r->unsaved = true;
}

static struct record_step step_of_cause(const char *what, const struct cause *cause)
{
    return (struct record_step){.what = view_of(what),
                                .words = cause->words,
                                .cause = view_of(cause_name(cause->kind)),
                                .pod = cause->pod,
                                .container = cause->container,
                                .previous = cause->previous};
}

/* The one place where the state changes. */
static bool move(struct reconcile *l, enum states_input input, struct view words)
{
    struct record *record = l->record;

    record->state = states_next(record->state, input);
    record->since = l->now;
    l->r->lost |= record_keep(record, &record->words, words) < 0;
    l->r->unsaved = true;
    return true;
}

/* --- a new template --------------------------------------------------------------------------- */

/* What was decided of the template that was there is over; who left it need not be the guard. */
static void leave_template(struct reconcile *l)
{
    struct record_failure *failure = record_failure(l->record, l->record->hash);

    if (!failure || failure->target.n == 0 || failure->at < l->record->begun)
        return;
    failure->undone = true;
    if (view_eq(failure->target, l->snapshot->hash))
        reconcile_note(l,
                       (struct record_step){.what = VIEW("RolledBack"),
                                            .hash = failure->hash,
                                            .images = failure->images,
                                            .words = failure->target_images,
                                            .cause = failure->cause},
                       true);
}

static void keep_identity(struct reconcile *l)
{
    const struct snapshot *s = l->snapshot;
    struct record *record = l->record;

    l->r->lost |= record_keep(record, &record->kind, view_of(s->guarded_kind->kind)) < 0 ||
                  record_keep(record, &record->namespace_, s->namespace_) < 0 ||
                  record_keep(record, &record->name, s->name) < 0 ||
                  record_keep(record, &record->uid, s->uid) < 0 ||
                  record_keep(record, &record->hash, s->hash) < 0 ||
                  record_keep(record, &record->images, s->images) < 0;
}

/* What is known of the pods of one template, and of what was tried with it, says nothing of the
 * next. */
static void forget_template(struct rollout *r)
{
    probe_schedule_forget(&r->probes);
    r->healthy_since = r->sick_since = r->well_since = r->unseen_since = r->acted = 0;
    r->refusals = 0;
    r->act = (struct rollout_retry){0};
}

static void begin(struct reconcile *l)
{
    l->record->begun = l->now;
    l->record->need = l->snapshot->desired;
    forget_template(l->r);
}

static bool see_template(struct reconcile *l)
{
    struct record *record = l->record;
    bool other = !view_eq(record->hash, l->snapshot->hash);

    if (!other && view_eq(record->uid, l->snapshot->uid) && record->state != ROLLOUT_NONE)
        return false;
    if (other)
        leave_template(l);
    keep_identity(l);
    begin(l);
    record->returning = record_good(record, record->hash) != NULL;
    reconcile_note(l, (struct record_step){.what = VIEW("Deployed")}, false);
    return move(l, INPUT_TEMPLATE, VIEW(""));
}

/* --- failing ---------------------------------------------------------------------------------- */

static void keep_failure(struct reconcile *l, const struct cause *cause, const struct plan *plan)
{
    const struct record_failure *before = record_failure(l->record, l->record->hash);
    bool undo = plan->input == INPUT_UNDO;
    struct record_failure failure = {
        .hash = l->record->hash,
        .images = l->record->images,
        .cause = view_of(cause_name(cause->kind)),
        .words = cause->words,
        .at = l->now,
        .target = undo ? plan->target->hash : (struct view){NULL, 0},
        .target_images = undo ? plan->target_images : (struct view){NULL, 0},
        .undone = before && before->undone && !undo,
        .again = before && (before->again || (before->undone && undo)),
        .quarantined = (before && before->quarantined) || (undo && l->guard->quarantine),
    };

    l->r->lost |= record_add_failure(l->record, &failure) < 0;
}

/* What the record and the news say: the cause, and what is done about it. */
static bool fail(struct reconcile *l, const struct cause *cause)
{
    struct record_step step = step_of_cause("Failed", cause);
    struct plan plan;
    struct view words;

    plan_of(l->record, l->guard, l->snapshot, l->brake, cause->kind, l->arena, &plan);
    keep_failure(l, cause, &plan);
    step.done = plan.done;
    reconcile_note(l, step, true);
    words = arena_printf(l->arena, "%.*s; %.*s", VIEW_ARGS(cause->words), VIEW_ARGS(plan.done));
    l->r->lost |= !cause->words.p || !plan.done.p || !words.p;
    forget_template(l->r);
    return move(l, plan.input, words);
}

static bool fail_by_deadline(struct reconcile *l)
{
    struct cause cause = l->judged.missing;
    char deadline[DURATION_ROOM];

    cause.kind = CAUSE_DEADLINE;
    cause.words = arena_printf(
        l->arena, "not healthy within %s: %.*s", duration_go(l->guard->deadline, deadline),
        VIEW_ARGS(cause.words.n > 0 ? cause.words : VIEW("it did not stay healthy")));
    return fail(l, &cause);
}

/* What was healthy at the deadline and lost a pod to a drain may come back, until it would have
 * been good. A state that began after the deadline says that it was so. */
static int64_t deadline_of(const struct reconcile *l)
{
    int64_t deadline = l->record->begun + l->guard->deadline;

    return l->record->since < deadline ? deadline : deadline + l->guard->soak;
}

/* --- a person's word -------------------------------------------------------------------------- */

static bool is_order(const struct reconcile *l, struct view text, struct guard_command *order)
{
    return text.n > 0 && guard_command_parse(text, order) == 0 &&
           order->at <= l->now + GUARD_COMMAND_TOLERANCE;
}

static bool obey_rollback(struct reconcile *l)
{
    const struct record_failure *failure = record_failure(l->record, l->record->hash);
    struct cause cause = {.kind = CAUSE_PERSON};
    struct plan plan;
    struct guard_command order;

    if (!is_order(l, l->snapshot->rollback_order, &order) ||
        !view_eq(order.hash, l->record->hash) || order.at <= l->record->begun ||
        order.at <= l->record->obeyed || (failure && order.at <= failure->at) ||
        states_next(l->record->state, INPUT_UNDO) == l->record->state)
        return false;
    cause.words = order.reason.n > 0
                      ? arena_printf(l->arena, "%.*s asked for it: %.*s", VIEW_ARGS(order.by),
                                     VIEW_ARGS(order.reason))
                      : arena_printf(l->arena, "%.*s asked for it", VIEW_ARGS(order.by));
    l->r->lost |= !cause.words.p;
    l->record->obeyed = order.at;
    plan_of(l->record, l->guard, l->snapshot, l->brake, CAUSE_PERSON, l->arena, &plan);
    if (plan.input == INPUT_UNDO)
        return fail(l, &cause);
    reconcile_note(l, (struct record_step){.what = VIEW("Refused"), .words = plan.done}, true);
    return false;
}

/* An undo that is underway is not released from: it is released when it is done. */
static void obey_release(struct reconcile *l)
{
    struct record_failure *failure;
    struct guard_command order;

    if (!is_order(l, l->snapshot->release_order, &order))
        return;
    failure = record_failure(l->record, order.hash);
    if (!failure || order.at <= failure->at ||
        (reconcile_is_in(l, ROLLOUT_ROLLING_BACK) && view_eq(order.hash, l->record->hash)))
        return;
    reconcile_note(
        l,
        (struct record_step){.what = VIEW("Released"),
                             .hash = failure->hash,
                             .images = failure->images,
                             .words = arena_printf(l->arena, "by %.*s", VIEW_ARGS(order.by))},
        true);
    record_forgive(l->record, order.hash);
}

/* --- health ----------------------------------------------------------------------------------- */

/* Pods that go take their counts with them, so that only more than the fewest is more. */
static void track_health(struct reconcile *l)
{
    struct rollout *r = l->r;
    const struct judgement *j = &l->judged;

    if (!j->healthy) {
        r->healthy_since = 0;
        return;
    }
    if (r->healthy_since == 0 || j->exits > r->exits)
        r->healthy_since = l->now;
    if (r->healthy_since == l->now || j->exits < r->exits)
        r->exits = j->exits;
    if (r->healthy_since == l->now || j->flaps < r->flaps)
        r->flaps = j->flaps;
}

/* The template is good. What failed before it is replaced by it, unless it is what one went back
 * to; and it is not a failure any more. */
static bool become_good(struct reconcile *l, bool no_data)
{
    struct record *record = l->record;
    const struct record_good good = {record->hash, record->images, l->now};
    bool first = record->good_count == 0 && record->failure_count == 0;

    l->r->lost |= record_add_good(record, &good) < 0;
    record_forgive(record, record->hash);
    for (size_t i = record->failure_count; !record->returning && i-- > 0;)
        if (record->failures[i].at <= record->begun)
            record_forgive(record, record->failures[i].hash);
    reconcile_note(l,
                   (struct record_step){.what = VIEW("Healthy"),
                                        .words = no_data ? VIEW("a query gave no data") : VIEW(""),
                                        .returning = record->returning},
                   !first);
    forget_template(l->r);
    return move(l, INPUT_SOAKED, VIEW(""));
}

static bool soak(struct reconcile *l)
{
    struct rollout *r = l->r;
    bool no_data;

    if (r->healthy_since == 0 || !reconcile_is_over(l, r->healthy_since, l->guard->soak) ||
        !probe_schedule_went_well(l->guard, &r->probes, r->healthy_since, &no_data))
        return false;
    return become_good(l, no_data);
}

static bool go_on_progressing(struct reconcile *l)
{
    track_health(l);
    if (l->judged.healthy)
        return move(l, INPUT_HEALTHY, VIEW(""));
    return l->now >= deadline_of(l) ? fail_by_deadline(l)
                                    : (reconcile_again(l, deadline_of(l)), false);
}

static bool go_on_soaking(struct reconcile *l)
{
    struct rollout *r = l->r;
    const struct judgement *j = &l->judged;
    bool known = r->healthy_since > 0;
    bool ended = known && j->exits > r->exits, flapped = known && j->flaps > r->flaps;
    int64_t deadline = l->record->begun + l->guard->deadline;

    if (j->healthy && !ended && !flapped) {
        track_health(l);
        return soak(l);
    }
    r->healthy_since = 0;
    if (l->now >= deadline && (ended || flapped || l->now >= deadline + l->guard->soak))
        return fail_by_deadline(l);
    return move(l, INPUT_UNHEALTHY, VIEW(""));
}

/* Pods alone do not speak for a template that a person or a request found wanting. */
static bool go_on_failed(struct reconcile *l)
{
    struct rollout *r = l->r;
    const struct record_failure *failure = record_failure(l->record, l->record->hash);

    track_health(l);
    if (probe_schedule_goes_badly(&r->probes))
        r->healthy_since = 0;
    if (failure && cause_of_name(failure->cause) == CAUSE_PERSON)
        return false;
    return soak(l);
}

static bool is_sick(const struct reconcile *l)
{
    return l->snapshot->available < l->snapshot->desired &&
           (l->judged.cause.kind != CAUSE_NONE || l->judged.backoff);
}

static bool go_on_healthy(struct reconcile *l)
{
    struct cause cause = l->judged.cause.kind ? l->judged.cause : l->judged.missing;

    if (!is_sick(l)) {
        l->r->sick_since = 0;
        return false;
    }
    if (l->r->sick_since == 0)
        l->r->sick_since = l->now;
    if (!reconcile_is_over(l, l->r->sick_since, SICK))
        return false;
    if (cause.words.n == 0)
        cause.words = VIEW("a container ends again and again");
    l->r->well_since = 0;
    reconcile_note(l, step_of_cause("Degraded", &cause), true);
    return move(l, INPUT_SICK, cause.words);
}

static bool go_on_degraded(struct reconcile *l)
{
    if (l->snapshot->available < l->snapshot->desired) {
        l->r->well_since = 0;
        return false;
    }
    if (l->r->well_since == 0)
        l->r->well_since = l->now;
    if (!reconcile_is_over(l, l->r->well_since, SICK))
        return false;
    l->r->sick_since = 0;
    reconcile_note(l, (struct record_step){.what = VIEW("Recovered")}, true);
    return move(l, INPUT_WELL, VIEW(""));
}

/* --- going back ------------------------------------------------------------------------------- */

void reconcile_refuse(struct reconcile *l, struct view words)
{
    reconcile_note(l, (struct record_step){.what = VIEW("Refused"), .words = words}, true);
    move(l, INPUT_REFUSED, words);
}

static bool refuse(struct reconcile *l, const char *words)
{
    reconcile_refuse(l, view_of(words));
    return true;
}

static bool go_on_rolling_back(struct reconcile *l)
{
    const struct record_failure *failure = record_failure(l->record, l->record->hash);
    bool asked = failure && cause_of_name(failure->cause) == CAUSE_PERSON;

    if (!failure)
        return refuse(l, "the decision is not recorded yet");
    if (failure->undone) {
        if (l->r->acted == 0)
            l->r->acted = l->now;
        return reconcile_is_over(l, l->r->acted, SHOWN) &&
               refuse(l, "it was rolled back, and is there again");
    }
    if (l->guard->audit || (l->guard->act != GUARD_ROLLBACK && !asked))
        return refuse(l, "the guard does not roll back any more");
    if (!plan_revision(l->snapshot, failure->target))
        return refuse(l, "the revision to go back to is gone");
    return false;
}

/* --- one look --------------------------------------------------------------------------------- */

static bool is_held(const struct snapshot *s)
{
    return s->paused || s->on_delete || s->desired == 0;
}

/* The deadline begins when its controller has taken the template up; that takes no longer than the
 * deadline, either: a ReplicaSet may be refused by a quota or a webhook, for ever. */
static bool wait_to_be_seen(struct reconcile *l)
{
    if (l->r->unseen_since == 0)
        l->r->unseen_since = l->now;
    if (!reconcile_is_over(l, l->r->unseen_since, l->guard->deadline))
        return false;
    l->judged.missing.words = l->judged.why;
    return fail_by_deadline(l);
}

/* Nobody can judge it; its timers restart. */
static bool hold(struct reconcile *l)
{
    enum rollout_state held = states_next(l->record->state, INPUT_SUSPEND);

    l->r->healthy_since = l->r->sick_since = l->r->well_since = 0;
    if (reconcile_is_in(l, ROLLOUT_PROGRESSING))
        l->record->begun = l->record->since = l->now;
    if (is_held(l->snapshot)) {
        l->r->unseen_since = 0;
        return held != l->record->state && move(l, INPUT_SUSPEND, l->judged.why);
    }
    if (reconcile_is_in(l, ROLLOUT_PROGRESSING))
        return wait_to_be_seen(l);
    return reconcile_is_in(l, ROLLOUT_ROLLING_BACK) && go_on_rolling_back(l);
}

/* What came back may still be asked about the errors of what it came back for: a query looks at a
 * while. Until the deadline these keep it from being good, and no more. */
static bool is_excused(struct reconcile *l, enum cause_kind kind)
{
    return l->record->returning && (kind == CAUSE_HTTP || kind == CAUSE_PROMETHEUS) &&
           !reconcile_is_over(l, l->record->begun, l->guard->deadline);
}

static bool go_on(struct reconcile *l)
{
    const struct cause *cause = &l->judged.cause;

    l->r->unseen_since = 0;
    if ((reconcile_is_in(l, ROLLOUT_PROGRESSING) || reconcile_is_in(l, ROLLOUT_SOAKING)) &&
        cause->kind != CAUSE_NONE && !is_excused(l, cause->kind))
        return fail(l, cause);
    switch (l->record->state) {
    case ROLLOUT_PROGRESSING: return go_on_progressing(l);
    case ROLLOUT_SOAKING: return go_on_soaking(l);
    case ROLLOUT_HEALTHY: return go_on_healthy(l);
    case ROLLOUT_DEGRADED: return go_on_degraded(l);
    case ROLLOUT_FAILED: return go_on_failed(l);
    case ROLLOUT_ROLLING_BACK: return go_on_rolling_back(l);
    case ROLLOUT_SUSPENDED: begin(l); return move(l, INPUT_RESUME, VIEW(""));
    case ROLLOUT_NONE:
    case ROLLOUT_STATES: break;
    }
    return false;
}

void reconcile_on(struct reconcile *l)
{
    struct rollout *r = l->r;
    struct judgement *j = &l->judged;

    judge(l->guard, l->snapshot, &r->probes, l->record->need, l->now, l->arena, j);
    if (!j->healthy || j->exits > r->exits || j->flaps > r->flaps ||
        !view_eq(l->record->hash, l->snapshot->hash))
        r->healthy_since = 0;
}

bool reconcile_advance(struct reconcile *l)
{
    l->next = 0;
    if (see_template(l))
        return true;
    obey_release(l);
    if (obey_rollback(l))
        return true;
    if (l->snapshot->desired > 0 && l->snapshot->desired < l->record->need)
        l->record->need = l->snapshot->desired;
    judge(l->guard, l->snapshot, &l->r->probes, l->record->need, l->now, l->arena, &l->judged);
    if (l->judged.next > 0)
        reconcile_again(l, l->judged.next);
    return l->judged.suspended ? hold(l) : go_on(l);
}
