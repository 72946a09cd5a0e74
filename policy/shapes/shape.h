#ifndef TG_POLICY_SHAPES_SHAPE_H
#define TG_POLICY_SHAPES_SHAPE_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>

/* What one object, list or value looks like. */
enum shape_type {
    SHAPE_UNKNOWN, /* what nobody has said anything about */
    SHAPE_ANY,
    SHAPE_TEXT,
    SHAPE_BOOLEAN,
    SHAPE_INTEGER,
    SHAPE_NUMBER,
    SHAPE_QUANTITY,
    SHAPE_INTEGER_OR_TEXT,
    SHAPE_LIST,
    SHAPE_MAP,
    SHAPE_TYPES,
};

struct shape_field {
    struct view name;
    struct shape *shape;
};

struct shape {
    enum shape_type type;
    /* SHAPE_LIST: each element. SHAPE_MAP: what other keys than the fields lead to; NULL: there are
     * no others. */
    struct shape *of;
    struct shape_field *fields; /* SHAPE_MAP */
    size_t field_count;
    bool foreign;  /* of no kind of Kubernetes' own */
    unsigned mark; /* of the newest set that it was put into */
};

/* One kind in one version; group is "" for the core group. */
struct shape_kind {
    struct view group, kind;
    struct shape *shape;
};

/* Shapes, each once, in the order in which they came. */
struct shape_set {
    struct shape **shapes;
    size_t count;
    unsigned mark;
};

/* Puts a shape, which may be NULL, into a set of its store, once. */
void shape_set_add(struct shape_set *set, struct shape *shape);

/* The field of a map, or NULL. */
struct shape *shape_field(const struct shape *map, struct view name);

/* What a path of plain keys, "spec.template", leads to, or NULL. */
struct shape *shape_at(struct shape *shape, const char *path);

#endif
