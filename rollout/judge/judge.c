#include "rollout/judge/judge.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/text/quote.h"
#include "base/time/duration.h"
#include "policy/guard/guard.h"
#include "policy/limits.h"
#include "rollout/limits.h"
#include "rollout/watch/snapshot.h"
#include "rollout/watch/waiting.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>

enum { SETTLED = 10 * 60 }; /* seconds */

/* One look, on its way. */
struct reconcile {
    const struct rollout_guard *guard;
    const struct snapshot *snapshot;
    const struct probes *probes;
    int64_t need, now;
    struct arena *arena;
    struct judgement *out;
    enum cause_kind cause; /* of the signal that is asked now */
    int64_t
        ready; /* pods of the snapshot; while older ones are left, the status counts those, too */
};

/* --- messages --------------------------------------------------------------------------------- */

/* ": " and what somebody else wrote, as one line that is not too long; empty when there is none. */
static struct view after_colon(struct arena *arena, struct view message)
{
    struct view text = quote_first(view_trim(message), LIMIT_LAST_WORDS), line;
    struct buf buf;

    if (text.n == 0)
        return VIEW("");
    buf_init(&buf, 4 * LIMIT_LAST_WORDS);
    buf_add_str(&buf, ": ");
    quote_line(&buf, text);
    line = arena_copy(arena, buf_view(&buf));
    buf_release(&buf);
    return line;
}

/* `container "api" of pod "api-7f9"` */
static struct view name_container(struct arena *arena, const struct snapshot_pod *pod,
                                  const struct snapshot_container *c)
{
    return arena_printf(arena, "%scontainer \"%.*s\" of pod \"%.*s\"",
                        c->list == INIT_CONTAINERS ? "init " : "", VIEW_ARGS(c->name),
                        VIEW_ARGS(pod->name));
}

/* "Error, exit code 1: panic: no config" */
static struct view tell_end(struct arena *arena, const struct snapshot_container *c)
{
    struct view reason = c->ended.n > 0 ? c->ended : VIEW("ended");

    return arena_printf(arena, "%.*s, exit code %d%.*s", VIEW_ARGS(reason), c->exit_code,
                        VIEW_ARGS(after_colon(arena, c->ended_message)));
}

/* "ImagePullBackOff: Back-off pulling image ..." */
static struct view tell_waiting(struct arena *arena, const struct snapshot_container *c)
{
    return arena_printf(arena, "%.*s%.*s", VIEW_ARGS(c->waiting),
                        VIEW_ARGS(after_colon(arena, c->waiting_message)));
}

/* Nobody's last words are worth telling. */
static const struct cause no_log = {.kind = CAUSE_NONE};

/* Whose last words are worth telling: a container that ran. What runs now was started again. */
static struct cause blame(const struct snapshot_pod *pod, const struct snapshot_container *c)
{
    struct cause cause = {.kind = CAUSE_NONE};

    if (!c || (!c->running && c->exits == 0))
        return cause;
    cause.pod = pod->name;
    cause.container = c->name;
    cause.previous = c->running && c->exits > 0;
    return cause;
}

