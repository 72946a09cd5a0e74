#ifndef TG_TESTS_UNIT_ROLLOUT_LISTS_H
#define TG_TESTS_UNIT_ROLLOUT_LISTS_H

#include "rollout/watch/store_list.h"

/* The lists by name. */
#define STORE_DEPLOYMENTS  ((enum store_list)(STORE_WORKLOADS + (int)GUARDED_DEPLOYMENT))
#define STORE_STATEFULSETS ((enum store_list)(STORE_WORKLOADS + (int)GUARDED_STATEFULSET))
#define STORE_DAEMONSETS   ((enum store_list)(STORE_WORKLOADS + (int)GUARDED_DAEMONSET))
#define STORE_REPLICASETS  ((enum store_list)(STORE_REVISIONS + (int)REVISION_REPLICASET))
#define STORE_CONTROLLERREVISIONS                                                                  \
    ((enum store_list)(STORE_REVISIONS + (int)REVISION_CONTROLLERREVISION))

#endif
