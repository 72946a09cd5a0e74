#ifndef TG_POLICY_EXPRESSIONS_INPUTS_H
#define TG_POLICY_EXPRESSIONS_INPUTS_H

#include "cel/env.h"
#include "cel/run.h"
#include "cel/value.h"

struct eval;
struct cel_program;

/* What an expression of a rule reads. */
enum input {
    INPUT_OBJECT,
    INPUT_OLD_OBJECT,
    INPUT_REQUEST,
    INPUT_NAMESPACE,
    INPUT_POD,
    INPUT_CONTAINERS,
    INPUT_COUNT,
};

/* The variables, by enum input. Those of which only a rule's kinds tell more are dyn. */
extern const struct cel_variable inputs_variables[INPUT_COUNT];

/* The values of one side of a request, made when an expression first reads them. */
struct inputs_side {
    bool made[INPUT_COUNT];
    struct cel_value values[INPUT_COUNT];
};

/* What the expressions of all rules share in one review. */
struct expression_inputs {
    struct inputs_side sides[2]; /* as it is after the request, and before it */
    struct cel_run run;
};

/* The run for a program over the side of e that is under evaluation, its variables made, its cost 0
 * and its limit that of one expression. It is in use until the next call. NULL after eval_fail().
 */
struct cel_run *inputs_run(struct eval *e, const struct cel_program *program);

/* Where the value of an input stands in the documents of the review; NULL: nowhere. */
struct yyjson_val *inputs_json(const struct eval *e, enum input input);

#endif
