#include "policy/object/cluster_view.h"

#include "policy/object/request.h"

/* The controllers of kube-controller-manager that create, scale or delete workloads. Other service
 * accounts of kube-system are not controllers. */
static const char *const service_accounts[] = {
    "cronjob-controller",
    "daemon-set-controller",
    "deployment-controller",
    "disruption-controller",
    "endpoint-controller",
    "endpointslice-controller",
    "generic-garbage-collector",
    "horizontal-pod-autoscaler",
    "job-controller",
    "namespace-controller",
    "node-controller",
    "pod-garbage-collector",
    "replicaset-controller",
    "replication-controller",
    "service-account-controller",
    "statefulset-controller",
    "ttl-after-finished-controller",
    "taint-eviction-controller",
};

static bool is_kubernetes_own(struct view user)
{
    const char *const prefix = "system:serviceaccount:kube-system:";

    if (view_eq_str(user, "system:kube-controller-manager") ||
        view_eq_str(user, "system:kube-scheduler") || view_starts(user, "system:node:"))
        return true;
    if (!view_starts(user, prefix))
        return false;
    user = view_from(user, view_of(prefix).n);
    for (size_t i = 0; i < sizeof(service_accounts) / sizeof(service_accounts[0]); i++)
        if (view_eq_str(user, service_accounts[i]))
            return true;
    return false;
}

static bool is_configured(struct view pattern, struct view user)
{
    if (!view_ends(pattern, "*"))
        return view_eq(pattern, user);
    return view_eq(view_first(pattern, pattern.n - 1), view_first(user, pattern.n - 1));
}

bool cluster_view_is_controller(const struct cluster_view *cluster_view, struct view user)
{
    if (is_kubernetes_own(user))
        return true;
    for (size_t i = 0; i < cluster_view->controller_count; i++)
        if (is_configured(cluster_view->controllers[i], user))
            return true;
    return false;
}

bool cluster_view_exempts(const struct request *request, const struct cluster_view *cluster_view)
{
    if (view_eq_str(request->namespace_, "kube-system") ||
        view_eq_str(request->group, "coordination.k8s.io"))
        return true;
    return cluster_view->own_namespace.n > 0 &&
           view_eq(request->namespace_, cluster_view->own_namespace);
}
