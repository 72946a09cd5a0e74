#include "base/buf.h"
#include "cmocka_all.h"
#include "rollout/controller.h"
#include "rollout/rollout_counters.h"
#include "server/metrics/registry.h"

static const char text[] =
    "# HELP tidegate_guard_leader 1 while this replica leads the guard; else 0.\n"
    "# TYPE tidegate_guard_leader gauge\n"
    "tidegate_guard_leader 1\n"
    "# HELP tidegate_guard_memory_bytes Memory of the guard's caches of workloads, revisions and "
    "pods.\n"
    "# TYPE tidegate_guard_memory_bytes gauge\n"
    "tidegate_guard_memory_bytes 8192\n"
    "# HELP tidegate_guard_refused_objects_total Times that the guard's caches had no room for a "
    "workload, revision or pod, which is not guarded then.\n"
    "# TYPE tidegate_guard_refused_objects_total counter\n"
    "tidegate_guard_refused_objects_total 9\n"
    "# HELP tidegate_rollouts Guarded workloads by the state of their rollout, at the replica that "
    "leads the guard.\n"
    "# TYPE tidegate_rollouts gauge\n"
    "tidegate_rollouts{state=\"Progressing\"} 0\n"
    "tidegate_rollouts{state=\"Soaking\"} 1\n"
    "tidegate_rollouts{state=\"Healthy\"} 2\n"
    "tidegate_rollouts{state=\"Degraded\"} 0\n"
    "tidegate_rollouts{state=\"Suspended\"} 0\n"
    "tidegate_rollouts{state=\"RollingBack\"} 0\n"
    "tidegate_rollouts{state=\"Failed\"} 0\n"
    "# HELP tidegate_rollout_troubled 1 for each guarded workload that is Failed, Degraded or "
    "RollingBack, at the replica that leads the guard; 100 at most.\n"
    "# TYPE tidegate_rollout_troubled gauge\n"
    "tidegate_rollout_troubled{workload_namespace=\"shop\",workload_kind=\"Deployment\","
    "workload=\"api\",state=\"Failed\"} 1\n"
    "# HELP tidegate_rollout_failures_total Rollouts that failed, by cause.\n"
    "# TYPE tidegate_rollout_failures_total counter\n"
    "tidegate_rollout_failures_total{cause=\"Deadline\"} 0\n"
    "tidegate_rollout_failures_total{cause=\"CrashLoop\"} 1\n"
    "tidegate_rollout_failures_total{cause=\"OOMKilled\"} 0\n"
    "tidegate_rollout_failures_total{cause=\"ImagePull\"} 0\n"
    "tidegate_rollout_failures_total{cause=\"Waiting\"} 0\n"
    "tidegate_rollout_failures_total{cause=\"Unschedulable\"} 0\n"
    "tidegate_rollout_failures_total{cause=\"ReplicaFailure\"} 0\n"
    "tidegate_rollout_failures_total{cause=\"Readiness\"} 0\n"
    "tidegate_rollout_failures_total{cause=\"HTTP\"} 1\n"
    "tidegate_rollout_failures_total{cause=\"Prometheus\"} 0\n"
    "tidegate_rollout_failures_total{cause=\"Person\"} 0\n"
    "# HELP tidegate_rollbacks_total Rollouts that were rolled back, by the cause of their "
    "failure.\n"
    "# TYPE tidegate_rollbacks_total counter\n"
    "tidegate_rollbacks_total{cause=\"Deadline\"} 0\n"
    "tidegate_rollbacks_total{cause=\"CrashLoop\"} 1\n"
    "tidegate_rollbacks_total{cause=\"OOMKilled\"} 0\n"
    "tidegate_rollbacks_total{cause=\"ImagePull\"} 0\n"
    "tidegate_rollbacks_total{cause=\"Waiting\"} 0\n"
    "tidegate_rollbacks_total{cause=\"Unschedulable\"} 0\n"
    "tidegate_rollbacks_total{cause=\"ReplicaFailure\"} 0\n"
    "tidegate_rollbacks_total{cause=\"Readiness\"} 0\n"
    "tidegate_rollbacks_total{cause=\"HTTP\"} 0\n"
    "tidegate_rollbacks_total{cause=\"Prometheus\"} 0\n"
    "tidegate_rollbacks_total{cause=\"Person\"} 0\n"
    "# HELP tidegate_rollout_events_total Events of rollouts, by the reason of the Kubernetes "
    "Event.\n"
    "# TYPE tidegate_rollout_events_total counter\n"
    "tidegate_rollout_events_total{reason=\"Healthy\"} 1\n"
    "tidegate_rollout_events_total{reason=\"RolloutFailed\"} 2\n"
    "tidegate_rollout_events_total{reason=\"RolledBack\"} 1\n"
    "tidegate_rollout_events_total{reason=\"RollbackRefused\"} 0\n"
    "tidegate_rollout_events_total{reason=\"Degraded\"} 0\n"
    "tidegate_rollout_events_total{reason=\"Recovered\"} 0\n"
    "tidegate_rollout_events_total{reason=\"Released\"} 0\n"
    "# HELP tidegate_notifications_total Notifications that were sent or dropped, and attempts "
    "that were retried.\n"
    "# TYPE tidegate_notifications_total counter\n"
    "tidegate_notifications_total{outcome=\"sent\"} 10\n"
    "tidegate_notifications_total{outcome=\"retried\"} 11\n"
    "tidegate_notifications_total{outcome=\"dropped\"} 12\n";

