#ifndef TG_POLICY_OBJECT_GUARDED_KIND_H
#define TG_POLICY_OBJECT_GUARDED_KIND_H

#include "base/view.h"
#include "policy/object/pod_counts.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct yyjson_val;

/* Everything that differs between the kinds of workloads that a RolloutGuard watches: one row each.
 * From the rows come what a guard and the command line accept, what is watched, and the rights and
 * metrics of that. All functions are pure; any thread. */
enum guarded_kind_id { GUARDED_DEPLOYMENT, GUARDED_STATEFULSET, GUARDED_DAEMONSET, GUARDED_KINDS };

/* The kinds of objects that keep old templates. */
enum revision_kind_id { REVISION_REPLICASET, REVISION_CONTROLLERREVISION, REVISION_KINDS };

struct revision_kind {
    const char *group, *version, *kind, *resource;
    bool owns_pods; /* else the workload does */
};

struct guarded_kind {
    const char *group, *version, *kind, *resource;
    const struct revision_kind *revisions;
    bool can_pause;             /* has spec.paused */
    bool waits_for_broken_pods; /* OrderedReady: they must be deleted */
    bool resume_goes_back; /* what was healthy ran everywhere, so that letting a rollout go on may
                              be a way back */

    /* How many pods there are to be and are, by an object's spec and status. */
    void (*count)(struct yyjson_val *spec, struct yyjson_val *status, struct pod_counts *out);

    /* The patch that `kubectl rollout undo --to-revision=N` sends, and its media type, with the
     * precondition that the workload is still what was read; without annotations of ours, and
     * with kubectl's last-applied-configuration, unless that is empty (patch.h). Both objects are
     * whole, as the API server gave them. The caller's; NULL when memory runs out or they are not
     * what they should be. k8s.io/kubectl/pkg/polymorphichelpers/rollback.go */
    json_t *(*undo)(struct yyjson_val *workload, struct yyjson_val *revision,
                    struct view last_applied);
    const char *undo_type;
    bool undo_annotations; /* it brings the revision's annotations back, too */
};

extern const struct guarded_kind guarded_kinds[GUARDED_KINDS];
extern const struct revision_kind revision_kinds[REVISION_KINDS];

/* The row of a kind, or NULL. */
const struct guarded_kind *guarded_kind_of(struct view group, struct view kind);

/* The n-th kind's name, or NULL past the last: struct schema_field's value_at. */
const char *guarded_kind_name_at(size_t n);

/* "Deployment, StatefulSet or DaemonSet". p == NULL when memory runs out. */
struct view guarded_kind_list(struct arena *arena);

#endif
