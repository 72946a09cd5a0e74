#include "rollout/watch/store_list.h"

const struct guarded_kind *store_list_workload(enum store_list list)
{
    return list < STORE_REVISIONS ? &guarded_kinds[list - STORE_WORKLOADS] : NULL;
}

const struct revision_kind *store_list_revision(enum store_list list)
{
    return list >= STORE_REVISIONS && list < STORE_PODS ? &revision_kinds[list - STORE_REVISIONS]
                                                        : NULL;
}

struct store_list_resource store_list_resource(enum store_list list)
{
    const struct guarded_kind *workload = store_list_workload(list);
    const struct revision_kind *revision = store_list_revision(list);

    if (workload)
        return (struct store_list_resource){workload->group, workload->version, workload->resource};
    if (revision)
        return (struct store_list_resource){revision->group, revision->version, revision->resource};
    return (struct store_list_resource){"", "v1", "pods"};
}
