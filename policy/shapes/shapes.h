#ifndef TG_POLICY_SHAPES_SHAPES_H
#define TG_POLICY_SHAPES_SHAPES_H

#include "base/view.h"
#include "policy/shapes/shape.h"

#include <stdbool.h>
#include <stddef.h>

struct diags;
struct source;

/* What objects look like: their fields, and what stands in each. Of Kubernetes' own kinds it is in
 * the program (policy/shapes/shapes.inc, all served versions); of others it is read from the
 * schemas of their CustomResourceDefinitions and from OpenAPI documents. Only what compiles rules
 * asks for it. */

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

#endif
