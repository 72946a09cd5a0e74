#ifndef TG_POLICY_SHAPES_FIELD_TYPES_H
#define TG_POLICY_SHAPES_FIELD_TYPES_H

struct compile;
struct node;
struct path_end;

/* Holds the conditions of one entry of `fields` against what stands where its path leads: what no
 * value there can ever equal, lie within or match is an error by diag_vain(), or a warning where it
 * is not Kubernetes' own. */
void field_types_check(const struct node *entry, const struct path_end *end, struct compile *c);

#endif
