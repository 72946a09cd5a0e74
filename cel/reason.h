#ifndef TG_CEL_REASON_H
#define TG_CEL_REASON_H

#include "cel/program.h"

/* How a value was reached: from a variable, by keys of maps (CEL_STRING) and places in lists
 * (CEL_INT). It is there, or the last keys lead nowhere. */
struct cel_step {
    const struct cel_step *from; /* NULL: it is the variable */
    uint32_t variable;           /* its index */
    uint32_t depth;              /* steps from the variable */
    struct cel_value key;
    yyjson_val *json; /* an element that was gone through, in its document; or NULL */
};

enum { CEL_READS = 4 };

/* One part of an expression that made it false: a comparison, a call, a value. */
struct cel_reason {
    const struct cel_step *element; /* of the innermost all() or exists() around it; or NULL */
    const struct cel_step *reads[CEL_READS]; /* what it read, each once, and nothing on the way */
    size_t count;
    bool more; /* it read more than that */
    const struct cel_reason *next;
};

/* Why a program, which evaluated to false in this very run, did so: each part of its && that is
 * false, and that for each element of a list that all() goes through. NULL when the run was halted
 * meanwhile. Adds to run->cost, as the evaluation did; lives in the run's arena. */
const struct cel_reason *cel_reasons(const struct cel_program *program, struct cel_run *run);

/* Shows each variable that the program reads, and by which plain keys: `take` gets the steps up to
 * the first that is known only when the program runs. Steps live during the call. Stops at, and
 * returns, the first that `take` does not return 0 for. */
int cel_program_each_read(const struct cel_program *program,
                          int (*take)(void *ctx, uint32_t variable, const struct cel_value *keys,
                                      size_t count),
                          void *ctx);

#endif
