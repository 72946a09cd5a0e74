#include "rollout/preflight.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/sys/log.h"
#include "kube/limits.h"
#include "policy/guard/guard.h"
#include "policy/object/guarded_kind.h"
#include "policy/set.h"
#include "rollout/leader.h"
#include "rollout/notify/notifier.h"

#include <assert.h>
#include <stdio.h>

static_assert(4 * GUARDED_KINDS + 3 * REVISION_KINDS + 16 <= PREFLIGHT_PERMISSIONS,
              "there is room for all");

static void add(struct preflight_permissions *list, struct permission row)
{
    list->rows[list->count++] = row;
}

static void add_workloads(struct preflight_permissions *list)
{
    static const char *const verbs[] = {"get", "list", "watch", "patch"};

    for (size_t i = 0; i < GUARDED_KINDS; i++)
        for (size_t v = 0; v < sizeof(verbs) / sizeof(verbs[0]); v++)
            add(list, (struct permission){.group = guarded_kinds[i].group,
                                          .resource = guarded_kinds[i].resource,
                                          .verb = verbs[v]});
}

static void add_revisions(struct preflight_permissions *list)
{
    static const char *const verbs[] = {"get", "list", "watch"};

    for (size_t i = 0; i < REVISION_KINDS; i++)
        for (size_t v = 0; v < sizeof(verbs) / sizeof(verbs[0]); v++)
            add(list, (struct permission){.group = revision_kinds[i].group,
                                          .resource = revision_kinds[i].resource,
                                          .verb = verbs[v]});
}

/* A guard that may undo, also because a person says so, of a kind that waits for broken pods. */
static bool deletes_pods(const struct rollout_guard *guard)
{
    for (size_t i = 0; i < guard->match.kind_count && !guard->audit; i++)
        for (size_t k = 0; k < GUARDED_KINDS; k++)
            if (guarded_kinds[k].waits_for_broken_pods &&
                view_eq_str(guard->match.kinds[i], guarded_kinds[k].kind))
                return true;
    return false;
}

/* Through the API server. */
static bool sends_requests(const struct rollout_guard *guard)
{
    for (size_t i = 0; i < guard->fail.http_count; i++)
        if (guard->fail.http[i].url.n == 0 && !guard->fail.http[i].direct)
            return true;
    return false;
}

static bool any(const struct policy_set *set, bool (*needs)(const struct rollout_guard *guard))
{
    for (size_t i = 0; i < set->guard_count; i++)
        if (needs(&set->guards[i]))
            return true;
    return false;
}

static void add_pods(struct preflight_permissions *list, const struct policy_set *set,
                     bool pod_logs)
{
    add(list, (struct permission){.group = "", .resource = "pods", .verb = "list"});
    add(list, (struct permission){.group = "", .resource = "pods", .verb = "watch"});
    if (any(set, deletes_pods))
        add(list, (struct permission){.group = "", .resource = "pods", .verb = "delete"});
    if (pod_logs)
        add(list, (struct permission){
                      .group = "", .resource = "pods", .subresource = "log", .verb = "get"});
    if (any(set, sends_requests))
        add(list, (struct permission){
                      .group = "", .resource = "services", .subresource = "proxy", .verb = "get"});
}

static void add_events(struct preflight_permissions *list)
{
    static const char *const verbs[] = {"create", "get", "patch"};

    for (size_t v = 0; v < sizeof(verbs) / sizeof(verbs[0]); v++)
        add(list, (struct permission){.group = "", .resource = "events", .verb = verbs[v]});
}

/* In Tidegate's own namespace: records, and the Lease. */
static void add_own(struct preflight_permissions *list, const char *own)
{
    static const char *const verbs[] = {"get", "list", "watch", "create", "update", "delete"};
    static const char *const of_lease[] = {"get", "update"};

    for (size_t v = 0; v < sizeof(verbs) / sizeof(verbs[0]); v++)
        add(list, (struct permission){
                      .group = "", .resource = "configmaps", .verb = verbs[v], .namespace_ = own});
    for (size_t v = 0; v < sizeof(of_lease) / sizeof(of_lease[0]); v++)
        add(list, (struct permission){.group = "coordination.k8s.io",
                                      .resource = "leases",
                                      .verb = of_lease[v],
                                      .namespace_ = own,
                                      .name = LEADER_LEASE});
}

void preflight_list(const struct policy_set *set, bool pod_logs, const char *own,
                    struct preflight_permissions *out)
{
    out->count = 0;
    add_workloads(out);
    add_revisions(out);
    add_pods(out, set, pod_logs);
    add_events(out);
    add_own(out, own);
}

int preflight_cluster(struct client *c, const struct policy_set *set, bool pod_logs,
                      struct view own_namespace, struct log *log, struct buf *missing,
                      struct client_answer *answer)
{
    int64_t until = clock_monotonic_ns() + LIMIT_KUBE_TIME * INT64_C(1000000000);
    struct preflight_permissions list;
    char own[64];

    snprintf(own, sizeof(own), "%.*s", VIEW_ARGS(own_namespace));
    preflight_list(set, pod_logs, own, &list);
    return permissions_ask(c, list.rows, list.count, until, log, missing, answer);
}

/* --- of the rules ----------------------------------------------------------------------------- */

static void tell(const struct rollout_guard *guard, const char *why, struct log *log,
                 struct buf *missing)
{
    LOG(log, LOG_LEVEL_WARNING, "guard_lacks", LOG_VIEW("guard", guard->name),
        LOG_STR("error", why));
    buf_printf(missing, "RolloutGuard %.*s: %s\n", VIEW_ARGS(guard->name), why);
}

static void tell_notifier(const struct rollout_guard *guard, struct notifier *notifier,
                          struct view name, struct log *log, struct buf *missing)
{
    struct buf why;

    buf_init(&why, LIMIT_KUBE_ERROR);
    if (!notifier_knows(notifier, name, &why) && why.p)
        tell(guard, why.p, log, missing);
    buf_release(&why);
}

void preflight_rules(const struct policy_set *set, struct notifier *notifier,
                     const char *prometheus, struct log *log, struct buf *missing)
{
    for (size_t i = 0; i < set->guard_count; i++) {
        const struct rollout_guard *guard = &set->guards[i];

        if (guard->fail.prometheus_count > 0 && !prometheus)
            tell(guard, "its queries are not asked: serve was given no --prometheus", log, missing);
        for (size_t k = 0; k < guard->notify_count; k++)
            tell_notifier(guard, notifier, guard->notify[k], log, missing);
    }
}
