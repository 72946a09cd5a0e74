#include "base/yaml/yaml_anchor.h"
#include "base/limits.h"

size_t yaml_anchor_open(struct yaml_anchors *a, struct view name)
{
    if (a->count == LIMIT_YAML_ANCHORS)
        return 0;
    a->items[a->count] = (struct yaml_anchor){.name = name};
    return ++a->count;
}

void yaml_anchor_close(struct yaml_anchors *a, size_t number, const struct yaml_built *built)
{
    if (number > 0)
        a->items[number - 1].built = built;
}

const struct yaml_anchor *yaml_anchor_find(const struct yaml_anchors *a, struct view name)
{
    for (size_t i = a->count; i > 0; i--)
        if (view_eq(a->items[i - 1].name, name))
            return &a->items[i - 1];
    return NULL;
}
