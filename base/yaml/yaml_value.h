#ifndef TG_BASE_YAML_YAML_VALUE_H
#define TG_BASE_YAML_YAML_VALUE_H

#include "base/view.h"
#include "base/yaml/yaml_scalar.h"

struct arena;
struct diags;
struct node;

/* Give a NODE_STRING that holds a scalar's text and place the kind and value that it has in the
 * mode, or add the error that it is; the node is then still of use, to find more errors.
 * Reentrant. */

/* For a scalar without quotes and tag. */
void yaml_value_plain(struct node *node, enum yaml_mode mode, struct diags *diags);

/* For a scalar with a tag, such as "tag:yaml.org,2002:int". */
void yaml_value_tagged(struct node *node, struct view tag, enum yaml_mode mode,
                       struct diags *diags);

/* The text that a manifest's key has in JSON when it is a boolean or a number, as sigs.k8s.io/yaml
 * writes it; in arena, p == NULL at its ceiling. */
struct view yaml_value_key(const struct node *key, struct arena *arena);

#endif
