#ifndef TG_BASE_GLOB_H
#define TG_BASE_GLOB_H

#include "base/view.h"

#include <stdbool.h>

/* True when the whole text fits the glob: `*` stands for any characters, `?` for one, everything
 * else for itself. Takes at most glob length times text length steps, whatever the glob. Pure; any
 * thread. */
bool glob_match(struct view glob, struct view text);

/* False when no text fits both globs, as far as what is before their first and after their last `*`
 * or `?` tells. Pure; any thread. */
bool glob_may_meet(struct view a, struct view b);

#endif
