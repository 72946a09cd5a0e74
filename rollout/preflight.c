#include "rollout/preflight.h"

#include "base/buf.h"
#include "base/sys/clock.h"
#include "base/sys/log.h"
#include "kube/limits.h"
#include "kube/permissions.h"
#include "policy/guard/guard.h"
#include "policy/set.h"
#include "rollout/leader.h"
#include "rollout/notify/notifier.h"

#include <stdio.h>

/* In every namespace. */
static const struct permission everywhere[] = {
    {"apps", "deployments", NULL, "get", NULL, NULL},
    {"apps", "deployments", NULL, "list", NULL, NULL},
    {"apps", "deployments", NULL, "watch", NULL, NULL},
    {"apps", "deployments", NULL, "patch", NULL, NULL},
    {"apps", "statefulsets", NULL, "get", NULL, NULL},
    {"apps", "statefulsets", NULL, "list", NULL, NULL},
    {"apps", "statefulsets", NULL, "watch", NULL, NULL},
    {"apps", "statefulsets", NULL, "patch", NULL, NULL},
    {"apps", "daemonsets", NULL, "get", NULL, NULL},
    {"apps", "daemonsets", NULL, "list", NULL, NULL},
    {"apps", "daemonsets", NULL, "watch", NULL, NULL},
    {"apps", "daemonsets", NULL, "patch", NULL, NULL},
    {"apps", "replicasets", NULL, "get", NULL, NULL},
    {"apps", "replicasets", NULL, "list", NULL, NULL},
    {"apps", "replicasets", NULL, "watch", NULL, NULL},
    {"apps", "controllerrevisions", NULL, "get", NULL, NULL},
    {"apps", "controllerrevisions", NULL, "list", NULL, NULL},
    {"apps", "controllerrevisions", NULL, "watch", NULL, NULL},
    {"", "pods", NULL, "list", NULL, NULL},
    {"", "pods", NULL, "watch", NULL, NULL},
    {"", "pods", NULL, "delete", NULL, NULL},
    {"", "pods", "log", "get", NULL, NULL},
    {"", "services", "proxy", "get", NULL, NULL},
    {"events.k8s.io", "events", NULL, "create", NULL, NULL},
    {"events.k8s.io", "events", NULL, "get", NULL, NULL},
    {"events.k8s.io", "events", NULL, "patch", NULL, NULL},
};

/* In Tidegate's own. */
static const struct permission at_home[] = {
    {"", "configmaps", NULL, "get", NULL, NULL},
    {"", "configmaps", NULL, "list", NULL, NULL},
    {"", "configmaps", NULL, "watch", NULL, NULL},
    {"", "configmaps", NULL, "create", NULL, NULL},
    {"", "configmaps", NULL, "update", NULL, NULL},
    {"", "configmaps", NULL, "delete", NULL, NULL},
    {"coordination.k8s.io", "leases", NULL, "get", NULL, LEADER_LEASE},
    {"coordination.k8s.io", "leases", NULL, "update", NULL, LEADER_LEASE},
};

enum {
    EVERYWHERE = sizeof(everywhere) / sizeof(everywhere[0]),
    AT_HOME = sizeof(at_home) / sizeof(at_home[0]),
};

int preflight_cluster(struct client *c, struct view own_namespace, struct log *log,
                      struct buf *missing, struct client_answer *answer)
{
    int64_t until = clock_monotonic_ns() + LIMIT_KUBE_TIME * INT64_C(1000000000);
    struct permission rows[EVERYWHERE + AT_HOME];
    char home[64];

    snprintf(home, sizeof(home), "%.*s", VIEW_ARGS(own_namespace));
    for (size_t i = 0; i < EVERYWHERE; i++)
        rows[i] = everywhere[i];
    for (size_t i = 0; i < AT_HOME; i++) {
        rows[EVERYWHERE + i] = at_home[i];
        rows[EVERYWHERE + i].namespace_ = home;
    }
    return permissions_ask(c, rows, EVERYWHERE + AT_HOME, until, log, missing, answer);
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
