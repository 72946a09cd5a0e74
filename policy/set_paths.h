#ifndef TG_POLICY_SET_PATHS_H
#define TG_POLICY_SET_PATHS_H

#include "base/view.h"

#include <stddef.h>

struct arena;
struct diags;
struct policy_set;
struct shapes;

/* A kind, written as in a match, that rules with paths name and whose fields are not known. */
struct unknown_kind {
    struct view kind;
    const char *why; /* why they are not known; NULL: that is not said */
};

/* Lists those of a set, by name and each once, in the arena. Returns 0, or -1 when memory runs out.
 */
int set_paths_unknown(const struct policy_set *set, struct shapes *shapes, struct arena *arena,
                      struct unknown_kind **kinds, size_t *count);

/* Checks the paths of each rule that names one of the kinds against shapes that may know them by
 * now. What is wrong is at most a warning, for the set is in force as it is; what the set's own
 * problems tell of the same place is not told again. A kind that is still not known is told with
 * its reason, at each rule that names it. diags has an arena that is the caller's. Returns 0, or -1
 * when memory runs out. */
int set_paths_check(const struct policy_set *set, struct shapes *shapes,
                    const struct unknown_kind *kinds, size_t count, struct diags *diags);

#endif
