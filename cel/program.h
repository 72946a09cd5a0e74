#ifndef TG_CEL_PROGRAM_H
#define TG_CEL_PROGRAM_H

#include "cel/env.h"
#include "cel/issue.h"
#include "cel/run.h"

struct arena;

/* A compiled expression. Never changes; any number of threads may evaluate it at a time, each with
 * a run of its own. */
struct cel_program;

/* What to compile. */
struct cel_source {
    struct view text;
    const struct cel_env *env;
    const struct cel_variable *variables;
    size_t variable_count;
    const struct cel_type *result; /* what it has to be; NULL: anything */
};

/* Parses, checks and compiles. Returns NULL with at least one issue otherwise. The program lives as
 * long as the arena, the text, the environment and the variables. Time grows with the length of the
 * text; nothing is evaluated but constants. */
const struct cel_program *cel_compile(const struct cel_source *source, struct arena *arena,
                                      struct cel_issues *issues);

/* The type of its value, as far as it is known. */
const struct cel_type *cel_program_type(const struct cel_program *program);

/* Whether it reads the variable of that index. */
bool cel_program_reads(const struct cel_program *program, size_t variable);

/* Evaluates. Adds to run->cost. The result is an error when the expression has no value, and when
 * run->halted was set. It lives as long as the run's arena and what the variables point to. */
struct cel_value cel_eval(const struct cel_program *program, struct cel_run *run);

#endif
