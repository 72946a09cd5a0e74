#ifndef TG_KUBE_MANIFEST_H
#define TG_KUBE_MANIFEST_H

#include <jansson.h>
#include <stdbool.h>

struct node;

/* Manifests as the API server would hand them to a webhook. json_t values that are given are
 * borrowed, those that are returned are the caller's; NULL when memory runs out. Any thread. */

/* A tree as jansson's; numbers that fit no int64 become reals. */
json_t *manifest_of_node(const struct node *node);

/* True for what can be created: a map with kind, apiVersion, and a name or generateName. Otherwise
 * *problem says what it is not. */
bool manifest_is_object(const json_t *object, const char **problem);

/* True when objects of this kind are in no namespace: Kubernetes' own kinds are known, others are
 * taken to be in one unless their kind begins with "Cluster". */
bool manifest_is_cluster_scoped(const json_t *object);

/* The string at a key of the metadata, or "". */
const char *manifest_meta(const json_t *object, const char *key);

/* Who asks, and for which namespace when the object does not say. */
struct manifest_caller {
    const char *user;
    json_t *groups; /* strings, without those that every user of that name has */
    const char *namespace_;
};

/* Puts the object into its namespace and fills in the API server's defaults. Returns 0 or -1. */
int manifest_complete(json_t *object, const struct manifest_caller *caller);

/* The AdmissionReview (admission.k8s.io/v1) of the object's CREATE or, with an old object, of its
 * UPDATE; both are complete. A workload under a group that has none is reviewed as one of the group
 * that has (kube/identity.h). */
json_t *manifest_review(json_t *object, json_t *old, const struct manifest_caller *caller);

#endif
