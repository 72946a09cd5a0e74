#ifndef TG_BASE_GLOB_H
#define TG_BASE_GLOB_H

#include "base/view.h"

#include <stdbool.h>

/* True when the whole text fits the glob: `*` stands for any characters, `?` for one, everything
 * else for itself. Takes at most glob length times text length steps, whatever the glob. Pure; any
 * thread. */
bool glob_match(struct view glob, struct view text);

#endif