static const char objects[] = "# HELP tidegate_kube_objects Objects in the caches of watches.\n"
                              "# TYPE tidegate_kube_objects gauge\n"
                              "tidegate_kube_objects{resource=\"deployments\"} 1\n"
                              "tidegate_kube_objects{resource=\"statefulsets\"} 2\n"
                              "tidegate_kube_objects{resource=\"daemonsets\"} 3\n"
                              "tidegate_kube_objects{resource=\"replicasets\"} 4\n"
                              "tidegate_kube_objects{resource=\"controllerrevisions\"} 5\n"
                              "tidegate_kube_objects{resource=\"pods\"} 6\n"
                              "tidegate_kube_objects{resource=\"configmaps\"} 7\n";

static struct controller_figures figures_of(struct rollout_counters *counters)
{
    static const struct {
        enum rollout_state from, to;
    } moves[] = {
        {ROLLOUT_NONE, ROLLOUT_PROGRESSING}, {ROLLOUT_PROGRESSING, ROLLOUT_SOAKING},
        {ROLLOUT_SOAKING, ROLLOUT_SOAKING},  {ROLLOUT_NONE, ROLLOUT_HEALTHY},
        {ROLLOUT_NONE, ROLLOUT_HEALTHY},     {ROLLOUT_NONE, ROLLOUT_FAILED},
        {ROLLOUT_FAILED, ROLLOUT_NONE}, /* forgotten */
    };
    static const struct rollout_event event[] = {
        {.kind = ROLLOUT_EVENT_FAILED, .cause = {.kind = CAUSE_CRASH_LOOP}},
        {.kind = ROLLOUT_EVENT_FAILED, .cause = {.kind = CAUSE_HTTP}},
        {.kind = ROLLOUT_EVENT_ROLLED_BACK, .cause = {.kind = CAUSE_CRASH_LOOP}},
        {.kind = ROLLOUT_EVENT_HEALTHY},
    };

    rollout_counters_init(counters);
    for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++)
        rollout_counters_move(counters, moves[i].from, moves[i].to);
    rollout_counters_name(counters,
                          &(struct record){.kind = VIEW("Deployment"),
                                           .namespace_ = VIEW("shop"),
                                           .name = VIEW("api")},
                          ROLLOUT_FAILED);
    for (size_t i = 0; i < sizeof(event) / sizeof(event[0]); i++)
        rollout_counters_event(counters, &event[i]);
    return (struct controller_figures){.leads = true,
                                       .objects = {1, 2, 3, 4, 5, 6},
                                       .records = 7,
                                       .held = 8192,
                                       .refused = 9,
                                       .counters = counters,
                                       .notices = {10, 11, 12}};
}

static void all_of_it(void **state)
{
    struct rollout_counters counters;
    struct controller_figures figures = figures_of(&counters);
    struct buf out, expected;

    (void)state;
    buf_init(&out, 1 << 16);
    registry_write(&(struct metric_sources){.guard = &figures}, &out);
    buf_init(&expected, 1 << 16);
    buf_printf(&expected, "%s%s", objects, text);
    assert_string_equal(out.p, expected.p);
    buf_release(&expected);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_of_it)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
