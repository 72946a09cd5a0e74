#ifndef TG_CEL_CHECK_UNIFY_H
#define TG_CEL_CHECK_UNIFY_H

#include "cel/type.h"

struct arena;

/* What the checker has found out of types that are not known at once: of the elements of an empty
 * list, of the letters of a signature. The rules are cel-go's. One thread at a time. */
struct unify {
    struct arena *arena;
    const struct cel_type **bound; /* by param; NULL: nothing is known */
    uint32_t count, room;
    uint32_t
        *trail; /* what was bound, so that it can be undone, with what it was bound to before */
    const struct cel_type **before;
    size_t trail_count, trail_room;
    bool failed; /* memory is out */
};

void unify_init(struct unify *u, struct arena *arena);

/* A type of which nothing is known. */
const struct cel_type *unify_fresh(struct unify *u);

/* Whether each of `to` takes what `from` is; what is found out by that is kept only when all do. */
bool unify_assign(struct unify *u, const struct cel_type *const *to,
                  const struct cel_type *const *from, size_t count);

/* The type with all in place that was found out; with `whole`, dyn for what was not. */
const struct cel_type *unify_resolve(struct unify *u, const struct cel_type *type, bool whole);

/* The more general of two types that go together. */
const struct cel_type *unify_general(const struct cel_type *a, const struct cel_type *b);

/* The type with a fresh type for each letter (params 1 to 26); `letters` holds those of one
 * signature. */
const struct cel_type *unify_instance(struct unify *u, const struct cel_type *type,
                                      const struct cel_type **letters);

#endif