static void meet(struct reconcile *rc, struct cause cause, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A signal is met; the first one is the cause. */
static void meet(struct reconcile *rc, struct cause cause, const char *format, ...)
{
    va_list args;

    if (rc->out->cause.kind != CAUSE_NONE)
        return;
    va_start(args, format);
    cause.message = arena_vprintf(rc->arena, format, args);
    va_end(args);
    cause.kind = rc->cause;
    rc->out->cause = cause;
}

/* True when what began at `since` (0: it is not so) has lasted; else notes when it will have. */
static bool has_lasted(struct reconcile *rc, int64_t since, int64_t lasting)
{
    if (since == 0)
        return false;
    if (rc->now >= since + lasting)
        return true;
    if (rc->out->next == 0 || since + lasting < rc->out->next)
        rc->out->next = since + lasting;
    return false;
}

/* --- signals ---------------------------------------------------------------------------------- */

/* What ended before ten minutes of health, or while a pod that is ready was initialised, says
 * nothing of the rollout that is looked at now: a guard may be new to a workload, or a template be
 * back whose pods are old. A kubelet, too, forgets crashes after ten minutes. */
static bool has_settled(const struct reconcile *rc, const struct snapshot_pod *pod,
                        const struct snapshot_container *c)
{
    if (!pod->ready || !c->running)
        return pod->ready && c->list == INIT_CONTAINERS;
    return c->started > 0 && rc->now - c->started >= SETTLED;
}

static void judge_oom_kills(struct reconcile *rc, const struct snapshot_pod *pod,
                            const struct snapshot_container *c)
{
    const struct guard_signals *fail = &rc->guard->fail;

    if (!fail->oom_killed.on || c->oom_kills < fail->oom_killed.times || has_settled(rc, pod, c))
        return;
    meet(rc, blame(pod, c), "%.*s ran out of memory %u times: %.*s",
         VIEW_ARGS(name_container(rc->arena, pod, c)), c->oom_kills,
         VIEW_ARGS(tell_end(rc->arena, c)));
}

static void judge_crashes(struct reconcile *rc, const struct snapshot_pod *pod,
                          const struct snapshot_container *c)
{
    const struct guard_signals *fail = &rc->guard->fail;

    if (!fail->crash_loop.on || c->exits < fail->crash_loop.restarts || has_settled(rc, pod, c))
        return;
    meet(rc, blame(pod, c), "%.*s ended %u times: %.*s",
         VIEW_ARGS(name_container(rc->arena, pod, c)), c->exits, VIEW_ARGS(tell_end(rc->arena, c)));
}

static bool is_waited_for(const struct guard_signals *fail, struct view reason)
{
    for (size_t i = 0; i < fail->waiting.reason_count; i++)
        if (view_eq(fail->waiting.reasons[i], reason))
            return true;
    return false;
}

static void judge_pull(struct reconcile *rc, const struct snapshot_pod *pod,
                       const struct snapshot_container *c)
{
    const struct guard_signals *fail = &rc->guard->fail;
    char lasting[DURATION_ROOM];

    if (fail->image_pull.on && waiting_kind_of(c->waiting) == WAITING_PULL &&
        has_lasted(rc, c->waiting_since, fail->image_pull.lasting))
        meet(rc, no_log, "%.*s has had no image for %s: %.*s",
             VIEW_ARGS(name_container(rc->arena, pod, c)),
             duration_go(fail->image_pull.lasting, lasting), VIEW_ARGS(tell_waiting(rc->arena, c)));
}

static void judge_wait(struct reconcile *rc, const struct snapshot_pod *pod,
                       const struct snapshot_container *c)
{
    const struct guard_signals *fail = &rc->guard->fail;
    char lasting[DURATION_ROOM];

    if (fail->waiting.on && c->waiting.n > 0 && is_waited_for(fail, c->waiting) &&
        has_lasted(rc, c->waiting_since, fail->waiting.lasting))
        meet(rc, blame(pod, c), "%.*s has been waiting for %s: %.*s",
             VIEW_ARGS(name_container(rc->arena, pod, c)),
             duration_go(fail->waiting.lasting, lasting), VIEW_ARGS(tell_waiting(rc->arena, c)));
}

/* The container that keeps a pod from being ready: one that waits or ended before one that only is
 * not ready. NULL when all are. */
static const struct snapshot_container *culprit_of(const struct snapshot_pod *pod)
{
    const struct snapshot_container *unready = NULL;

    for (size_t i = 0; i < pod->container_count; i++) {
        const struct snapshot_container *c = &pod->containers[i];

        if (c->waiting.n > 0 && waiting_kind_of(c->waiting) != WAITING_PASSES)
            return c;
        if (!c->ready && c->exits > 0)
            return c;
        if (!unready && !c->ready && c->running)
            unready = c;
    }
    return unready;
}

/* Why a pod is not ready, with a colon before it, or nothing. */
static struct view tell_unready(struct arena *arena, const struct snapshot_pod *pod,
                                const struct snapshot_container *c)
{
    if (pod->unschedulable_since > 0)
        return after_colon(arena, pod->unschedulable);
    if (!c)
        return VIEW("");
    if (c->waiting.n > 0)
        return arena_printf(arena, ": container \"%.*s\" waits, %.*s", VIEW_ARGS(c->name),
                            VIEW_ARGS(tell_waiting(arena, c)));
    if (c->exits > 0)
        return arena_printf(arena, ": container \"%.*s\" ended, %.*s", VIEW_ARGS(c->name),
                            VIEW_ARGS(tell_end(arena, c)));
    return arena_printf(arena, ": container \"%.*s\" runs and is not ready", VIEW_ARGS(c->name));
}

static void judge_readiness(struct reconcile *rc, const struct snapshot_pod *pod)
{
    const struct guard_signals *fail = &rc->guard->fail;
    const struct snapshot_container *culprit = culprit_of(pod);
    char within[DURATION_ROOM];

    if (fail->readiness.flaps > 0 && pod->flaps >= fail->readiness.flaps)
        meet(rc, blame(pod, culprit), "pod \"%.*s\" stopped being ready %u times",
             VIEW_ARGS(pod->name), pod->flaps);
    if (fail->readiness.within > 0 && !pod->ready &&
        has_lasted(rc, pod->unready_since, fail->readiness.within))
        meet(rc, blame(pod, culprit), "pod \"%.*s\" has not been ready for %s%.*s",
             VIEW_ARGS(pod->name), duration_go(fail->readiness.within, within),
             VIEW_ARGS(tell_unready(rc->arena, pod, culprit)));
}

static int64_t ready_pods(const struct snapshot *s)
{
    int64_t count = 0;

    for (size_t i = 0; i < s->pod_count; i++)
        count += s->pods[i].ready;
    return count;
}

static void judge_place(struct reconcile *rc, const struct snapshot_pod *pod)
{
    const struct guard_signals *fail = &rc->guard->fail;
    char lasting[DURATION_ROOM];

    if (fail->unschedulable.on && pod->unschedulable_since > 0 && rc->ready < rc->need &&
        has_lasted(rc, pod->unschedulable_since, fail->unschedulable.lasting))
        meet(rc, no_log, "no node has taken pod \"%.*s\" for %s%.*s", VIEW_ARGS(pod->name),
             duration_go(fail->unschedulable.lasting, lasting),
             VIEW_ARGS(after_colon(rc->arena, pod->unschedulable)));
}

static void judge_refusal(struct reconcile *rc)
{
    const struct guard_signals *fail = &rc->guard->fail;
    char lasting[DURATION_ROOM];

    if (fail->replica_failure.on &&
        has_lasted(rc, rc->snapshot->refused_since, fail->replica_failure.lasting))
        meet(rc, no_log, "pods have been refused for %s%.*s",
             duration_go(fail->replica_failure.lasting, lasting),
             VIEW_ARGS(after_colon(rc->arena, rc->snapshot->refused)));
}

static void judge_http(struct reconcile *rc)
{
    const struct probes *probes = rc->probes;
    const struct guard_signals *fail = &rc->guard->fail;

    for (size_t i = 0; i < probes->http_count; i++)
        if (probes->http[i].failures >= fail->http[i].failures)
            meet(rc, no_log, "smoke request %.*s failed %u times in a row%.*s",
                 VIEW_ARGS(fail->http[i].text), probes->http[i].failures,
                 VIEW_ARGS(after_colon(rc->arena, view_of(probes->http[i].message))));
}

static void judge_prometheus(struct reconcile *rc)
{
    const struct probes *probes = rc->probes;
    const struct guard_signals *fail = &rc->guard->fail;

    for (size_t i = 0; i < probes->prometheus_count; i++)
        if (probes->prometheus[i].failures >= fail->prometheus[i].failures)
            meet(rc, no_log, "query \"%.*s\" failed %u times in a row%.*s",
                 VIEW_ARGS(view_first(fail->prometheus[i].query, LIMIT_SHOWN)),
                 probes->prometheus[i].failures,
                 VIEW_ARGS(after_colon(rc->arena, view_of(probes->prometheus[i].message))));
}

/* --- the signals ------------------------------------------------------------------------------ */

/* Each is asked of every container, of every pod, or once, in this order; the first that is met is
 * the cause. */
static const struct signal {
    enum cause_kind cause;
    void (*container)(struct reconcile *rc, const struct snapshot_pod *pod,
                      const struct snapshot_container *c);
    void (*pod)(struct reconcile *rc, const struct snapshot_pod *pod);
    void (*workload)(struct reconcile *rc);
} signals[] = {
    {CAUSE_OOM_KILLED, .container = judge_oom_kills},
    {CAUSE_CRASH_LOOP, .container = judge_crashes},
    {CAUSE_IMAGE_PULL, .container = judge_pull},
    {CAUSE_WAITING, .container = judge_wait},
    {CAUSE_UNSCHEDULABLE, .pod = judge_place},
    {CAUSE_READINESS, .pod = judge_readiness},
    {CAUSE_REPLICA_FAILURE, .workload = judge_refusal},
    {CAUSE_HTTP, .workload = judge_http},
    {CAUSE_PROMETHEUS, .workload = judge_prometheus},
};
static_assert(sizeof(signals) / sizeof(signals[0]) == CAUSE_SIGNALS, "each signal is judged");

static void ask_of_container(struct reconcile *rc, const struct snapshot_pod *pod,
                             const struct snapshot_container *c)
{
    for (size_t i = 0; i < CAUSE_SIGNALS; i++) {
        rc->cause = signals[i].cause;
        if (signals[i].container)
            signals[i].container(rc, pod, c);
    }
}

static void ask_of_pod(struct reconcile *rc, const struct snapshot_pod *pod)
{
    rc->out->flaps += pod->flaps;
    rc->out->any_ready = rc->out->any_ready || pod->ready;
    for (size_t i = 0; i < pod->container_count; i++) {
        const struct snapshot_container *c = &pod->containers[i];

        rc->out->exits += c->exits;
        if (waiting_kind_of(c->waiting) == WAITING_BACKOFF)
            rc->out->backoff = true;
        ask_of_container(rc, pod, c);
    }
    for (size_t i = 0; i < CAUSE_SIGNALS; i++) {
        rc->cause = signals[i].cause;
        if (signals[i].pod)
            signals[i].pod(rc, pod);
    }
}

static void ask_all(struct reconcile *rc)
{
    for (size_t i = 0; i < rc->snapshot->pod_count; i++)
        ask_of_pod(rc, &rc->snapshot->pods[i]);
    for (size_t i = 0; i < CAUSE_SIGNALS; i++) {
        rc->cause = signals[i].cause;
        if (signals[i].workload)
            signals[i].workload(rc);
    }
}

/* --- health ----------------------------------------------------------------------------------- */

static const char *suspension_of(const struct snapshot *snapshot)
{
    if (snapshot->paused)
        return "it is paused";
    if (snapshot->on_delete)
        return "its update strategy is OnDelete";
    if (snapshot->desired == 0)
        return "it is scaled to zero";
    if (!snapshot->observed)
        return "its controller has not seen the template yet";
    return NULL;
}

/* "1 of 3 pods available", or "" when it is healthy. */
static struct view count_missing(const struct reconcile *rc)
{
    const struct snapshot *s = rc->snapshot;

    if (s->updated < rc->need)
        return arena_printf(rc->arena, "%" PRId64 " of %" PRId64 " pods updated", s->updated,
                            rc->need);
    if (s->available < rc->need)
        return arena_printf(rc->arena, "%" PRId64 " of %" PRId64 " pods available", s->available,
                            rc->need);
    if (s->total > s->updated)
        return arena_printf(rc->arena, "%" PRId64 " pods of older versions are left",
                            s->total - s->updated);
    return VIEW("");
}

static const struct snapshot_pod *unready_pod(const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->pod_count; i++)
        if (!snapshot->pods[i].ready)
            return &snapshot->pods[i];
    return NULL;
}

