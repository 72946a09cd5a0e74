#include "policy/guard/guard_signals.h"

#include "base/arena.h"
#include "base/suggest.h"
#include "base/time/duration.h"
#include "policy/limits.h"
#include "policy/rule/check.h"

/* What kubelet waits with (k8s.io/kubernetes/pkg/kubelet/kuberuntime/kuberuntime_container.go,
 * container/sync_result.go, images/types.go, kubelet_pods.go; k8s.io/cri-api/pkg/errors). The first
 * are there when it can neither make nor start a container, as often as it tries. */
static const char *const kubelet_reasons[] = {
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "PreCreateHookError",
    "PreStartHookError",
    "PostStartHookError",
    "CrashLoopBackOff",
    "ImagePullBackOff",
    "ErrImagePull",
    "ErrImageNeverPull",
    "ImageInspectError",
    "InvalidImageName",
    "RegistryUnavailable",
    "ContainerCreating",
    "SignatureValidationFailed",
    "PodInitializing",
};
enum { USUAL_REASONS = 6, KUBELET_REASONS = sizeof(kubelet_reasons) / sizeof(kubelet_reasons[0]) };

/* --- tables ----------------------------------------------------------------------------------- */

static const struct schema_field crash_loop_fields[] = {
    {"restarts", SCHEMA_INTEGER, .min = 1, .max = LIMIT_GUARD_TIMES, .usual = 3,
     .doc = "how often one container ended and was started again"},
    {0},
};

static const struct schema_field oom_killed_fields[] = {
    {"times", SCHEMA_INTEGER, .min = 1, .max = LIMIT_GUARD_TIMES, .usual = 2,
     .doc = "how often one container was ended for want of memory"},
    {0},
};

static const struct schema_field image_pull_fields[] = {
    {"for", SCHEMA_DURATION, .max = LIMIT_GUARD_TIME, .usual = 30,
     .doc = "how long an image cannot be had"},
    {0},
};

static const struct schema_field waiting_fields[] = {
    {"for", SCHEMA_DURATION, .max = LIMIT_GUARD_TIME, .usual = 60,
     .doc = "how long a container waits with one of the reasons"},
    {"reasons", SCHEMA_STRING, .list = true, .most = LIMIT_GUARD_REASONS,
     .doc = "of state.waiting; CreateContainerConfigError, CreateContainerError, "
            "RunContainerError, PreCreateHookError, PreStartHookError and PostStartHookError when "
            "left out"},
    {0},
};

static const struct schema_field unschedulable_fields[] = {
    {"for", SCHEMA_DURATION, .max = LIMIT_GUARD_TIME, .usual = 120,
     .doc = "how long no node takes a pod"},
    {0},
};

static const struct schema_field replica_failure_fields[] = {
    {"for", SCHEMA_DURATION, .max = LIMIT_GUARD_TIME, .usual = 30,
     .doc = "how long pods are refused by a quota, a limit range or an admission webhook"},
    {0},
};

static const struct schema_field readiness_fields[] = {
    {"within", SCHEMA_DURATION, .min = 1, .max = LIMIT_GUARD_TIME,
     .doc = "how long after its start a pod may not be ready; not asked when left out"},
    {"flaps", SCHEMA_INTEGER, .min = 1, .max = LIMIT_GUARD_TIMES,
     .doc = "how often one pod stops being ready; 5 when both are left out"},
    {0},
};
enum { USUAL_FLAPS = 5 };

const struct schema_field guard_signals_fields[] = {
    {"crashLoop", SCHEMA_OBJECT, .fields = crash_loop_fields, .doc = "a container crashes"},
    {"oomKilled", SCHEMA_OBJECT, .fields = oom_killed_fields,
     .doc = "a container takes more memory than it may"},
    {"imagePull", SCHEMA_OBJECT, .fields = image_pull_fields, .doc = "an image cannot be pulled"},
    {"waiting", SCHEMA_OBJECT, .fields = waiting_fields, .doc = "a container cannot be started"},
    {"unschedulable", SCHEMA_OBJECT, .fields = unschedulable_fields,
     .doc = "a pod has no place on any node"},
    {"replicaFailure", SCHEMA_OBJECT, .fields = replica_failure_fields,
     .doc = "pods cannot be created"},
    {"readiness", SCHEMA_OBJECT, .fields = readiness_fields,
     .doc = "a pod does not get ready, or does not stay it"},
    {"http", SCHEMA_OBJECT, .list = true, .most = LIMIT_GUARD_PROBES,
     .fields = guard_probes_http_fields, .doc = "smoke requests"},
    {"prometheus", SCHEMA_OBJECT, .list = true, .most = LIMIT_GUARD_PROBES,
     .fields = guard_probes_prometheus_fields, .doc = "queries of Prometheus"},
    {0},
};

/* --- what pods tell --------------------------------------------------------------------------- */

/* A runtime may have reasons of its own, so that one which is nearly kubelet's is only suspect. */
static void check_reason(const struct node *reason, struct compile *c)
{
    const char *near = suggest(reason->text, kubelet_reasons, KUBELET_REASONS);

    for (size_t i = 0; i < KUBELET_REASONS; i++)
        if (view_eq_str(reason->text, kubelet_reasons[i]))
            return;
    if (!near)
        return;
    diag_warning(c->diags, reason->place, "kubelet gives no reason \"%.*s\"",
                 VIEW_ARGS(reason->text));
    diag_hint(c->diags, "did you mean \"%s\"?", near);
}

