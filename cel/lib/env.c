#include "cel/env.h"

#include "base/arena.h"
#include "cel/check/overload.h"
#include "cel/lib/libraries.h"

#include <stdlib.h>

/* --- gathering -------------------------------------------------------------------------------- */

struct gather {
    struct cel_env *env;
    struct arena *arena;
    const struct cel_class **classes;
    struct cel_overload *overloads;
    size_t count;
};

static void each(const struct cel_library *const *more, size_t count, struct gather *g,
                 int (*with)(struct gather *g, const struct cel_library *library), int *status)
{
    for (size_t i = 0; i < cel_library_count && *status == 0; i++)
        *status = with(g, cel_libraries[i]);
    for (size_t i = 0; i < count && *status == 0; i++)
        *status = with(g, more[i]);
}

static int count_library(struct gather *g, const struct cel_library *library)
{
    g->count += library->count;
    for (size_t i = 0; library->classes && library->classes[i]; i++)
        g->env->class_count++;
    return 0;
}

static int add_classes(struct gather *g, const struct cel_library *library)
{
    for (size_t i = 0; library->classes && library->classes[i]; i++)
        g->classes[g->env->class_count++] = library->classes[i];
    return 0;
}

static int add_rows(struct gather *g, const struct cel_library *library)
{
    for (size_t i = 0; i < library->count; i++, g->count++) {
        struct cel_overload *overload = &g->overloads[g->count];

        if (cel_signature(g->env, &library->rows[i], g->arena, overload) < 0)
            return -1;
        overload->order = g->count;
    }
    return 0;
}

/* --- by name ---------------------------------------------------------------------------------- */

/* By name; rows of one name in the order of their tables. */
static int by_name(const void *a, const void *b)
{
    const struct cel_overload *left = a, *right = b;
    int order = view_cmp(left->name, right->name);

    if (order != 0)
        return order;
    return (left->order > right->order) - (left->order < right->order);
}

static int name_all(struct gather *g)
{
    struct cel_named *named = arena_array(g->arena, g->count, sizeof(*named));
    size_t count = 0;

    if (!named)
        return -1;
    qsort(g->overloads, g->count, sizeof(*g->overloads), by_name);
    for (size_t i = 0; i < g->count; i++) {
        if (count == 0 || !view_eq(named[count - 1].name, g->overloads[i].name))
            named[count++] = (struct cel_named){g->overloads[i].name, &g->overloads[i], 0};
        named[count - 1].count++;
    }
    g->env->functions = named;
    g->env->function_count = count;
    return 0;
}

const struct cel_env *cel_env_create(unsigned minor, const struct cel_library *const *more,
                                     size_t count, struct arena *arena)
{
    struct cel_env *env = arena_alloc(arena, sizeof(*env));
    struct gather g = {.env = env, .arena = arena};
    int status = 0;

    if (!env)
        return NULL;
    env->minor = minor;
    each(more, count, &g, count_library, &status);
    g.classes = arena_array(arena, env->class_count + 1, sizeof(const struct cel_class *));
    g.overloads = arena_array(arena, g.count + 1, sizeof(*g.overloads));
    if (!g.classes || !g.overloads)
        return NULL;
    env->classes = g.classes;
    env->class_count = g.count = 0;
    each(more, count, &g, add_classes, &status);
    each(more, count, &g, add_rows, &status);
    return status == 0 && name_all(&g) == 0 ? env : NULL;
}

static int compare_name(const void *key, const void *element)
{
    return view_cmp(*(const struct view *)key, ((const struct cel_named *)element)->name);
}

const struct cel_named *cel_env_function(const struct cel_env *env, struct view name)
{
    return bsearch(&name, env->functions, env->function_count, sizeof(*env->functions),
                   compare_name);
}
