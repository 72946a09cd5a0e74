#ifndef TG_ROLLOUT_WATCH_OWNER_H
#define TG_ROLLOUT_WATCH_OWNER_H

#include "base/view.h"

#include <stdbool.h>

struct guarded_kind;
struct yyjson_val;

/* The one ownerReference of an object that names its controller.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/ */
struct owner {
    struct view kind, uid; /* of apps; kind absent: its controller is of another group */
    const struct guarded_kind *guarded_kind; /* of kind, or NULL */
    bool none;                               /* it has no controller */
};

/* Reads it from an object's metadata; the views are of it. Pure; any thread. */
struct owner owner_of(struct yyjson_val *metadata);

/* Pods of that owner are judged by: it is a ReplicaSet, or a workload without them. */
bool owner_has_pods(const struct owner *owner);

#endif
