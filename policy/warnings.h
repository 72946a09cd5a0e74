#ifndef TG_POLICY_WARNINGS_H
#define TG_POLICY_WARNINGS_H

#include "base/view.h"

#include <stddef.h>

struct arena;

/* The warnings of one answer as kubectl takes them: one line each, at most LIMIT_WARNING bytes,
 * none twice, at most LIMIT_WARNING_COUNT of them and LIMIT_WARNINGS bytes together
 * (https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#response).
 */
struct warnings {
    struct view *texts; /* in the arena */
    size_t count, bytes;
};

/* An empty list. Returns 0, or -1 when memory runs out. */
int warnings_init(struct warnings *w, struct arena *arena);

/* Adds a line, cut where it is too long; what no longer fits is left out. The text lives as long as
 * the arena. Returns 0, or -1 when memory runs out. */
int warnings_add(struct warnings *w, struct view text, struct arena *arena);

#endif
