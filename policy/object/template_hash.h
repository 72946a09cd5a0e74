#ifndef TG_POLICY_OBJECT_TEMPLATE_HASH_H
#define TG_POLICY_OBJECT_TEMPLATE_HASH_H

#include "base/view.h"
#include "policy/object/workload.h"

struct arena;
struct budget;

/* The identity of a pod template: SHA-256, 64 hex digits, of its canonical JSON (keys sorted). The
 * label pod-template-hash and the annotation kubectl.kubernetes.io/restartedAt are left out, unless
 * the template reads one of them, and so are fields that hold what the API server fills in by
 * itself (docs/template-hash.md), so that the manifest and what became of it, and a restart, have
 * one hash. p == NULL when memory or the budget (which may be NULL) is out, or it nests
 * deeper than LIMIT_JSON_DEPTH. */
struct view template_hash(const struct workload *w, struct arena *arena, struct budget *budget);

/* The same of the template that a revision keeps (a ReplicaSet or ControllerRevision), w->kind
 * being that of the workload: the label that the deployment controller has added there does not
 * count. It is the workload's own hash, unless a Deployment's template has that label itself and
 * reads it. */
struct view template_hash_of_revision(const struct workload *w, struct arena *arena);

#endif
