#include "policy/expressions/kind_types.h"

#include "base/arena.h"
#include "cel/type.h"
#include "policy/object/workload.h"
#include "policy/rule/check.h"
#include "policy/rule/match.h"
#include "policy/shapes/path_check.h"
#include "policy/shapes/shapes.h"

enum { MOST_SHAPES = 256 };

/* Shapes of which a value has one. */
struct joined {
    struct arena *arena;
    const char *also; /* a field of text that all of them have, too; or NULL */
    size_t count;
    struct shape *shapes[MOST_SHAPES];
};

static const struct cel_type *type_of(const struct joined *joined);

static void add(struct joined *joined, struct shape *shape)
{
    for (size_t i = 0; i < joined->count; i++)
        if (joined->shapes[i] == shape)
            return;
    if (shape && joined->count < MOST_SHAPES)
        joined->shapes[joined->count++] = shape;
}

/* --- maps with fields ------------------------------------------------------------------------- */

static const struct cel_type *field(const struct cel_type *object, struct view name)
{
    const struct joined *joined = object->data;
    struct joined found = {.arena = joined->arena};

    if (joined->also && view_eq_str(name, joined->also))
        return &cel_type_string;
    for (size_t i = 0; i < joined->count; i++)
        add(&found, shape_field(joined->shapes[i], name));
    return found.count > 0 ? type_of(&found) : NULL;
}

/* The i-th of all fields, one shape's after the other's. */
static const char *name_of(const struct cel_type *object, size_t i)
{
    const struct joined *joined = object->data;

    for (size_t s = 0; s < joined->count; i -= joined->shapes[s]->field_count, s++)
        if (i < joined->shapes[s]->field_count)
            return arena_str(joined->arena, joined->shapes[s]->fields[i].name);
    return NULL;
}

static const struct cel_fields fields = {field, name_of};

static const struct cel_type *object_type(const struct joined *joined)
{
    struct joined *copy = arena_alloc(joined->arena, sizeof(*copy));
    struct cel_type *type = arena_alloc(joined->arena, sizeof(*type));

    if (!copy || !type)
        return &cel_type_dyn;
    *copy = *joined;
    *type = (struct cel_type){
        .kind = CEL_TYPE_OBJECT, .name = "object", .fields = &fields, .data = copy};
    return type;
}

/* --- all types -------------------------------------------------------------------------------- */

/* What is in all lists, or behind the free keys of all maps. */
static const struct cel_type *inner_type(const struct joined *joined)
{
    struct joined inner = {.arena = joined->arena};

    for (size_t i = 0; i < joined->count; i++)
        add(&inner, joined->shapes[i]->of);
    return inner.count > 0 ? type_of(&inner) : &cel_type_dyn;
}

static const struct cel_type *or_dyn(const struct cel_type *type)
{
    return type ? type : &cel_type_dyn;
}

static const struct cel_type *map_type(const struct joined *joined)
{
    size_t records = 0;

    for (size_t i = 0; i < joined->count; i++)
        records += joined->shapes[i]->field_count > 0 && !joined->shapes[i]->of;
    if (records == joined->count)
        return object_type(joined);
    if (records > 0 || joined->shapes[0]->field_count > 0 || !joined->shapes[0]->of)
        return &cel_type_dyn;
    return or_dyn(cel_type_map_of(&cel_type_string, inner_type(joined), joined->arena));
}

/* A number may be written as an integer, and a quantity as either. */
static const struct cel_type *const scalar_types[SHAPE_TYPES] = {
    [SHAPE_TEXT] = &cel_type_string,
    [SHAPE_BOOLEAN] = &cel_type_bool,
    [SHAPE_INTEGER] = &cel_type_int,
};

static const struct cel_type *type_of(const struct joined *joined)
{
    enum shape_type type = joined->shapes[0]->type;

    for (size_t i = 1; i < joined->count; i++)
        if (joined->shapes[i]->type != type)
            return &cel_type_dyn;
    if (type == SHAPE_LIST)
        return or_dyn(cel_type_list_of(inner_type(joined), joined->arena));
    if (type == SHAPE_MAP)
        return map_type(joined);
    return scalar_types[type] ? scalar_types[type] : &cel_type_dyn;
}

/* --- the kinds of a rule ---------------------------------------------------------------------- */

struct roots {
    struct joined object, pod, container;
};

static void add_containers(struct roots *roots, struct shape *pod)
{
    static const char *const lists[] = {"containers", "ephemeralContainers"};
    struct shape *spec = shape_field(pod, VIEW("spec"));

    for (int i = 0; spec && i < 2; i++) {
        struct shape *list = shape_field(spec, view_of(lists[i]));

        if (list && list->type == SHAPE_LIST)
            add(&roots->container, list->of);
    }
}

static void add_kind(void *ctx, const struct shape_kind *kind)
{
    struct roots *roots = ctx;
    const struct workload_kind *workload = workload_kind_of(kind->group, kind->kind);
    struct shape *pod = workload ? shape_at(kind->shape, workload->prefix) : NULL;

    add(&roots->object, kind->shape);
    if (!pod || pod->type != SHAPE_MAP)
        return;
    add(&roots->pod, pod);
    add_containers(roots, pod);
}

/* A connection has options in the place of an object. */
static bool is_known(struct compile *c, struct roots *roots)
{
    const struct match *m = c->policy_match;

    if ((m && (m->operations & CONNECT)) || !c->shapes)
        return false;
    return path_each_kind(c, add_kind, roots) && roots->object.count > 0;
}

int kind_types_of(struct compile *c, struct kind_types *out)
{
    struct roots *roots = arena_alloc(c->arena, sizeof(*roots));

    *out = (struct kind_types){&cel_type_dyn, &cel_type_dyn, &cel_type_dyn};
    if (!roots)
        return -1;
    roots->object.arena = roots->pod.arena = roots->container.arena = c->arena;
    roots->container.also = "kind";
    if (!is_known(c, roots))
        return 0;
    out->object = type_of(&roots->object);
    if (roots->pod.count > 0)
        out->pod = type_of(&roots->pod);
    if (roots->container.count > 0)
        out->containers = or_dyn(cel_type_list_of(type_of(&roots->container), c->arena));
    return 0;
}
