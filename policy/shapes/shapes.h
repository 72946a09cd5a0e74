#ifndef TG_POLICY_SHAPES_SHAPES_H
#define TG_POLICY_SHAPES_SHAPES_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>

struct diags;
struct source;

/* What objects look like: their fields, and what stands in each. Of Kubernetes' own kinds it is in
 * the program (policy/shapes/shapes.inc, all served versions); of others it is read from the
 * schemas of their CustomResourceDefinitions and from OpenAPI documents. Only what compiles rules
 * asks for it.
 */
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

/* One thread at a time: sets mark the shapes that are in them. */
struct shapes;

/* Those of Kubernetes' own kinds. NULL when memory runs out. NULL can be freed. */
struct shapes *shapes_create(void);
void shapes_free(struct shapes *s);

/* Adds the kinds of all CustomResourceDefinitions and OpenAPI documents (version 2 or 3) in the
 * .yaml, .yml and .json files of a directory; other documents are skipped. Returns 0, or -1 after
 * an error in diags: also when there is none. */
int shapes_load(struct shapes *s, const char *directory, struct diags *diags);

/* Adds the kinds of one text, as of one such file; *found is the number of schemas, and 0 is not an
 * error. Returns 0, or -1 after an error in diags. */
int shapes_read(struct shapes *s, const struct source *text, struct diags *diags, size_t *found);

/* The n-th kind, or NULL past the last. */
const struct shape_kind *shapes_kind(const struct shapes *s, size_t n);

/* What is known of an object of which nothing else is known: that it has metadata. */
struct shape *shapes_unknown(struct shapes *s);

/* The release of Kubernetes that the table is of: "1.35". */
const char *shapes_release(void);

/* Empties one of the two sets that a store has (n is 0 or 1). NULL when memory runs out. */
struct shape_set *shapes_set(struct shapes *s, int n);

/* Puts a shape, which may be NULL, into a set of its store, once. */
void shape_set_add(struct shape_set *set, struct shape *shape);

/* The field of a map, or NULL. */
struct shape *shape_field(const struct shape *map, struct view name);

/* What a path of plain keys, "spec.template", leads to, or NULL. */
struct shape *shape_at(struct shape *shape, const char *path);

#endif
