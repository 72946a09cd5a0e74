#ifndef TG_BASE_TEXT_SUGGEST_H
#define TG_BASE_TEXT_SUGGEST_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>

/* The candidate that somebody who wrote `word` most likely meant: at most a third of its letters
 * differ (insertions, deletions, replacements, swapped neighbours, upper or lower case), unless it
 * is the beginning of one of them. NULL: none.
 * Pure; any thread. */
const char *suggest(struct view word, const char *const *candidates, size_t count);

/* True when at most two letters differ, and at most a third of them: a slip of the hand, where
 * other near words may be words of their own. Pure; any thread. */
bool suggest_is_slip(struct view word, const char *candidate);

/* How many letters differ between two words, as suggest() counts them. Pure; any thread. */
unsigned suggest_apart(struct view a, struct view b);

#endif
