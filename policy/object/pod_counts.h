#ifndef TG_POLICY_OBJECT_POD_COUNTS_H
#define TG_POLICY_OBJECT_POD_COUNTS_H

#include <stdint.h>

struct yyjson_val;

/* The pods of a workload: how many there are to be, and of those that there are how many are of the
 * newest template, available, and all. */
struct pod_counts {
    int64_t desired, updated, available, total;
};

/* By the spec and the status of an object, either of which may be NULL. Pods of a StatefulSet below
 * its partition stay as they were: they are left out of all four. Pure; any thread.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#partitions */
void pod_counts_deployment(struct yyjson_val *spec, struct yyjson_val *status,
                           struct pod_counts *out);
void pod_counts_statefulset(struct yyjson_val *spec, struct yyjson_val *status,
                            struct pod_counts *out);
void pod_counts_daemonset(struct yyjson_val *spec, struct yyjson_val *status,
                          struct pod_counts *out);

#endif
