#include "policy/object/guarded_kind.h"

#include "base/arena.h"
#include "policy/object/patch.h"

const struct revision_kind revision_kinds[REVISION_KINDS] = {
    [REVISION_REPLICASET] = {"apps", "v1", "ReplicaSet", "replicasets", .owns_pods = true},
    [REVISION_CONTROLLERREVISION] = {"apps", "v1", "ControllerRevision", "controllerrevisions",
                                     .owns_pods = false},
};

const struct guarded_kind guarded_kinds[GUARDED_KINDS] = {
    [GUARDED_DEPLOYMENT] = {"apps", "v1", "Deployment", "deployments",
                            .revisions = &revision_kinds[REVISION_REPLICASET], .can_pause = true,
                            .resume_goes_back = true, .count = pod_counts_deployment,
                            .undo = patch_to_replicaset, .undo_type = "application/json-patch+json",
                            .undo_annotations = true},
    [GUARDED_STATEFULSET] = {"apps", "v1", "StatefulSet", "statefulsets",
                             .revisions = &revision_kinds[REVISION_CONTROLLERREVISION],
                             .waits_for_broken_pods = true, .count = pod_counts_statefulset,
                             .undo = patch_to_controllerrevision,
                             .undo_type = "application/strategic-merge-patch+json"},
    [GUARDED_DAEMONSET] = {"apps", "v1", "DaemonSet", "daemonsets",
                           .revisions = &revision_kinds[REVISION_CONTROLLERREVISION],
                           .count = pod_counts_daemonset, .undo = patch_to_controllerrevision,
                           .undo_type = "application/strategic-merge-patch+json"},
};

const struct guarded_kind *guarded_kind_of(struct view group, struct view kind)
{
    for (size_t i = 0; i < GUARDED_KINDS; i++)
        if (view_eq_str(kind, guarded_kinds[i].kind) && view_eq_str(group, guarded_kinds[i].group))
            return &guarded_kinds[i];
    return NULL;
}

const char *guarded_kind_name_at(size_t n)
{
    return n < GUARDED_KINDS ? guarded_kinds[n].kind : NULL;
}

struct view guarded_kind_list(struct arena *arena)
{
    struct view list = view_of(guarded_kinds[0].kind);

    for (size_t i = 1; i < GUARDED_KINDS; i++)
        list = arena_printf(arena, "%.*s%s%s", VIEW_ARGS(list),
                            i + 1 < GUARDED_KINDS ? ", " : " or ", guarded_kinds[i].kind);
    return list;
}
