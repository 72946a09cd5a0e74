#ifndef TG_CEL_CHECK_CHECKER_H
#define TG_CEL_CHECK_CHECKER_H

#include "cel/check/overload.h"
#include "cel/check/unify.h"
#include "cel/issue.h"
#include "cel/program.h"
#include "cel/syntax/ast.h"

/* What the files of the checker share. */
struct local {
    struct view name;
    uint32_t slot;
    const struct cel_type *type;
};

struct checker {
    const struct cel_source *source;
    struct arena *arena;
    struct cel_issues *issues;
    struct unify unify;
    struct local *locals; /* the variables of the macros around, the innermost last */
    uint32_t local_count, local_room;
    uint32_t slots; /* each variable of a macro has its own */
};

/* Finds out the type of a tree, once; never NULL. */
const struct cel_type *check_node(struct checker *c, struct cel_ast *node);

/* The same, of a call and of an index. */
const struct cel_type *check_call(struct checker *c, struct cel_ast *node);
const struct cel_type *check_index(struct checker *c, struct cel_ast *node);

/* Tells that a type is not the one that is needed. Returns cel_type_error. */
const struct cel_type *check_mismatch(struct checker *c, uint32_t at,
                                      const struct cel_type *expected,
                                      const struct cel_type *found);

/* A type in words, of the arena. */
struct view check_words(struct checker *c, const struct cel_type *type);

/* `a.b.c` as one name when the tree is only that, no has() and no "?"; else the absent view. */
struct view check_qualified(struct checker *c, const struct cel_ast *node);

/* Holds a call of format() against the types of what it is given, once all are known. */
void check_format(struct checker *c, const struct cel_ast *node);

/* Puts what was found out in place everywhere, and tells lists and maps whose parts differ. */
void check_finish(struct checker *c, struct cel_ast *node);

#endif
