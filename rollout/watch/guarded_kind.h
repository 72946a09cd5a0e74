#ifndef TG_ROLLOUT_WATCH_GUARDED_KIND_H
#define TG_ROLLOUT_WATCH_GUARDED_KIND_H

#include "base/view.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct yyjson_val;

/* What differs between the kinds of workloads that can be rolled back: one row each. Blue-green,
 * canaries, Argo CD and Helm will be rows behind the same judgement. */
struct guarded_kind {
    const char *kind, *resource;                   /* of apps/v1 */
    const char *revision_kind, *revision_resource; /* what keeps its old templates, of apps/v1 */
    const char *undo_type;                         /* media type of the patch */
    bool can_pause;                                /* has spec.paused */
    bool waits_for_broken_pods;                    /* OrderedReady: they must be deleted */

    /* The patch that `kubectl rollout undo --to-revision=N` sends, with the precondition that the
     * workload is still what was read; without annotations of ours. Both objects are whole, as the
     * API server gave them. The caller's; NULL when memory runs out or they are not what they
     * should be. Any thread. k8s.io/kubectl/pkg/polymorphichelpers/rollback.go */
    json_t *(*undo)(struct yyjson_val *workload, struct yyjson_val *revision);
};

/* The rows; a driver of NULL kind ends them. */
extern const struct guarded_kind drivers[];

/* The row of a kind of apps ("Deployment"), or NULL. Any thread. */
const struct guarded_kind *guarded_kind_of(struct view kind);

#endif
