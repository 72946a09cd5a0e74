#include "cel/check/unify.h"

#include "base/arena.h"
#include "cel/check/overload.h"

void unify_init(struct unify *u, struct arena *arena)
{
    *u = (struct unify){.arena = arena, .count = CEL_PARAMS};
}

/* --- what is bound ---------------------------------------------------------------------------- */

static bool grow_bound(struct unify *u)
{
    uint32_t room = u->room ? 2 * u->room : 64;
    const struct cel_type **bound =
        arena_grow(u->arena, u->bound, u->room * sizeof(const struct cel_type *),
                   room * sizeof(const struct cel_type *));

    if (!bound) {
        u->failed = true;
        return false;
    }
    for (uint32_t i = u->room; i < room; i++)
        bound[i] = NULL;
    u->bound = bound;
    u->room = room;
    return true;
}

const struct cel_type *unify_fresh(struct unify *u)
{
    struct cel_type *type = arena_alloc(u->arena, sizeof(*type));

    if (!type || (u->count >= u->room && !grow_bound(u))) {
        u->failed = true;
        return &cel_type_error;
    }
    *type = (struct cel_type){.kind = CEL_TYPE_PARAM, .param = u->count++, .name = "dyn"};
    return type;
}

static const struct cel_type *bound_to(const struct unify *u, const struct cel_type *type)
{
    return type->kind == CEL_TYPE_PARAM && type->param < u->room ? u->bound[type->param] : NULL;
}

static void bind(struct unify *u, const struct cel_type *param, const struct cel_type *type)
{
    if (u->trail_count == u->trail_room) {
        size_t room = u->trail_room ? 2 * u->trail_room : 64;

        u->trail = arena_grow(u->arena, u->trail, u->trail_room * sizeof(*u->trail),
                              room * sizeof(*u->trail));
        u->before = arena_grow(u->arena, u->before, u->trail_room * sizeof(const struct cel_type *),
                               room * sizeof(const struct cel_type *));
        u->trail_room = room;
        if (!u->trail || !u->before) {
            u->failed = true;
            u->trail_room = u->trail_count = 0;
            return;
        }
    }
    u->trail[u->trail_count] = param->param;
    u->before[u->trail_count++] = u->bound[param->param];
    u->bound[param->param] = type;
}

static void undo(struct unify *u)
{
    while (u->trail_count > 0) {
        u->trail_count--;
        u->bound[u->trail[u->trail_count]] = u->before[u->trail_count];
    }
}

/* Whether a param does not occur in a type, so that it can be bound to it. */
static bool is_free_in(const struct unify *u, const struct cel_type *param,
                       const struct cel_type *type)
{
    if (type->kind == CEL_TYPE_PARAM) {
        const struct cel_type *bound = bound_to(u, type);

        if (type->param == param->param)
            return false;
        return !bound || is_free_in(u, param, bound);
    }
    for (int i = 0; i < 2; i++)
        if (type->of[i] && !is_free_in(u, param, type->of[i]))
            return false;
    return true;
}

/* --- what goes together ----------------------------------------------------------------------- */

/* Whether a is as general as b, or more. */
static bool is_general(const struct cel_type *a, const struct cel_type *b)
{
    if (a->kind == CEL_TYPE_DYN || a->kind == CEL_TYPE_PARAM)
        return true;
    if (b->kind == CEL_TYPE_DYN || b->kind == CEL_TYPE_PARAM || a->kind != b->kind)
        return false;
    if (a->kind == CEL_TYPE_TYPE)
        return true;
    if (a->kind == CEL_TYPE_OBJECT)
        return cel_type_same(a, b);
    for (int i = 0; i < 2; i++)
        if (a->of[i] && b->of[i] && !is_general(a->of[i], b->of[i]))
            return false;
    return true;
}

const struct cel_type *unify_general(const struct cel_type *a, const struct cel_type *b)
{
    return is_general(a, b) ? a : b;
}

