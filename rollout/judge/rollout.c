#include "rollout/judge/rollout.h"

#include "policy/guard/guard.h"
#include "policy/object/guarded_kind.h"
#include "rollout/judge/plan.h"
#include "rollout/judge/probe_schedule.h"
#include "rollout/judge/reconcile.h"
#include "rollout/watch/snapshot.h"

/* Seconds, and tries. */
enum {
    LOOK_AGAIN = 1,   /* after what was seen was superseded */
    REFUSED_WAIT = 2, /* a webhook that has not synced may refuse at first */
    REFUSALS = 5,     /* and is asked so often */
    WAIT_MOST = 15,   /* between two tries */
    TELL_TRIES = 5,   /* of news */
    POD_WAIT = 5,     /* between two pods that are deleted */
};

enum { STEPS = 8 }; /* transitions in one look: more than there can be */

void rollout_init(struct rollout *r, struct record *record)
{
    *r = (struct rollout){0};
    record_init(&r->record);
    if (!record)
        return;
    r->record = *record;
    record_init(record);
}

void rollout_release(struct rollout *r)
{
    record_release(&r->record);
    probe_schedule_release(&r->probes);
}

/* --- what is to be done ----------------------------------------------------------------------- */

static struct record_step *untold_step(struct record *record)
{
    for (size_t i = 0; i < record->history_count; i++)
        if (record->history[i].untold)
            return &record->history[i];
    return NULL;
}

static const struct {
    const char *what;
    enum rollout_event_kind kind;
} news_kinds[] = {
    {"Healthy", ROLLOUT_EVENT_HEALTHY},        {"Failed", ROLLOUT_EVENT_FAILED},
    {"RolledBack", ROLLOUT_EVENT_ROLLED_BACK}, {"Refused", ROLLOUT_EVENT_REFUSED},
    {"Degraded", ROLLOUT_EVENT_DEGRADED},      {"Recovered", ROLLOUT_EVENT_RECOVERED},
    {"Released", ROLLOUT_EVENT_RELEASED},
};

static void tell(struct reconcile *rc, const struct record_step *step, struct rollout_event *event)
{
    const struct record_failure *failure = record_failure(rc->record, step->hash);
    const struct snapshot_revision *target = NULL;

    for (size_t i = 0; i < sizeof(news_kinds) / sizeof(news_kinds[0]); i++)
        if (view_eq_str(step->what, news_kinds[i].what))
            event->kind = news_kinds[i].kind;
    event->cause = (struct cause){cause_of_name(step->cause), step->message, step->pod,
                                  step->container, step->previous};
    event->at = step->at;
    event->message = event->kind == ROLLOUT_EVENT_FAILED ? step->done : step->message;
    event->hash = step->hash;
    event->images = step->images;
    event->audit = rc->guard->audit;
    event->returning = step->returning;
    event->notify = !step->returning;
    if (!failure ||
        (event->kind != ROLLOUT_EVENT_FAILED && event->kind != ROLLOUT_EVENT_ROLLED_BACK))
        return;
    event->cause.message = failure->message;
    event->quarantined = failure->quarantined;
    if (failure->target.n > 0)
        target = plan_revision(rc->snapshot, failure->target);
    event->release = failure->release;
    event->target_images = failure->target_images;
    event->target_revision = target ? target->number : 0;
}

/* False, and it is looked again, while it is waited before another try. */
static bool may_try(struct reconcile *rc, const struct rollout_retry *retry)
{
    return reconcile_has_passed(rc, retry->at, 0);
}

/* The slot that has the owners of a template; 0: they are not kept. */
static int64_t slot_of(struct record *record, struct view hash)
{
    const struct record_good *good = record_good(record, hash);

    return good && good->owners > 0 ? good->owners : 0;
}

static bool wants_undo(struct reconcile *rc, struct intention *out)
{
    const struct record_failure *failure = record_failure(rc->record, rc->record->hash);
    const struct record_step *step = untold_step(rc->record);

    if (!reconcile_is_in(rc, ROLLOUT_ROLLING_BACK) || !failure || failure->undone)
        return false;
    out->kind = INTENT_UNDO;
    out->hash = rc->record->hash;
    out->target = plan_revision(rc->snapshot, failure->target);
    out->slot = failure->owed ? slot_of(rc->record, failure->target) : 0;
    if (step && view_eq(step->hash, rc->record->hash))
        tell(rc, step, &out->event);
    return out->target != NULL;
}

