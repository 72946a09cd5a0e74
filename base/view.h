#ifndef TG_BASE_VIEW_H
#define TG_BASE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Bytes that somebody else owns: a pointer and a length, no NUL promised. Passed by value.
 * {NULL, 0} is the empty view; a view of a string that is absent has p == NULL.
 * All functions here are pure and may be called from any thread. */
struct view {
    const char *p;
    size_t n;
};

/* A view of a string literal, its length known at compile time. */
#define VIEW(literal) ((struct view){"" literal, sizeof(literal) - 1})

/* The two arguments of a "%.*s"; longer views print their first 64 KiB. */
#define VIEW_ARGS(v) ((int)((v).n > 65536 ? 65536 : (v).n)), ((v).p ? (v).p : "")

/* The three that every look at a review is made of are inline: a constant's length is then known
 * when it is compiled. */

/* A view of the NUL-terminated string s; NULL gives the absent view. */
static inline struct view view_of(const char *s)
{
    return (struct view){s, s ? strlen(s) : 0};
}

/* Byte equality; an absent view equals an empty one. */
static inline bool view_eq(struct view a, struct view b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool view_eq_str(struct view a, const char *s)
{
    return view_eq(a, view_of(s));
}

/* Byte order as memcmp has it, the shorter first where one begins with the other. */
int view_cmp(struct view a, struct view b);

bool view_starts(struct view v, const char *prefix);
bool view_ends(struct view v, const char *suffix);

/* The index of the first (last) byte c, or -1. */
ptrdiff_t view_find(struct view v, char c);
ptrdiff_t view_rfind(struct view v, char c);

/* The bytes from index `from` on, and the first `n` bytes; both clamp to the length. */
struct view view_from(struct view v, size_t from);
struct view view_first(struct view v, size_t n);

/* Without ASCII blanks (space, tab, CR, LF) at both ends. */
struct view view_trim(struct view v);

/* Cuts v at the first byte c: *head is what is before it, *rest what is after. Returns false, with
 * *head the whole of v and *rest empty, when there is no c. head and rest may point to v. */
bool view_cut(struct view v, char c, struct view *head, struct view *rest);

#endif
