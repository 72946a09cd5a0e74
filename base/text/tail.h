#ifndef TG_BASE_TEXT_TAIL_H
#define TG_BASE_TEXT_TAIL_H

#include "base/view.h"

#include <stddef.h>

struct arena;

/* The last lines of a text that somebody else wrote, as many as fit into room bytes, as text for
 * people (base/text/quote.h), without blanks at both ends; or what fits of the last line's
 * beginning, and "...". In the arena; absent when nothing is left or memory runs out. Any thread.
 */
struct view tail_of(struct view text, size_t room, struct arena *arena);

#endif
