#ifndef TG_POLICY_SHAPES_SHAPES_STORE_H
#define TG_POLICY_SHAPES_SHAPES_STORE_H

#include "base/arena.h"
#include "policy/shapes/shape.h"

/* Where shapes are kept (policy/shapes/shapes.h): filled from the generated table by shapes.c and
 * from schemas by shapes_load.c. */
struct shapes {
    struct arena arena; /* of all shapes */
    struct shape_kind *kinds;
    size_t kind_count, kind_room;
    struct shape *scalars[2][SHAPE_TYPES]; /* of Kubernetes, foreign */
    struct shape *metadata, *unknown;
    size_t shape_count;
    struct shape_set sets[2];
    size_t set_room;
    unsigned marks;
};

/* A new shape, or NULL when memory runs out; a scalar is shared. */
struct shape *shapes_add(struct shapes *s, enum shape_type type, bool foreign);

/* Returns -1 when memory runs out; group and kind are copied. */
int shapes_add_kind(struct shapes *s, struct view group, struct view kind, struct shape *shape);

#endif
