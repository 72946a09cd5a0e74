#ifndef TG_POLICY_WORLD_H
#define TG_POLICY_WORLD_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>

struct yyjson_val;

/* What a review does not carry and a rule may need. Const while reviews run; its functions may be
 * called by many threads at once. */
struct world {
    struct view own_namespace; /* never in the way of itself; empty: none */

    /* Users that act for Kubernetes, beside its own (world_is_controller knows those). */
    const struct view *controllers;
    size_t controller_count;

    /* The labels of a namespace as a JSON map into *labels (NULL: it has none), valid for the
     * review. False when they cannot be told now; the rule then follows its onError. NULL: never.
     */
    bool (*namespace_labels)(void *ctx, struct view namespace_, struct yyjson_val **labels);
    void *ctx;
};

/* True when the user is a controller of Kubernetes, a kubelet, the scheduler, or one that the
 * configuration adds; a trailing `*` there stands for any characters. Told by userInfo alone:
 * ownerReferences can be written by anybody.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#controller-roles */
bool world_is_controller(const struct world *world, struct view user);

#endif
