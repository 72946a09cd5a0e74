#ifndef TG_CEL_REGEX_REGEX_H
#define TG_CEL_REGEX_REGEX_H

#include "base/view.h"
#include "cel/regex/regex_result.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct budget;

/* A regular expression as CEL has it: the syntax and the meaning of RE2, as Go's regexp takes them
 * (https://pkg.go.dev/regexp/syntax). A match takes time linear in the text and the expression.
 * Immutable; shared by threads. */
struct regex;

/* How often an expression will be matched: OFTEN takes up to 1 ms and 16 KiB more, where a small
 * table then decides regex_match. */
enum regex_use { REGEX_ONCE, REGEX_OFTEN };

/* Compiles text; all memory is the arena's. NULL with *error the message that Go has for it, in the
 * arena; or with error->p NULL when memory runs out or the budget, which may be NULL, is over. */
const struct regex *regex_compile(struct view text, enum regex_use use, struct arena *arena,
                                  struct budget *budget, struct view *error);

/* What matches need, one after the other in one thread. The room grows to what the largest
 * expression needs and stays in the arena; make it of {.arena = ..., .budget = ...}. */
struct regex_room {
    struct arena *arena;
    struct budget *budget; /* may be NULL */
    void *bytes;
    size_t size;
};

/* Whether the expression matches anywhere in the text. */
enum regex_result regex_match(const struct regex *regex, struct view text, struct regex_room *room);

/* All matches of a text, from left to right, none in another: the first is what `find` gives. Make
 * it of {.regex = ..., .text = ...}. */
struct regex_walk {
    const struct regex *regex;
    struct view text;
    size_t at;  /* where the next search begins; beyond the text when there is none */
    bool found; /* there was a match, and its end: */
    size_t end;
};

/* The next match, the one that a search with backtracking would find; *found is of the text. */
enum regex_result regex_next(struct regex_walk *walk, struct regex_room *room, struct view *found);

#endif
