#ifndef TG_POLICY_EXPRESSIONS_EXPRESSION_H
#define TG_POLICY_EXPRESSIONS_EXPRESSION_H

#include "base/view.h"
#include "cel/value.h"

#include <stdbool.h>
#include <stdint.h>

struct cel_env;
struct cel_program;
struct cel_run;
struct cel_variable;
struct compile;
struct eval;
struct node;

/* An expression of a rule of ours, over the variables of policy/expressions/inputs.h. Const once
 * compiled; any thread. */
struct expression {
    const struct cel_program *program;
    const struct cel_env *env;
    const struct node *node; /* where it is written */
    const struct cel_variable *variables;
    bool of_write;          /* it reads request or oldObject: it speaks of the write, and not of
                               what the object is */
    bool of_managed_fields; /* it may read metadata.managedFields of an object */
    bool of_scale;          /* it reads only what a Scale has, too: its replicas, name, namespace */
};

/* What an expression may read, and call: what an API server has, or also what is ours. */
struct expression_space {
    const struct cel_variable *variables;
    size_t count;
    bool ours;
};

/* Compiles the text of node over such a space; `result` NULL: it may be of any type. Returns 0, or
 * -1 after an error. */
int expression_compile_over(const struct node *node, const struct expression_space *space,
                            const struct cel_type *result, struct compile *c,
                            struct expression *out);

/* Compiles the text of node, which has to be of a type; it is held against the fields of the kinds
 * that the rule can match, as in expression_check. Returns 0, or -1 after an error. */
int expression_compile(const struct node *node, const struct cel_type *result, struct compile *c,
                       struct expression *out);

/* Holds a compiled expression against c->shapes: a field that is not there is an error by
 * diag_vain() when it is near to one that is, and else a warning. Returns 0, or -1 when memory runs
 * out. */
int expression_check(const struct expression *x, struct compile *c);

/* Evaluates over the side of e that is under evaluation. *value may be an error: the expression has
 * no value. Takes what it costs from *left. The run is for cel_reasons(). NULL after eval_fail():
 * time, memory or *left is over. */
struct cel_run *expression_eval(const struct expression *x, struct eval *e, uint64_t *left,
                                struct cel_value *value);

/* Notes that it has no value, and why. Always returns -1. */
int expression_fail(const struct expression *x, struct eval *e, struct cel_value error);

/* Its text on one line, as far as a message has room. */
struct view expression_text(const struct expression *x, struct eval *e);

#endif
