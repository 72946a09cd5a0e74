#include "policy/guard/guard_signals.h"

#include "base/arena.h"
#include "base/text/suggest.h"
#include "base/time/duration.h"
#include "policy/guard/cause.h"
#include "policy/limits.h"
#include "policy/rule/check.h"

#include <assert.h>

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

/* --- what pods tell --------------------------------------------------------------------------- */

/* A container runtime may have its own reasons, so a reason that is nearly the kubelet's is only a
 * warning. */
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

/* --- the signals ------------------------------------------------------------------------------ */

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

static int read_crash_loop(const struct node *node, struct compile *c, struct guard_signals *out)
{
    (void)c;
    out->crash_loop.on = true;
    out->crash_loop.restarts = schema_amount(node, crash_loop_fields, "restarts");
    return 0;
}

static int read_oom_killed(const struct node *node, struct compile *c, struct guard_signals *out)
{
    (void)c;
    out->oom_killed.on = true;
    out->oom_killed.times = schema_amount(node, oom_killed_fields, "times");
    return 0;
}

static int read_image_pull(const struct node *node, struct compile *c, struct guard_signals *out)
{
    (void)c;
    out->image_pull.on = true;
    out->image_pull.lasting = schema_amount(node, image_pull_fields, "for");
    return 0;
}

static void image_pull_late(const struct node *node, const struct guard_signals *s, int64_t total,
                            struct compile *c)
{
    warn_if_late(node, "for", s->image_pull.lasting, total, c);
}

static int read_waiting(const struct node *node, struct compile *c, struct guard_signals *out)
{
    out->waiting.on = true;
    out->waiting.lasting = schema_amount(node, waiting_fields, "for");
    return read_reasons(node_get(node, "reasons"), c, out);
}

static void waiting_late(const struct node *node, const struct guard_signals *s, int64_t total,
                         struct compile *c)
{
    warn_if_late(node, "for", s->waiting.lasting, total, c);
}

static int read_unschedulable(const struct node *node, struct compile *c, struct guard_signals *out)
{
    (void)c;
    out->unschedulable.on = true;
    out->unschedulable.lasting = schema_amount(node, unschedulable_fields, "for");
    return 0;
}

static void unschedulable_late(const struct node *node, const struct guard_signals *s,
                               int64_t total, struct compile *c)
{
    warn_if_late(node, "for", s->unschedulable.lasting, total, c);
}

static int read_replica_failure(const struct node *node, struct compile *c,
                                struct guard_signals *out)
{
    (void)c;
    out->replica_failure.on = true;
    out->replica_failure.lasting = schema_amount(node, replica_failure_fields, "for");
    return 0;
}

static void replica_failure_late(const struct node *node, const struct guard_signals *s,
                                 int64_t total, struct compile *c)
{
    warn_if_late(node, "for", s->replica_failure.lasting, total, c);
}

static int read_readiness(const struct node *node, struct compile *c, struct guard_signals *out)
{
    (void)c;
    out->readiness.within = schema_amount(node, readiness_fields, "within");
    out->readiness.flaps = schema_amount(node, readiness_fields, "flaps");
    if (out->readiness.within == 0 && out->readiness.flaps == 0)
        out->readiness.flaps = USUAL_FLAPS;
    return 0;
}

static void readiness_late(const struct node *node, const struct guard_signals *s, int64_t total,
                           struct compile *c)
{
    warn_if_late(node, "within", s->readiness.within, total, c);
}

/* There are no usual requests or queries. */
static int read_http(const struct node *list, struct compile *c, struct guard_signals *out)
{
    int result = list ? guard_probes_http(list, c, &out->http) : 0;

    out->http_count = out->http ? list->count : 0;
    return result;
}

static void http_late(const struct node *list, const struct guard_signals *s, int64_t total,
                      struct compile *c)
{
    for (size_t i = 0; i < s->http_count; i++)
        warn_if_late(list->items[i], "delay", s->http[i].delay, total, c);
}

static int read_prometheus(const struct node *list, struct compile *c, struct guard_signals *out)
{
    int result = list ? guard_probes_prometheus(list, c, &out->prometheus) : 0;

    out->prometheus_count = out->prometheus ? list->count : 0;
    return result;
}

static void prometheus_late(const struct node *list, const struct guard_signals *s, int64_t total,
                            struct compile *c)
{
    for (size_t i = 0; i < s->prometheus_count; i++)
        warn_if_late(list->items[i], "delay", s->prometheus[i].delay, total, c);
}

/* --- all -------------------------------------------------------------------------------------- */

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

/* In the same order. */
static const struct signal {
    /* Turns the signal on. node is its value, or NULL: it has its defaults, because `fail` is left
     * out. Returns 0, or -1 after an error in c->diags or when memory runs out. */
    int (*read)(const struct node *node, struct compile *c, struct guard_signals *out);

    /* Warns when the signal can only appear after the guard has stopped watching; NULL: it can
     * appear at any time. */
    void (*late)(const struct node *node, const struct guard_signals *s, int64_t total,
                 struct compile *c);
} signals[] = {
    {read_crash_loop, NULL},
    {read_oom_killed, NULL},
    {read_image_pull, image_pull_late},
    {read_waiting, waiting_late},
    {read_unschedulable, unschedulable_late},
    {read_replica_failure, replica_failure_late},
    {read_readiness, readiness_late},
    {read_http, http_late},
    {read_prometheus, prometheus_late},
};
static_assert(sizeof(signals) / sizeof(signals[0]) == CAUSE_SIGNALS, "each signal is read");
static_assert(sizeof(guard_signals_fields) / sizeof(guard_signals_fields[0]) == CAUSE_SIGNALS + 1,
              "each signal has its key");

int guard_signals_compile(const struct node *node, int64_t total, struct compile *c,
                          struct guard_signals *out)
{
    int result = 0;

    *out = (struct guard_signals){0};
    if (node && node->count == 0) {
        diag_error(c->diags, node->place, "\"fail\" names no signal");
        diag_hint(c->diags, "leave it out for all that pods give, or name at least one");
        return -1;
    }
    for (size_t i = 0; i < CAUSE_SIGNALS; i++) {
        const struct node *value = node_get(node, guard_signals_fields[i].name);

        if (!node || value)
            result |= signals[i].read(value, c, out);
    }
    for (size_t i = 0; i < CAUSE_SIGNALS; i++) {
        const struct node *value = node_get(node, guard_signals_fields[i].name);

        if (value && signals[i].late)
            signals[i].late(value, out, total, c);
    }
    return result;
}
