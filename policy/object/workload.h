#ifndef TG_POLICY_OBJECT_WORKLOAD_H
#define TG_POLICY_OBJECT_WORKLOAD_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <yyjson.h>

struct arena;

/* Pods and the objects that hold a pod template. All functions are pure; any thread. */
struct workload_kind {
    const char *group; /* "" is the core group */
    const char *kind;
    const char *resource;
    const char *prefix; /* path of the pod template, "" for a Pod */
};

/* The pod, or pod template, of one object. */
struct workload {
    const struct workload_kind *kind; /* NULL: the object is not a workload */
    struct yyjson_val *pod;           /* holds `metadata` and `spec`; NULL when it is absent */
    struct yyjson_val *spec;          /* its `spec`; NULL when it is absent */
    struct yyjson_val *ref; /* of a Rollout: spec.workloadRef, whose template it takes; or NULL */
};

enum container_list { CONTAINERS, INIT_CONTAINERS, EPHEMERAL_CONTAINERS, CONTAINER_LISTS };

/* One container of a workload, and where the walk over them stands. */
struct container {
    struct yyjson_val *value; /* the container's map */
    enum container_list list;
    size_t index;
    struct view name;     /* empty when it has none */
    yyjson_arr_iter rest; /* of the list */
    bool in_list;         /* the walk has begun with it */
};

/* The row of a kind, or NULL when it holds no pod template. */
const struct workload_kind *workload_kind_of(struct view group, struct view kind);

/* The row whose resource is scaled, deployed and so on under that name, or NULL. */
const struct workload_kind *workload_kind_of_resource(struct view group, struct view resource);

/* The n-th row, or NULL past the last. */
const struct workload_kind *workload_kind_at(size_t n);

/* Finds the pod or template in object (which may be NULL). */
struct workload workload_of(const struct workload_kind *kind, struct yyjson_val *object);

/* The template of the Jobs that a CronJob makes; NULL for every other kind. */
struct yyjson_val *workload_job_template(const struct workload *w, struct yyjson_val *object);

/* Steps to the next of containers, initContainers and ephemeralContainers, in that order; a zeroed
 * *at starts the walk. Entries that are not maps are stepped over (the API server refuses them).
 * Returns false past the last. */
bool container_next(const struct workload *w, struct container *at);

/* "spec.template.spec.containers[api].image": the path of a field of a container, which goes by its
 * name; rest is "image", or "" for the container itself. p == NULL when memory runs out. */
struct view container_path(struct arena *arena, const struct workload *w, const struct container *c,
                           const char *rest);

/* "spec.template.spec.securityContext": the path of a field of the pod. */
struct view workload_path(struct arena *arena, const struct workload *w, const char *rest);

#endif
