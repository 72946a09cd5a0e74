#include "policy/shapes/shapes_store.h"

static struct shape *create(struct shapes *s, enum shape_type type, bool foreign)
{
    struct shape *shape = arena_alloc(&s->arena, sizeof(*shape));

    if (!shape)
        return NULL;
    shape->type = type;
    shape->foreign = foreign;
    s->shape_count++;
    return shape;
}

struct shape *shapes_add(struct shapes *s, enum shape_type type, bool foreign)
{
    struct shape **scalar = &s->scalars[foreign][type];

    if (type == SHAPE_LIST || type == SHAPE_MAP)
        return create(s, type, foreign);
    if (!*scalar)
        *scalar = create(s, type, foreign);
    return *scalar;
}

int shapes_add_kind(struct shapes *s, struct view group, struct view kind, struct shape *shape)
{
    struct shape_kind *k;

    if (s->kind_count == s->kind_room) {
        size_t room = s->kind_room ? 2 * s->kind_room : 128;
        struct shape_kind *grown =
            arena_grow(&s->arena, s->kinds, s->kind_room * sizeof(*grown), room * sizeof(*grown));

        if (!grown)
            return -1;
        s->kinds = grown;
        s->kind_room = room;
    }
    k = &s->kinds[s->kind_count];
    *k = (struct shape_kind){arena_copy(&s->arena, group), arena_copy(&s->arena, kind), shape};
    if (!k->group.p || !k->kind.p || !shape)
        return -1;
    s->kind_count++;
    return 0;
}
