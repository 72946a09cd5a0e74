#ifndef TG_POLICY_CONTROLS_CONTROL_H
#define TG_POLICY_CONTROLS_CONTROL_H

#include "base/view.h"
#include "policy/object/workload.h"

#include <stddef.h>

struct eval;
struct yyjson_val;

/* The controls of the Pod Security Standards, by upstream's names: one row each, in a file of its
 * own. Versions are minor versions of Kubernetes 1. All is const; any thread.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/ */
struct control {
    const char *name;
    unsigned since;                  /* the first version that has it; 0: all have */
    unsigned spares_user_namespaces; /* from this version on it is not asked of a pod with
                                        `hostUsers: false`, whose root is nobody; 0: it always is */

    /* Adds what breaks it to e, as struct check's eval. */
    int (*eval)(struct eval *e);
};

/* The rows in the order of the reference; NULL ends them. */
extern const struct control *const controls[];

extern const struct control control_run_as_non_root, control_run_as_user;

/* The row of that name, or NULL; and the n-th name, NULL past the last (struct schema_field). */
const struct control *control_of(struct view name);
const char *control_name_at(size_t n);

/* Asks a control as that version has it. Returns as its eval. */
int control_ask(const struct control *control, unsigned minor, struct eval *e);

/* --- for the rows ----------------------------------------------------------------------------- */

/* The value of a key in the securityContext of a pod's spec or a container; NULL: none, or null. */
struct yyjson_val *control_security_context(struct yyjson_val *owner, const char *key);

/* Add a finding at a field of a container, or of the pod ("spec.securityContext.runAsUser"); value
 * is NULL where there is none. */
void control_find_container(struct eval *e, const struct container *c, const char *field,
                            struct yyjson_val *value, struct view needs);
void control_find_pod(struct eval *e, const char *field, struct yyjson_val *value,
                      struct view needs);

#endif