/* The failure that was undone, and whose target's fields are still owed to their owners. */
static struct record_failure *owing(struct record *record)
{
    for (size_t i = 0; i < record->failure_count; i++)
        if (record->failures[i].owed && record->failures[i].undone)
            return &record->failures[i];
    return NULL;
}

/* At once after the undo, whether or not the watch shows that yet. */
static bool wants_give_back(struct reconcile *rc, struct intention *out)
{
    const struct record_failure *failure = owing(rc->record);

    if (!failure || !may_try(rc, &rc->r->own))
        return false;
    out->kind = INTENT_GIVE_BACK;
    out->hash = failure->target;
    out->slot = slot_of(rc->record, failure->target);
    return true;
}

static bool wants_owners_kept(struct reconcile *rc, struct intention *out)
{
    struct record_good *good = record_good(rc->record, rc->record->hash);

    if (!reconcile_is_in(rc, ROLLOUT_HEALTHY) || !good || good->owners != 0 ||
        !may_try(rc, &rc->r->own))
        return false;
    out->kind = INTENT_KEEP_OWNERS;
    out->hash = good->hash;
    out->slot = record_take_slot(rc->record);
    return true;
}

/* Once a failure: until the news of it is told, which waits for the pause. */
static bool wants_pause(struct reconcile *rc, struct intention *out)
{
    const struct record_step *step = untold_step(rc->record);

    if (!reconcile_is_in(rc, ROLLOUT_FAILED) || rc->guard->act != GUARD_PAUSE || rc->guard->audit ||
        !rc->snapshot->guarded_kind->can_pause || rc->snapshot->paused || rc->r->acted > 0)
        return false;
    if (!step || !view_eq_str(step->what, "Failed") || !view_eq(step->hash, rc->record->hash) ||
        !record_failure(rc->record, rc->record->hash)) /* released */
        return false;
    out->kind = INTENT_PAUSE;
    out->hash = rc->record->hash;
    return true;
}

/* A pod of a template that was undone for this one, and in whose place the new one is waited for.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback */
static bool wants_pod_gone(struct reconcile *rc, struct intention *out)
{
    const struct snapshot *s = rc->snapshot;
    const struct snapshot_revision **by_name;

    if (!s->guarded_kind->waits_for_broken_pods || !reconcile_is_in(rc, ROLLOUT_PROGRESSING) ||
        !s->observed || rc->guard->audit || !(by_name = snapshot_by_name(s, rc->arena)))
        return false;
    for (size_t i = 0; i < s->old_pod_count; i++) {
        const struct snapshot_pod *pod = &s->old_pods[i];
        const struct snapshot_revision *made_of =
            snapshot_revision_named(s, by_name, pod->revision);
        const struct record_failure *failure =
            made_of ? record_failure(rc->record, made_of->hash) : NULL;

        if (pod->ready || !failure || !failure->undone || !view_eq(failure->target, s->hash))
            continue;
        out->kind = INTENT_DELETE_POD;
        out->pod = pod;
        return true;
    }
    return false;
}

static bool wants_told(struct reconcile *rc, struct intention *out)
{
    const struct record_step *step = untold_step(rc->record);

    if (!step)
        return false;
    out->kind = INTENT_PUBLISH;
    tell(rc, step, &out->event);
    return true;
}

/* An answer means something once a pod of the new template can give it. In Failed it is asked while
 * it looks as if it had mended itself. */
static bool wants_answer(struct reconcile *rc, struct intention *out)
{
    bool progressing = reconcile_is_in(rc, ROLLOUT_PROGRESSING);

    if (!rc->judged.any_ready || (!progressing && !reconcile_is_in(rc, ROLLOUT_SOAKING) &&
                                  !(reconcile_is_in(rc, ROLLOUT_FAILED) && rc->judged.healthy)))
        return false;
    if (!probe_schedule_fits(&rc->r->probes, rc->guard)) {
        reconcile_requeue_at(rc, rc->now + LOOK_AGAIN); /* memory runs out */
        return false;
    }
    if (!probe_schedule_due(rc->guard, &rc->r->probes, rc->record->begun,
                            progressing ? 0 : rc->r->healthy_since, rc->now, &rc->next,
                            &out->prometheus, &out->index))
        return false;
    out->kind = INTENT_PROBE;
    return true;
}