static bool assign(struct unify *u, const struct cel_type *to, const struct cel_type *from);

/* Whether a param can be the type; *known says whether something was known of it before. */
static bool assign_param(struct unify *u, const struct cel_type *type, const struct cel_type *param,
                         bool *known)
{
    const struct cel_type *bound = bound_to(u, param);

    *known = true;
    if (cel_type_same(type, param) || (bound && cel_type_same(type, bound)))
        return true;
    if (bound) {
        const struct cel_type *general;

        if (!assign(u, type, bound))
            return false;
        general = unify_general(type, bound);
        if (is_free_in(u, param, general))
            bind(u, param, general);
        return true;
    }
    *known = false;
    if (!is_free_in(u, param, type))
        return false;
    bind(u, param, type);
    return true;
}

static bool takes_null(const struct cel_type *type)
{
    return type->kind == CEL_TYPE_OPTIONAL || type->kind == CEL_TYPE_OBJECT ||
           type->kind == CEL_TYPE_DURATION || type->kind == CEL_TYPE_TIMESTAMP ||
           type->kind == CEL_TYPE_NULL;
}

static bool assign(struct unify *u, const struct cel_type *to, const struct cel_type *from)
{
    bool known;

    if (from->kind == CEL_TYPE_PARAM) {
        if (assign_param(u, to, from, &known))
            return true;
        if (known)
            return false;
    }
    if (to->kind == CEL_TYPE_PARAM)
        return assign_param(u, from, to, &known);
    if (cel_type_is_dyn(to) || cel_type_is_dyn(from))
        return true;
    if (to->kind == CEL_TYPE_NULL || from->kind == CEL_TYPE_NULL)
        return takes_null(to->kind == CEL_TYPE_NULL ? from : to);
    if (to->kind != from->kind)
        return false;
    if (to->kind == CEL_TYPE_TYPE)
        return true;
    if (to->kind == CEL_TYPE_OBJECT)
        return strcmp(to->name, from->name) == 0;
    for (int i = 0; i < 2; i++)
        if (to->of[i] && !assign(u, to->of[i], from->of[i]))
            return false;
    return true;
}

bool unify_assign(struct unify *u, const struct cel_type *const *to,
                  const struct cel_type *const *from, size_t count)
{
    u->trail_count = 0;
    for (size_t i = 0; i < count; i++)
        if (!assign(u, to[i], from[i])) {
            undo(u);
            return false;
        }
    return true;
}

/* --- putting in place ------------------------------------------------------------------------- */

static const struct cel_type *with_params(struct unify *u, const struct cel_type *type,
                                          const struct cel_type *first,
                                          const struct cel_type *second)
{
    struct cel_type *copy;

    if (first == type->of[0] && second == type->of[1])
        return type;
    copy = arena_alloc(u->arena, sizeof(*copy));
    if (!copy) {
        u->failed = true;
        return &cel_type_error;
    }
    *copy = *type;
    copy->of[0] = first;
    copy->of[1] = second;
    return copy;
}

const struct cel_type *unify_resolve(struct unify *u, const struct cel_type *type, bool whole)
{
    const struct cel_type *bound = bound_to(u, type);

    if (bound)
        return unify_resolve(u, bound, whole);
    if (type->kind == CEL_TYPE_PARAM)
        return whole ? &cel_type_dyn : type;
    return with_params(u, type, type->of[0] ? unify_resolve(u, type->of[0], whole) : NULL,
                       type->of[1] ? unify_resolve(u, type->of[1], whole) : NULL);
}

const struct cel_type *unify_instance(struct unify *u, const struct cel_type *type,
                                      const struct cel_type **letters)
{
    if (type->kind == CEL_TYPE_PARAM) {
        if (!letters[type->param])
            letters[type->param] = unify_fresh(u);
        return letters[type->param];
    }
    return with_params(u, type, type->of[0] ? unify_instance(u, type->of[0], letters) : NULL,
                       type->of[1] ? unify_instance(u, type->of[1], letters) : NULL);
}