static int read_reasons(const struct node *list, struct compile *c, struct guard_signals *out)
{
    size_t count = list ? list->count : USUAL_REASONS;
    struct view *reasons = arena_array(c->arena, count, sizeof(*reasons));

    if (!reasons)
        return -1;
    for (size_t i = 0; list && i < count; i++)
        check_reason(list->items[i], c);
    for (size_t i = 0; i < count; i++)
        reasons[i] = list ? list->items[i]->text : view_of(kubelet_reasons[i]);
    out->waiting.reasons = reasons;
    out->waiting.reason_count = count;
    return 0;
}

static void read_readiness(const struct node *node, struct guard_signals *out)
{
    out->readiness.within = schema_amount(node, readiness_fields, "within");
    out->readiness.flaps = schema_amount(node, readiness_fields, "flaps");
    if (out->readiness.within == 0 && out->readiness.flaps == 0)
        out->readiness.flaps = USUAL_FLAPS;
}

/* fail is NULL for all signals with their defaults. */
static void read_pods(const struct node *fail, struct guard_signals *out)
{
    const struct node *crash = node_get(fail, "crashLoop"), *oom = node_get(fail, "oomKilled");
    const struct node *pull = node_get(fail, "imagePull"), *waiting = node_get(fail, "waiting");
    const struct node *unschedulable = node_get(fail, "unschedulable");
    const struct node *replicas = node_get(fail, "replicaFailure");

    out->crash_loop.on = !fail || crash;
    out->crash_loop.restarts = schema_amount(crash, crash_loop_fields, "restarts");
    out->oom_killed.on = !fail || oom;
    out->oom_killed.times = schema_amount(oom, oom_killed_fields, "times");
    out->image_pull.on = !fail || pull;
    out->image_pull.lasting = schema_amount(pull, image_pull_fields, "for");
    out->waiting.on = !fail || waiting;
    out->waiting.lasting = schema_amount(waiting, waiting_fields, "for");
    out->unschedulable.on = !fail || unschedulable;
    out->unschedulable.lasting = schema_amount(unschedulable, unschedulable_fields, "for");
    out->replica_failure.on = !fail || replicas;
    out->replica_failure.lasting = schema_amount(replicas, replica_failure_fields, "for");
    if (!fail || node_get(fail, "readiness"))
        read_readiness(node_get(fail, "readiness"), out);
}

/* --- what comes too late ---------------------------------------------------------------------- */

static void warn_if_late(const struct node *map, const char *key, int64_t seconds, int64_t total,
                         struct compile *c)
{
    const struct node *node = node_get(map, key);
    char longest[DURATION_ROOM];

    if (!map || seconds < total)
        return;
    diag_warning(c->diags, node ? node->place : map->place,
                 "this never comes: the guard looks for %s at most", duration_go(total, longest));
    diag_hint(c->diags, "that is deadline and soak; make \"%s\" shorter", key);
}

static void warn_of_late(const struct node *fail, int64_t total, const struct guard_signals *s,
                         struct compile *c)
{
    const struct node *http = node_get(fail, "http"), *queries = node_get(fail, "prometheus");

    warn_if_late(node_get(fail, "imagePull"), "for", s->image_pull.lasting, total, c);
    warn_if_late(node_get(fail, "waiting"), "for", s->waiting.lasting, total, c);
    warn_if_late(node_get(fail, "unschedulable"), "for", s->unschedulable.lasting, total, c);
    warn_if_late(node_get(fail, "replicaFailure"), "for", s->replica_failure.lasting, total, c);
    warn_if_late(node_get(fail, "readiness"), "within", s->readiness.within, total, c);
    for (size_t i = 0; i < s->http_count; i++)
        warn_if_late(http->items[i], "delay", s->http[i].delay, total, c);
    for (size_t i = 0; i < s->prometheus_count; i++)
        warn_if_late(queries->items[i], "delay", s->prometheus[i].delay, total, c);
}

/* --- all -------------------------------------------------------------------------------------- */

static int read_probes(const struct node *fail, struct compile *c, struct guard_signals *out)
{
    const struct node *http = node_get(fail, "http"), *queries = node_get(fail, "prometheus");
    int result = 0;

    if (http)
        result |= guard_probes_http(http, c, &out->http);
    if (queries)
        result |= guard_probes_prometheus(queries, c, &out->prometheus);
    out->http_count = out->http ? http->count : 0;
    out->prometheus_count = out->prometheus ? queries->count : 0;
    return result;
}

int guard_signals_compile(const struct node *node, int64_t total, struct compile *c,
                          struct guard_signals *out)
{
    int result;

    *out = (struct guard_signals){0};
    if (node && node->count == 0) {
        diag_error(c->diags, node->place, "\"fail\" names no signal");
        diag_hint(c->diags, "leave it out for all that pods give, or name at least one");
        return -1;
    }
    read_pods(node, out);
    result = read_reasons(node_get(node_get(node, "waiting"), "reasons"), c, out);
    result |= read_probes(node, c, out);
    warn_of_late(node, total, out, c);
    return result;
}
