#include "server/metrics/guard_metrics.h"

#include "base/buf.h"
#include "rollout/controller.h"
#include "rollout/judge/judge.h"
#include "rollout/notify/event_text.h"
#include "rollout/rollout_counters.h"
#include "server/metrics/metrics.h"

#include <inttypes.h>

static void write_states(const struct rollout_counters *counters, struct buf *out)
{
    metrics_head(out, "tidegate_rollouts", "gauge",
                 "Guarded workloads by the state of their rollout, at the replica that leads.");
    for (size_t i = ROLLOUT_NONE + 1; i < ROLLOUT_STATES; i++)
        buf_printf(out, "tidegate_rollouts{state=\"%s\"} %ld\n", rollout_state_name(i),
                   atomic_load(&counters->states[i]));
}

static void write_causes(const char *name, const char *help, const atomic_ullong *counts,
                         struct buf *out)
{
    metrics_head(out, name, "counter", help);
    for (size_t i = CAUSE_NONE + 1; i < CAUSES; i++)
        buf_printf(out, "%s{cause=\"%s\"} %llu\n", name, cause_name(i), atomic_load(&counts[i]));
}

static void write_news(const struct rollout_counters *counters, struct buf *out)
{
    metrics_head(out, "tidegate_rollout_events_total", "counter",
                 "What was told of rollouts, by the reason of the Event.");
    for (size_t i = 0; i < ROLLOUT_EVENT_KINDS; i++)
        buf_printf(out, "tidegate_rollout_events_total{reason=\"%s\"} %llu\n", event_text_reason(i),
                   atomic_load(&counters->event[i]));
}

static void write_notices(struct notifier_counts counts, struct buf *out)
{
    static const char name[] = "tidegate_notifications_total";

    metrics_head(out, name, "counter", "Notifications, and how often one was tried again.");
    buf_printf(out, "%s{outcome=\"sent\"} %" PRIu64 "\n", name, counts.sent);
    buf_printf(out, "%s{outcome=\"retried\"} %" PRIu64 "\n", name, counts.retried);
    buf_printf(out, "%s{outcome=\"dropped\"} %" PRIu64 "\n", name, counts.dropped);
}

void guard_metrics_write_objects(const struct controller_figures *figures, struct buf *out)
{
    static const char *const lists[STORE_LISTS] = {
        [STORE_DEPLOYMENTS] = "deployments",
        [STORE_STATEFULSETS] = "statefulsets",
        [STORE_DAEMONSETS] = "daemonsets",
        [STORE_REPLICASETS] = "replicasets",
        [STORE_CONTROLLERREVISIONS] = "controllerrevisions",
        [STORE_PODS] = "pods",
    };

    for (size_t i = 0; i < STORE_LISTS; i++)
        buf_printf(out, "tidegate_kube_objects{resource=\"%s\"} %zu\n", lists[i],
                   figures->objects[i]);
    buf_printf(out, "tidegate_kube_objects{resource=\"configmaps\"} %zu\n", figures->records);
}

void guard_metrics_write(const struct controller_figures *figures, struct buf *out)
{
    const struct rollout_counters *counters = figures->counters;

    metrics_head(out, "tidegate_guard_leader", "gauge", "1 at the replica that leads, else 0.");
    buf_printf(out, "tidegate_guard_leader %d\n", figures->leads);
    metrics_head(out, "tidegate_guard_memory_bytes", "gauge",
                 "Of what is kept of workloads, their revisions and their pods.");
    buf_printf(out, "tidegate_guard_memory_bytes %zu\n", figures->held);
    metrics_head(out, "tidegate_guard_refused_objects_total", "counter",
                 "Times that a workload, revision or pod had no room to be kept.");
    buf_printf(out, "tidegate_guard_refused_objects_total %zu\n", figures->refused);
    write_states(counters, out);
    write_causes("tidegate_rollout_failures_total", "Versions that failed, by cause.",
                 counters->failures, out);
    write_causes("tidegate_rollbacks_total", "Versions that were rolled back, by cause.",
                 counters->rollbacks, out);
    write_news(counters, out);
    write_notices(figures->notices, out);
}
