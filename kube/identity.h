#ifndef TG_KUBE_IDENTITY_H
#define TG_KUBE_IDENTITY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { IDENTITY_DEPTH = 3 };

/* A part of what an object is known by that has another type than an API server takes there. */
struct identity_flaw {
    const char *keys[IDENTITY_DEPTH]; /* the way to it; NULL behind the last */
    const char *wanted;               /* "text", "a map" */
    const json_t *value;              /* of the object */
};

/* True, with *out filled, when apiVersion, kind, the metadata, or of it name, generateName,
 * namespace, labels or annotations is of a wrong type; the first of them. null is as good as
 * absent. Borrows from object. Any thread. */
bool identity_is_flawed(const json_t *object, struct identity_flaw *out);

/* Where clusters have the workload that an object says it is, as an apiVersion, when they do not
 * have it where it says: "apps/v1" for a Deployment of extensions/v1beta1 or of v1. NULL for
 * everything else. Groups with a dot in their names are those of others. Any thread. */
const char *identity_home(const json_t *object);

/* True when the group is Kubernetes' own and known to have no such kind; *meant is then the nearest
 * workload, or NULL when none is near. Any thread. */
bool identity_is_unknown(const json_t *object, const char **meant);

#endif
