#ifndef TG_BASE_YAML_YAML_MAP_H
#define TG_BASE_YAML_YAML_MAP_H

#include "base/yaml/yaml_scalar.h"

#include <stdbool.h>
#include <stddef.h>

struct diags;
struct node;
struct yaml_built;

/* A child of a collection that is being read; in a list it has no key. */
struct yaml_slot {
    const struct node *key;
    const struct yaml_built *value;
    size_t order;  /* place among the children */
    bool merged;   /* came with a merge key */
    bool replaced; /* another child with the same key counts */
};

/* Decides which of a map's children count where several have one key, marks the others as replaced
 * and keeps the order. In a manifest the last counts, as go-yaml has it, merged or not; in a rule
 * file what is written counts before what is merged. Two that are written with the same key are a
 * warning in a manifest and an error in a rule file. Returns how many count. */
size_t yaml_map_settle(struct yaml_slot *slots, size_t count, enum yaml_mode mode,
                       struct diags *diags);

#endif
