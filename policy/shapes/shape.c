#include "policy/shapes/shape.h"

void shape_set_add(struct shape_set *set, struct shape *shape)
{
    if (!shape || shape->mark == set->mark)
        return;
    shape->mark = set->mark;
    set->shapes[set->count++] = shape;
}

struct shape *shape_field(const struct shape *map, struct view name)
{
    for (size_t i = 0; i < map->field_count; i++)
        if (view_eq(map->fields[i].name, name))
            return map->fields[i].shape;
    return NULL;
}

struct shape *shape_at(struct shape *shape, const char *path)
{
    struct view rest = view_of(path), key;

    while (shape && rest.n > 0) {
        view_cut(rest, '.', &key, &rest);
        shape = shape->type == SHAPE_MAP ? shape_field(shape, key) : NULL;
    }
    return shape;
}
