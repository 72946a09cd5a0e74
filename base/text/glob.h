#ifndef TG_BASE_TEXT_GLOB_H
#define TG_BASE_TEXT_GLOB_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>

/* True when the whole text fits the glob: `*` stands for any characters, `?` for one, everything
 * else for itself. Takes at most glob length times text length steps, whatever the glob. Pure; any
 * thread. */
bool glob_match(struct view glob, struct view text);

/* The same of `length` places of which only this is known: whether a letter of the glob fits one.
 */
typedef bool glob_fits(const void *ctx, char letter, size_t at);
bool glob_match_by(struct view glob, size_t length, glob_fits *fits, const void *ctx);

/* False when no text can match both globs, judging only by what is before their first and after
 * their last `*` or `?`. Pure; any thread. */
bool glob_may_meet(struct view a, struct view b);

#endif
