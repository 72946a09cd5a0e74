#ifndef TG_POLICY_RULE_OBJECT_H
#define TG_POLICY_RULE_OBJECT_H

#include "base/diag.h"
#include "base/view.h"

struct arena;
struct document_kind;
struct policy_set;
struct yyjson_val;

/* Documents of rule files as objects of a cluster: the same spec, in JSON. Any thread. */

#define RULE_OBJECT_GROUP "tidegate.dev"

/* The kind (policy/set.h) of objects of that group and kind; NULL: they are no rules. */
const struct document_kind *rule_object_kind(struct view group, struct view kind);

/* Makes a source of an object, in the arena: "policy/shop", and its text as YAML, without what the
 * API server keeps beside the document. Places in it are said as field paths. Returns 0; or -1 with
 * *problem (a constant, one line) when it is too large or too deep, or memory runs out. */
int rule_object_source(struct yyjson_val *object, const struct document_kind *kind,
                       struct arena *arena, struct source *out, const char **problem);

/* The same of a text that was kept. */
struct source rule_object_kept(struct view name, struct view text);

/* Compiles one object by itself, with what is in force (or NULL) for what it refers to. What is
 * wrong is in diags; and *out, NULL when memory runs out, is to be released after they were read.
 * Returns 0, or -1 when it is not to be written: there is an error. */
int rule_object_check(const struct source *source, const struct policy_set *in_force,
                      struct diags *diags, struct policy_set **out);

#endif
