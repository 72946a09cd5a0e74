#ifndef TG_POLICY_OBJECT_PATCH_H
#define TG_POLICY_OBJECT_PATCH_H

#include "base/view.h"

#include <jansson.h>
#include <stdbool.h>

struct yyjson_val;

/* The patches by which a rollout is undone or held, each with the precondition that the workload is
 * still what was read (its uid and resourceVersion). Objects are whole, as the API server gave
 * them. What is returned is the caller's; NULL when memory runs out or an object is not what it
 * should be. Any thread.
 * k8s.io/kubectl/pkg/polymorphichelpers/rollback.go, k8s.io/kubectl/pkg/util/deployment */

/* The annotation from which `kubectl apply` knows what it wrote. */
#define PATCH_LAST_APPLIED "kubectl.kubernetes.io/last-applied-configuration"

/* True of the keys of our own annotations. */
bool patch_is_ours(const char *key);

/* A JSON patch (RFC 6902): the ReplicaSet's template and annotations come back; those that
 * Kubernetes keeps for the Deployment stay, and PATCH_LAST_APPLIED becomes last_applied, unless
 * that is empty. Annotations of ours do neither: they are grants and orders about one template at
 * one time, and what the guard writes in its own name must not renew them. */
json_t *patch_to_replicaset(struct yyjson_val *deployment, struct yyjson_val *replicaset,
                            struct view last_applied);

/* A strategic merge patch: the template that the ControllerRevision of a StatefulSet or DaemonSet
 * holds, PATCH_LAST_APPLIED as above, and nothing else. */
json_t *patch_to_controllerrevision(struct yyjson_val *workload, struct yyjson_val *revision,
                                    struct view last_applied);

/* A JSON patch that sets spec.paused. */
json_t *patch_to_paused(struct yyjson_val *deployment);

/* A JSON patch that sets metadata.managedFields, which it takes. */
json_t *patch_to_managed_fields(struct yyjson_val *workload, json_t *managed);

#endif