static bool wants_act(struct reconcile *rc, struct intention *out)
{
    struct intention wanted = {0};

    if (!wants_undo(rc, &wanted) && !wants_pause(rc, &wanted) && !wants_pod_gone(rc, &wanted))
        return false;
    if (!may_try(rc, &rc->r->act))
        return false;
    *out = wanted;
    return true;
}

static bool waits_to_pause(struct reconcile *rc)
{
    struct intention unused;

    return wants_pause(rc, &unused);
}

static void choose(struct reconcile *rc, struct intention *out)
{
    if (rc->r->unsaved) {
        if (may_try(rc, &rc->r->write))
            out->kind = INTENT_WRITE;
        return;
    }
    if (wants_act(rc, out) || wants_give_back(rc, out))
        return;
    if (!waits_to_pause(rc) && untold_step(rc->record) && may_try(rc, &rc->r->tell) &&
        wants_told(rc, out))
        return;
    if (wants_owners_kept(rc, out))
        return;
    *out = (struct intention){0};
    if (!wants_answer(rc, out))
        *out = (struct intention){0};
}

static void keep_guard(struct reconcile *rc)
{
    if (!view_eq(rc->record->guard, rc->guard->name) &&
        record_keep(rc->record, &rc->record->guard, rc->guard->name) == 0)
        rc->r->unsaved = true;
}

void rollout_next(struct rollout *r, const struct rollout_guard *guard,
                  const struct snapshot *snapshot, const struct brake_count *brake, int64_t now,
                  struct arena *arena, struct intention *out)
{
    struct reconcile rc = {.r = r,
                           .record = &r->record,
                           .guard = guard,
                           .snapshot = snapshot,
                           .brake = brake,
                           .now = now,
                           .arena = arena};

    *out = (struct intention){0};
    if (snapshot->deleting || snapshot->hash.n == 0)
        return;
    if (r->guard != guard || !probe_schedule_fits(&r->probes, guard))
        probe_schedule_begin(&r->probes, guard);
    r->guard = guard;
    if (r->unsaved) {
        reconcile_track_health(&rc);
    } else {
        for (int i = 0; i < STEPS && reconcile_advance(&rc); i++)
            ;
        keep_guard(&rc);
        reconcile_note_generation(&rc);
    }
    choose(&rc, out);
    if (out->kind == INTENT_NOTHING)
        out->next = rc.next;
}

/* --- what came of it -------------------------------------------------------------------------- */

/* The next try after 1, 2, 4, ... seconds. */
static void wait_longer(struct rollout_retry *retry, int64_t now)
{
    int64_t wait = retry->tries < 4 ? (int64_t)1 << retry->tries : WAIT_MOST;

    retry->at = now + wait;
    retry->tries++;
}

static void written(struct rollout *r, enum outcome outcome, int64_t now)
{
    if (outcome != OUTCOME_DONE) {
        wait_longer(&r->write, now);
        return;
    }
    r->unsaved = false;
    r->write = (struct rollout_retry){0};
    record_compact(&r->record);
}

static void told(struct rollout *r, enum outcome outcome, int64_t now)
{
    struct record_step *step = untold_step(&r->record);

    if (outcome == OUTCOME_UNREACHABLE && r->tell.tries < TELL_TRIES) {
        wait_longer(&r->tell, now);
        return;
    }
    r->tell = (struct rollout_retry){0};
    if (step)
        step->untold = false;
    r->unsaved = true;
}

static void undone(struct rollout *r, struct view release, int64_t now)
{
    struct record_failure *failure = record_failure(&r->record, r->record.hash);

    r->acted = now;
    if (failure) {
        failure->undone = true;
        r->lost |= record_keep(&r->record, &failure->release, release) < 0;
    }
    r->unsaved = true;
}

