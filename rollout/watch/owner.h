#ifndef TG_ROLLOUT_WATCH_OWNER_H
#define TG_ROLLOUT_WATCH_OWNER_H

#include "base/view.h"

#include <stdbool.h>

struct guarded_kind;
struct revision_kind;
struct yyjson_val;

/* The one ownerReference of an object that names its controller.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/ */
struct owner {
    struct view uid;
    const struct guarded_kind *guarded_kind;   /* its controller's kind is one of these, */
    const struct revision_kind *revision_kind; /* or of these; else both are NULL */
    bool none;                                 /* it has no controller */
};

/* Reads it from an object's metadata; the views are of it. Pure; any thread. */
struct owner owner_of(struct yyjson_val *metadata);

/* Pods of that owner are judged by: it is what owns the pods of a guarded kind. */
bool owner_has_pods(const struct owner *owner);

#endif
