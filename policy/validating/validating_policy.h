#ifndef TG_POLICY_VALIDATING_VALIDATING_POLICY_H
#define TG_POLICY_VALIDATING_VALIDATING_POLICY_H

#include "policy/expressions/expression.h"
#include "policy/expressions/inputs.h"
#include "policy/expressions/record_type.h"
#include "policy/rule/check.h"
#include "policy/validating/resource_match.h"

/* What the files of this room share: the compiled documents. All of it is const once compiled. */

/* The variables of their expressions: the first are those of rules of ours (enum input). */
enum validating_variable {
    VALIDATING_PARAMS = INPUT_COUNT,
    VALIDATING_VARIABLES,
    VALIDATING_AUTHORIZER,
    VALIDATING_VARIABLE_COUNT,
};

struct named_expression {
    struct view name;
    struct expression expression;
};

struct validation {
    struct expression expression;
    const struct expression *message_expression; /* or NULL */
    struct view message;                         /* absent: none */
};

struct validating_policy {
    struct view name;
    const struct node *node;
    struct cel_variable variables[VALIDATING_VARIABLE_COUNT];
    struct view param_version, param_kind; /* paramKind; absent: none */
    struct resource_match match;
    const struct named_expression *conditions, *composed, *annotations;
    size_t condition_count, composed_count, annotation_count;
    const struct validation *validations;
    size_t validation_count;
    bool ignore; /* failurePolicy */
    bool sound;  /* it was compiled */
    bool bound;  /* a binding names it */
};

/* A document that a binding may name. */
struct param {
    struct view version, kind, namespace_, name;
    struct yyjson_val *object;
    const struct node *node;
    bool used;
};

struct validating_binding {
    const struct validating_policy *policy;
    struct resource_match match;
    const struct param *params; /* of all of the set, those of other kinds too */
    size_t param_count;
    bool has_ref;
    struct view ref_name, ref_namespace; /* absent: left out */
    const struct selector *ref_selector; /* NULL with no name: all */
    bool missing_allowed;
};

/* How a binding is evaluated: `compiled` is a struct validating_binding. Not in the table of
 * checks, for no rule of ours names it. */
extern const struct check validating_check;

#endif
