#ifndef TG_POLICY_VALIDATING_RESOURCE_MATCH_H
#define TG_POLICY_VALIDATING_RESOURCE_MATCH_H

#include "base/view.h"
#include "policy/rule/match_result.h"
#include "policy/schema/schema.h"

#include <stdbool.h>
#include <stddef.h>

struct compile;
struct eval;
struct selector;

/* MatchResources of admissionregistration.k8s.io/v1: which requests a ValidatingAdmissionPolicy or
 * a binding is about.
 * https://pkg.go.dev/k8s.io/api/admissionregistration/v1#MatchResources */
struct resource_rule {
    unsigned operations; /* enum operation, or-ed */
    const struct view *groups, *versions, *resources, *names;
    size_t group_count, version_count, resource_count, name_count;
    bool namespaced_only, cluster_only;
};

struct resource_match {
    const struct selector *namespaces, *objects; /* or NULL: all */
    const struct resource_rule *rules, *excluded;
    size_t rule_count, excluded_count;
    bool exact; /* matchPolicy */
};

extern const struct schema_field resource_match_fields[];

/* Reads a map that was held against the fields (NULL: everything). Returns 0, or -1 after an error.
 */
int resource_match_read(const struct node *node, struct compile *c, struct resource_match *out);

/* Whether the request is one of them, as an API server decides it. MATCH_UNKNOWN with *unknown when
 * the labels of the namespace are not known, or the object would have to be converted. */
enum match_result resource_match_ask(const struct resource_match *m, const struct eval *e,
                                     const char **unknown);

#endif
