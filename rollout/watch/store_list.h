#ifndef TG_ROLLOUT_WATCH_STORE_LIST_H
#define TG_ROLLOUT_WATCH_STORE_LIST_H

#include "policy/object/guarded_kind.h"

/* The lists that the store is filled from, each by one watch: that of each guarded kind, in the
 * order of their rows, that of each kind of revisions, and pods. */
enum store_list {
    STORE_WORKLOADS,
    STORE_REVISIONS = STORE_WORKLOADS + GUARDED_KINDS,
    STORE_PODS = STORE_REVISIONS + REVISION_KINDS,
    STORE_LISTS
};

/* The row of a list of workloads, or of revisions; NULL for the others. Any thread. */
const struct guarded_kind *store_list_workload(enum store_list list);
const struct revision_kind *store_list_revision(enum store_list list);

/* "apps", "v1", "deployments": what the API server lists and watches. Any thread. */
struct store_list_resource {
    const char *group, *version, *resource;
};
struct store_list_resource store_list_resource(enum store_list list);

#endif