/* Whether the owners were given their fields, or there is nobody to give them to any more. */
static void gave_back(struct rollout *r, enum outcome outcome, int64_t now)
{
    struct record_failure *failure = owing(&r->record);

    if (outcome == OUTCOME_UNREACHABLE || (outcome == OUTCOME_REFUSED && r->own.tries < REFUSALS)) {
        wait_longer(&r->own, now);
        return;
    }
    r->own = (struct rollout_retry){0};
    if (failure)
        failure->owed = false; /* the next write has it; to give back twice does nothing */
}

/* What is refused (it is too large) is not tried again by this replica. */
static void kept_owners(struct rollout *r, const struct intention *intention, enum outcome outcome,
                        int64_t now)
{
    struct record_good *good = record_good(&r->record, r->record.hash);

    if (!good || outcome == OUTCOME_UNREACHABLE || outcome == OUTCOME_SUPERSEDED) {
        wait_longer(&r->own, now);
        return;
    }
    r->own = (struct rollout_retry){0};
    good->owners = outcome == OUTCOME_DONE ? intention->slot : -1;
    r->unsaved |= outcome == OUTCOME_DONE;
}

/* Given up for good. */
static void given_up(struct rollout *r, const struct intention *intention, struct view message,
                     int64_t now)
{
    struct reconcile rc = {.r = r, .record = &r->record, .now = now};

    if (intention->kind == INTENT_UNDO) {
        reconcile_give_up(&rc, message);
        return;
    }
    r->acted = now;
    reconcile_add_step(&rc, (struct record_step){.what = VIEW("Refused"), .message = message},
                       true);
}

static void acted(struct rollout *r, const struct intention *intention, enum outcome outcome,
                  struct view message, int64_t now)
{
    if (outcome != OUTCOME_REFUSED)
        r->refusals = 0;
    switch (outcome) {
    case OUTCOME_DONE:
        r->act = (struct rollout_retry){0};
        if (intention->kind == INTENT_UNDO)
            undone(r, message, now);
        else
            r->acted = now;
        break;
    case OUTCOME_SUPERSEDED: r->act.at = now + LOOK_AGAIN; break;
    case OUTCOME_UNREACHABLE: wait_longer(&r->act, now); break;
    case OUTCOME_REFUSED:
        r->act.at = now + REFUSED_WAIT;
        if (++r->refusals >= REFUSALS)
            given_up(r, intention, message, now);
        break;
    }
}

/* Whatever became of the question: without an answer it is asked again in its time. */
static void asked(struct rollout *r, const struct intention *intention, int64_t now)
{
    struct probe_state *probe =
        probe_schedule_find(&r->probes, intention->prometheus, intention->index);

    if (!probe)
        return;
    probe->asked = now;
    probe->awaited = true;
}

void rollout_result(struct rollout *r, const struct intention *intention, enum outcome outcome,
                    struct view message, int64_t now)
{
    switch (intention->kind) {
    case INTENT_NOTHING: break;
    case INTENT_WRITE: written(r, outcome, now); break;
    case INTENT_UNDO:
    case INTENT_PAUSE: acted(r, intention, outcome, message, now); break;
    case INTENT_DELETE_POD: r->act.at = now + POD_WAIT; break;
    case INTENT_KEEP_OWNERS: kept_owners(r, intention, outcome, now); break;
    case INTENT_GIVE_BACK: gave_back(r, outcome, now); break;
    case INTENT_PROBE: asked(r, intention, now); break;
    case INTENT_PUBLISH: told(r, outcome, now); break;
    }
}

void rollout_defer(struct rollout *r, const struct intention *intention, int64_t until)
{
    bool owns = intention->kind == INTENT_KEEP_OWNERS || intention->kind == INTENT_GIVE_BACK;
    struct rollout_retry *retry = intention->kind == INTENT_WRITE     ? &r->write
                                  : intention->kind == INTENT_PUBLISH ? &r->tell
                                  : owns                              ? &r->own
                                                                      : &r->act;

    if (retry->at < until)
        retry->at = until;
}

void rollout_probed(struct rollout *r, bool prometheus, size_t index,
                    const struct probe_answer *answer)
{
    struct probe_state *probe = probe_schedule_find(&r->probes, prometheus, index);

    if (probe)
        probe_schedule_answered(probe, answer);
}
