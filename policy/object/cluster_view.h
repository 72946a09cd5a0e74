#ifndef TG_POLICY_OBJECT_CLUSTER_VIEW_H
#define TG_POLICY_OBJECT_CLUSTER_VIEW_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct request;
struct yyjson_val;

/* What the guard knows of a workload and one template for it. */
struct cluster_view_rollout {
    const char *unknown; /* why nothing is known now, one line; NULL: the rest is valid */
    int64_t begun; /* Unix seconds at which the rollout that runs now began; 0: none is known */
    int64_t healthy_at; /* when the template was seen healthy there; 0: never */
    int64_t revision;   /* that the workload owns of it (kubectl rollout history); 0: none, or: */
    const char *revision_unknown; /* why that is not known now, one line; NULL: it is valid */
    bool quarantined;
    int64_t failed_at; /* of a template in quarantine: when, */
    struct view cause; /* and why, one line */
};

/* What a review does not carry and a rule may need. Const while reviews run; its functions may be
 * called by many threads at once. */
struct cluster_view {
    struct view own_namespace; /* never in the way of itself; empty: none */

    /* Users that act for Kubernetes, beside its own (cluster_view_is_controller knows those). */
    const struct view *controllers;
    size_t controller_count;

    /* The labels of a namespace as a JSON map into *labels (NULL: it has none), valid for the
     * review. False when they are not known now; the rule then follows its onError. NULL: never. */
    bool (*namespace_labels)(void *ctx, struct view namespace_, struct yyjson_val **labels);

    /* What the guard knows of the workload of a request and a template of that hash, in the arena.
     * NULL: there is no cluster, and nothing to know. */
    void (*rollout)(void *ctx, const struct request *request, struct view hash, struct arena *arena,
                    struct cluster_view_rollout *out);
    void *ctx;
};

/* True when the user is a controller of Kubernetes, a kubelet, the scheduler, or one that the
 * configuration adds; a trailing `*` there stands for any characters. Told by userInfo alone:
 * ownerReferences can be written by anybody.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#controller-roles */
bool cluster_view_is_controller(const struct cluster_view *cluster_view, struct view user);

/* What never waits for a rule: leases, kube-system, and the gate's own namespace. */
bool cluster_view_exempts(const struct request *request, const struct cluster_view *cluster_view);

#endif
