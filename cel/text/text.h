#ifndef TG_CEL_TEXT_TEXT_H
#define TG_CEL_TEXT_TEXT_H

#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct budget;
struct buf;

/* What CEL's functions of strings do
 * (https://pkg.go.dev/github.com/google/cel-go/ext#Strings), over texts of UTF-8, whose characters
 * are counted from 0. All take time linear in what they are given, and ask the budget, which may be
 * NULL; what is made is the arena's. Any thread. */

/* The part from one character up to another; to < 0: up to the end. False when there are not as
 * many. */
bool text_part(struct view text, int64_t from, int64_t to, struct view *out);

/* Where `what`, which is not empty, begins for the first time from the character `from` on, or for
 * the last time up to it, or anywhere when from < 0: the number of its first character. -1 when
 * nowhere, or when there is no character `from`; INT64_MIN when the budget is over. */
int64_t text_find(struct view text, struct view what, int64_t from, struct budget *budget);
int64_t text_find_last(struct view text, struct view what, int64_t from, struct budget *budget);

/* The ASCII letters made small, or capital. p == NULL when the arena is full. */
struct view text_lower(struct view text, struct arena *arena);
struct view text_upper(struct view text, struct arena *arena);

/* The first n places of `old` replaced, all when n is negative; an empty one is before and after
 * each character. p == NULL when the arena is full or the budget over. */
struct view text_replace(struct view text, struct view old, struct view by, int64_t n,
                         struct arena *arena, struct budget *budget);

/* The parts between `by`, n at most of which the last has the rest, all when n is negative; an
 * empty one cuts into characters. Begin with {.rest = text, .by = ..., .left = n}. */
struct text_split {
    struct view rest, by;
    int64_t left;
    bool over; /* the last one was given */
};

/* The next part; false at the end. */
bool text_split_next(struct text_split *split, struct view *part);

/* Without white space at both ends. */
struct view text_trim(struct view text);

/* Appends it as CEL's strings.quote() has it, and as Go's %q does. */
void text_quote(struct view text, struct buf *out);
void text_quote_go(struct view text, struct buf *out);

/* The same as a text of the arena; p == NULL when that is full. */
struct view text_quoted(struct view text, struct arena *arena);

#endif
