#ifndef TG_BASE_YAML_YAML_ANCHOR_H
#define TG_BASE_YAML_YAML_ANCHOR_H

#include "base/limits.h"
#include "base/view.h"

#include <stddef.h>

struct yaml_built;

/* The anchors of the document that is being read. Zeroed: none. */
struct yaml_anchors {
    struct yaml_anchor {
        struct view name;
        const struct yaml_built *built; /* NULL while the node is being read */
    } items[LIMIT_YAML_ANCHORS];
    size_t count;
};

/* Adds an anchor whose node is being read; the name outlives the document. Returns a number for
 * yaml_anchor_close, above 0; or 0 when there are LIMIT_YAML_ANCHORS already. */
size_t yaml_anchor_open(struct yaml_anchors *a, struct view name);

/* The node was read; number 0, of a node without an anchor, is ignored. */
void yaml_anchor_close(struct yaml_anchors *a, size_t number, const struct yaml_built *built);

/* What a name means now, which is the newest of that name; or NULL. */
const struct yaml_anchor *yaml_anchor_find(const struct yaml_anchors *a, struct view name);

#endif
