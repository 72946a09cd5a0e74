#ifndef TG_POLICY_EXPRESSIONS_RECORD_TYPE_H
#define TG_POLICY_EXPRESSIONS_RECORD_TYPE_H

#include "cel/type.h"

/* Types of CEL that have certain fields. Constants; any thread. */

struct record_field {
    const char *name;
    const struct cel_type *type;
};

/* For a struct cel_type whose `data` is an array of struct record_field that ends with a NULL name.
 */
extern const struct cel_fields record_type_fields;

/* An AdmissionRequest and a Namespace, with what Kubernetes lets an expression read of them:
 * https://github.com/kubernetes/apiserver/blob/v0.35.4/pkg/admission/plugin/cel/compile.go */
extern const struct cel_type record_type_request, record_type_namespace;

#endif
