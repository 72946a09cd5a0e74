#ifndef TG_CLI_WORKLOAD_ARG_H
#define TG_CLI_WORKLOAD_ARG_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct guarded_kind;

/* A workload as a person names it on the command line. */
struct workload_arg {
    const struct guarded_kind *guarded_kind; /* its kind; NULL: none was named */
    struct view name;
};

/* Reads `count` words as kubectl does: deployment/api, deploy/api, deployments.apps/api, or the two
 * words apart; nothing names nothing. Returns 0; or -1 with the problem, a line that lives in the
 * arena. */
int workload_arg_parse(const char *const *words, size_t count, struct arena *arena,
                       struct workload_arg *out, struct view *problem);

/* Whether an object, or a namespace, can have that name; others must not get into a path. */
bool workload_arg_is_name(struct view name);

/* "deployment/api", as kubectl prints it. p == NULL when memory runs out. */
struct view workload_arg_text(struct view kind, struct view name, struct arena *arena);

#endif
