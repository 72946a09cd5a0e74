#include "rollout/controller.h"
#include "rollout/judge/judge.h"
#include "rollout/notify/event_text.h"
#include "rollout/rollout_counters.h"
#include "server/metrics/registry.h"

static void collect_leader(const struct metric_sources *from, struct samples *to)
{
    if (from->guard)
        samples_add(to, NULL, from->guard->leads);
}

static void collect_memory(const struct metric_sources *from, struct samples *to)
{
    if (from->guard)
        samples_add(to, NULL, (int64_t)from->guard->held);
}

static void collect_refused(const struct metric_sources *from, struct samples *to)
{
    if (from->guard)
        samples_add(to, NULL, (int64_t)from->guard->refused);
}

static void collect_states(const struct metric_sources *from, struct samples *to)
{
    for (size_t i = ROLLOUT_NONE + 1; from->guard && i < ROLLOUT_STATES; i++) {
        struct view state = view_of(rollout_state_name(i));

        samples_add(to, &state, atomic_load(&from->guard->counters->states[i]));
    }
}

static void collect_troubled(const struct metric_sources *from, struct samples *to)
{
    struct rollout_trouble troubled[LIMIT_TROUBLED];
    size_t count = from->guard ? rollout_counters_troubled(from->guard->counters, troubled) : 0;

    for (size_t i = 0; i < count; i++) {
        const struct view labels[] = {view_of(troubled[i].namespace_), view_of(troubled[i].kind),
                                      view_of(troubled[i].name),
                                      view_of(rollout_state_name(troubled[i].state))};

        samples_add(to, labels, 1);
    }
}

static void add_causes(struct samples *to, const atomic_ullong *counts)
{
    for (size_t i = CAUSE_NONE + 1; i < CAUSES; i++) {
        struct view cause = view_of(cause_name(i));

        samples_add(to, &cause, (int64_t)atomic_load(&counts[i]));
    }
}

static void collect_failures(const struct metric_sources *from, struct samples *to)
{
    if (from->guard)
        add_causes(to, from->guard->counters->failures);
}

static void collect_rollbacks(const struct metric_sources *from, struct samples *to)
{
    if (from->guard)
        add_causes(to, from->guard->counters->rollbacks);
}

static void collect_events(const struct metric_sources *from, struct samples *to)
{
    for (size_t i = 0; from->guard && i < ROLLOUT_EVENT_KINDS; i++) {
        struct view reason = view_of(event_text_reason(i));

        samples_add(to, &reason, (int64_t)atomic_load(&from->guard->counters->event[i]));
    }
}

static void collect_notifications(const struct metric_sources *from, struct samples *to)
{
    if (!from->guard)
        return;
    samples_add(to, &VIEW("sent"), (int64_t)from->guard->notices.sent);
    samples_add(to, &VIEW("retried"), (int64_t)from->guard->notices.retried);
    samples_add(to, &VIEW("dropped"), (int64_t)from->guard->notices.dropped);
}

static const struct metric rows[] = {
    {"tidegate_guard_leader",
     METRIC_GAUGE,
     "1 while this replica leads the guard; else 0.",
     {NULL},
     collect_leader},
    {"tidegate_guard_memory_bytes",
     METRIC_GAUGE,
     "Memory of the guard's caches of workloads, revisions and pods.",
     {NULL},
     collect_memory},
    {"tidegate_guard_refused_objects_total",
     METRIC_COUNTER,
     "Times that the guard's caches had no room for a workload, revision or pod, which is not "
     "guarded then.",
     {NULL},
     collect_refused},
    {"tidegate_rollouts",
     METRIC_GAUGE,
     "Guarded workloads by the state of their rollout, at the replica that leads the guard.",
     {"state"},
     collect_states},
    {"tidegate_rollout_troubled",
     METRIC_GAUGE,
     "1 for each guarded workload that is Failed, Degraded or RollingBack, at the replica that "
     "leads the guard; 100 at most.",
     {"workload_namespace", "workload_kind", "workload", "state"},
     collect_troubled},
    {"tidegate_rollout_failures_total",
     METRIC_COUNTER,
     "Rollouts that failed, by cause.",
     {"cause"},
     collect_failures},
    {"tidegate_rollbacks_total",
     METRIC_COUNTER,
     "Rollouts that were rolled back, by the cause of their failure.",
     {"cause"},
     collect_rollbacks},
    {"tidegate_rollout_events_total",
     METRIC_COUNTER,
     "Events of rollouts, by the reason of the Kubernetes Event.",
     {"reason"},
     collect_events},
    {"tidegate_notifications_total",
     METRIC_COUNTER,
     "Notifications that were sent or dropped, and attempts that were retried.",
     {"outcome"},
     collect_notifications},
};

const struct metric_table guard_metrics = METRIC_TABLE(rows);