static void tell_missing(struct reconcile *rc)
{
    const struct snapshot_pod *pod = unready_pod(rc->snapshot);
    const struct snapshot_container *culprit = pod ? culprit_of(pod) : NULL;
    struct view count = count_missing(rc), detail = VIEW("");

    if (pod)
        detail = arena_printf(rc->arena, "; pod \"%.*s\" is not ready%.*s", VIEW_ARGS(pod->name),
                              VIEW_ARGS(tell_unready(rc->arena, pod, culprit)));
    else if (rc->snapshot->refused_since > 0)
        detail = arena_printf(rc->arena, "; pods are refused%.*s",
                              VIEW_ARGS(after_colon(rc->arena, rc->snapshot->refused)));
    rc->out->missing = pod ? blame(pod, culprit) : no_log;
    rc->out->missing.kind = CAUSE_DEADLINE;
    rc->out->missing.message =
        arena_printf(rc->arena, "%.*s%.*s", VIEW_ARGS(count), VIEW_ARGS(detail));
}

static bool is_healthy(const struct snapshot *s, int64_t need)
{
    return s->observed && need > 0 && s->updated >= need && s->available >= need &&
           s->total <= s->updated;
}

void judge(const struct rollout_guard *guard, const struct snapshot *snapshot,
           const struct probes *probes, int64_t need, int64_t now, struct arena *arena,
           struct judgement *out)
{
    struct reconcile rc = {.guard = guard,
                           .snapshot = snapshot,
                           .probes = probes,
                           .need = need,
                           .now = now,
                           .arena = arena,
                           .out = out};
    const char *suspension = suspension_of(snapshot);

    *out = (struct judgement){.suspended = suspension, .why = view_of(suspension)};
    if (suspension)
        return;
    rc.ready = ready_pods(snapshot);
    ask_all(&rc);
    out->healthy = is_healthy(snapshot, need);
    if (!out->healthy)
        tell_missing(&rc);
}
