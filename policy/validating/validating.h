#ifndef TG_POLICY_VALIDATING_VALIDATING_H
#define TG_POLICY_VALIDATING_VALIDATING_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct compile;
struct node;
struct policy;

/* ValidatingAdmissionPolicies, their bindings and params, as documents of a rule set. Each binding
 * becomes a policy of one rule, which is evaluated as an API server evaluates it.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/ */

/* The documents of others in one set of rule files. */
struct validating_documents {
    const struct node **nodes;
    size_t count, room;
};

/* Whether a document is somebody else's, by its apiVersion. */
bool validating_is_foreign(const struct node *node);

/* Keeps one. Returns 0, or -1 when memory runs out. */
int validating_keep(struct validating_documents *d, const struct node *node, struct arena *arena);

/* How many policies come of them, at most. */
size_t validating_count(const struct validating_documents *d);

/* Compiles them into policies, an array with room for validating_count(), whose *count and the
 * *number of rules move on. What is neither one of the two kinds nor of the paramKind of a policy
 * is an error. Returns 0, or -1 after an error in c->diags. */
int validating_compile(const struct validating_documents *d, struct compile *c,
                       struct policy *policies, size_t *count, size_t *number);

#endif
