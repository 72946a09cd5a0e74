#ifndef TG_CEL_CHECK_CHECK_H
#define TG_CEL_CHECK_CHECK_H

#include "cel/env.h"
#include "cel/issue.h"

#include <stdbool.h>

struct arena;
struct cel_ast;
struct cel_source;

/* Finds out the types of a tree, what its names are and which rows its calls may be; all of that is
 * filled in. Returns false after at least one issue. *slots is how many variables its macros
 * have. Types live in arena. Time grows with the tree. */
bool cel_check(struct cel_ast *tree, const struct cel_source *source, struct arena *arena,
               struct cel_issues *issues, uint32_t *slots);

#endif
