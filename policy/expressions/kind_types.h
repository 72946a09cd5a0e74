#ifndef TG_POLICY_EXPRESSIONS_KIND_TYPES_H
#define TG_POLICY_EXPRESSIONS_KIND_TYPES_H

struct cel_type;
struct compile;

/* What the objects that a rule can match look like, as types of CEL: of several kinds, the fields
 * of all. They live as long as c->arena and c->shapes. */
struct kind_types {
    const struct cel_type *object, *pod, *containers;
};

/* Fills *out from the shapes of all kinds that both matches of c name; what is not known is dyn.
 * Returns 0, or -1 when memory runs out. */
int kind_types_of(struct compile *c, struct kind_types *out);

#endif
