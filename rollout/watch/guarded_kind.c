#include "rollout/watch/guarded_kind.h"

#include "rollout/watch/patch.h"

const struct guarded_kind drivers[] = {
    {.kind = "Deployment",
     .resource = "deployments",
     .revision_kind = "ReplicaSet",
     .revision_resource = "replicasets",
     .undo_type = "application/json-patch+json",
     .undo = patch_to_replicaset,
     .can_pause = true},
    {.kind = "StatefulSet",
     .resource = "statefulsets",
     .revision_kind = "ControllerRevision",
     .revision_resource = "controllerrevisions",
     .undo_type = "application/strategic-merge-patch+json",
     .undo = patch_to_controllerrevision,
     .waits_for_broken_pods = true},
    {.kind = "DaemonSet",
     .resource = "daemonsets",
     .revision_kind = "ControllerRevision",
     .revision_resource = "controllerrevisions",
     .undo_type = "application/strategic-merge-patch+json",
     .undo = patch_to_controllerrevision},
    {.kind = NULL},
};

const struct guarded_kind *guarded_kind_of(struct view kind)
{
    for (const struct guarded_kind *d = drivers; d->kind; d++)
        if (view_eq_str(kind, d->kind))
            return d;
    return NULL;
}
